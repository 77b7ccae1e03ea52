//! Every change of a row.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::error::Result;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::counters::sum;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::end_of;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::{quoted, stored_table_name};
use crate::rows::fold::owned;
use crate::value::{Id, Stored, Timestamp};

/// A change of a row: see [`Database::history`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowChange {
    /// When it was made, by the clock of the device that made it.
    pub time: Timestamp,
    /// The node that made it: a device, or rather all that was written to one file of it.
    pub node: Uuid,
    /// The transaction that it is of.
    pub transaction: TransactionId,
    /// What it wrote.
    pub columns: Vec<ColumnChange>,
    /// The log was [compacted](Database::compact) up to here: there may have been changes before this one
    /// that are gone, and values of this one, which later ones have covered.
    pub is_compacted: bool,
}

/// What a change wrote into one column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnChange {
    /// The column's stored name. `is_deleted` is one that every table has: 0 where a row was created or
    /// restored, 1 where it was deleted.
    pub column: String,
    /// What the column held before, as it was stored.
    pub from: Option<Stored<'static>>,
    /// What was written; `None` cleared it. Of a counter, both are what it was, as far as was known by
    /// then: the difference is what was added.
    pub to: Option<Stored<'static>>,
    /// Whether it is what the row holds: nothing has been written into the column since.
    pub is_current: bool,
}

impl Database {
    /// Every change of a row that is known, whichever device made it, oldest first. That is the order in
    /// which the last one wins, so what one device wrote while it was apart stands among what others
    /// wrote meanwhile. A local table has no history.
    ///
    /// ```
    /// use ara::Stored;
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk").stars(2))?;
    /// db.update(Todo::patch(milk).stars(5))?;
    /// let history = db.history(milk)?;
    /// assert_eq!(history.len(), 2);
    /// let stars = &history[1].columns[0];
    /// assert_eq!((stars.column.as_str(), stars.is_current), ("stars", true));
    /// assert_eq!((&stars.from, &stars.to), (&Some(Stored::Integer(2)), &Some(Stored::Integer(5))));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn history<T: Table>(&self, id: Id<T>) -> Result<Vec<RowChange>> {
        self.plan(TableRef::of::<T>())?;
        let stored_name = stored_table_name(T::TABLE);
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let mut tables = registry.synced();
            match tables.find(|table| table.name == stored_name) {
                Some(table) => row_history(&snapshot, &registry, table, id.uuid()),
                None => Ok(Vec::new()),
            }
        })
    }
}

/// A change of the row, as the log has it.
struct RowLogEntry {
    time: Time,
    node_id: NodeId,
    node: NodeOrdinal,
    packed: Vec<u8>,
}

fn row_history(
    connection: &Connection,
    registry: &Registry,
    table: &RegisteredTable,
    row: Uuid,
) -> Result<Vec<RowChange>> {
    let mut ends = HashMap::new();
    let mut held: BTreeMap<u32, (usize, Option<Stored<'static>>)> = BTreeMap::new();
    let mut totals: BTreeMap<u32, BTreeMap<NodeOrdinal, i64>> = BTreeMap::new();
    let mut history: Vec<RowChange> = Vec::new();
    for change in logged(connection, registry, table, row)? {
        let Some(written) = cell_writes(&change.packed) else { continue };
        // The changes of one transaction follow one another.
        let end: &mut Time = ends.entry(change.node).or_default();
        if *end < change.time {
            *end = end_of(connection, change.node, change.time)?.unwrap_or(change.time);
        }
        let node = change.node_id.uuid();
        let mut columns = Vec::with_capacity(written.len());
        for (column, mut to, is_total) in written {
            if let (true, Some(Stored::Integer(total))) = (is_total, &mut to) {
                let totals = totals.entry(column).or_default();
                totals.insert(change.node, *total);
                *total = sum(totals.values().copied());
            }
            let from = held.insert(column, (history.len(), to.clone()));
            let from = from.and_then(|(_, from)| from);
            let column = table.names.get(&column).cloned().unwrap_or_default();
            columns.push(ColumnChange { column, from, to, is_current: false });
        }
        let time = Timestamp::from_millis(change.time.millis());
        let transaction = TransactionId { time: *end, node };
        let is_compacted = change.time <= registry.horizon();
        history.push(RowChange { time, node, transaction, columns, is_compacted });
    }
    for (column, (at, _)) in held {
        let name = table.names.get(&column);
        let change = history.get_mut(at);
        let mut columns = change.into_iter().flat_map(|change| &mut change.columns);
        if let Some(current) = columns.rfind(|change| Some(&change.column) == name) {
            current.is_current = true;
        }
    }
    Ok(history)
}

/// The changes of a row in the order in which the last one wins. The log has no index on its rows, but
/// the row tells when the first and the last of them were made.
fn logged(
    connection: &Connection,
    registry: &Registry,
    table: &RegisteredTable,
    row: Uuid,
) -> Result<Vec<RowLogEntry>> {
    let times = format!(
        "SELECT \"created_at\", \"updated_at\" FROM {} WHERE \"id\" = ?1",
        quoted(&table.name)
    );
    let times: Option<(Option<i64>, Option<i64>)> = connection
        .prepare_cached(&times)?
        .query_row([row.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((Some(first), Some(last))) = times else { return Ok(Vec::new()) };
    let mut changes = connection.prepare_cached(
        "SELECT time, cells FROM ara_change \
         WHERE node = ?1 AND time BETWEEN ?2 AND ?3 AND tbl = ?4 AND row = ?5",
    )?;
    let mut logged = Vec::new();
    for (&node, registered) in &registry.nodes {
        let (first, last) = (Time::first_in(first), Time::last_in(last).min(registered.folded));
        let range = (node, first.bits(), last.bits(), table.ordinal, row.as_bytes());
        let mut changes = changes.query(range)?;
        while let Some(change) = changes.next()? {
            let (time, packed) = (Time::from_bits(change.get(0)?), change.get(1)?);
            if registered.counts(time) {
                logged.push(RowLogEntry { time, node_id: registered.id, node, packed });
            }
        }
    }
    logged.sort_unstable_by_key(|change| (change.time, change.node_id));
    Ok(logged)
}

/// A column, what was written into it, and whether that is what the node has added so far.
type CellWrite = (u32, Option<Stored<'static>>, bool);

/// What a change wrote, by column. What is of a kind that a newer version knows is left out.
fn cell_writes(packed: &[u8]) -> Option<Vec<CellWrite>> {
    let mut cells = PackedCells::open(packed)?;
    let mut written: Vec<CellWrite> = Vec::new();
    while let Some(cell) = cells.next_cell()? {
        // Of a column that is there twice, the first one counts.
        if written.iter().all(|(column, ..)| *column != cell.column) {
            let value = cell.value().map(|value| value.map(owned));
            written.extend(value.map(|value| (cell.column, value, cell.is_total())));
        }
    }
    Some(written)
}
