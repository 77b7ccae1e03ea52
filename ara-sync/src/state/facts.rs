//! Facts by key: the table `ara_sync`.

use ara_core::Result;
use rusqlite::{Connection, OptionalExtension};

/// The space that the file is in.
pub(crate) const SPACE: &str = "space";
/// The URL of the relay.
pub(crate) const RELAY: &str = "relay";
/// The URL that the app gave when the file came to another relay than that, without the space having moved: the code of
/// a pairing named it. It is empty if the app gave none.
pub(crate) const GIVEN: &str = "given";
/// Whether the relay has had the space, so that one that has not was put back.
pub(crate) const FOUNDED: &str = "founded";
/// Up to where the relay's log was read.
pub(crate) const CURSOR: &str = "cursor";
/// Whether the log is read again by heads, as the relay was put back.
pub(crate) const BY_HEADS: &str = "by_heads";
/// The newest slot that was seen.
pub(crate) const SLOTS_SEEN: &str = "slots_seen";
/// The number of the own slot, when it was sent, and a hash of what was in it.
pub(crate) const OWN_SLOT: &str = "own_slot";
/// Whether there may be segments that are to be sealed again. The database sets it when it forgets rows.
pub(crate) const RESEAL: &str = "reseal";
/// Before members that are to be removed once all was read.
pub(crate) const TO_REMOVE: &str = "to_remove/";
/// Before members that have left by themselves: the end of the log when this device heard of it.
pub(crate) const LEFT: &str = "left/";
/// Before devices that this one has let in: the name that each gave then.
pub(crate) const NAMED: &str = "named/";
/// Why sync has stopped for good.
pub(crate) const STOPPED: &str = "stopped";

/// Returns the value of a fact.
pub(crate) fn get(connection: &Connection, key: &str) -> Result<Option<Vec<u8>>> {
    let mut get = connection.prepare_cached("SELECT value FROM ara_sync WHERE key = ?1")?;
    Ok(get.query_row([key], |row| row.get(0)).optional()?)
}

/// Returns the number that a fact is, or 0 if there is none.
pub(crate) fn number(connection: &Connection, key: &str) -> Result<u64> {
    let bytes = get(connection, key)?.and_then(|value| value.try_into().ok());
    Ok(bytes.map_or(0, u64::from_be_bytes))
}

/// Returns the number that a fact begins with.
pub(crate) fn number_within(connection: &Connection, key: &str) -> Result<Option<u64>> {
    let value = get(connection, key)?;
    Ok(value.and_then(|value| value.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))))
}

/// Sets a fact.
pub(crate) fn put(connection: &Connection, key: &str, value: &[u8]) -> Result<()> {
    let mut put = connection
        .prepare_cached("INSERT OR REPLACE INTO ara_sync (key, value) VALUES (?1, ?2)")?;
    put.execute((key, value))?;
    Ok(())
}

/// Removes a fact.
pub(crate) fn remove(connection: &Connection, key: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM ara_sync WHERE key = ?1")?.execute([key])?;
    Ok(())
}

/// Returns the facts whose keys begin with a prefix, in the order of their keys, without it.
pub(crate) fn under(connection: &Connection, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let mut facts = connection.prepare_cached(
        "SELECT substr(key, length(?1) + 1), value FROM ara_sync \
         WHERE key >= ?1 AND key < ?1 || char(1114111) ORDER BY key",
    )?;
    let facts = facts.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(facts.collect::<rusqlite::Result<_>>()?)
}

/// Removes the facts whose keys begin with a prefix.
pub(crate) fn remove_under(connection: &Connection, prefix: &str) -> Result<()> {
    let mut remove = connection
        .prepare_cached("DELETE FROM ara_sync WHERE key >= ?1 AND key < ?1 || char(1114111)")?;
    remove.execute([prefix])?;
    Ok(())
}

/// Removes all facts, and what is noted of segments.
pub(crate) fn clear(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM ara_sync", [])?;
    connection.execute("DELETE FROM ara_segment", [])?;
    Ok(())
}

/// Returns bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the bytes that hexadecimal digits stand for.
pub(crate) fn from_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let pairs = digits.as_bytes().chunks_exact(2);
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ara_core::Database;

    #[test]
    fn facts_are_kept_by_key() -> Result<()> {
        let db = Database::memory()?;
        db.sync_write(|sync| {
            put(sync, "a/2", b"two")?;
            put(sync, "a/1", b"one")?;
            put(sync, "b", &7u64.to_be_bytes())?;
            assert_eq!(get(sync, "a/1")?.as_deref(), Some(&b"one"[..]));
            assert_eq!((number(sync, "b")?, number(sync, "c")?), (7, 0));
            let keys: Vec<_> = under(sync, "a/")?.into_iter().map(|(key, _)| key).collect();
            assert_eq!(keys, ["1", "2"]);
            remove(sync, "a/1")?;
            assert_eq!(under(sync, "a/")?.len(), 1);
            clear(sync)?;
            assert_eq!(under(sync, "")?, []);
            Ok(())
        })
    }

    #[test]
    fn hexadecimal_digits_come_back() {
        assert_eq!(from_hex(&hex(&[0, 171, 255])), Some([0, 171, 255]));
        assert_eq!(from_hex::<2>("0102ff"), None);
        assert_eq!(from_hex::<1>("zz"), None);
        assert_eq!(from_hex::<1>("ä"), None);
    }
}
