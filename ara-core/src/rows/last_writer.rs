//! Folding changes into the tables.

use std::collections::HashMap;
use std::fmt::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::error::{Error, Result};
use crate::log::cells::keep_counting;
use crate::log::counters::{CounterCell, Counters};
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::row_clock::{ColumnSet, RowClock};
use crate::log::statements::bind;
use crate::names::{is_ara_s, quoted};
use crate::rows::touched::Touched;
use crate::value::Stored;

/// The rows into which changes are folded.
pub(crate) struct Rows<'c> {
    connection: &'c Connection,
    tables: HashMap<i64, TableRows<'c>>,
    counters: Counters<'c>,
    /// How many values were written into the app's tables.
    pub(crate) written: u64,
    /// How many were not, as a later write was there.
    pub(crate) outdated: u64,
}

/// A change as it is folded: of a table that is in the file, the cells of columns that are.
#[derive(Debug)]
pub(crate) struct FoldedChange<'a> {
    /// The table's ordinal, and its name in the file.
    pub(crate) table: (i64, &'a str),
    pub(crate) row: [u8; 16],
    pub(crate) stamp: Stamp,
    /// The ordinal of the node that made it.
    pub(crate) node: NodeOrdinal,
    pub(crate) cells: Vec<FoldedCell<'a>>,
}

/// One of its cells.
#[derive(Debug)]
pub(crate) struct FoldedCell<'a> {
    /// The column's ordinal, and its name in the file.
    pub(crate) column: (u32, &'a str),
    pub(crate) value: Option<Stored<'a>>,
    /// The value is what the node has added to a counter so far.
    pub(crate) is_total: bool,
}

impl FoldedChange<'_> {
    /// Returns the counter in a column of the row.
    fn counter(&self, column: u32) -> CounterCell<'_> {
        CounterCell { table: self.table.0, row: &self.row, column }
    }
}

impl FoldedCell<'_> {
    fn total(&self) -> Option<i64> {
        match self.value {
            Some(Stored::Integer(total)) if self.is_total => Some(total),
            _ => None,
        }
    }
}

/// The statements that fold changes into one table.
struct TableRows<'c> {
    probe: Statement<'c>,
    /// By the columns that they write.
    inserts: HashMap<Box<[u32]>, Statement<'c>>,
    updates: HashMap<Box<[u32]>, Statement<'c>>,
}

/// What a row holds of ara's own.
struct Held {
    clock: RowClock,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

/// The parameters in front of the values: the id, the clock, `created_at` and `updated_at`.
const FIRST_VALUE: usize = 5;

impl<'c> Rows<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        let (tables, counters) = (HashMap::new(), Counters::new(connection));
        Self { connection, tables, counters, written: 0, outdated: 0 }
    }

    /// Folds a change in: of each column the last write stays, by time and then by the bytes of the
    /// node's id; of a counter, the sum of the nodes' totals. `id_of` tells the ids of the nodes that
    /// wrote the row before.
    pub(crate) fn fold(
        &mut self,
        change: &mut FoldedChange<'_>,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        let columns = keep_counting(&mut change.cells, |cell| cell.column.0);
        let table = match self.tables.get_mut(&change.table.0) {
            Some(table) => table,
            None => {
                let table = TableRows::new(self.connection, change.table.1)?;
                self.tables.entry(change.table.0).or_insert(table)
            }
        };
        // What says that a row is there, or is not, most often made it.
        let may_be_new = change.cells.iter().any(|cell| cell.column.0 == 0);
        let is_inserted = may_be_new && table.insert(self.connection, change, &columns)?;
        let held = if is_inserted { None } else { table.probe(&change.row)? };
        let Some(held) = held else {
            if !is_inserted {
                table.insert(self.connection, change, &columns)?;
            }
            for cell in change.cells.iter().filter(|cell| cell.is_total) {
                note(&mut self.counters, change, cell)?;
            }
            self.written += count(change);
            if let Some(touched) = touched {
                touched.write(change.table.0, uuid::Uuid::from_bytes(change.row), &columns, true);
            }
            return Ok(());
        };
        let mut later = ColumnSet::default();
        for (columns, time, node) in held.clock.groups() {
            if (Stamp { time, node: id_of(node).ok_or(Error::Corrupt)? }) >= change.stamp {
                later.extend(columns);
            }
        }
        let before = count(change);
        let added = add_up(&mut self.counters, change, &held, &later)?;
        change.cells.retain(|cell| match cell.is_total {
            true => added.has(cell.column.0),
            false => !later.has(cell.column.0),
        });
        self.written += count(change);
        self.outdated += before - count(change);
        let millis = change.stamp.time.millis();
        let is_earliest = held.created_at.is_none_or(|created_at| millis < created_at);
        let is_latest = held.updated_at.is_none_or(|updated_at| millis > updated_at);
        if change.cells.is_empty() && !is_earliest && !is_latest {
            return Ok(());
        }
        let columns = || change.cells.iter().map(|cell| cell.column.0);
        let last: ColumnSet = columns().filter(|column| !later.has(*column)).collect();
        table.update(self.connection, change, held, &last, id_of)?;
        if let Some(touched) = touched {
            // That an older change of a row is learned of moves `created_at`.
            touched.write(
                change.table.0,
                uuid::Uuid::from_bytes(change.row),
                &columns().collect(),
                is_earliest,
            );
        }
        Ok(())
    }
}

