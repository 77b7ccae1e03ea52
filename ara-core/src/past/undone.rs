//! Which transactions are undone, as the synced table `ara_undone` records it.
//!
//! The table has a row for each transaction that was ever undone, whose id is derived from that of the
//! transaction. The row exists while the transaction is undone, and is deleted when the undo is undone. So if
//! several devices undo and redo, the last writer wins, as for any value.
//!
//! A transaction that writes such rows is an undo. It writes them after all others, so that its last change
//! tells. It is in force as long as no other transaction has written one of the rows since. Any other
//! transaction is in force as long as it is not undone. Only a transaction in force can be undone, so undoing
//! it twice has no further effect.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::catalog::own_tables::UNDONE;
use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::growth::grow::grow;
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;
use crate::log::piece::unpacking::{LoggedChange, Piece};
use crate::log::pieces;
use crate::log::recorder::Recorder;
use crate::log::row_clock::RowClock;
use crate::log::transaction_id::TransactionId;
use crate::model::cells::Cell;
use crate::past::transaction_end::TransactionEnd;
use crate::rows::writing::Writing;
use crate::value::{Value, uuid_of_key};

/// What the table records of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UndoStatus {
    pub(crate) is_undo: bool,
    pub(crate) is_in_force: bool,
    /// The rows of the table of which it is the last writer, and whether each says that its transaction is
    /// undone. Undoing the undo reverses them.
    rows: Vec<([u8; 16], bool)>,
}

/// A row of the table that a transaction has written: its id, and the stamp and the node of the change.
pub(crate) type UndoneWrite = ([u8; 16], Stamp, NodeOrdinal);

/// A row of the table as it is.
struct UndoneRow {
    is_undone: bool,
    /// The stamp and the node of the last write of `is_deleted`.
    last: Option<(Stamp, NodeOrdinal)>,
}

/// Creates or mends the table.
pub(crate) fn make_ready(recorder: &mut Recorder<'_>) -> Result<()> {
    let mut growth = Growth::default();
    mend_tables(recorder, Some(UNDONE.name), &mut growth)?;
    grow(recorder, &UNDONE, &mut growth)?;
    Ok(())
}

/// Returns the id of the row about a transaction.
fn row_id(transaction: TransactionId) -> [u8; 16] {
    uuid_of_key(UNDONE.name, &transaction.to_string()).into_bytes()
}

/// Returns a change of the table.
pub(crate) fn undone_write(change: &LoggedChange<'_>) -> UndoneWrite {
    (change.record.row, change.record.stamp, change.node)
}

/// Tells which transactions are undone.
pub(crate) struct Undoings<'c> {
    connection: &'c Connection,
    /// Whether the table is in the file.
    is_there: bool,
    /// The rows that are about to be written.
    coming: BTreeMap<[u8; 16], Coming>,
}

/// What will be written into a row of the table.
#[derive(Clone, Copy)]
struct Coming {
    /// Whether the row will say that its transaction is undone.
    is_undone: bool,
    /// The transaction, unless the row is there.
    id: Option<TransactionId>,
}

/// A row that is to be written: its id, whether it then says that its transaction is undone, and the
/// transaction, unless the row is there.
pub(crate) type UndoneChange = ([u8; 16], bool, Option<TransactionId>);

impl<'c> Undoings<'c> {
    pub(crate) fn new(connection: &'c Connection, registry: &Registry) -> Self {
        let is_there = registry.synced().any(|table| table.is_of_undoings());
        Self { connection, is_there, coming: BTreeMap::new() }
    }

    /// Returns what the table records of a transaction, and of what is about to be written into it. `writes`
    /// are the changes of the table that are part of the transaction.
    pub(crate) fn status(&self, id: TransactionId, writes: &[UndoneWrite]) -> Result<UndoStatus> {
        let is_undo = !writes.is_empty();
        let mut rows = Vec::new();
        for (row, stamp, node) in writes {
            let held = self.held(row)?.filter(|_| !self.coming.contains_key(row));
            let current = held.filter(|held| held.last == Some((*stamp, *node)));
            rows.extend(current.map(|held| (*row, held.is_undone)));
        }
        let is_in_force = if is_undo { !rows.is_empty() } else { !self.is_undone(id)? };
        Ok(UndoStatus { is_undo, is_in_force, rows })
    }

    /// Returns whether a transaction that is not an undo is undone.
    pub(crate) fn is_undone(&self, id: TransactionId) -> Result<bool> {
        let row = row_id(id);
        match self.coming.get(&row) {
            Some(coming) => Ok(coming.is_undone),
            None => Ok(self.held(&row)?.is_some_and(|held| held.is_undone)),
        }
    }

