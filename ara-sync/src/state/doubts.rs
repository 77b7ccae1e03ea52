//! What members have seen at the relay, and this device is not shown.
//!
//! There is at most one doubt of a kind for each member: what it sealed last is what counts, since a device that was
//! lied to once, or that lied, may be in the right later.

use ara_core::Result;
use ara_protocol::segment::Position;
use ara_protocol::{Cursor, EpochId, RecordHash};
use rusqlite::Connection;

use crate::state::facts::{self, from_hex, hex};

const PREFIX: &str = "doubt/";
const OF_PLACES: &str = "doubt/place/";
const OF_EPOCHS: &str = "doubt/epoch/";

/// What a member has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// A place of the relay's log, and a record of the access log.
    Place(Position),
    /// An epoch, under which it has sealed something.
    Epoch(EpochId),
}

/// Notes where a member stood, if that is doubtful. If not, an earlier doubt is over.
pub(crate) fn note_place(
    connection: &Connection,
    author: &[u8; 32],
    doubtful: Option<Position>,
) -> Result<()> {
    let key = format!("{OF_PLACES}{}", hex(author));
    let Some(Position { cursor, access }) = doubtful else {
        return facts::remove(connection, &key);
    };
    let value = [&cursor.number.to_be_bytes()[..], &cursor.chain, access.as_bytes()].concat();
    facts::put(connection, &key, &value)
}

/// Notes an epoch that is not known.
pub(crate) fn note_epoch(connection: &Connection, author: &[u8; 32], epoch: EpochId) -> Result<()> {
    facts::put(connection, &format!("{OF_EPOCHS}{}", hex(author)), epoch.as_bytes())
}

/// Returns all doubts, each with its key and whose it is.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(String, [u8; 32], Doubt)>> {
    let doubts = facts::under(connection, PREFIX)?.into_iter().filter_map(|(key, value)| {
        let (kind, author) = key.split_once('/')?;
        let doubt = match kind {
            "place" => place_of(&value)?,
            _ => Doubt::Epoch(EpochId::from_bytes(value.try_into().ok()?)),
        };
        Some((format!("{PREFIX}{key}"), from_hex(author)?, doubt))
    });
    Ok(doubts.collect())
}

/// Forgets a doubt.
pub(crate) fn remove(connection: &Connection, key: &str) -> Result<()> {
    facts::remove(connection, key)
}

/// Forgets all.
pub(crate) fn clear(connection: &Connection) -> Result<()> {
    for (key, _) in facts::under(connection, PREFIX)? {
        facts::remove(connection, &format!("{PREFIX}{key}"))?;
    }
    Ok(())
}

fn place_of(value: &[u8]) -> Option<Doubt> {
    let (number, rest) = value.split_first_chunk()?;
    let (chain, access) = rest.split_first_chunk()?;
    let cursor = Cursor { number: u64::from_be_bytes(*number), chain: *chain };
    let access = RecordHash::from_bytes(access.try_into().ok()?);
    Some(Doubt::Place(Position { cursor, access }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ara_core::Database;

    #[test]
    fn a_member_has_one_doubt_of_a_kind() -> Result<()> {
        let place = |number| Position {
            cursor: Cursor { number, chain: [3; 32] },
            access: RecordHash::from_bytes([4; 32]),
        };
        let epoch = EpochId::from_bytes([5; 16]);
        Database::memory()?.sync_write(|sync| {
            for number in [9, 7] {
                note_place(sync, &[1; 32], Some(place(number)))?;
            }
            note_epoch(sync, &[1; 32], epoch)?;
            note_place(sync, &[2; 32], Some(place(8)))?;
            let doubts: Vec<_> = all(sync)?.into_iter().map(|(_, who, it)| (who, it)).collect();
            assert_eq!(
                doubts,
                [
                    ([1; 32], Doubt::Epoch(epoch)),
                    ([1; 32], Doubt::Place(place(7))),
                    ([2; 32], Doubt::Place(place(8))),
                ]
            );
            note_place(sync, &[1; 32], None)?;
            assert_eq!(all(sync)?.len(), 2);
            clear(sync)?;
            assert_eq!(all(sync)?, []);
            Ok(())
        })
    }
}
