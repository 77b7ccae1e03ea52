//! The history of a row.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::error::Result;
use crate::log::cells::{Cells, Forgotten, Standing, Write, is_written_through};
use crate::log::counters::Sum;
use crate::log::node::Precedence;
use crate::log::owned_write::owned;
use crate::log::pieces::for_each_with;
use crate::log::row_changes::precedence;
use crate::log::transaction_id::TransactionId;
use crate::model::table::Table;
use crate::model::table_ref::TableRef;
use crate::names::stored_table_name;
use crate::past::shown_then::ShownThen;
use crate::past::text_then::TextsThen;
use crate::past::transaction_end::TransactionEnds;
use crate::rows::lensed::Lensed;
use crate::value::{Id, Stored, Timestamp};

/// A change of a row, returned by [`Database::history`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowChange {
    /// The date of its transaction: when the change was made, by the clock of the device that made it.
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
    /// Whether its values were removed, because the row was [forgotten](Database::forget). The change that
    /// forgot it writes `is_deleted`.
    pub is_removed: bool,
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
    /// The value after the change; `None` if the column was cleared. For a counter, the sum so far: the
    /// difference between `from` and `to` is what was added.
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
    /// Where a column replaces another one, the edits of both are listed, each once: what was written through into
    /// the other column is left out. What was there before is what the column showed. Where an older version of the app
    /// has cleared the other column, the one that replaces it is listed, which shows nothing since.
    ///
    /// The order is the one in which the last writer wins: changes that a device made while it was offline
    /// are sorted among those that others made meanwhile, and whoever changed the row after having seen a
    /// change comes after it, even if the clocks of the devices differ.
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
        let plan = self.plan(TableRef::of::<T>())?;
        let stored_name = stored_table_name(T::TABLE);
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let registry = Registry::load(&snapshot)?;
            let mut tables = registry.synced();
            match tables.find(|table| table.name == stored_name) {
                Some(table) => {
                    let lensed = plan.lensed.as_ref();
                    row_history(&snapshot, &registry, (table, lensed), id.uuid())
                }
                None => Ok(Vec::new()),
            }
        })
    }
}

/// Returns the history of a row of a synced table.
fn row_history(
    connection: &Connection,
    registry: &Registry,
    (table, lensed): (&RegisteredTable, Option<&Lensed>),
    row: Uuid,
) -> Result<Vec<RowChange>> {
    let mut logged = logged(connection, registry, table.ordinal, *row.as_bytes())?;
    logged.sort_unstable_by_key(|(precedence, ..)| *precedence);
    let shown = lensed.map(ShownThen::new);
    let (last, sums, texts) = Default::default();
    let mut columns = Columns { table, shown, last, sums, texts };
    let mut history: Vec<RowChange> = Vec::with_capacity(logged.len());
    for (precedence, change, written) in logged {
        let columns = columns.write(history.len(), &precedence, written);
        history.extend(change.map(|change| RowChange { columns, ..change }));
    }
    columns.mark_current(&mut history);
    Ok(history)
}

/// A change of the row, without its columns, and what it wrote. One that only writes through is not told.
type Logged = (Precedence, Option<RowChange>, Vec<CellWrite>);

/// Returns the changes of a row as they lie in the log, without those that cannot be read.
fn logged(
    connection: &Connection,
    registry: &Registry,
    table: i64,
    row: [u8; 16],
) -> Result<Vec<Logged>> {
    let mut ends = TransactionEnds::new(registry);
    let mut logged = Vec::new();
    for_each_with(connection, &row, |piece| {
        for (at, change) in piece.changes().enumerate() {
            if (change.record.table, change.record.row) != (table, row) {
                continue;
            }
            let Some(written) = cell_writes(change.record.cells) else { continue };
            let precedence = precedence(change, registry)?;
            if change.record.cells.are_written_through() {
                logged.push((precedence, None, written));
                continue;
            }
            let node = registry.nodes.get(&change.node);
            let change = RowChange {
                time: Timestamp::from_millis(change.date),
                node: precedence.node.uuid(),
                transaction: ends.of(connection, piece, at)?.id,
                columns: Vec::new(),
                is_removed: change.record.cells.forgotten() == Some(Forgotten::Remains),
                is_compacted: node.is_some_and(|node| node.is_compacted(change.record.number)),
            };
            logged.push((precedence, Some(change), written));
        }
        Ok(())
    })?;
    Ok(logged)
}

