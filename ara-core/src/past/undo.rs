//! Undoing a transaction.

mod inverse;

use inverse::{Cells, WrittenCell, WrittenRow, cells, inverse};
use rusqlite::{Connection, OptionalExtension};

use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::{Error, Result};
use crate::log::clock::Time;
use crate::log::counters::{CounterCell, Counters};
use crate::log::logged_change::LoggedChange;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::recorder::Recorder;
use crate::log::row_clock::RowClock;
use crate::log::span::Span;
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::{last_end, mark};
use crate::log::written_rows::{WrittenRowsReader, count_by_table, first_creation};
use crate::names::quoted;
use crate::past::undone::{Discounted, UndoStatus, make_ready};
use crate::rows::any_rows::AnyRows;
use crate::rows::rebuild::RowKey;
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;
use crate::value::Timestamp;

/// What an undo did, returned by [`Database::undo`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoReport {
    /// The number of values that were written.
    pub written: u64,
    /// The number of values of the transaction that were left as they are, because they have been
    /// overwritten since, or are not in a table. An undo that has no effect counts every value here.
    pub left: u64,
    /// The transaction that the undo wrote, or `None` if it left all values. It can be undone in turn.
    pub transaction: Option<TransactionId>,
}

impl Database {
    /// Undoes a transaction, whichever device made it. Each value that it wrote, and that is still the last
    /// write of its column, is set back to the value before. A row that it created is deleted, and a row
    /// that it deleted is restored.
    ///
    /// - Columns that were written again since are left alone. A row that the transaction created is deleted
    ///   nevertheless, with all that others wrote into it, and restoring it brings all of that back.
    /// - What it added to a [`Counter`](crate::Counter) is subtracted, whatever was added since, even from a
    ///   row that it created.
    /// - Undoing a transaction that is undone already has no effect.
    /// - The value before is the last one that is not itself undone. So several transactions can be undone
    ///   step by step, the last one first.
    ///
    /// An undo is a transaction of its own, and nothing is removed from the log. Other devices receive the
    /// undo like any other transaction. It can be undone in turn, on any device: then the first transaction
    /// is in force again, and can be undone again.
    ///
    /// If several devices undo the same transaction while they are offline, they write the same values, which
    /// merge without effect. Counters are an exception: each device subtracts the addition once.
    ///
    /// These return the ids of transactions that can be undone:
    ///
    /// - [`transactions`](Self::transactions) lists all of them.
    /// - [`Transaction::id`] returns that of the running transaction.
    /// - [`MergeReport::transactions`](crate::MergeReport::transactions) holds those that a merge brought.
    /// - [`history`](Self::history) returns those that changed a row.
    ///
    /// [`Transaction::id`]: crate::Transaction::id
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.update(Todo::patch(milk).title("Buy oat milk"))?;
    /// let last = db.history(milk)?.pop().expect("was changed").transaction;
    /// let undone = db.undo(last)?;
    /// assert_eq!((undone.written, undone.left), (1, 0));
    /// assert_eq!(db.get(milk)?.and_then(|todo| todo.title).as_deref(), Some("Buy milk"));
    ///
    /// let again = db.undo(last)?;
    /// assert_eq!((again.written, again.left), (0, 1));
    /// if let Some(undoing) = undone.transaction {
    ///     db.undo(undoing)?;
    /// }
    /// assert_eq!(db.get(milk)?.and_then(|todo| todo.title).as_deref(), Some("Buy oat milk"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::UnknownTransaction`] if the transaction is not in the log of this database, or is
    /// dated ahead, [`Error::CompactedTransaction`] if the log has been [compacted](Self::compact) beyond it,
    /// and [common errors](Self#common-errors). The file is left unchanged then.
    pub fn undo(&self, transaction: TransactionId) -> Result<UndoReport> {
        self.fresh_transaction(|fresh| fresh.undo(transaction))
    }
}

