//! Who is no member any more, by what was known of each when it went: a screen tells names of members that are out, too.
//! Of a device that is out itself, these are all that it knew.

use ara_core::Result;
use ara_protocol::keys::MemberKey;
use rusqlite::Connection;

use crate::state::facts::{self, from_hex, hex};

const PREFIX: &str = "gone/";

/// Stands before the name of a device.
const DEVICE: u8 = 0;
/// Stands for recovery words, which have no name.
const RECOVERY_WORDS: u8 = 1;

/// A former member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) key: MemberKey,
    /// Its name as last heard, which may be empty.
    pub(crate) name: String,
    pub(crate) is_recovery: bool,
}

impl Gone {
    /// Keeps what is known of it.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        let kind = if self.is_recovery { RECOVERY_WORDS } else { DEVICE };
        let value = [&[kind], self.name.as_bytes()].concat();
        facts::put(connection, &format!("{PREFIX}{}", hex(self.key.as_bytes())), &value)
    }
}

/// Returns all of them.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Gone>> {
    let gone = facts::under(connection, PREFIX)?.into_iter().filter_map(|(key, value)| {
        let key = MemberKey::from_bytes(from_hex(&key)?).ok()?;
        let (kind, name) = value.split_first()?;
        let name = String::from_utf8_lossy(name).into_owned();
        Some(Gone { key, name, is_recovery: *kind == RECOVERY_WORDS })
    });
    Ok(gone.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use ara_core::Database;
    use ara_protocol::keys::SecretKeys;

    #[test]
    fn who_is_gone_is_known_by_name() -> Result<()> {
        let key = |seed| SecretKeys::generate(&mut Random::seeded(seed)).public().member();
        let mut gone = vec![
            Gone { key: key(1), name: "Phone".to_owned(), is_recovery: false },
            Gone { key: key(2), name: String::new(), is_recovery: true },
        ];
        gone.sort_unstable_by_key(|gone| gone.key);
        Database::memory()?.sync_write(|sync| {
            gone.iter().try_for_each(|gone| gone.save(sync))?;
            assert_eq!(all(sync)?, gone);
            Ok(())
        })
    }
}
