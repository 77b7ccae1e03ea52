//! Taking a transaction back.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

use crate::any_rows::AnyRows;
use crate::change::{PackedCells, is_same};
use crate::clock::Time;
use crate::counters::Counters;
use crate::database::Database;
use crate::ddl::quoted;
use crate::error::{Error, Result};
use crate::fold::owned;
use crate::history::HISTORY;
use crate::journal::Recorder;
use crate::merge::FoldedCell;
use crate::outgoing::mark;
use crate::rebuild::RowKey;
use crate::registry::{RegisteredTable, Registry};
use crate::row_clock::RowClock;
use crate::transaction::{State, Transaction};
use crate::transaction_id::TransactionId;
use crate::transactions::last_end;
use crate::value::{Stored, Timestamp};
use crate::watch::Touched;

/// What [`Database::undo`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoReport {
    /// How many values were written.
    pub written: u64,
    /// How many values of the transaction were left as they are: they have been written again since, or
    /// are not in a table.
    pub left: u64,
    /// The transaction that was written, by which the undoing can be undone. `None` if there was nothing
    /// to write.
    pub transaction: Option<TransactionId>,
}

impl Database {
    /// Takes a transaction back, whichever device made it: each value that it wrote and that is still the
    /// last one of its column becomes what it was before. A row that it created is deleted, one that it
    /// deleted is restored. What has been written since, by this transaction's successors, is left. What it
    /// added to a [`Counter`](crate::Counter) is taken away, whatever was added since.
    ///
    /// Nothing is taken out of the log: it is a transaction of its own, which other devices get as any
    /// other, and which can be undone. [`history`](Self::history) tells the ids of transactions.
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
    /// let report = db.undo(last)?;
    /// assert_eq!((report.written, report.left), (1, 0));
    /// assert_eq!(db.get(milk)?.and_then(|todo| todo.title).as_deref(), Some("Buy milk"));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTransaction`] if it is not in the log of this database, or its time has not come,
    /// [`Error::Compacted`] if it was before the last [`compact`](Self::compact), and what SQLite refuses.
    pub fn undo(&self, transaction: TransactionId) -> Result<UndoReport> {
        self.transaction(|tx| tx.undo(transaction))
    }
}

/// What the transaction wrote into a row, by column.
type Written = BTreeMap<u32, WrittenCell>;

struct WrittenCell {
    /// When it first did: what is before that is what it found.
    first: Time,
    /// What it wrote in the end.
    wrote: Value,
    /// It is still the last one of its column; of a counter, the column still is one.
    is_current: bool,
    /// The clock and the value of what it found, where something was; of a counter, of what its node had
    /// added to it.
    before: Option<(Clock, Value)>,
}

/// A value, and whether it is what a node has added to a counter so far.
#[derive(Clone)]
struct Value {
    stored: Option<Stored<'static>>,
    is_total: bool,
}

impl Value {
    fn total(&self) -> Option<i64> {
        match self.stored {
            Some(Stored::Integer(total)) if self.is_total => Some(total),
            _ => None,
        }
    }
}

/// The time, then the bytes of the node's id.
type Clock = (Time, [u8; 16]);

impl Transaction<'_> {
    /// Of a transaction that has done nothing else.
    fn undo(&self, id: TransactionId) -> Result<UndoReport> {
        let connection = self.connection;
        let registry = Registry::load(connection)?;
        let node = registry.nodes.iter().find(|(_, node)| node.id == *id.node.as_bytes());
        let (&node, registered) = node.ok_or(Error::UnknownTransaction)?;
        let horizon = registry.horizon();
        if horizon > Time::default() && id.time <= horizon {
            return Err(Error::Compacted { until: Timestamp::from_millis(horizon.millis()) });
        }
        let is_end = mark(connection, node.cast_signed(), id.time)?.is_some();
        if !is_end || !registered.counts(id.time) {
            return Err(Error::UnknownTransaction);
        }
        let start = last_end(connection, node, Time::from_bits(id.time.bits() - 1))?;
        let undoing = Undoing {
            connection,
            registry: &registry,
            node,
            node_id: registered.id,
            from: start,
            to: id.time,
        };
        undoing.run(&mut self.state.borrow_mut())
    }
}

/// A transaction that is being taken back.
struct Undoing<'c, 'r> {
    connection: &'c Connection,
    registry: &'r Registry,
    node: u64,
    node_id: [u8; 16],
    /// Its changes are after this time, and not after that one.
    from: Time,
    to: Time,
}

