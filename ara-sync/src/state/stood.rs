//! Where the authors of segments stood at the relay when they sealed their last ones, as the file keeps it.
//!
//! Only the last word of each author counts: one that stood elsewhere before has gone on where this device is, if its
//! relay was put back since.

use ara_core::Result;
use ara_protocol::segment::Position;
use ara_protocol::{Cursor, RecordHash};
use rusqlite::Connection;

use crate::state::facts::{self, from_hex, hex};

const PREFIX: &str = "stood/";

/// Where an author stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stood {
    /// The author.
    pub(crate) author: [u8; 32],
    /// The number of the segment that tells it.
    pub(crate) told_in: u64,
    /// Where it stood.
    pub(crate) at: Position,
}

impl Stood {
    /// Notes it, unless a later segment of the author tells of another.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        let key = format!("{PREFIX}{}", hex(&self.author));
        if facts::number_within(connection, &key)?.is_some_and(|told_in| told_in > self.told_in) {
            return Ok(());
        }
        let Position { cursor, access } = self.at;
        let [told_in, number] = [self.told_in, cursor.number].map(u64::to_be_bytes);
        facts::put(
            connection,
            &key,
            &[&told_in[..], &number, &cursor.chain, access.as_bytes()].concat(),
        )
    }
}

/// Returns where authors stood.
pub(crate) fn all(connection: &Connection) -> Result<Vec<Stood>> {
    let all = facts::under(connection, PREFIX)?;
    Ok(all.iter().filter_map(|(author, value)| read(author, value)).collect())
}

/// Forgets all.
pub(crate) fn clear(connection: &Connection) -> Result<()> {
    facts::remove_under(connection, PREFIX)
}

fn read(author: &str, value: &[u8]) -> Option<Stood> {
    let author = from_hex(author)?;
    let (told_in, rest) = value.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (chain, rest) = rest.split_first_chunk()?;
    let access = RecordHash::from_bytes(rest.try_into().ok()?);
    let cursor = Cursor { number: u64::from_be_bytes(*number), chain: *chain };
    let told_in = u64::from_be_bytes(*told_in);
    Some(Stood { author, told_in, at: Position { cursor, access } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ara_core::Database;

    #[test]
    fn the_last_word_of_each_author_counts() -> Result<()> {
        let stood = |author, told_in, number| Stood {
            author: [author; 32],
            told_in,
            at: Position {
                cursor: Cursor { number, chain: [3; 32] },
                access: RecordHash::from_bytes([4; 32]),
            },
        };
        Database::memory()?.sync_write(|sync| {
            for stood in [stood(1, 5, 4), stood(1, 3, 20), stood(2, 6, 5)] {
                stood.save(sync)?;
            }
            let mut known = all(sync)?;
            known.sort_by_key(|stood| stood.told_in);
            assert_eq!(known, [stood(1, 5, 4), stood(2, 6, 5)]);
            stood(1, 7, 2).save(sync)?;
            assert!(all(sync)?.contains(&stood(1, 7, 2)));
            clear(sync)?;
            assert_eq!(all(sync)?, []);
            Ok(())
        })
    }
}
