//! Taking a transaction back.

mod inverse;

use inverse::{WrittenCell, WrittenRow, cells, inverse};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::{Error, Result};
use crate::log::clock::Time;
use crate::log::counters::{CounterCell, Counters};
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::recorder::Recorder;
use crate::log::row_clock::RowClock;
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::{last_end, mark};
use crate::names::quoted;
use crate::past::undone::{Discounted, Span, UndoStatus, make_ready};
use crate::rows::any_rows::AnyRows;
use crate::rows::rebuild::RowKey;
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;
use crate::value::Timestamp;

/// What [`Database::undo`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoReport {
    /// How many values were written.
    pub written: u64,
    /// How many values of the transaction were left as they are: they have been written again since, or
    /// are not in a table; or the transaction is undone already, and all of them were left.
    pub left: u64,
    /// The transaction that was written, by which the undoing can be undone. `None` if all was left.
    pub transaction: Option<TransactionId>,
}

impl Database {
    /// Takes a transaction back, whichever device made it: each value that it wrote and that is still the
    /// last one of its column becomes what it was before. A row that it created is deleted, one that it
    /// deleted is restored.
    ///
    /// - What anybody has written since is left, column by column: who edited another column of the row
    ///   keeps that, and a row that was created is deleted with all that others wrote into it. It comes back
    ///   whole if it is restored.
    /// - What it added to a [`Counter`](crate::Counter) is taken away, whatever was added since, also from a
    ///   row that it created.
    /// - To do it twice is to do it once: what is undone already is left. So is what does not count for
    ///   others: where the last write of a column is undone, the one before it can be undone too, step by
    ///   step.
    ///
    /// Nothing is taken out of the log. To undo is a transaction of its own: what came from another device
    /// is taken back there too, once that device hears of it. And it can be undone in its turn, on any device;
    /// then the first transaction counts again, and can be undone again.
    ///
    /// Of several devices that undo the same while they are apart, all write the same values, which is as if
    /// one did. But an addition to a counter each of them takes away: that is once too often.
    ///
    /// [`transactions`](Self::transactions) lists what can be undone, [`Transaction::id`] is that of what was
    /// just done, [`MergeReport::transactions`](crate::MergeReport::transactions) are those that a merge
    /// brought, and [`history`](Self::history) tells those of a row. Of several that follow one another, the
    /// last one is undone first.
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
    /// [`Error::UnknownTransaction`] if it is not in the log of this database, or its time has not come,
    /// [`Error::CompactedTransaction`] if it was before the last [`compact`](Self::compact), and what SQLite
    /// refuses.
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
            others: Discounted::default(),
        };
        undoing.look_back()?;
        let (mut report, is_undone) = undoing.run(writing)?;
        // Of an undoing that wrote no value, none can be left.
        if is_undone || status.is_in_force && report.left == 0 {
            status.note_undone(id, writing)?;
            let node = writing.recorder.node_id().uuid();
            let time = writing.recorder.logged().map(|(_, time)| time);
            report.transaction = time.map(|time| TransactionId { time, node });
        }
        Ok(report)
    }
}

/// A transaction that is being taken back.
struct Undoing<'c, 'r> {
    connection: &'c Connection,
    registry: &'r Registry,
    node_id: NodeId,
    span: Span,
    /// The first time at which anything was written that it may have found.
    since: Time,
    /// Up to where the log is compacted.
    horizon: Time,
    /// It is not undone already.
    is_in_force: bool,
    /// What does not count, as it is undone, or undoes something.
    others: Discounted,
}

/// The changes of the rows that a transaction wrote: those of a row together, of which the transaction's own
/// come first, in their order. The parameters are the node, what the transaction comes after, its end, and
/// the first and the last time to look at.
///
/// SQLite has sorted them before it gives the first one, in files of its own if they are many: so rows can
/// be written meanwhile, and only one of them is in memory.
const CHANGES: &str = "
    SELECT c.tbl, c.row, c.node, c.time, c.cells,
        c.node = ?1 AND c.time > ?2 AND c.time <= ?3 AS is_its_own
    FROM ara_node n CROSS JOIN ara_change c ON c.node = n.ordinal AND c.time BETWEEN ?4 AND ?5
    WHERE (c.tbl, c.row) IN
        (SELECT tbl, row FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3)
    ORDER BY c.tbl, c.row, is_its_own DESC, c.time";