impl FreshTransaction<'_, '_> {
    fn undo(self, id: TransactionId) -> Result<UndoReport> {
        let writing = &mut self.into_state().writing;
        let connection = writing.connection;
        make_ready(&mut writing.recorder)?;
        let registry = Registry::load(connection)?;
        let node = registry.nodes.iter().find(|(_, node)| node.id == id.node.into());
        let (&node, registered) = node.ok_or(Error::UnknownTransaction)?;
        let horizon = registry.horizon();
        if horizon > Time::default() && id.time <= horizon {
            let until = Timestamp::from_millis(horizon.millis());
            return Err(Error::CompactedTransaction { until });
        }
        let is_end = mark(connection, node, id.time)?.is_some();
        if !is_end || !registered.counts(id.time) {
            return Err(Error::UnknownTransaction);
        }
        let after = last_end(connection, node, id.time.before())?;
        let span = Span { node, after, end: id.time };
        let status = UndoStatus::of(connection, &registry, (id, span))?;
        let mut undoing = Undoing {
            connection,
            registry: &registry,
            node_id: registered.id,
            span,
            since: after,
            horizon,
            is_in_force: status.is_in_force,
            discounted: Discounted::default(),
        };
        undoing.look_back()?;
        let (mut report, is_undone) = undoing.run(writing)?;
        // The transaction may be an undo that wrote no value but the record of it: then none is left.
        if is_undone || status.is_in_force && report.left == 0 {
            status.note_undone(id, writing)?;
            let node = writing.recorder.node_id().uuid();
            let time = writing.recorder.logged().map(|(_, time)| time);
            report.transaction = time.map(|time| TransactionId { time, node });
        }
        Ok(report)
    }
}

/// A transaction that is being undone.
struct Undoing<'c, 'r> {
    connection: &'c Connection,
    registry: &'r Registry,
    node_id: NodeId,
    span: Span,
    /// The earliest time at which a value before it may have been written.
    since: Time,
    /// The time up to which the log is compacted.
    horizon: Time,
    /// Whether it is not undone already.
    is_in_force: bool,
    /// The transactions whose values are passed over.
    discounted: Discounted,
}

impl<'c> Undoing<'c, '_> {
    /// Finds out since when its rows exist, and which transactions since then are passed over.
    fn look_back(&mut self) -> Result<()> {
        self.since = self.earliest()?;
        self.discounted = Discounted::load(self.connection, self.registry, self.since, self.span)?;
        Ok(())
    }

    /// Undoes the transaction. Returns the report, and whether any value was not left.
    fn run(&self, writing: &mut Writing<'c>) -> Result<(UndoReport, bool)> {
        let Writing { recorder, touched, .. } = writing;
        let mut undone = Undone {
            recorder,
            touched: touched.as_mut(),
            writing: AnyRows::new(self.connection, self.registry),
            counters: Counters::new(self.connection),
            report: UndoReport::default(),
            is_any: false,
        };
        // Later changes are read only if some of them may be passed over. Otherwise a row's clock tells
        // whether there are any.
        let last = if self.discounted.is_empty() { self.span.end } else { Time::MAX };
        let mut log = WrittenRowsReader::new(self.connection)?;
        let mut changes = log.read(self.span, (self.since, last))?;
        let mut row: Option<(RowKey, WrittenRow)> = None;
        while let Some(change) = changes.next()? {
            let key = (change.table()?, change.row_id()?);
            let is_next = row.as_ref().is_none_or(|(of, _)| *of != key);
            if is_next && let Some(done) = row.replace((key, WrittenRow::new())) {
                self.undo_row(done, &mut undone)?;
            }
            if let Some((_, written)) = &mut row {
                self.read(change, written, &mut undone.report)?;
            }
        }
        if let Some(last) = row {
            self.undo_row(last, &mut undone)?;
        }
        Ok((undone.report, undone.is_any))
    }

    /// Returns the time of the first change of any of the rows.
    fn earliest(&self) -> Result<Time> {
        let mut earliest = self.span.after;
        for (ordinal, _) in count_by_table(self.connection, self.span)? {
            let Some(table) = made(self.registry, ordinal) else { continue };
            let table = (ordinal, table.name.as_str());
            let created_at = first_creation(self.connection, self.span, table)?;
            earliest = earliest.min(created_at.map_or(earliest, Time::first_in));
        }
        Ok(earliest)
    }

    /// Reads a change of one of the rows that the transaction wrote.
    fn read(
        &self,
        change: LoggedChange<'_>,
        written: &mut WrittenRow,
        report: &mut UndoReport,
    ) -> Result<()> {
        let (node, time, packed) = (change.node()?, change.time()?, change.packed()?);
        if self.span.has(node, time) {
            report.left += read_own(time, cells(packed)?, written);
            return Ok(());
        }
        self.read_other((node, time), packed, written)
    }

    /// Reads a change of another transaction, which may hold the values before.
    fn read_other(
        &self,
        (node, time): (NodeOrdinal, Time),
        packed: &[u8],
        written: &mut WrittenRow,
    ) -> Result<()> {
        let Some(writer) = self.registry.nodes.get(&node).filter(|writer| writer.counts(time))
        else {
            return Ok(());
        };
        let stamp = Stamp { time, node: writer.id };
        let counts = !self.discounted.contains(node, time);
        for (column, value) in cells(packed)? {
            let (Some(value), Some(cell)) = (value, written.get_mut(&column)) else { continue };
            if cell.wrote.is_total {
                // A total includes all earlier additions of its node, whether they are undone or not.
                if value.is_total && node == self.span.node {
                    cell.find((true, stamp), value, self.node_id);
                }
            } else {
                cell.is_overwritten |=
                    counts && stamp > Stamp { time: cell.last, node: self.node_id };
                cell.is_compacted |= time <= self.horizon;
                cell.find((counts, stamp), value, self.node_id);
            }
        }
        Ok(())
    }

    /// Sets the values of a row back.
    fn undo_row(
        &self,
        (key, mut row): (RowKey, WrittenRow),
        undone: &mut Undone<'_, 'c, '_>,
    ) -> Result<()> {
        if self.registry.is_of_undoings(key.0) {
            return Ok(());
        }
        row.values_mut().for_each(WrittenCell::forget_discounted);
        if self.is_in_force {
            self.find_current(&key, &mut row, &mut undone.counters)?;
        }
        undone.report.left += row.values().filter(|cell| !cell.is_current).count() as u64;
        let (ordinal, id) = key;
        let Some(table) = made(self.registry, ordinal) else { return Ok(()) };
        let node = undone.recorder.node();
        let (cells, is_any) = inverse(table, row, &mut |column| {
            let last =
                undone.counters.last(CounterCell { table: ordinal, row: &id, column }, node)?;
            Ok(last.map_or(0, |(_, total)| total))
        })?;
        undone.is_any |= is_any;
        if !cells.is_empty() {
            undone.report.written += cells.len() as u64;
            let touched = undone.touched.as_deref_mut();
            undone.writing.write(undone.recorder, table, id, cells, touched)?;
        }
        Ok(())
    }

    /// Finds out which values of a row are still the last ones of their columns.
    fn find_current(
        &self,
        (ordinal, id): &RowKey,
        row: &mut WrittenRow,
        counters: &mut Counters<'_>,
    ) -> Result<()> {
        let Some(table) = made(self.registry, *ordinal) else { return Ok(()) };
        let Some(clock) = row_clock(self.connection, table, id)? else { return Ok(()) };
        for (column, time, node) in clock.columns() {
            let column = u32::try_from(column).map_err(|_| Error::Corrupt)?;
            let Some(cell) = row.get_mut(&column) else { continue };
            let is_current = if cell.wrote.is_total {
                let added =
                    counters.last(CounterCell { table: *ordinal, row: id, column }, node)?;
                added.is_some_and(|(added, _)| added == time)
            } else {
                // A later write that is passed over does not cover the value.
                let is_passed = self.discounted.contains(node, time) && !cell.is_overwritten;
                self.span.has(node, time) || is_passed
            };
            cell.is_current = is_current && table.columns.contains_key(&column);
        }
        Ok(())
    }
}

