//! Stamping the clock of a row that is updated, without unpacking it.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::log::codec::Reader;
use crate::log::row_clock::{Group, base, group, put_base};

/// Reads what [`RowClock::pack_one`](crate::log::row_clock::RowClock::pack_one) wrote.
pub(super) fn only_group(bytes: &[u8]) -> Option<Group> {
    let mut reader = Reader(bytes);
    let (stamp, _) = base(&mut reader)?;
    group(&mut reader, stamp)
}

/// Returns the packed clock of a row after a change of this date, or `None` if the row has a change that is not
/// earlier, if it is oversized, if the change writes what was written through last, or if the bytes are not the clock
/// of a row that was written.
///
/// Every update goes through here, so the clock is not unpacked as a whole, but copied group by group.
pub(super) fn stamped(clock: &[u8], created_at: i64, change: &Group, date: i64) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(clock.len() + 24);
    let mut reader = Reader(clock);
    let (earliest, _) = base(&mut reader)?;
    put_base(&mut packed, earliest, (created_at, date));
    change.put(&mut packed, earliest);
    loop {
        let mut group = group(&mut reader, earliest)?;
        if group.stamp >= change.stamp
            || !group.left_out.is_empty()
            || group.marked.meets(&change.columns)
        {
            return None;
        }
        let is_earliest = reader.is_empty();
        if is_earliest && group.stamp != earliest {
            return None;
        }
        group.columns.remove(&change.columns);
        if is_earliest || !group.columns.is_empty() {
            group.put(&mut packed, earliest);
        }
        if is_earliest {
            return Some(packed);
        }
    }
}

/// Registers the SQL function `ara_stamp(clock, created_at, change, date)`, which returns the clock of a row
/// after a change of this date. The change is told as the
/// [clock](crate::log::row_clock::RowClock::pack_one) of a row that it alone
/// has written. It returns NULL if the row has a change that is not earlier, if it is oversized, if the change writes
/// what was written through last, or if its clock cannot be read: after an error that tells of damage, SQLite would write nothing more in the transaction.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("ara_stamp", 4, flags, |context| {
        let clock = context.get_raw(0).as_blob().unwrap_or_default();
        let created_at = context.get(1).unwrap_or_default();
        let change = only_group(context.get_raw(2).as_blob()?);
        let date = context.get(3)?;
        Ok(change.and_then(|change| stamped(clock, created_at, &change, date)))
    })
}