/// The columns of a row, to which its changes are applied one by one.
struct Columns<'t> {
    table: &'t RegisteredTable,
    /// What the columns show that replace others or are replaced, if there are any.
    shown: Option<ShownThen<'t>>,
    /// The value of each column, and the position of the change that tells of it.
    last: BTreeMap<u32, (usize, Option<Stored<'static>>)>,
    /// What was added to each counter so far.
    sums: BTreeMap<u32, Sum>,
    /// What each text says so far.
    texts: TextsThen,
}

impl Columns<'_> {
    /// Applies a change at a position in the history, and returns what it changed.
    fn write(
        &mut self,
        position: usize,
        precedence: &Precedence,
        written: Vec<CellWrite>,
    ) -> Vec<ColumnChange> {
        let shown = self.shown.as_mut().map(|shown| shown.write(precedence, &written));
        let shown = shown.unwrap_or_default();
        let mut changes = Vec::with_capacity(written.len());
        for (column, write, is_edit) in written {
            let to = match write {
                Write::Value(value) => value,
                Write::Forgotten(_) => Some(Stored::Integer(1)),
                Write::Update(update) => self.texts.write(column, &update),
                Write::Addition(addition) => {
                    let sum = self.sums.entry(column).or_insert(Sum::NOTHING);
                    sum.sum = sum.sum.saturating_add(addition.by.into());
                    Some(Stored::Integer(sum.value()))
                }
            };
            let told = if is_edit { position } else { NOWHERE };
            let before = self.last.insert(column, (told, to.clone()));
            if !is_edit {
                continue;
            }
            let newest: Vec<_> = shown.iter().filter(|it| it.is_cleared_by(column)).collect();
            if to.is_none() && !newest.is_empty() {
                for cleared in newest {
                    self.last.insert(cleared.column, (position, None));
                    let change = self.change(cleared.column, (cleared.before.clone(), None));
                    // Several columns that it replaces may be cleared at once.
                    if !changes.contains(&change) {
                        changes.push(change);
                    }
                }
                continue;
            }
            let before = match shown.iter().find(|it| it.column == column) {
                Some(shown) => shown.before.clone(),
                None => before.and_then(|(_, before)| before),
            };
            changes.push(self.change(column, (before, to)));
        }
        changes
    }

    fn change(
        &self,
        column: u32,
        (from, to): (Option<Stored<'static>>, Option<Stored<'static>>),
    ) -> ColumnChange {
        let column = self.table.names.get(&column).cloned().unwrap_or_default();
        ColumnChange { column, from, to, is_current: false }
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

/// The position of a change that is not told.
const NOWHERE: usize = usize::MAX;

/// A column's ordinal, what was written, and whether that is an edit, rather than written through.
type CellWrite = (u32, Write<'static>, bool);

/// Returns what a change wrote, without values of a kind that only a newer version of ara knows. Returns
/// `None` if the change cannot be read.
fn cell_writes(cells: Cells<'_>) -> Option<Vec<CellWrite>> {
    let mut written = Vec::new();
    for cell in cells.judged() {
        let (cell, Standing::Counts(write)) = cell.ok()? else { continue };
        // What was written through tells nothing that the edit does not.
        let is_edit = !is_written_through(cell.column, &write, cell.marks);
        if write != Write::Forgotten(Forgotten::Remains) {
            written.push((cell.column, owned(write), is_edit));
        }
    }
    Some(written)
}
