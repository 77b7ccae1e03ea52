//! Epochs under which members have sealed something, and that this device is not shown: the relay hides an access record.
//!
//! There is at most one for each member: what it sealed last is what counts, since a device that lied may be in the right
//! later.

use ara_core::Result;
use ara_protocol::EpochId;
use rusqlite::Connection;

use crate::state::facts::{self, from_hex, hex};

const PREFIX: &str = "doubt/";

/// Notes an epoch that is not known, and who has sealed under it.
pub(crate) fn note(connection: &Connection, author: &[u8; 32], epoch: EpochId) -> Result<()> {
    facts::put(connection, &format!("{PREFIX}{}", hex(author)), epoch.as_bytes())
}

/// Returns who has sealed under which unknown epoch.
pub(crate) fn all(connection: &Connection) -> Result<Vec<([u8; 32], EpochId)>> {
    let doubts = facts::under(connection, PREFIX)?.into_iter().filter_map(|(author, epoch)| {
        Some((from_hex(&author)?, EpochId::from_bytes(epoch.try_into().ok()?)))
    });
    Ok(doubts.collect())
}

/// Forgets the doubt about an author.
pub(crate) fn remove(connection: &Connection, author: &[u8; 32]) -> Result<()> {
    facts::remove(connection, &format!("{PREFIX}{}", hex(author)))
}

/// Forgets all.
pub(crate) fn clear(connection: &Connection) -> Result<()> {
    facts::remove_under(connection, PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ara_core::Database;

    #[test]
    fn a_member_has_one_doubt() -> Result<()> {
        let [one, other] = [5, 6].map(|byte| EpochId::from_bytes([byte; 16]));
        Database::memory()?.sync_write(|sync| {
            note(sync, &[1; 32], one)?;
            note(sync, &[1; 32], other)?;
            note(sync, &[2; 32], one)?;
            assert_eq!(all(sync)?, [([1; 32], other), ([2; 32], one)]);
            remove(sync, &[1; 32])?;
            assert_eq!(all(sync)?.len(), 1);
            clear(sync)?;
            assert_eq!(all(sync)?, []);
            Ok(())
        })
    }
}