impl<'c> Undoing<'c, '_> {
    /// Looks since when its rows are there, and what has been undone since.
    fn look_back(&mut self) -> Result<()> {
        self.since = self.earliest()?;
        self.others = Discounted::load(self.connection, self.registry, self.since, self.span)?;
        Ok(())
    }

    /// Takes it back. What was done, and whether anything of it was not left.
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
        let mut changes = self.connection.prepare(CHANGES)?;
        let Span { node, after, end } = self.span;
        // What came later matters where it may be undone: the last write tells the rest.
        let last = if self.others.is_empty() { end } else { Time::from_bits(i64::MAX) };
        let range = (node, after.bits(), end.bits(), self.since.bits(), last.bits());
        let mut changes = changes.query(range)?;
        let mut row: Option<(RowKey, WrittenRow)> = None;
        while let Some(change) = changes.next()? {
            let key = (change.get(0)?, change.get(1)?);
            let is_next = row.as_ref().is_none_or(|(of, _)| *of != key);
            if is_next && let Some(done) = row.replace((key, WrittenRow::new())) {
                self.take_back(done, &mut undone)?;
            }
            if let Some((_, written)) = &mut row {
                self.read(change, written, &mut undone.report)?;
            }
        }
        if let Some(last) = row {
            self.take_back(last, &mut undone)?;
        }
        Ok((undone.report, undone.is_any))
    }

    /// When the first change was made of any of the rows.
    fn earliest(&self) -> Result<Time> {
        let Span { node, after, end } = self.span;
        let range = (node, after.bits(), end.bits());
        let tables: Vec<i64> = self
            .connection
            .prepare(
                "SELECT DISTINCT tbl FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3",
            )?
            .query_map(range, |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut earliest = after;
        for ordinal in tables {
            let Some(table) = made(self.registry, ordinal) else { continue };
            let sql = format!(
                "SELECT min(coalesce(\"created_at\", 0)) FROM {} WHERE \"id\" IN (SELECT row \
                 FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3 AND tbl = ?4)",
                quoted(&table.name)
            );
            let (node, after, end) = range;
            let created_at: Option<i64> =
                self.connection.query_row(&sql, (node, after, end, ordinal), |row| row.get(0))?;
            earliest = earliest.min(created_at.map_or(earliest, Time::first_in));
        }
        Ok(earliest)
    }

    /// Reads one of the [`CHANGES`].
    fn read(
        &self,
        change: &Row<'_>,
        written: &mut WrittenRow,
        report: &mut UndoReport,
    ) -> Result<()> {
        let node = change.get::<_, NodeOrdinal>(2)?;
        let time = Time::from_bits(change.get(3)?);
        let packed = change.get_ref(4)?.as_blob().map_err(|_| Error::Corrupt)?;
        if change.get(5)? {
            for (column, value) in cells(packed)? {
                let Some(wrote) = value else {
                    report.left += 1;
                    continue;
                };
                written
                    .entry(column)
                    .and_modify(|cell| (cell.last, cell.wrote) = (time, wrote.clone()))
                    .or_insert_with(|| WrittenCell::new(time, wrote));
            }
            return Ok(());
        }
        let Some(writer) = self.registry.nodes.get(&node).filter(|writer| writer.counts(time))
        else {
            return Ok(());
        };
        let stamp = Stamp { time, node: writer.id };
        let counts = !self.others.contains(node, time);
        for (column, value) in cells(packed)? {
            let (Some(value), Some(cell)) = (value, written.get_mut(&column)) else { continue };
            if cell.wrote.is_total {
                // What a node has added is added to what it had added before, undone or not.
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

    /// Makes a row what it was.
    fn take_back(
        &self,
        (key, mut row): (RowKey, WrittenRow),
        undone: &mut Undone<'_, 'c, '_>,
    ) -> Result<()> {
        if self.registry.is_of_undoings(key.0) {
            return Ok(());
        }
        row.values_mut().for_each(WrittenCell::forget_undone);
        if self.is_in_force {
            self.look_at(&key, &mut row, &mut undone.counters)?;
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

    /// Looks which of the values of a row are still the last ones.
    fn look_at(
        &self,
        (ordinal, id): &RowKey,
        row: &mut WrittenRow,
        counters: &mut Counters<'_>,
    ) -> Result<()> {
        let Some(table) = made(self.registry, *ordinal) else { return Ok(()) };
        let Some(clock) = held(self.connection, table, id)? else { return Ok(()) };
        for (column, time, node) in clock.columns() {
            let column = u32::try_from(column).map_err(|_| Error::Corrupt)?;
            let Some(cell) = row.get_mut(&column) else { continue };
            let is_current = if cell.wrote.is_total {
                let added =
                    counters.last(CounterCell { table: *ordinal, row: id, column }, node)?;
                added.is_some_and(|(added, _)| added == time)
            } else {
                let is_undone = self.others.contains(node, time) && !cell.is_overwritten;
                self.span.has(node, time) || is_undone
            };
            cell.is_current = is_current && table.columns.contains_key(&column);
        }
        Ok(())
    }
}

/// What is written, row by row.
struct Undone<'s, 'c, 'r> {
    recorder: &'s mut Recorder<'c>,
    touched: Option<&'s mut Touched>,
    writing: AnyRows<'c, 'r>,
    counters: Counters<'c>,
    report: UndoReport,
    /// Something was not left, if only as it was what it had been before.
    is_any: bool,
}

/// A table whose rows can be written: it is in the file, and no table of ara's own.
fn made(registry: &Registry, ordinal: i64) -> Option<&RegisteredTable> {
    registry.tables.get(&ordinal).filter(|table| table.is_made && !is_kept_by_ara(&table.name))
}

/// The clock of a row.
fn held(
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
