//! Folding changes into the rows: in each column, the last write wins.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::cells::keep_counting;
use crate::log::counters::{CounterCell, Counters};
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::row_clock::{ColumnSet, RowClock};
use crate::log::statements::bind;
use crate::names::{is_ara_s, quoted};
use crate::rows::insert::{FIRST_COLUMN, RowHead, bind_values, insert_sql};
use crate::rows::touched::Touched;
use crate::value::Stored;

/// The rows into which changes are folded.
pub(crate) struct Rows<'c> {
    connection: &'c Connection,
    tables: HashMap<i64, TableRows<'c>>,
    counters: Counters<'c>,
    /// The number of values that were written into the app's tables.
    pub(crate) written: u64,
    /// The number of values that were not written, because a later write to the column was there.
    pub(crate) outdated: u64,
}

/// A change to be folded in. Its table and all of its columns exist in the file.
#[derive(Debug)]
pub(crate) struct FoldedChange<'a> {
    /// The table's ordinal, and its name in the file.
    pub(crate) table: (i64, &'a str),
    pub(crate) row: [u8; 16],
    pub(crate) stamp: Stamp,
    /// The ordinal of the node that made the change.
    pub(crate) node: NodeOrdinal,
    pub(crate) cells: Vec<FoldedCell<'a>>,
}

/// A cell of a [`FoldedChange`].
#[derive(Debug)]
pub(crate) struct FoldedCell<'a> {
    /// The column's ordinal, and its name in the file.
    pub(crate) column: (u32, &'a str),
    pub(crate) value: Option<Stored<'a>>,
    /// Whether the value is the total that the node has added to a counter so far.
    pub(crate) is_total: bool,
}

impl FoldedChange<'_> {
    /// Returns the counter in a column of the row.
    fn counter(&self, column: u32) -> CounterCell<'_> {
        CounterCell { table: self.table.0, row: &self.row, column }
    }

    /// Returns the ordinals of the columns.
    fn columns(&self) -> impl Iterator<Item = u32> {
        self.cells.iter().map(|cell| cell.column.0)
    }

    /// Returns how many values of the app the change has: none, if the table is one of ara's own.
    fn count(&self) -> u64 {
        if is_ara_s(self.table.1) { 0 } else { self.cells.len() as u64 }
    }
}

impl FoldedCell<'_> {
    /// Returns the total, if the cell is of a counter.
    fn total(&self) -> Option<i64> {
        match self.value {
            Some(Stored::Integer(total)) if self.is_total => Some(total),
            _ => None,
        }
    }
}

/// The statements that fold changes into one table.
struct TableRows<'c> {
    connection: &'c Connection,
    probe: Statement<'c>,
    /// The statements by the ordinals of the columns that they write.
    inserts: HashMap<Box<[u32]>, Statement<'c>>,
    updates: HashMap<Box<[u32]>, Statement<'c>>,
}

/// The clock and the times of a row that exists.
struct Held {
    clock: RowClock,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

impl<'c> Rows<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        let (tables, counters) = (HashMap::new(), Counters::new(connection));
        Self { connection, tables, counters, written: 0, outdated: 0 }
    }

    /// Folds in a change. In each column the last write stays: the one with the latest time and, among equal
    /// times, the one of the node with the greatest id. A counter becomes the sum of the nodes' totals.
    ///
    /// `id_of` returns the id of any node that wrote the row before.
    pub(crate) fn fold(
        &mut self,
        change: &mut FoldedChange<'_>,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        let columns = keep_counting(&mut change.cells, |cell| cell.column.0);
        match self.insert_or_probe(change, &columns)? {
            None => self.after_insert(change, &columns, touched),
            Some(held) => self.fold_into(held, change, id_of, touched),
        }
    }

    /// Inserts the row of a change, or returns what is there of it if it exists.
    fn insert_or_probe(
        &mut self,
        change: &FoldedChange<'_>,
        columns: &ColumnSet,
    ) -> Result<Option<Held>> {
        let table = self.table(change.table)?;
        // A change that writes `is_deleted` is most often the one that created the row.
        if columns.has(0) && table.insert(change, columns)? {
            return Ok(None);
        }
        let held = table.probe(&change.row)?;
        if held.is_none() {
            table.insert(change, columns)?;
        }
        Ok(held)
    }

    /// Notes what a change has written into a row that it inserted.
    fn after_insert(
        &mut self,
        change: &FoldedChange<'_>,
        columns: &ColumnSet,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        for cell in &change.cells {
            note(&mut self.counters, change, cell)?;
        }
        self.written += change.count();
        if let Some(touched) = touched {
            touched.write(change.table.0, Uuid::from_bytes(change.row), columns, true);
        }
        Ok(())
    }

    /// Writes the cells of a change that are later than what a row contains into the row.
    fn fold_into(
        &mut self,
        held: Held,
        change: &mut FoldedChange<'_>,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        let later = held.written_since(change.stamp, id_of)?;
        let before = change.count();
        let added = add_up(&mut self.counters, change, &held, &later)?;
        change.cells.retain(|cell| match cell.is_total {
            true => added.has(cell.column.0),
            false => !later.has(cell.column.0),
        });
        self.written += change.count();
        self.outdated += before - change.count();

        let millis = change.stamp.time.millis();
        let is_earliest = held.created_at.is_none_or(|created_at| millis < created_at);
        let is_latest = held.updated_at.is_none_or(|updated_at| millis > updated_at);
        if change.cells.is_empty() && !is_earliest && !is_latest {
            return Ok(());
        }
        // A counter whose sum changed may have a later writer, which stays in the clock.
        let clocked: ColumnSet = change.columns().filter(|column| !later.has(*column)).collect();
        self.table(change.table)?.update(change, held, &clocked, id_of)?;
        if let Some(touched) = touched {
            let (row, columns) = (Uuid::from_bytes(change.row), change.columns().collect());
            // No column stands for `created_at`, so a row whose `created_at` moves is noted like a new one.
            touched.write(change.table.0, row, &columns, is_earliest);
        }
        Ok(())
    }

    /// Returns the statements of a table, by its ordinal and its name.
    fn table(&mut self, (ordinal, name): (i64, &str)) -> Result<&mut TableRows<'c>> {
        Ok(match self.tables.entry(ordinal) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(TableRows::new(self.connection, name)?),
        })
    }
}

