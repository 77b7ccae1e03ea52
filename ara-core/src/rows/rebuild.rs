//! Rebuilding tables, rows and columns from the change log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::Result;
use crate::log::all_changes::{Place, for_each_place};
use crate::log::clock::Time;
use crate::log::counters::{CounterCell, Counters, forget_row, forget_table};
use crate::log::node::NodeOrdinal;
use crate::log::node_changes::ChangeFinder;
use crate::log::recorder::WholeLog;
use crate::log::statements::bind;
use crate::log::table_changes::TableReader;
use crate::names::quoted;
use crate::rows::fold::{Folded, FoldedRows};
use crate::rows::insert::{FIRST_COLUMN, RowHead, bind_values, insert_sql};

/// Replaces all rows of a synced table by those that the log describes. The file must contain all columns of
/// the table that the registry lists.
pub(crate) fn rebuild_table(
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
) -> Result<()> {
    rebuild_counted(log, registry, table, &mut |_| {})
}

/// Rebuilds a table as [`rebuild_table`] does, and calls `count` with each row.
pub(crate) fn rebuild_counted(
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    count: &mut dyn FnMut(&Folded),
) -> Result<()> {
    let connection = log.connection();
    connection.execute(&format!("DELETE FROM {}", quoted(&table.name)), [])?;
    forget_table(connection, table.ordinal)?;
    let mut counters = Counters::new(connection);
    fold_into(connection, log, registry, table, &mut |id, row| {
        count(row);
        note_totals(&mut counters, table, id, row)
    })
}

/// Notes the totals of the counters of a row.
fn note_totals(
    counters: &mut Counters<'_>,
    table: &RegisteredTable,
    row: &[u8],
    folded: &Folded,
) -> Result<()> {
    for ((column, node), total) in &folded.totals {
        if table.columns.contains_key(column) {
            let counter = CounterCell { table: table.ordinal, row, column: *column };
            counters.note(counter, *node, *total)?;
        }
    }
    Ok(())
}

/// Inserts the rows that the log describes into an empty table with the same columns, which may be in another
/// database. Calls `each` with every row.
pub(crate) fn fold_into(
    target: &Connection,
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    each: &mut dyn FnMut(&[u8], &Folded) -> Result<()>,
) -> Result<()> {
    let mut insert = Insert::new(target, table)?;
    let mut changes = TableReader::new(log.connection())?;
    let mut rows = FoldedRows::new(&mut changes, registry, table.ordinal)?;
    while let Some((id, row)) = rows.next()? {
        insert.insert(&id, &row)?;
        each(&id, &row)?;
    }
    Ok(())
}

/// A row: the table's ordinal, and the row's id.
pub(crate) type RowKey = (i64, [u8; 16]);

/// The most rows that are rebuilt one by one. If there are more, their whole tables are rebuilt, for which
/// the memory needed does not depend on the number of rows.
const MOST_ROWS: usize = 100_000;

/// Rebuilds some rows of synced tables. The log is read once, however many rows there are.
pub(crate) fn rebuild_rows(
    log: &WholeLog<'_>,
    registry: &Registry,
    rows: &BTreeSet<RowKey>,
) -> Result<()> {
    let connection = log.connection();
    let of_table = |ordinal| (ordinal, [0; 16])..=(ordinal, [u8::MAX; 16]);
    let mut tables =
        registry.synced().filter(|table| rows.range(of_table(table.ordinal)).next().is_some());
    if rows.len() > MOST_ROWS {
        return tables.try_for_each(|table| rebuild_table(log, registry, table));
    }
    let changes = changes_of(connection, rows)?;
    let mut finder = ChangeFinder::new(connection)?;
    let mut counters = Counters::new(connection);
    for table in tables {
        let delete = format!("DELETE FROM {} WHERE \"id\" = ?1", quoted(&table.name));
        let mut delete = connection.prepare(&delete)?;
        let mut insert = Insert::new(connection, table)?;
        for ((_, id), changes) in changes.range(of_table(table.ordinal)) {
            delete.execute([id])?;
            forget_row(connection, table.ordinal, id)?;
            if let Some(row) = Folded::of_row(&mut finder, registry, changes)? {
                insert.insert(id, &row)?;
                note_totals(&mut counters, table, id, &row)?;
            }
        }
    }
    Ok(())
}

/// Returns the node and time of each change of some rows.
fn changes_of(
    connection: &Connection,
    rows: &BTreeSet<RowKey>,
) -> Result<BTreeMap<RowKey, Vec<(NodeOrdinal, Time)>>> {
    let mut changes: BTreeMap<RowKey, Vec<_>> = rows.iter().map(|row| (*row, Vec::new())).collect();
    for_each_place(connection, |Place { node, time, table, row }| {
        if let Some(changes) = changes.get_mut(&(table, row)) {
            changes.push((node, time));
        }
    })?;
    Ok(changes)
}

/// The statement that inserts rebuilt rows into a table.
struct Insert<'c> {
    statement: Statement<'c>,
    table: &'c RegisteredTable,
}

impl<'c> Insert<'c> {
    fn new(connection: &'c Connection, table: &'c RegisteredTable) -> Result<Self> {
        let columns = table.columns.values().map(String::as_str);
        let statement = connection.prepare(&insert_sql(&table.name, columns))?;
        Ok(Self { statement, table })
    }

    fn insert(&mut self, id: &[u8], row: &Folded) -> Result<()> {
        let Self { statement: insert, table } = self;
        let mut clock = Vec::new();
        row.clock(&table.columns).pack(&mut clock);
        let Folded { created_at, updated_at, .. } = *row;
        RowHead { id, clock: &clock, created_at, updated_at }.bind(insert)?;
        bind_values(insert, FIRST_COLUMN, table.columns.keys().map(|column| row.value(*column)))?;
        insert.raw_execute()?;
        Ok(())
    }
}

/// Fills columns that another program had dropped with the values that were last written into them. The
/// clocks of the rows still contain the columns, and are left as they are.
pub(crate) fn refill_columns(
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    columns: &[(u32, &str)],
) -> Result<()> {
    let connection = log.connection();
    let mut update = format!("UPDATE {} SET ", quoted(&table.name));
    for ((_, column), parameter) in columns.iter().zip(2..) {
        let comma = if parameter == 2 { "" } else { ", " };
        let _ = write!(update, "{comma}{} = ?{parameter}", quoted(column));
    }
    let mut update = connection.prepare(&format!("{update} WHERE \"id\" = ?1"))?;

    let mut changes = TableReader::new(connection)?;
    let mut rows = FoldedRows::new(&mut changes, registry, table.ordinal)?;
    while let Some((id, row)) = rows.next()? {
        let values = || columns.iter().map(|(column, _)| row.value(*column));
        if values().all(|value| value.is_none()) {
            continue;
        }
        bind(&mut update, 1, ValueRef::Blob(&id))?;
        bind_values(&mut update, 2, values())?;
        update.raw_execute()?;
    }
    Ok(())
}
