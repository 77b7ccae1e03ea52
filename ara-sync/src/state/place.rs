//! Where this device stands at the relay.

use ara_core::Result;
use ara_protocol::{Cursor, SpaceId};
use rusqlite::Connection;

use crate::state::facts;

/// Where this device stands at the relay, as the file keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Up to where it has read the log.
    pub(crate) cursor: Cursor,
    /// The newest slot that it has seen.
    pub(crate) slots_seen: u64,
    /// Whether the log is read by heads, as the relay was put back and most of it is known.
    pub(crate) by_heads: bool,
}

impl Place {
    /// The place at the start of a log.
    pub(crate) fn start(space: SpaceId) -> Self {
        let cursor = Cursor::start(space);
        Self { cursor, slots_seen: 0, by_heads: false }
    }

    /// Reads where this device stands.
    pub(crate) fn load(connection: &Connection, space: SpaceId) -> Result<Self> {
        Ok(Self {
            cursor: load_cursor(connection)?.unwrap_or(Cursor::start(space)),
            slots_seen: facts::number(connection, facts::SLOTS_SEEN)?,
            by_heads: facts::get(connection, facts::BY_HEADS)?.is_some(),
        })
    }

    /// Writes where this device stands.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        let Self { cursor, slots_seen, by_heads } = self;
        let bytes = [&cursor.number.to_be_bytes()[..], &cursor.chain].concat();
        facts::put(connection, facts::CURSOR, &bytes)?;
        facts::put(connection, facts::SLOTS_SEEN, &slots_seen.to_be_bytes())?;
        match by_heads {
            true => facts::put(connection, facts::BY_HEADS, &[]),
            false => facts::remove(connection, facts::BY_HEADS),
        }
    }
}

/// Reads the cursor alone.
fn load_cursor(connection: &Connection) -> Result<Option<Cursor>> {
    let Some(bytes) = facts::get(connection, facts::CURSOR)? else { return Ok(None) };
    let Some((number, chain)) = bytes.split_first_chunk() else { return Ok(None) };
    let chain = chain.try_into().ok();
    Ok(chain.map(|chain| Cursor { number: u64::from_be_bytes(*number), chain }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ara_core::Database;
    use ara_protocol::SegmentId;

    #[test]
    fn a_place_comes_back() -> Result<()> {
        let space = SpaceId::from_bytes([1; 16]);
        let db = Database::memory()?;
        db.sync_write(|sync| {
            let start = Place::start(space);
            assert_eq!(Place::load(sync, space)?, start);
            let later = Place {
                cursor: start.cursor.after(SegmentId::from_bytes([2; 32])),
                slots_seen: 3,
                by_heads: true,
            };
            for place in [later, start] {
                place.save(sync)?;
                assert_eq!(Place::load(sync, space)?, place);
            }
            Ok(())
        })
    }
}
