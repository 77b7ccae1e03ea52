//! Which transactions are undone, as the synced table `ara_undone` records it.
//!
//! The table has a row for each transaction that was ever undone, whose id is derived from that of the
//! transaction. The row exists while the transaction is undone, and is deleted when it is done again. So if
//! several devices undo and redo, the last writer wins, as for any value. Its counter tells how often what the
//! transaction added to counters was subtracted, all in all, as devices that undo it while they are apart
//! each do.
//!
//! A transaction that writes such rows is an undo. It writes them after all others, so that its last change
//! tells. It is in force as long as one of these rows says what the undo made it say, whoever wrote it last.
//! Any other transaction is in force as long as it is not undone.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::catalog::own_tables::{SUBTRACTED, UNDONE};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::{Error, Result};
use crate::growth::grow::grow;
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::log::cells::{Cells, Standing, Write};
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::node::NodeId;
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces;
use crate::log::row_clock::RowClock;
use crate::log::transaction_id::TransactionId;
use crate::past::transaction_end::TransactionEnd;
use crate::rows::any_rows::{AnyRows, MarkedCell};
use crate::rows::folded_change::FoldedCell;
use crate::rows::writing::Writing;
use crate::value::{Stored, Value, uuid_of_key};

/// A row of the table that an undo has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UndoneWrite {
    pub(crate) row: [u8; 16],
    /// The stamp and the node of the change, which tell the later one of two.
    place: (Stamp, NodeId),
    /// Whether the row then says that its transaction is undone.
    is_undone: bool,
}

impl UndoneWrite {
    /// Returns whether it undid its transaction, and did not do it again.
    pub(crate) fn is_undoing(&self) -> bool {
        self.is_undone
    }
}

/// What becomes of a transaction that is not an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) id: TransactionId,
    /// Whether it is undone now. If not, it is done again.
    pub(crate) is_undone: bool,
    /// How often what it added to counters is to be added, or subtracted if that is less than zero.
    pub(crate) times: i64,
}

/// What an undo is asked to take back that is about one transaction.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// What undos have written about it.
    pub(crate) undos: Vec<UndoneWrite>,
    /// The transaction itself.
    pub(crate) transaction: Option<TransactionId>,
}

/// Creates or mends the table.
pub(crate) fn make_ready(writing: &mut Writing<'_>) -> Result<()> {
    let mut growth = Growth::default();
    mend_tables(writing, Some(UNDONE.name), &mut growth)?;
    grow(&mut writing.recorder, &UNDONE, &mut growth)?;
    Ok(())
}

/// Returns the id of the row about a transaction.
pub(crate) fn row_about(transaction: TransactionId) -> [u8; 16] {
    uuid_of_key(UNDONE.name, &transaction.to_string()).into_bytes()
}

/// Tells which transactions are undone.
pub(crate) struct Undoings<'c> {
    connection: &'c Connection,
    /// The table, if it is in the file.
    table: Option<UndoneTable>,
    /// What is about to be written, by row.
    pub(crate) turns: BTreeMap<[u8; 16], Turn>,
}

/// The ordinals of the table and of its counter.
#[derive(Clone, Copy)]
struct UndoneTable {
    ordinal: i64,
    counter: u32,
}

impl<'c> Undoings<'c> {
    pub(crate) fn new(connection: &'c Connection, registry: &Registry) -> Self {
        let mut tables = registry.synced();
        let table = tables.find(|table| table.is_of_undoings());
        let table = table.map(|table| UndoneTable {
            ordinal: table.ordinal,
            counter: ordinal_of(table, SUBTRACTED).unwrap_or_default(),
        });
        Self { connection, table, turns: BTreeMap::new() }
    }

    /// Returns whether a transaction is in force. `writes` are the rows of the table that it wrote.
    pub(crate) fn is_in_force(&self, id: TransactionId, writes: &[UndoneWrite]) -> Result<bool> {
        for UndoneWrite { row, is_undone, .. } in writes {
            if self.held(row)? == *is_undone {
                return Ok(true);
            }
        }
        Ok(writes.is_empty() && !self.is_undone(id)?)
    }

    /// Returns whether a transaction that is not an undo is undone.
    pub(crate) fn is_undone(&self, id: TransactionId) -> Result<bool> {
        let row = row_about(id);
        match self.turns.get(&row) {
            Some(turn) => Ok(turn.is_undone),
            None => self.held(&row),
        }
    }

