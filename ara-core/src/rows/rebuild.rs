//! Rebuilding tables, rows and columns from the change log.
//!
//! All changes are folded in again, as they were when they were made or arrived. They are read once, as they
//! lie in the log, so that the memory needed does not depend on how many there are.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::columns_in_file;
use crate::catalog::sync_tables::note_removed;
use crate::error::{Error, Result};
use crate::log::cells::{Cells, Standing};
use crate::log::clock::Stamp;
use crate::log::counters::forget_table;
use crate::log::forgotten::clear_table;
use crate::log::meta;
use crate::log::node::NodeOrdinal;
use crate::log::nodes::note_forked;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::PieceReader;
use crate::log::recorder::WholeLog;
use crate::log::remains::remove_values;
use crate::log::row_changes::{RowKey, for_each_change_of};
use crate::log::row_clock::{RowClock, Tick};
use crate::log::texts::forget_texts_of_table;
use crate::names::quoted;
use crate::rows::folded_change::{FoldedCell, FoldedChange};
use crate::rows::last_writer::Rows;
use crate::rows::touched::Touched;
use crate::rows::whole_row::WholeRow;

/// Returns a change of the log as it is folded in, or `None` if its table is not in the file. Cells of
/// columns that are not in the file, and of kinds that this version does not know, are left out.
///
/// Returns [`Error::Corrupt`] if it cannot be read.
pub(crate) fn folded<'a>(
    registry: &'a Registry,
    change: LoggedChange<'a>,
) -> Result<Option<FoldedChange<'a>>> {
    let LoggedChange { node, date, record } = change;
    let Some(table) = registry.tables.get(&record.table).filter(|table| table.is_made) else {
        return Ok(None);
    };
    let id = registry.id_of(node).ok_or(Error::Corrupt)?;
    let tick = Tick { stamp: record.stamp, node: (node, id), date };
    let cells = folded_cells(table, record.cells)?;
    let table = (table.ordinal, table.name.as_str());
    Ok(Some(FoldedChange { table, row: record.row, tick, cells }))
}

/// Returns the cells of a change of a table that can be folded in.
fn folded_cells<'a>(table: &'a RegisteredTable, cells: Cells<'a>) -> Result<Vec<FoldedCell<'a>>> {
    let mut folded = Vec::with_capacity(8);
    for cell in cells.judged() {
        let (cell, Standing::Counts(write)) = cell? else { continue };
        if let Some(name) = table.columns.get(&cell.column) {
            folded.push(FoldedCell::new((cell.column, name.as_str()), write, cell.marks));
        }
    }
    Ok(folded)
}

/// Replaces all rows of a synced table by those that the log describes. The file must contain all columns of
/// the table that the registry lists.
pub(crate) fn rebuild_table(
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
) -> Result<()> {
    rebuild_tables(log, registry, &[table], &mut |_| Ok(()))
}