/// The changes of the rows that a transaction wrote, none of them later than it: those of a row together,
/// of which the transaction's own come first, in their order. The parameters are the node, what the
/// transaction comes after, its end, and the first time to look at.
///
/// SQLite has sorted them before it gives the first one, in files of its own if they are many: so rows can
/// be written meanwhile, and only one of them is in memory.
const CHANGES: &str = "
    SELECT c.tbl, c.row, c.node, c.time, c.cells, c.node = ?1 AND c.time > ?2 AS is_its_own
    FROM ara_node n CROSS JOIN ara_change c ON c.node = n.ordinal AND c.time BETWEEN ?4 AND ?3
    WHERE (c.tbl, c.row) IN
        (SELECT tbl, row FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3)
    ORDER BY c.tbl, c.row, is_its_own DESC, c.time";

impl<'c> Undoing<'c, '_> {
    fn run(&self, state: &mut State<'c>) -> Result<UndoReport> {
        let State { recorder, touched, .. } = state;
        let mut undone = Undone {
            recorder,
            touched: touched.as_mut(),
            writing: AnyRows::new(self.connection, self.registry),
            counters: Counters::new(self.connection),
            report: UndoReport::default(),
        };
        let mut changes = self.connection.prepare(CHANGES)?;
        let mut changes = changes.query((
            self.node.cast_signed(),
            self.from.bits(),
            self.to.bits(),
            self.earliest()?.bits(),
        ))?;
        let mut row: Option<(RowKey, Written)> = None;
        while let Some(change) = changes.next()? {
            let key = (change.get(0)?, change.get(1)?);
            let is_next = row.as_ref().is_none_or(|(of, _)| *of != key);
            if is_next && let Some(done) = row.replace((key, Written::new())) {
                self.take_back(done, &mut undone)?;
            }
            if let Some((_, written)) = &mut row {
                self.read(change, written, &mut undone.report)?;
            }
        }
        if let Some(last) = row {
            self.take_back(last, &mut undone)?;
        }
        let Undone { recorder, mut report, .. } = undone;
        let node = Uuid::from_bytes(recorder.node_id());
        report.transaction = recorder.logged().map(|(_, time)| TransactionId { time, node });
        Ok(report)
    }

    /// When the first change was made of any of the rows.
    fn earliest(&self) -> Result<Time> {
        let range = (self.node.cast_signed(), self.from.bits(), self.to.bits());
        let tables: Vec<i64> = self
            .connection
            .prepare(
                "SELECT DISTINCT tbl FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3",
            )?
            .query_map(range, |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let mut earliest = self.from;
        for ordinal in tables {
            let Some(table) = made(self.registry, ordinal) else { continue };
            let sql = format!(
                "SELECT min(coalesce(\"created_at\", 0)) FROM {} WHERE \"id\" IN (SELECT row \
                 FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3 AND tbl = ?4)",
                quoted(&table.name)
            );
            let (node, from, to) = range;
            let created_at: Option<i64> =
                self.connection.query_row(&sql, (node, from, to, ordinal), |row| row.get(0))?;
            earliest = earliest.min(created_at.map_or(earliest, Time::first_in));
        }
        Ok(earliest)
    }

    /// Reads one of the [`CHANGES`].
    fn read(&self, change: &Row<'_>, written: &mut Written, report: &mut UndoReport) -> Result<()> {
        let node = change.get::<_, i64>(2)?.cast_unsigned();
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
                    .and_modify(|cell| cell.wrote = wrote.clone())
                    .or_insert(WrittenCell { first: time, wrote, is_current: false, before: None });
            }
            return Ok(());
        }
        let Some(writer) = self.registry.nodes.get(&node).filter(|writer| writer.counts(time))
        else {
            return Ok(());
        };
        let clock = (time, writer.id);
        for (column, value) in cells(packed)? {
            let (Some(value), Some(cell)) = (value, written.get_mut(&column)) else { continue };
            let is_before = clock < (cell.first, self.node_id);
            let is_kept = value.is_total && node == self.node;
            if is_before
                && (is_kept || !cell.wrote.is_total)
                && cell.before.as_ref().is_none_or(|(found, _)| *found < clock)
            {
                cell.before = Some((clock, value));
            }
        }
        Ok(())
    }

    /// Makes a row what it was.
    fn take_back(
        &self,
        (key, mut row): (RowKey, Written),
        undone: &mut Undone<'_, 'c, '_>,
    ) -> Result<()> {
        self.look_at(&key, &mut row, &mut undone.counters)?;
        undone.report.left += row.values().filter(|cell| !cell.is_current).count() as u64;
        let (ordinal, id) = key;
        let Some(table) = made(self.registry, ordinal) else { return Ok(()) };
        let node = undone.recorder.node();
        let cells = inverse(table, row, &mut |column| {
            let last = undone.counters.last((ordinal, &id, column), node)?;
            Ok(last.map_or(0, |(_, total)| total))
        })?;
        if !cells.is_empty() {
            undone.report.written += cells.len() as u64;
            let touched = undone.touched.as_deref_mut();
            undone.writing.write(undone.recorder, (ordinal, table), id, cells, touched)?;
        }
        Ok(())
    }

    /// Looks which of the values of a row are still the last ones.
    fn look_at(
        &self,
        (ordinal, id): &RowKey,
        row: &mut Written,
        counters: &mut Counters<'_>,
    ) -> Result<()> {
        let Some(table) = made(self.registry, *ordinal) else { return Ok(()) };
        let Some(clock) = held(self.connection, table, id)? else { return Ok(()) };
        for (column, time, node) in clock.columns() {
            let column = u32::try_from(column).map_err(|_| Error::Corrupt)?;
            let is_its_own = node == self.node && time > self.from && time <= self.to;
            let Some(cell) = row.get_mut(&column) else { continue };
            let is_current = if cell.wrote.is_total {
                let added = counters.last((*ordinal, id, column), node)?;
                added.is_some_and(|(added, _)| added == time)
            } else {
                is_its_own
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
}

/// What makes a row what it was before. `own` tells what this node has added to a counter so far: from
/// that is taken what the transaction added.
fn inverse<'t>(
    table: &'t RegisteredTable,
    row: Written,
    own: &mut dyn FnMut(u32) -> Result<i64>,
) -> Result<Vec<FoldedCell<'t>>> {
    // To be deleted is all that can be undone of a row that was not there: so it can come back whole.
    let is_created = row.get(&0).is_some_and(|life| life.before.is_none());
    let mut cells = Vec::with_capacity(row.len());
    for (column, cell) in row {
        let is_due = cell.is_current && !(is_created && column != 0);
        let Some(name) = table.columns.get(&column).filter(|_| is_due) else { continue };
        let before = cell.before.map(|(_, before)| before);
        let found = before.as_ref().and_then(Value::total);
        let taken = match cell.wrote.total() {
            Some(total) => Some(total.saturating_sub(found.unwrap_or(0))),
            // A counter that was overwritten is the sum again of what was added to it.
            None => found.map(|_| 0),
        };
        let is_total = taken.is_some();
        let value = match (taken, before) {
            (Some(taken), _) => Some(Stored::Integer(own(column)?.saturating_sub(taken))),
            (None, Some(before)) => before.stored,
            (None, None) => Some(Stored::Integer(1)).filter(|_| column == 0),
        };
        let held = cell.wrote.stored.as_ref().map_or(ValueRef::Null, Stored::to_sql);
        let is_changed = match cell.wrote.is_total {
            true => taken != Some(0),
            false => is_total || !is_same(held, value.as_ref()),
        };
        if is_changed {
            cells.push(FoldedCell { column: (column, name), value, is_total });
        }
    }
    Ok(cells)
}

/// A table whose rows can be written: it is in the file, and no table of ara's own.
fn made(registry: &Registry, ordinal: i64) -> Option<&RegisteredTable> {
    registry.tables.get(&ordinal).filter(|table| table.is_made && table.name != HISTORY.name)
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

/// What a change wrote, by column: `None` in place of a value of a kind that is not known.
type Cells = HashMap<u32, Option<Value>>;

fn cells(packed: &[u8]) -> Result<Cells> {
    let mut packed = PackedCells::open(packed).ok_or(Error::Corrupt)?;
    let mut cells = Cells::new();
    while let Some(cell) = packed.next_cell().ok_or(Error::Corrupt)? {
        // Of a column that is there twice, the first one counts.
        let value = cell.value();
        let value =
            value.map(|value| Value { stored: value.map(owned), is_total: cell.is_total() });
        cells.entry(cell.column).or_insert(value);
    }
    Ok(cells)
}
