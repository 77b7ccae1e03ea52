//! Making a table, or columns of it, again from the change log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::Result;
use crate::log::counters::{CounterCell, Counters, forget_row, forget_table};
use crate::log::recorder::WholeLog;
use crate::log::statements::bind;
use crate::names::quoted;
use crate::rows::fold::{CHANGES_BY_ROW, Folded, FoldedRows, ONE_CHANGE};
use crate::value::Stored;

/// Makes every row of a synced table again, as the log says it must be. All of the table's columns
/// that the registry knows must be in the file.
pub(crate) fn rebuild_table(
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
) -> Result<()> {
    rebuild_counted(log, registry, table, &mut |_| {})
}

/// The same, and counts the rows that it makes.
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

/// Notes what the log says that was added to the counters of a row.
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

/// Inserts the rows of a table, as the log says they must be, into a table of the same columns that may
/// be in another database. `each` is told of every one.
pub(crate) fn fold_into(
    target: &Connection,
    log: &WholeLog<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    each: &mut dyn FnMut(&[u8], &Folded) -> Result<()>,
) -> Result<()> {
    let mut insert = Insert::new(target, table)?;
    let mut changes = log.connection().prepare(CHANGES_BY_ROW)?;
    let mut rows = FoldedRows::new(&mut changes, registry, table.ordinal)?;
    while let Some((id, row)) = rows.next()? {
        insert.insert(&id, &row)?;
        each(&id, &row)?;
    }
    Ok(())
}

/// A row of a table, by the table's ordinal.
pub(crate) type RowKey = (i64, [u8; 16]);

/// The most rows that are looked for in the log. If there are more, their tables are made again as a whole,
/// which takes no more memory however many there are.
const MOST_ROWS: usize = 100_000;

/// Makes some rows of synced tables again. It looks through the log once, however many they are.
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
    let mut change = connection.prepare(ONE_CHANGE)?;
    let mut counters = Counters::new(connection);
    for table in tables {
        let delete = format!("DELETE FROM {} WHERE \"id\" = ?1", quoted(&table.name));
        let mut delete = connection.prepare(&delete)?;
        let mut insert = Insert::new(connection, table)?;
        for ((_, id), changes) in changes.range(of_table(table.ordinal)) {
            delete.execute([id])?;
            forget_row(connection, table.ordinal, id)?;
            if let Some(row) = Folded::of_row(&mut change, registry, changes)? {
                insert.insert(id, &row)?;
                note_totals(&mut counters, table, id, &row)?;
            }
        }
    }
    Ok(())
}

/// The changes of some rows, by node and time.
fn changes_of(
    connection: &Connection,
    rows: &BTreeSet<RowKey>,
) -> Result<BTreeMap<RowKey, Vec<(i64, i64)>>> {
    let mut changes: BTreeMap<RowKey, Vec<_>> = rows.iter().map(|row| (*row, Vec::new())).collect();
    let mut log = connection.prepare("SELECT tbl, row, node, time FROM ara_change")?;
    let mut log = log.query([])?;
    while let Some(change) = log.next()? {
        // What another program wrote there may be anything.
        let Ok(row) = change.get(1) else { continue };
        if let Some(changes) = changes.get_mut(&(change.get(0)?, row)) {
            changes.push((change.get(2)?, change.get(3)?));
        }
    }
    Ok(changes)
}

/// Inserts rows as the log says they must be.
struct Insert<'c> {
    statement: Statement<'c>,
    table: &'c RegisteredTable,
}

impl<'c> Insert<'c> {
    fn new(connection: &'c Connection, table: &'c RegisteredTable) -> Result<Self> {
        let name = quoted(&table.name);
        let mut insert =
            format!("INSERT INTO {name} (\"id\", \"ara_clock\", \"created_at\", \"updated_at\"");
        let mut values = String::from("?1, ?2, ?3, ?4");
        for (column, parameter) in table.columns.values().zip(5..) {
            let _ = write!(insert, ", {}", quoted(column));
            let _ = write!(values, ", ?{parameter}");
        }
        let statement = connection.prepare(&format!("{insert}) VALUES ({values})"))?;
        Ok(Self { statement, table })
    }

    fn insert(&mut self, id: &[u8], row: &Folded) -> Result<()> {
        let Self { statement: insert, table } = self;
        let mut clock = Vec::new();
        row.clock(&table.columns).pack(&mut clock);
        bind(insert, 1, ValueRef::Blob(id))?;
        bind(insert, 2, ValueRef::Blob(&clock))?;
        for (at, millis) in [(3, row.created_at), (4, row.updated_at)] {
            bind(insert, at, millis.map_or(ValueRef::Null, ValueRef::Integer))?;
        }
        for (column, parameter) in table.columns.keys().zip(5..) {
            let value = row.cells.get(column).and_then(|cell| cell.value.as_ref());
            bind(insert, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
        }
        insert.raw_execute()?;
        Ok(())
    }
}

/// Fills columns that were lost with what the log says was written into them last. The clocks of the
/// rows still tell when.
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

    let mut changes = connection.prepare(CHANGES_BY_ROW)?;
    let mut rows = FoldedRows::new(&mut changes, registry, table.ordinal)?;
    while let Some((id, row)) = rows.next()? {
        let mut values = Vec::with_capacity(columns.len());
        for (column, _) in columns {
            values.push(row.cells.get(column).and_then(|cell| cell.value.as_ref()));
        }
        if values.iter().all(Option::is_none) {
            continue;
        }
        bind(&mut update, 1, ValueRef::Blob(&id))?;
        for (value, parameter) in values.into_iter().zip(2..) {
            bind(&mut update, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
        }
        update.raw_execute()?;
    }
    Ok(())
}