/// Rebuilds tables as [`rebuild_table`] does, and calls `each` with every change of the log before it is
/// folded in.
pub(crate) fn rebuild_tables(
    log: &WholeLog<'_>,
    registry: &Registry,
    tables: &[&RegisteredTable],
    each: &mut dyn FnMut(&LoggedChange<'_>) -> Result<()>,
) -> Result<()> {
    let connection = log.connection();
    for table in tables {
        let name = quoted(&table.name);
        connection.execute(&format!("DELETE FROM {name}"), [])?;
        if connection.prepare(&format!("SELECT 1 FROM {name} LIMIT 1"))?.exists([])? {
            return Err(Error::unwritten(&table.name));
        }
        forget_table(connection, table.ordinal)?;
        forget_texts_of_table(connection, table.ordinal)?;
        clear_table(connection, table.ordinal)?;
    }
    let mut rows = Rows::anew(connection)?;
    let wanted: BTreeSet<i64> = tables.iter().map(|table| table.ordinal).collect();
    fold_log(log, registry, &mut rows, |change| {
        each(change)?;
        Ok(wanted.contains(&change.record.table))
    })?;
    // Of a table that was not in the file, nobody has found out before.
    for node in &rows.tied {
        note_forked(connection, *node)?;
    }
    let unclear = std::mem::take(&mut rows.unclear);
    let forgotten = std::mem::take(&mut rows.newly_forgotten);
    remove_values(log, registry, &forgotten, &mut note_removed(log.connection())?)?;
    rebuild_rows(log, registry, &unclear, None)
}

/// Folds the changes of the log that are wanted into rows, which may be in another database. What cannot be
/// read is left out.
pub(crate) fn fold_log(
    log: &WholeLog<'_>,
    registry: &Registry,
    rows: &mut Rows<'_>,
    mut is_wanted: impl FnMut(&LoggedChange<'_>) -> Result<bool>,
) -> Result<()> {
    let mut pieces = PieceReader::all(log.connection())?;
    let id_of = |node| registry.id_of(node);
    while let Some(piece) = pieces.next()? {
        for change in piece.changes() {
            if !is_wanted(&change)? {
                continue;
            }
            match folded(registry, change) {
                Ok(Some(mut change)) => rows.fold(&mut change, &id_of, None)?,
                Ok(None) | Err(Error::Corrupt) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Returns the latest stamp of the changes of a node that the rows tell of.
pub(crate) fn latest_told(
    connection: &Connection,
    registry: &Registry,
    node: NodeOrdinal,
) -> Result<Stamp> {
    let mut latest = Stamp::default();
    for table in registry.synced() {
        let columns = columns_in_file(connection, &table.name)?;
        if columns.is_none_or(|columns| !columns.contains_key("ara_clock")) {
            continue;
        }
        let sql = format!("SELECT \"ara_clock\" FROM {}", quoted(&table.name));
        let mut clocks = connection.prepare(&sql)?;
        let mut clocks = clocks.query([])?;
        while let Some(row) = clocks.next()? {
            let clock = RowClock::read(row.get_ref(0)?, (None, None));
            let clock = clock.unwrap_or_default();
            let told = clock.groups().filter(|(_, _, of)| *of == node).map(|(_, stamp, _)| stamp);
            latest = told.fold(latest, Stamp::max);
        }
    }
    Ok(latest)
}

/// How many rows are rebuilt at once, as what they hold is kept in memory.
const MOST_ROWS: usize = 1000;

/// Rebuilds some rows of synced tables. Those of which the log knows nothing stay as they are, and so do those of
/// which it knows what cannot be read.
pub(crate) fn rebuild_rows(
    log: &WholeLog<'_>,
    registry: &Registry,
    rows: &BTreeSet<RowKey>,
    mut touched: Option<&mut Touched>,
) -> Result<()> {
    let connection = log.connection();
    let writer = meta::get(connection, meta::NODE)?.unwrap_or(NodeOrdinal::NONE);
    let keys: Vec<RowKey> = rows.iter().copied().collect();
    for keys in keys.chunks(MOST_ROWS) {
        let keys = keys.iter().copied().collect();
        let rows = match whole_rows(connection, (registry, writer), &keys, |_| true) {
            Err(Error::Corrupt) => continue,
            rows => rows?,
        };
        for ((ordinal, id), row) in rows {
            let Some(table) = registry.tables.get(&ordinal) else { continue };
            row.put(connection, (ordinal, &table.name), &id)?;
            // Some are found only now, once the values of a row that was forgotten are removed.
            for node in row.tied() {
                note_forked(connection, *node)?;
            }
            if let Some(touched) = &mut touched {
                let columns = table.columns.keys().copied().collect();
                touched.write(ordinal, Uuid::from_bytes(id), &columns, true);
            }
        }
    }
    Ok(())
}

/// Folds the changes of some rows, as far as they count. Rows that have none are left out, and so are those of tables
/// that are not in the file.
pub(crate) fn whole_rows<'r>(
    log: &Connection,
    (registry, writer): (&'r Registry, NodeOrdinal),
    rows: &BTreeSet<RowKey>,
    counts: impl Fn(&LoggedChange<'_>) -> bool,
) -> Result<BTreeMap<RowKey, WholeRow<'r>>> {
    let mut whole = BTreeMap::new();
    for_each_change_of(log, rows, |change| {
        if !counts(&change) {
            return Ok(());
        }
        let key = (change.record.table, change.record.row);
        let hash = change.hash(registry).ok_or(Error::Corrupt)?;
        if let Some(change) = folded(registry, change)? {
            let row = whole.entry(key).or_insert_with(|| WholeRow::new(writer, registry));
            row.add(change, hash);
        }
        Ok(())
    })?;
    Ok(whole)
}
