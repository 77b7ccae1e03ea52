//! Forgetting rows.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::sync_tables::note_removed;
use crate::error::Result;
use crate::log::cells::{Forgotten, IS_DELETED, Write};
use crate::log::clock::Stamp;
use crate::log::forgotten::Tombstone;
use crate::log::meta;
use crate::log::remains::remove_values;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::{RowClock, Tick};
use crate::names::quoted;
use crate::rows::folded_change::{FoldedCell, FoldedChange};
use crate::rows::last_writer::Rows;
use crate::rows::plan::is_deleted;
use crate::rows::rebuild::rebuild_rows;
use crate::rows::table_rows::delete_row;
use crate::rows::writing::Writing;

/// A deleted row, and the stamp of its latest change.
type Deleted = ([u8; 16], Stamp);

/// Forgets those of some rows of a table that are deleted, or cannot be any more, and were not forgotten before.
/// Returns how many these are.
///
/// Their values are removed from the table and the log. A row of a local table, which has no log, is gone.
pub(crate) fn forget_rows(
    writing: &mut Writing<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    rows: &[Uuid],
) -> Result<u64> {
    let connection = writing.connection;
    let mut folding = Rows::new(connection)?;
    let mut deleted: Vec<Deleted> = Vec::with_capacity(rows.len());
    for row in rows {
        let key = (table.ordinal, row.into_bytes());
        let Some((mut is_deleted, mut stamp)) = state(connection, table, &key.1)? else { continue };
        if !is_deleted && writing.recorder.stamp_after(stamp).is_none() && !table.is_local {
            // The log tells whether that is its last stamp, or another program has damaged the clock.
            let Writing { recorder, touched, .. } = writing;
            let log = recorder.whole_log()?;
            rebuild_rows(&log, registry, &BTreeSet::from([key]), touched.as_mut())?;
            (is_deleted, stamp) = state(connection, table, &key.1)?.unwrap_or((false, stamp));
        }
        // A row that has the last stamp there is cannot be deleted any more.
        if (is_deleted || writing.recorder.stamp_after(stamp).is_none())
            && !folding.forgotten.has(&key)?
            && !deleted.iter().any(|(row, _)| *row == key.1)
        {
            deleted.push((key.1, stamp));
        }
    }
    if deleted.is_empty() {
        return Ok(0);
    }
    if table.is_local {
        for (row, _) in &deleted {
            delete_row(connection, (table.ordinal, &table.name), row)?;
            touch(writing, table, row);
            writing.recorder.note_local();
        }
    } else {
        // The changes that are made here have no values, so that what is recorded before is all there is.
        let keys: BTreeSet<RowKey> = deleted.iter().map(|(row, _)| (table.ordinal, *row)).collect();
        let mut removed = note_removed(connection)?;
        remove_values(&writing.recorder.whole_log()?, registry, &keys, &mut removed)?;
        for row in &deleted {
            forget(writing, (&mut folding, registry), table, row)?;
        }
    }
    note(writing)?;
    Ok(deleted.len() as u64)
}

/// Notes that values were removed, so that what is left of them beside the tables and the log is removed, too,
/// once this is committed.
pub(crate) fn note(writing: &mut Writing<'_>) -> Result<()> {
    writing.has_removed_values = true;
    meta::set(writing.connection, meta::VACUUM, 1)?;
    meta::set(writing.connection, meta::PURGE, meta::SEARCHES)
}

