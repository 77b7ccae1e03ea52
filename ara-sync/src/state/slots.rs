//! What devices said of themselves, as the file keeps it.

use ara_core::Result;
use ara_protocol::keys::MemberKey;
use ara_protocol::slot::Slot;
use rusqlite::Connection;

use crate::state::facts::{self, from_hex, hex};

const PREFIX: &str = "slot/";
const BEFORE: &str = "slot_before/";

/// A slot, and when it was heard, in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(crate) struct HeardSlot {
    pub(crate) slot: Slot,
    pub(crate) heard_at: i64,
}

/// How a slot is read that was kept.
type ReadSlot = fn(&[u8]) -> ara_protocol::Result<Slot>;

/// The own slot that was sent last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OwnSlot {
    /// Its number.
    pub(crate) number: u64,
    /// When it was sent, in milliseconds since 1970.
    pub(crate) sent_at: i64,
    /// A fingerprint of what it said but for the version vector, and one of all of it.
    pub(crate) said: [u64; 2],
    /// The end of the relay's log when it was taken. What this device has sent since is not told yet.
    pub(crate) told_to: u64,
}

/// Notes a slot, if it is newer than the one of the same device that is known. Returns whether it is.
pub(crate) fn note(connection: &Connection, slot: &Slot, now: i64) -> Result<bool> {
    let key = format!("{PREFIX}{}", hex(slot.author().as_bytes()));
    // One that is damaged makes room for any.
    let known = facts::get(connection, &key)?.and_then(|bytes| heard(&bytes, Slot::read));
    if known.is_some_and(|known| known.slot.number() >= slot.number()) {
        return Ok(false);
    }
    facts::put(connection, &key, &[&now.to_be_bytes()[..], slot.as_bytes()].concat())?;
    Ok(true)
}

/// Returns the slots of all devices. Their signatures were checked when they were noted, and are not again.
pub(crate) fn all(connection: &Connection) -> Result<Vec<HeardSlot>> {
    all_by(connection, Slot::read_kept)
}

fn all_by(connection: &Connection, read: ReadSlot) -> Result<Vec<HeardSlot>> {
    let kept = facts::under(connection, PREFIX)?;
    Ok(kept.iter().filter_map(|(_, bytes)| heard(bytes, read)).collect())
}

/// Notes that what devices said until now is of another log than the one that the relay has from now on.
pub(crate) fn begin_anew(connection: &Connection) -> Result<()> {
    // The number of one that is damaged would have those that come be passed over.
    for HeardSlot { slot, .. } in all_by(connection, Slot::read)? {
        let key = format!("{BEFORE}{}", hex(slot.author().as_bytes()));
        facts::put(connection, &key, &slot.number().to_be_bytes())?;
    }
    Ok(())
}

/// Returns the slots that are of the log that the relay has now.
pub(crate) fn of_this_log(connection: &Connection) -> Result<Vec<HeardSlot>> {
    let mut slots = all(connection)?;
    for (author, number) in facts::under(connection, BEFORE)? {
        let (Some(author), Ok(number)) = (from_hex(&author), number.try_into()) else { continue };
        let number = u64::from_be_bytes(number);
        slots.retain(|it| *it.slot.author().as_bytes() != author || it.slot.number() > number);
    }
    Ok(slots)
}

/// Forgets the slots of those that `is_out` names.
pub(crate) fn forget(connection: &Connection, is_out: impl Fn(MemberKey) -> bool) -> Result<()> {
    for (key, _) in facts::under(connection, PREFIX)? {
        let member = from_hex(&key).and_then(|key| MemberKey::from_bytes(key).ok());
        if member.is_none_or(&is_out) {
            facts::remove(connection, &format!("{PREFIX}{key}"))?;
        }
    }
    Ok(())
}

fn heard(bytes: &[u8], read: ReadSlot) -> Option<HeardSlot> {
    let (heard_at, slot) = bytes.split_first_chunk()?;
    Some(HeardSlot { slot: read(slot).ok()?, heard_at: i64::from_be_bytes(*heard_at) })
}

impl OwnSlot {
    /// Reads what was sent last.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let bytes = facts::get(connection, facts::OWN_SLOT)?.unwrap_or_default();
        let (numbers, _) = bytes.as_chunks();
        let [number, sent_at, first, second, told_to] = match numbers {
            [a, b, c, d, e] => [a, b, c, d, e].map(|bytes| u64::from_be_bytes(*bytes)),
            _ => return Ok(Self::default()),
        };
        Ok(Self { number, sent_at: sent_at.cast_signed(), said: [first, second], told_to })
    }

    /// Writes what was sent.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        let Self { number, sent_at, said: [first, second], told_to } = *self;
        let numbers = [number, sent_at.cast_unsigned(), first, second, told_to];
        let numbers = numbers.map(u64::to_be_bytes);
        facts::put(connection, facts::OWN_SLOT, numbers.as_flattened())
    }
}

#[cfg(test)]
mod tests {
    use ara_protocol::SpaceId;
    use ara_protocol::epoch::EpochKey;
    use ara_protocol::keys::SecretKeys;
    use ara_protocol::slot::SlotContent;

    use super::*;
    use crate::random::Random;

    fn slot(number: u64, author: &SecretKeys) -> Slot {
        let random = &mut Random::seeded(number);
        let key = EpochKey::generate(random);
        let content = SlotContent {
            name: "Laptop".to_owned(),
            app_version: String::new(),
            schema_version: 1,
            schema_checksum: [0; 32],
            vector: vec![],
        };
        Slot::seal(&content, SpaceId::from_bytes([1; 16]), number, author, &key, random).unwrap()
    }

    #[test]
    fn one_that_is_damaged_in_the_file_makes_room_for_any() {
        let connection = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE ara_sync (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID";
        connection.execute_batch(table).unwrap();
        let author = SecretKeys::generate(&mut Random::seeded(1));
        let kept = || {
            let all = all(&connection).unwrap();
            all.iter().map(|heard| heard.slot.number()).collect::<Vec<_>>()
        };
        assert!(note(&connection, &slot(7, &author), 1).unwrap());
        assert!(!note(&connection, &slot(6, &author), 2).unwrap());
        assert_eq!(kept(), [7]);

        // The highest byte of its number, which comes after the time and most of the header.
        let key = format!("{PREFIX}{}", hex(author.public().member().as_bytes()));
        let mut bytes = facts::get(&connection, &key).unwrap().unwrap();
        bytes[8 + 66] = 0xff;
        facts::put(&connection, &key, &bytes).unwrap();
        assert!(kept()[0] > 7);
        begin_anew(&connection).unwrap();
        assert!(note(&connection, &slot(6, &author), 3).unwrap());
        assert_eq!(kept(), [6]);
        assert_eq!(of_this_log(&connection).unwrap().len(), 1);
    }
}