impl Held {
    /// Returns the columns that were written at a stamp or later.
    fn written_since(
        &self,
        stamp: Stamp,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<ColumnSet> {
        let mut since = ColumnSet::default();
        for (columns, time, node) in self.clock.groups() {
            let node = id_of(node).ok_or(Error::Corrupt)?;
            if (Stamp { time, node }) >= stamp {
                since.extend(columns);
            }
        }
        Ok(since)
    }
}

/// Notes the total of a cell, if it has one. Returns whether it is the latest total of its node.
fn note(
    counters: &mut Counters<'_>,
    change: &FoldedChange<'_>,
    cell: &FoldedCell<'_>,
) -> Result<bool> {
    let Some(total) = cell.total() else { return Ok(false) };
    let counter = change.counter(cell.column.0);
    counters.note(counter, change.node, (change.stamp.time, total))
}

/// Notes the totals of a change, replaces them by the sums, and returns the columns that get a new sum.
///
/// A column whose last write is later than the change and not an addition keeps its value.
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
        let (inserts, updates) = Default::default();
        Ok(Self { connection, probe, inserts, updates })
    }

    /// Inserts the row of a change, unless it exists. Returns whether it was inserted.
    fn insert(&mut self, change: &FoldedChange<'_>, columns: &ColumnSet) -> Result<bool> {
        let insert = prepared(self.connection, &mut self.inserts, change, |change| {
            let columns = change.cells.iter().map(|cell| cell.column.1);
            let insert = insert_sql(change.table.1, columns);
            format!("{insert} ON CONFLICT DO NOTHING")
        })?;
        let mut clock = Vec::with_capacity(16);
        if !change.cells.is_empty() {
            RowClock::pack_one(&mut clock, change.stamp.time, change.node, columns);
        }
        let millis = Some(change.stamp.time.millis());
        let head =
            RowHead { id: &change.row, clock: &clock, created_at: millis, updated_at: millis };
        Ok(run(insert, &head, change)? > 0)
    }

    /// Returns what is there of a row, or `None` if it does not exist.
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

    /// Writes all cells of a change into its row. The change becomes the last writer of the `clocked`
    /// columns.
    fn update(
        &mut self,
        change: &FoldedChange<'_>,
        mut held: Held,
        clocked: &ColumnSet,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<()> {
        let update = prepared(self.connection, &mut self.updates, change, update_sql)?;
        held.clock.insert(change.stamp, change.node, clocked, id_of);
        let mut clock = Vec::with_capacity(48);
        held.clock.pack(&mut clock);
        let millis = change.stamp.time.millis();
        let head = RowHead {
            id: &change.row,
            clock: &clock,
            created_at: Some(held.created_at.map_or(millis, |held| held.min(millis))),
            updated_at: Some(held.updated_at.map_or(millis, |held| held.max(millis))),
        };
        run(update, &head, change)?;
        Ok(())
    }
}

/// Returns the statement that writes the columns of a change, and prepares it if it is not there.
fn prepared<'s, 'c>(
    connection: &'c Connection,
    statements: &'s mut HashMap<Box<[u32]>, Statement<'c>>,
    change: &FoldedChange<'_>,
    sql: impl FnOnce(&FoldedChange<'_>) -> String,
) -> Result<&'s mut Statement<'c>> {
    /// Changes can write any set of columns: without a bound, there could be a statement for each change.
    const MOST: usize = 64;
    let columns: Box<[u32]> = change.columns().collect();
    if statements.len() >= MOST && !statements.contains_key(&columns) {
        statements.clear();
    }
    Ok(match statements.entry(columns) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert(connection.prepare(&sql(change))?),
    })
}

/// Runs an insert or an update with the values of a change, and returns how many rows it wrote.
fn run(
    statement: &mut Statement<'_>,
    head: &RowHead<'_>,
    change: &FoldedChange<'_>,
) -> rusqlite::Result<usize> {
    head.bind(statement)?;
    bind_values(statement, FIRST_COLUMN, change.cells.iter().map(|cell| cell.value.as_ref()))?;
    statement.raw_execute()
}

/// Returns the SQL that updates a row. Its parameters are those of [`insert_sql`].
fn update_sql(change: &FoldedChange<'_>) -> String {
    let mut sql = format!(
        "UPDATE {} SET \"ara_clock\" = ?2, \"created_at\" = ?3, \"updated_at\" = ?4",
        quoted(change.table.1)
    );
    for (cell, parameter) in change.cells.iter().zip(FIRST_COLUMN..) {
        let _ = write!(sql, ", {} = ?{parameter}", quoted(cell.column.1));
    }
    sql.push_str(" WHERE \"id\" = ?1");
    sql
}
