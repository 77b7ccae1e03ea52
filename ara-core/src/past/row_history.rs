//! The history of a row.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::error::Result;
use crate::log::cells::Standing;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::counters::sum;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::node_changes::SpanReader;
use crate::log::span::Span;
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::end_of;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::{quoted, stored_table_name};
use crate::rows::fold::owned;
use crate::value::{Id, Stored, Timestamp};

/// A change of a row, returned by [`Database::history`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowChange {
    /// When the change was made, by the clock of the device that made it.
    pub time: Timestamp,
    /// The node that made it, which stands for a device, or more exactly for one database file on it.
    pub node: Uuid,
    /// The transaction that it is part of.
    pub transaction: TransactionId,
    /// What it wrote.
    pub columns: Vec<ColumnChange>,
    /// Whether the log has been [compacted](Database::compact) beyond this change. Then earlier changes, and
    /// values of this one, may be missing, because later writes had overwritten them.
    pub is_compacted: bool,
}

/// What a change wrote into one column.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ColumnChange {
    /// The column's stored name. Every table has a column `is_deleted`, which is 0 where the row was created
    /// or restored, and 1 where it was deleted.
    pub column: String,
    /// The value before the change, as it was stored.
    pub from: Option<Stored<'static>>,
    /// The value after the change; `None` if the column was cleared. For a counter, the difference between
    /// `from` and `to` is what was added.
    pub to: Option<Stored<'static>>,
    /// Whether this is the last write of the column, so that the row holds its value.
    pub is_current: bool,
}

/// Formats the change like `title: Buy milk -> Buy oat milk`, with `nothing` for an empty column. The values
/// are formatted as [`Stored`] formats them.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, stars: Option<i64> }
///
/// let db = Database::memory()?;
/// let milk = db.create(Todo::draft())?;
/// db.update(Todo::patch(milk).stars(3))?;
/// let history = db.history(milk)?;
/// assert_eq!(history[1].columns[0].to_string(), "stars: nothing -> 3");
/// # Ok::<(), ara::Error>(())
/// ```
impl fmt::Display for ColumnChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<Stored<'_>>, f: &mut fmt::Formatter<'_>| match value {
            Some(value) => value.fmt(f),
            None => f.write_str("nothing"),
        };
        write!(f, "{}: ", self.column)?;
        show(&self.from, f)?;
        f.write_str(" -> ")?;
        show(&self.to, f)
    }
}

impl Database {
    /// Returns every known change of a row, whichever device made it, oldest first. A local table has no
    /// history.
    ///
    /// The order is the one in which the last writer wins: changes that a device made while it was offline
    /// are sorted among those that others made meanwhile.
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
    /// Returns [common errors](Self#common-errors).
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

/// A change of the row as it is in the log.
struct RowLogEntry {
    time: Time,
    node_id: NodeId,
    node: NodeOrdinal,
    packed: Vec<u8>,
}

/// Returns the history of a row of a synced table.
fn row_history(
    connection: &Connection,
    registry: &Registry,
    table: &RegisteredTable,
    row: Uuid,
) -> Result<Vec<RowChange>> {
    let mut ends = HashMap::new();
    let mut columns = Columns { table, last: BTreeMap::new(), totals: BTreeMap::new() };
    let mut history: Vec<RowChange> = Vec::new();
    for change in logged(connection, registry, table, row)? {
        let Some(written) = cell_writes(&change.packed) else { continue };
        // The next change of the node is most often of the same transaction, whose end is known by now.
        let end: &mut Time = ends.entry(change.node).or_default();
        if *end < change.time {
            *end = end_of(connection, change.node, change.time)?.unwrap_or(change.time);
        }
        let node = change.node_id.uuid();
        history.push(RowChange {
            time: Timestamp::from_millis(change.time.millis()),
            node,
            transaction: TransactionId { time: *end, node },
            columns: columns.write(history.len(), change.node, written),
            is_compacted: change.time <= registry.horizon(),
        });
    }
    columns.mark_current(&mut history);
    Ok(history)
}

/// The columns of a row, to which its changes are applied one by one.
struct Columns<'t> {
    table: &'t RegisteredTable,
    /// The value of each column, and the position of the change that wrote it.
    last: BTreeMap<u32, (usize, Option<Stored<'static>>)>,
    /// What each node has added to each counter.
    totals: BTreeMap<u32, BTreeMap<NodeOrdinal, i64>>,
}

impl Columns<'_> {
    /// Applies a change at a position in the history, and returns what it changed.
    fn write(
        &mut self,
        position: usize,
        node: NodeOrdinal,
        written: Vec<CellWrite>,
    ) -> Vec<ColumnChange> {
        let mut changes = Vec::with_capacity(written.len());
        for (column, mut to, is_total) in written {
            if let (true, Some(Stored::Integer(total))) = (is_total, &mut to) {
                let totals = self.totals.entry(column).or_default();
                totals.insert(node, *total);
                *total = sum(totals.values().copied());
            }
            let from = self.last.insert(column, (position, to.clone()));
            let from = from.and_then(|(_, from)| from);
            let column = self.table.names.get(&column).cloned().unwrap_or_default();
            changes.push(ColumnChange { column, from, to, is_current: false });
        }
        changes
    }

    /// Marks the last write of each column as the current one.
    fn mark_current(self, history: &mut [RowChange]) {
        for (column, (position, _)) in self.last {
            let name = self.table.names.get(&column);
            let change = history.get_mut(position);
            let mut columns = change.into_iter().flat_map(|change| &mut change.columns);
            if let Some(current) = columns.rfind(|change| Some(&change.column) == name) {
                current.is_current = true;
            }
        }
    }
}

/// Returns the changes of a row in the order in which the last writer wins. The log has no index on rows, but
/// the row holds the times of its first and its last change.
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
    let mut log = SpanReader::of_row(connection, (table.ordinal, row))?;
    let mut logged = Vec::new();
    for (&node, registered) in &registry.nodes {
        let after = Time::first_in(first).before();
        let end = Time::last_in(last).min(registered.folded);
        let mut changes = log.read(Span { node, after, end })?;
        while let Some(change) = changes.next()? {
            let time = change.time()?;
            if registered.counts(time) {
                let packed = change.packed()?.to_vec();
                logged.push(RowLogEntry { time, node_id: registered.id, node, packed });
            }
        }
    }
    logged.sort_unstable_by_key(|change| (change.time, change.node_id));
    Ok(logged)
}

/// A column's ordinal, the value that was written, and whether that is the total of what the node has added
/// to a counter.
type CellWrite = (u32, Option<Stored<'static>>, bool);

/// Returns what a change wrote, without values of a kind that only a newer version of ara knows. Returns
/// `None` if the change cannot be read.
fn cell_writes(packed: &[u8]) -> Option<Vec<CellWrite>> {
    let mut written = Vec::new();
    for cell in PackedCells::open(packed)?.judged() {
        if let (cell, Standing::Counts(value)) = cell.ok()? {
            written.push((cell.column, value.map(owned), cell.is_total()));
        }
    }
    Some(written)
}