/// How many values of the app's a change has.
fn count(change: &FoldedChange<'_>) -> u64 {
    if is_ara_s(change.table.1) { 0 } else { change.cells.len() as u64 }
}

/// Notes what the change's node has added to a counter. Whether that is news.
fn note(
    counters: &mut Counters<'_>,
    change: &FoldedChange<'_>,
    cell: &FoldedCell<'_>,
) -> Result<bool> {
    let Some(total) = cell.total() else { return Ok(false) };
    let counter = change.counter(cell.column.0);
    counters.note(counter, change.node, (change.stamp.time, total))
}

/// Notes what the change's node has added to counters, and puts the sums in their places: the columns
/// that get one. Where a value that is none of a counter was written since, that stays.
fn add_up(
    counters: &mut Counters<'_>,
    change: &mut FoldedChange<'_>,
    held: &Held,
    later: &ColumnSet,
) -> Result<ColumnSet> {
    let mut added = ColumnSet::default();
    for at in 0..change.cells.len() {
        let Some(cell) = change.cells.get(at).filter(|cell| cell.is_total) else { continue };
        let column = cell.column.0;
        if !note(counters, change, cell)? {
            continue;
        }
        let counter = change.counter(column);
        let written = held.clock.groups().find(|(columns, ..)| columns.has(column));
        if let Some((_, time, node)) = written.filter(|_| later.has(column))
            && counters.last(counter, node)?.is_none_or(|(added, _)| added != time)
        {
            continue;
        }
        let sum = counters.sum(counter)?;
        if let Some(cell) = change.cells.get_mut(at) {
            cell.value = Some(Stored::Integer(sum));
            added.insert(column);
        }
    }
    Ok(added)
}

impl<'c> TableRows<'c> {
    fn new(connection: &'c Connection, name: &str) -> Result<Self> {
        let probe = connection.prepare(&format!(
            "SELECT \"ara_clock\", \"created_at\", \"updated_at\" FROM {} WHERE \"id\" = ?1",
            quoted(name)
        ))?;
        Ok(Self { probe, inserts: HashMap::new(), updates: HashMap::new() })
    }

    /// Inserts the row, unless it is there. Whether it did.
    fn insert(
        &mut self,
        connection: &'c Connection,
        change: &FoldedChange<'_>,
        columns: &ColumnSet,
    ) -> Result<bool> {
        let ordinals: Box<[u32]> = change.cells.iter().map(|cell| cell.column.0).collect();
        let insert = match self.inserts.get_mut(&ordinals) {
            Some(insert) => insert,
            None => {
                forget_many(&mut self.inserts);
                let insert = connection.prepare(&insert_sql(change))?;
                self.inserts.entry(ordinals).or_insert(insert)
            }
        };
        let mut clock = Vec::with_capacity(16);
        if !change.cells.is_empty() {
            RowClock::pack_one(&mut clock, change.stamp.time, change.node, columns);
        }
        let millis = ValueRef::Integer(change.stamp.time.millis());
        bind(insert, 1, ValueRef::Blob(&change.row))?;
        bind(insert, 2, ValueRef::Blob(&clock))?;
        bind(insert, 3, millis)?;
        bind(insert, 4, millis)?;
        bind_cells(insert, change)?;
        Ok(insert.raw_execute()? > 0)
    }