    /// Returns the transactions that were undone and done again.
    pub(crate) fn redone(&self) -> Result<HashSet<TransactionId>> {
        let mut redone = HashSet::new();
        if !self.is_there {
            return Ok(redone);
        }
        let select = "SELECT \"id\", \"node\", \"number\", \"hash\" FROM \"ara_undone\"";
        let mut of_row = self.connection.prepare_cached(&format!("{select} WHERE \"id\" = ?1"))?;
        for (row, coming) in &self.coming {
            let mut held = of_row.query([row])?;
            let held = held.next()?.filter(|_| !coming.is_undone);
            redone.extend(held.and_then(about).map(|(_, id)| id));
        }
        let mut deleted =
            self.connection.prepare_cached(&format!("{select} WHERE \"is_deleted\" = 1"))?;
        let mut deleted = deleted.query([])?;
        while let Some(row) = deleted.next()? {
            let about = about(row).filter(|(row, _)| !self.coming.contains_key(row));
            redone.extend(about.map(|(_, id)| id));
        }
        Ok(redone)
    }

    /// Takes account of what will be recorded once a transaction is undone.
    pub(crate) fn expect(&mut self, id: TransactionId, status: &UndoStatus) {
        if !status.is_undo {
            self.coming.insert(row_id(id), Coming { is_undone: true, id: Some(id) });
        }
        for (row, is_undone) in &status.rows {
            let id = self.coming.get(row).and_then(|coming| coming.id);
            self.coming.insert(*row, Coming { is_undone: !is_undone, id });
        }
    }

    /// Returns what is to be written into the table.
    pub(crate) fn changes(&self) -> Result<Vec<UndoneChange>> {
        let mut changes = Vec::with_capacity(self.coming.len());
        for (row, coming) in &self.coming {
            let is_undone = self.held(row)?.is_some_and(|held| held.is_undone);
            if is_undone != coming.is_undone {
                changes.push((*row, coming.is_undone, coming.id));
            }
        }
        Ok(changes)
    }

    /// Reads a row of the table.
    fn held(&self, row: &[u8; 16]) -> Result<Option<UndoneRow>> {
        if !self.is_there {
            return Ok(None);
        }
        let mut held = self.connection.prepare_cached(
            "SELECT \"is_deleted\", \"ara_clock\" FROM \"ara_undone\" WHERE \"id\" = ?1",
        )?;
        let mut held = held.query([row])?;
        let Some(row) = held.next()? else { return Ok(None) };
        let is_undone = row.get::<_, Option<i64>>(0).ok().flatten() != Some(1);
        let clock = row.get_ref(1)?.as_blob().ok();
        let clock = clock.and_then(|clock| RowClock::unpack(clock, (None, None)));
        let last = clock.ok_or(Error::Corrupt)?.last_write(0);
        Ok(Some(UndoneRow { is_undone, last }))
    }
}

/// Returns the id of a row, and which transaction it is about.
fn about(row: &Row<'_>) -> Option<([u8; 16], TransactionId)> {
    let node = Uuid::from_bytes(row.get(1).ok()?);
    let hash: i64 = row.get(3).ok()?;
    let id = TransactionId { node, number: row.get(2).ok()?, hash: hash.cast_unsigned() };
    Some((row.get(0).ok()?, id))
}

/// Returns the changes of the table that an undo made, which are its last ones.
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
    loop {
        for change in piece.changes().take(count).rev() {
            let is_of_before = change.record.end.is_some() && !writes.is_empty();
            if is_of_before || !registry.is_of_undoings(change.record.table) {
                return Ok(writes);
            }
            writes.push(undone_write(&change));
        }
        match pieces::before(connection, piece.pos)? {
            Some(before) if before.head.open.is_some() => piece = before,
            _ => return Ok(writes),
        }
        count = piece.len();
    }
}

/// Records which transactions are undone from now on. These must be the last changes of the undo.
pub(crate) fn note_undone(changes: &[UndoneChange], writing: &mut Writing<'_>) -> Result<()> {
    let plan = grow(&mut writing.recorder, &UNDONE, &mut Growth::default())?;
    let mut mutation = writing.mutation(&plan);
    for (row, is_undone, id) in changes {
        let row = Uuid::from_bytes(*row);
        match (is_undone, id) {
            (true, Some(id)) => drop(mutation.upsert(Some(row), &cells(*id)?)?),
            (true, None) => drop(mutation.restore(row)?),
            (false, _) => drop(mutation.delete(row)?),
        }
    }
    Ok(())
}

/// Returns the cells of the row about a transaction.
fn cells(id: TransactionId) -> Result<Vec<Cell>> {
    let values = [id.node.store(), id.number.get().store(), id.hash.cast_signed().store()];
    let cells = values.into_iter().zip(UNDONE.columns).enumerate().map(|(column, (value, def))| {
        let broken = |rule| Error::Rule { table: UNDONE.name, column: def.name, rule };
        Ok(Cell { column, value: Some(value.map_err(broken)?), is_default: false })
    });
    cells.collect()
}