/// Reads a change of the transaction that is being undone. Returns how many of its values are of a kind that
/// is not known, and so are left.
fn read_own(time: Time, cells: Cells, written: &mut WrittenRow) -> u64 {
    let mut unknown = 0;
    for (column, value) in cells {
        let Some(wrote) = value else {
            unknown += 1;
            continue;
        };
        written
            .entry(column)
            .and_modify(|cell| (cell.last, cell.wrote) = (time, wrote.clone()))
            .or_insert_with(|| WrittenCell::new(time, wrote));
    }
    unknown
}

/// What writes the rows, and what it has done.
struct Undone<'s, 'c, 'r> {
    recorder: &'s mut Recorder<'c>,
    touched: Option<&'s mut Touched>,
    writing: AnyRows<'c, 'r>,
    counters: Counters<'c>,
    report: UndoReport,
    /// Whether any value was not left, even if it was equal to the value before.
    is_any: bool,
}

/// Returns a table if its rows can be undone: it is in the file, and not one of ara's own tables.
fn made(registry: &Registry, ordinal: i64) -> Option<&RegisteredTable> {
    registry.tables.get(&ordinal).filter(|table| table.is_made && !is_kept_by_ara(&table.name))
}

/// Returns the clock of a row, or `None` if there is no such row.
fn row_clock(
    connection: &Connection,
    table: &RegisteredTable,
    id: &[u8; 16],
) -> Result<Option<RowClock>> {
    let sql = format!("SELECT \"ara_clock\" FROM {} WHERE \"id\" = ?1", quoted(&table.name));
    let held = connection
        .prepare_cached(&sql)?
        .query_row([id], |row| Ok(row.get_ref(0)?.as_blob().ok().and_then(RowClock::unpack)))
        .optional()?;
    held.map(|clock| clock.ok_or(Error::Corrupt)).transpose()
}