    fn probe(&mut self, row: &[u8; 16]) -> Result<Option<Held>> {
        bind(&mut self.probe, 1, ValueRef::Blob(row))?;
        let mut rows = self.probe.raw_query();
        let Some(row) = rows.next()? else { return Ok(None) };
        let clock = row.get_ref(0)?.as_blob().ok().and_then(RowClock::unpack);
        Ok(Some(Held {
            clock: clock.ok_or(Error::Corrupt)?,
            created_at: row.get(1)?,
            updated_at: row.get(2)?,
        }))
    }

    fn update(
        &mut self,
        connection: &'c Connection,
        change: &FoldedChange<'_>,
        mut held: Held,
        columns: &ColumnSet,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<()> {
        let ordinals: Box<[u32]> = change.cells.iter().map(|cell| cell.column.0).collect();
        let update = match self.updates.get_mut(&ordinals) {
            Some(update) => update,
            None => {
                forget_many(&mut self.updates);
                let update = connection.prepare(&update_sql(change))?;
                self.updates.entry(ordinals).or_insert(update)
            }
        };
        held.clock.insert(change.stamp, change.node, columns, id_of);
        let mut clock = Vec::with_capacity(48);
        held.clock.pack(&mut clock);
        let millis = change.stamp.time.millis();
        let created_at = held.created_at.map_or(millis, |created_at| created_at.min(millis));
        let updated_at = held.updated_at.map_or(millis, |updated_at| updated_at.max(millis));
        bind(update, 1, ValueRef::Blob(&change.row))?;
        bind(update, 2, ValueRef::Blob(&clock))?;
        bind(update, 3, ValueRef::Integer(created_at))?;
        bind(update, 4, ValueRef::Integer(updated_at))?;
        bind_cells(update, change)?;
        update.raw_execute()?;
        Ok(())
    }
}

/// Keeps the statements of a table from being as many as there are changes.
fn forget_many(statements: &mut HashMap<Box<[u32]>, Statement<'_>>) {
    const MOST: usize = 64;
    if statements.len() >= MOST {
        statements.clear();
    }
}

fn bind_cells(statement: &mut Statement<'_>, change: &FoldedChange<'_>) -> rusqlite::Result<()> {
    for (cell, parameter) in change.cells.iter().zip(FIRST_VALUE..) {
        let value = cell.value.as_ref().map_or(ValueRef::Null, Stored::to_sql);
        bind(statement, parameter, value)?;
    }
    Ok(())
}

fn insert_sql(change: &FoldedChange<'_>) -> String {
    let mut names = String::from("\"id\", \"ara_clock\", \"created_at\", \"updated_at\"");
    let mut values = String::from("?1, ?2, ?3, ?4");
    for (cell, parameter) in change.cells.iter().zip(FIRST_VALUE..) {
        let _ = write!(names, ", {}", quoted(cell.column.1));
        let _ = write!(values, ", ?{parameter}");
    }
    let table = quoted(change.table.1);
    format!("INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT DO NOTHING")
}

fn update_sql(change: &FoldedChange<'_>) -> String {
    let mut sql = format!(
        "UPDATE {} SET \"ara_clock\" = ?2, \"created_at\" = ?3, \"updated_at\" = ?4",
        quoted(change.table.1)
    );
    for (cell, parameter) in change.cells.iter().zip(FIRST_VALUE..) {
        let _ = write!(sql, ", {} = ?{parameter}", quoted(cell.column.1));
    }
    sql.push_str(" WHERE \"id\" = ?1");
    sql
}