/// Makes the change that forgets a row, and folds it in.
fn forget(
    writing: &mut Writing<'_>,
    (folding, registry): (&mut Rows<'_>, &Registry),
    table: &RegisteredTable,
    (row, latest): &Deleted,
) -> Result<()> {
    let Writing { recorder, touched, .. } = writing;
    // Nothing comes after a row that has the last stamp there is, and this need not.
    let stamp = recorder.stamp_after(*latest).unwrap_or(Stamp::LAST);
    let name = table.name.as_str();
    let mut change = recorder.change(stamp, (table.ordinal, name), Uuid::from_bytes(*row));
    change.forget("is_deleted");
    recorder.record(change)?;
    let tick = Tick { stamp, node: (recorder.node(), recorder.node_id()), date: recorder.date() };
    let id_of = |node| registry.id_of(node);
    if !table.is_made {
        let tombstone = Tombstone::of(Forgotten::Act, tick);
        folding.note_forgotten((table.ordinal, *row), tombstone, &id_of)?;
        return Ok(());
    }
    let write = Write::Forgotten(Forgotten::Act);
    let cells = vec![FoldedCell::plain((IS_DELETED, "is_deleted"), write)];
    let mut change = FoldedChange { table: (table.ordinal, name), row: *row, tick, cells };
    folding.fold(&mut change, &id_of, touched.as_mut())
}

/// Returns whether a row is deleted, and the stamp of its latest change, or `None` if it is not there.
fn state(
    connection: &Connection,
    table: &RegisteredTable,
    row: &[u8; 16],
) -> Result<Option<(bool, Stamp)>> {
    let name = quoted(&table.name);
    let sql = format!("SELECT \"ara_clock\", \"is_deleted\" FROM {name} WHERE \"id\" = ?1");
    let mut held = connection.prepare_cached(&sql)?;
    let mut held = held.query([row])?;
    let Some(held) = held.next()? else { return Ok(None) };
    // A clock that is damaged does not keep a row from being forgotten.
    let clock = RowClock::read(held.get_ref(0)?, (None, None));
    let latest = clock.and_then(|clock| clock.latest());
    let is_deleted = is_deleted(held.get_ref(1)?);
    Ok(Some((is_deleted, latest.map_or_else(Stamp::default, |(stamp, _)| stamp))))
}

/// Makes the changes that forget rows of which only was told that they were forgotten. Their values are removed
/// already.
pub(crate) fn forget_told(
    writing: &mut Writing<'_>,
    registry: &Registry,
    rows: &[(RowKey, Stamp)],
) -> Result<()> {
    let mut folding = Rows::new(writing.connection)?;
    for ((table, row), stamp) in rows {
        let Some(table) = registry.tables.get(table) else { continue };
        forget(writing, (&mut folding, registry), table, &(*row, *stamp))?;
    }
    Ok(())
}

fn touch(writing: &mut Writing<'_>, table: &RegisteredTable, row: &[u8; 16]) {
    if let Some(touched) = &mut writing.touched {
        let columns = std::iter::once(IS_DELETED).collect();
        touched.write(table.ordinal, Uuid::from_bytes(*row), &columns, true);
    }
}

/// Returns the deleted rows of a table that were last changed before a time and were not forgotten: so many at
/// most, from a row id on, and where to go on.
pub(crate) fn deleted_before(
    connection: &Connection,
    table: &RegisteredTable,
    (before, after, most): (i64, i64, usize),
) -> Result<Vec<(i64, Uuid)>> {
    let deleted = deleted(table);
    let sql = format!(
        "SELECT \"ara_row\", \"id\" {deleted} AND \"ara_row\" > ?3 ORDER BY \"ara_row\" LIMIT ?4"
    );
    let mut rows = connection.prepare_cached(&sql)?;
    let rows = rows.query_map((before, table.ordinal, after, most as i64), |row| {
        Ok((row.get(0)?, Uuid::from_bytes(row.get(1)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns how many deleted rows of a table were last changed before a time and were not forgotten.
pub(crate) fn count_deleted_before(
    connection: &Connection,
    table: &RegisteredTable,
    before: i64,
) -> Result<u64> {
    let mut count = connection.prepare(&format!("SELECT count(*) {}", deleted(table)))?;
    let count: i64 = count.query_row((before, table.ordinal), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Returns where the deleted rows of a table are selected from that were last changed before `?1` and were not
/// forgotten. The table's ordinal is `?2`. A row that another program has given an id that is none is passed over.
fn deleted(table: &RegisteredTable) -> String {
    format!(
        "FROM {} AS t WHERE \"is_deleted\" = 1 AND \"updated_at\" < ?1 \
         AND typeof(\"id\") = 'blob' AND length(\"id\") = 16 AND NOT EXISTS \
         (SELECT 1 FROM ara_forgotten f WHERE f.tbl = ?2 AND f.row = t.\"id\")",
        quoted(&table.name)
    )
}