    /// Returns whether any transaction was undone and done again.
    pub(crate) fn is_any_redone(&self) -> Result<bool> {
        if self.table.is_none() {
            return Ok(false);
        }
        let mut redone = self
            .connection
            .prepare_cached("SELECT \"id\" FROM \"ara_undone\" WHERE \"is_deleted\" = 1")?;
        let mut redone = redone.query([])?;
        while let Some(row) = redone.next()? {
            // Another program may have put in a row whose id is none.
            if row.get(0).is_ok_and(|row| !self.turns.contains_key::<[u8; 16]>(&row)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes account of what is to be taken back of a transaction: first the undos of it, the last one first,
    /// each if it is in force by then, and then the transaction itself.
    pub(crate) fn take_back(&mut self, row: [u8; 16], mut asked: Asked) -> Result<()> {
        let held = self.held(&row)?;
        let mut is_undone = held;
        asked.undos.sort_unstable_by_key(|undo| undo.place);
        for undo in asked.undos.iter().rev() {
            is_undone ^= undo.is_undone == is_undone;
        }
        is_undone |= asked.transaction.is_some();
        let id = match asked.transaction {
            Some(id) => Some(id),
            None => self.about(&row)?,
        };
        if let Some(id) = id.filter(|_| is_undone != held) {
            let times = self.subtracted(&row)?.saturating_sub(is_undone.into());
            self.turns.insert(row, Turn { id, is_undone, times });
        }
        Ok(())
    }

    /// Returns whether a row says that its transaction is undone.
    fn held(&self, row: &[u8; 16]) -> Result<bool> {
        if self.table.is_none() {
            return Ok(false);
        }
        let mut held = self
            .connection
            .prepare_cached("SELECT \"is_deleted\" FROM \"ara_undone\" WHERE \"id\" = ?1")?;
        let mut held = held.query([row])?;
        let Some(row) = held.next()? else { return Ok(false) };
        Ok(row.get::<_, Option<i64>>(0).ok().flatten() != Some(1))
    }

    /// Returns the stamp of the latest change of a row, or `None` if there is no such row.
    fn latest(&self, row: &[u8; 16]) -> Result<Option<Stamp>> {
        let mut latest = self
            .connection
            .prepare_cached("SELECT \"ara_clock\" FROM \"ara_undone\" WHERE \"id\" = ?1")?;
        let mut latest = latest.query([row])?;
        let Some(row) = latest.next()? else { return Ok(None) };
        let clock = RowClock::read(row.get_ref(0)?, (None, None));
        Ok(clock.ok_or(Error::Corrupt)?.latest().map(|(stamp, _)| stamp))
    }

    /// Returns which transaction a row is about.
    fn about(&self, row: &[u8; 16]) -> Result<Option<TransactionId>> {
        let mut about = self.connection.prepare_cached(
            "SELECT \"node\", \"number\", \"hash\" FROM \"ara_undone\" WHERE \"id\" = ?1",
        )?;
        let mut about = about.query([row])?;
        Ok(about.next()?.and_then(transaction_of))
    }

    /// Returns how often what a transaction added to counters was subtracted.
    fn subtracted(&self, row: &[u8; 16]) -> Result<i64> {
        let Some(UndoneTable { ordinal, counter }) = self.table else { return Ok(0) };
        let counter = CounterCell { table: ordinal, row, column: counter };
        Ok(Counters::new(self.connection).get(counter)?.map_or(0, |sum| sum.value()))
    }
}

/// Returns which transaction a row is about.
fn transaction_of(row: &Row<'_>) -> Option<TransactionId> {
    let node = Uuid::from_bytes(row.get(0).ok()?);
    let hash: i64 = row.get(2).ok()?;
    Some(TransactionId { node, number: row.get(1).ok()?, hash: hash.cast_unsigned() })
}

/// Returns which row of the table a change writes, and what the row then says.
pub(crate) fn undone_write(
    registry: &Registry,
    change: &LoggedChange<'_>,
) -> Result<Option<UndoneWrite>> {
    let row = change.record.row;
    for cell in Cells::new(change.record.cells.bytes()).judged() {
        if let (cell, Standing::Counts(Write::Value(value))) = cell?
            && cell.column == 0
        {
            let node = registry.id_of(change.node).ok_or(Error::Corrupt)?;
            let is_undone = value != Some(Stored::Integer(1));
            return Ok(Some(UndoneWrite { row, place: (change.record.stamp, node), is_undone }));
        }
    }
    Ok(None)
}

/// Returns what an undo wrote into the table, which are its last changes.
pub(crate) fn undone_writes(
    connection: &Connection,
    registry: &Registry,
    end: &TransactionEnd,
) -> Result<Vec<UndoneWrite>> {
    let mut writes = Vec::new();
    if !end.is_undo {
        return Ok(writes);
    }
    let mut piece = Piece::default();
    pieces::read_at(connection, end.spot.pos, &mut piece)?;
    let mut count = end.spot.at + 1;
    let mut is_end = true;
    loop {
        for change in piece.changes().take(count).rev() {
            let is_of_before = change.record.end.is_some() && !is_end;
            if is_of_before || !registry.is_of_undoings(change.record.table) {
                return Ok(writes);
            }
            writes.extend(undone_write(registry, &change)?);
            is_end = false;
        }
        match pieces::before(connection, piece.pos)? {
            Some(before) if before.head.open.is_some() => piece = before,
            _ => return Ok(writes),
        }
        count = piece.len();
    }
}

/// Records what becomes of transactions. These must be the last changes of the undo. `is_counted` tells which of
/// them changed counters.
pub(crate) fn note_turns<'r>(
    undoings: &Undoings<'_>,
    registry: &'r Registry,
    is_counted: impl Fn(TransactionId) -> bool,
    (rows, writing): (&mut AnyRows<'_, 'r>, &mut Writing<'_>),
) -> Result<()> {
    let table = registry.synced().find(|table| table.is_of_undoings()).ok_or(Error::Corrupt)?;
    let Writing { recorder, counters, touched, .. } = writing;
    for (row, turn) in &undoings.turns {
        let is_deleted = Stored::Integer((!turn.is_undone).into());
        let mut cells = vec![cell(table, "is_deleted", Write::Value(Some(is_deleted)))?];
        let latest = match undoings.latest(row) {
            // Another program has damaged the clock of the row.
            Err(Error::Corrupt) => {
                let damaged = BTreeSet::from([(table.ordinal, *row)]);
                rows.rebuild(recorder, &damaged, touched.as_mut())?;
                undoings.latest(row)?
            }
            latest => latest?,
        };
        if latest.is_none() {
            cells.extend(id_cells(table, turn.id)?);
        }
        if turn.times != 0 && is_counted(turn.id) {
            let column = ordinal_of(table, SUBTRACTED).ok_or(Error::Corrupt)?;
            let sum = counters.get(CounterCell { table: table.ordinal, row, column })?;
            let by = turn.times.saturating_neg();
            let total = sum.unwrap_or(Sum::NOTHING).total_of(recorder.node()).wrapping_add(by);
            cells.push(cell(table, SUBTRACTED, Write::Addition(Addition { by, total }))?);
        }
        let row = (table, *row, latest.unwrap_or_default());
        rows.write(recorder, row, cells, touched.as_mut())?;
    }
    Ok(())
}

/// Returns the cells that tell which transaction a row is about.
fn id_cells(table: &RegisteredTable, id: TransactionId) -> Result<Vec<MarkedCell<'_>>> {
    let values = [id.node.store(), id.number.get().store(), id.hash.cast_signed().store()];
    let cells = values.into_iter().zip(UNDONE.columns).map(|(value, def)| {
        let broken = |rule| Error::Rule { table: UNDONE.name, column: def.name, rule };
        cell(table, def.name, Write::Value(Some(value.map_err(broken)?)))
    });
    cells.collect()
}

fn cell<'t>(
    table: &'t RegisteredTable,
    name: &str,
    write: Write<'static>,
) -> Result<MarkedCell<'t>> {
    let mut columns = table.columns.iter();
    let column = columns.find(|(_, column)| *column == name).ok_or(Error::Corrupt)?;
    let cell = FoldedCell::plain((*column.0, column.1), write);
    Ok(MarkedCell { cell, marks: Vec::new() })
}

/// Returns the ordinal of a column.
fn ordinal_of(table: &RegisteredTable, name: &str) -> Option<u32> {
    let column = table.columns.iter().find(|(_, column)| *column == name);
    column.map(|(ordinal, _)| *ordinal)
}
