//! Which transactions are undone, as the synced table `ara_undone` records it.
//!
//! The table has a row for each transaction that was ever undone, whose id is derived from that of the
//! transaction. The row exists while the transaction is undone, and is deleted when the undo is undone. So if
//! several devices undo and redo, the last writer wins, as for any value.
//!
//! A transaction that writes such a row is an undo. It is in force as long as no other transaction has
//! written the row since. Any other transaction is in force as long as it is not undone. Only a transaction
//! in force can be undone, so undoing it twice has no further effect.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::catalog::own_tables::UNDONE;
use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::growth::grow::grow;
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;
use crate::log::node_changes::SpanReader;
use crate::log::recorder::Recorder;
use crate::log::row_clock::RowClock;
use crate::log::span::Span;
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::{end_of, last_end};
use crate::model::cells::Cell;
use crate::rows::writing::Writing;
use crate::value::{Stored, Value, uuid_of_key};

/// What the table records of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UndoStatus {
    pub(crate) is_undo: bool,
    pub(crate) is_in_force: bool,
    /// The rows of the table of which it is the last writer, and whether each says that its transaction is
    /// undone. Undoing the undo reverses them.
    rows: Vec<([u8; 16], bool)>,
}

/// A row of the table.
struct UndoneRow {
    is_undone: bool,
    /// The time and the node of the last write of `is_undone`.
    last: Option<(Time, NodeOrdinal)>,
}

/// Creates or mends the table.
pub(crate) fn make_ready(recorder: &mut Recorder<'_>) -> Result<()> {
    let mut growth = Growth::default();
    mend_tables(recorder, Some(UNDONE.name), &mut growth)?;
    grow(recorder, &UNDONE, &mut growth)?;
    Ok(())
}

/// Returns the ordinal of the table, if it is in the file.
fn ordinal(registry: &Registry) -> Option<i64> {
    registry.synced().find(|table| table.is_of_undoings()).map(|table| table.ordinal)
}

/// Returns the id of the row about a transaction.
fn row_id(transaction: TransactionId) -> Uuid {
    uuid_of_key(UNDONE.name, &transaction.to_string())
}

/// Reads a row of the table.
fn undone_row(connection: &Connection, row: &[u8; 16]) -> Result<Option<UndoneRow>> {
    let mut held = connection.prepare_cached(
        "SELECT \"is_deleted\", \"ara_clock\" FROM \"ara_undone\" WHERE \"id\" = ?1",
    )?;
    let mut held = held.query([row])?;
    held.next()?.map(|row| UndoneRow::of(row.get_ref(0)?, row.get_ref(1)?)).transpose()
}

impl UndoneRow {
    fn of(is_deleted: ValueRef<'_>, clock: ValueRef<'_>) -> Result<Self> {
        let clock = clock.as_blob().ok().and_then(RowClock::unpack).ok_or(Error::Corrupt)?;
        let last = clock.groups().find(|(columns, ..)| columns.has(0));
        let last = last.map(|(_, time, node)| (time, node));
        Ok(Self { is_undone: is_deleted != ValueRef::Integer(1), last })
    }
}

impl UndoStatus {
    /// Returns what the table records of a transaction that is in the log.
    pub(crate) fn of(
        connection: &Connection,
        registry: &Registry,
        (id, span): (TransactionId, Span),
    ) -> Result<Self> {
        let mut status = Self { is_undo: false, is_in_force: true, rows: Vec::new() };
        let Some(table) = ordinal(registry) else { return Ok(status) };
        let mut changes = SpanReader::of_table(connection, table)?;
        let mut changes = changes.read(span)?;
        while let Some(change) = changes.next()? {
            status.is_undo = true;
            let (time, row) = (change.time()?, change.row_id()?);
            let held = undone_row(connection, &row)?;
            let current = held.filter(|held| held.last == Some((time, span.node)));
            status.rows.extend(current.map(|held| (row, held.is_undone)));
        }
        status.is_in_force = if status.is_undo {
            !status.rows.is_empty()
        } else {
            !undone_row(connection, row_id(id).as_bytes())?.is_some_and(|row| row.is_undone)
        };
        Ok(status)
    }

    /// Records that the transaction is undone.
    pub(crate) fn note_undone(&self, id: TransactionId, writing: &mut Writing<'_>) -> Result<()> {
        let plan = grow(&mut writing.recorder, &UNDONE, &mut Growth::default())?;
        let mut mutation = writing.mutation(&plan);
        if !self.is_undo {
            let values = [id.node.store(), id.time.bits().store()];
            let cells =
                values.into_iter().zip(UNDONE.columns).enumerate().map(|(column, (value, def))| {
                    let broken = |rule| Error::Rule { table: UNDONE.name, column: def.name, rule };
                    Ok(Cell { column, value: Some(value.map_err(broken)?), is_default: false })
                });
            mutation.upsert(Some(row_id(id)), &cells.collect::<Result<Vec<_>>>()?)?;
        }
        for (row, is_undone) in &self.rows {
            let row = Uuid::from_bytes(*row);
            match is_undone {
                true => mutation.delete(row)?,
                false => mutation.restore(row)?,
            };
        }
        Ok(())
    }
}

/// The transactions, from a time on, whose values an undo passes over when it looks for the value before:
/// those that are undone, and those that are undos themselves.
#[derive(Default)]
pub(crate) struct Discounted {
    /// The time after which each transaction begins, by its node and end.
    spans: BTreeMap<(NodeOrdinal, Time), Time>,
}

impl Discounted {
    /// Returns these transactions as they will be once `target` is undone.
    pub(crate) fn load(
        connection: &Connection,
        registry: &Registry,
        since: Time,
        target: Span,
    ) -> Result<Self> {
        let mut discounted = Self::default();
        let Some(table) = ordinal(registry) else { return Ok(discounted) };
        if discounted.add_undone(connection, registry, since, target)? {
            discounted.add_undos(connection, (registry, table), since, target)?;
        }
        Ok(discounted)
    }

    /// Adds the transactions that will be undone. Returns whether the table has any row.
    fn add_undone(
        &mut self,
        connection: &Connection,
        registry: &Registry,
        since: Time,
        target: Span,
    ) -> Result<bool> {
        let mut rows = connection.prepare(
            "SELECT \"id\", \"node\", \"time\", \"is_deleted\", \"ara_clock\" FROM \"ara_undone\"",
        )?;
        let mut rows = rows.query([])?;
        let mut has_rows = false;
        while let Some(row) = rows.next()? {
            has_rows = true;
            let Some(id) = about(row).filter(|id| id.time >= since) else { continue };
            let held = UndoneRow::of(row.get_ref(3)?, row.get_ref(4)?)?;
            // If the target wrote the row, undoing the target reverses it.
            let is_reversed = held.last.is_some_and(|(time, node)| target.has(node, time));
            let node = registry.nodes.iter().find(|(_, node)| node.id == id.node.into());
            if let Some((&node, _)) = node
                && held.is_undone != is_reversed
            {
                self.add(connection, (node, id.time))?;
            }
        }
        Ok(has_rows)
    }

    /// Adds the transactions that wrote the table, which are the undos, except `target`.
    fn add_undos(
        &mut self,
        connection: &Connection,
        (registry, table): (&Registry, i64),
        since: Time,
        target: Span,
    ) -> Result<()> {
        let mut log = SpanReader::of_table(connection, table)?;
        for &node in registry.nodes.keys() {
            let mut changes = log.read(Span::after(node, since.before()))?;
            while let Some(change) = changes.next()? {
                let time = change.time()?;
                if !target.has(node, time)
                    && let Some(end) = end_of(connection, node, time)?
                {
                    self.add(connection, (node, end))?;
                }
            }
        }
        Ok(())
    }

    /// Adds the transaction of a node that ends at a time.
    fn add(&mut self, connection: &Connection, (node, end): (NodeOrdinal, Time)) -> Result<()> {
        let after = last_end(connection, node, end.before())?;
        self.spans.insert((node, end), after);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Returns whether a change is part of one of them.
    pub(crate) fn contains(&self, node: NodeOrdinal, time: Time) -> bool {
        let next = self.spans.range((node, time)..).next();
        next.is_some_and(|(&(of, _), &after)| of == node && after < time)
    }
}

/// Returns the transaction that a row is about, or `None` if the row's id is not derived from the transaction,
/// so that ara did not write it.
fn about(row: &Row<'_>) -> Option<TransactionId> {
    let value = |at| row.get_ref(at).ok().and_then(Stored::from_sql);
    let (node, time) = (Uuid::read(value(1)?)?, Time::from_bits(i64::read(value(2)?)?));
    let id = TransactionId { time, node };
    (row.get::<_, [u8; 16]>(0).ok()? == *row_id(id).as_bytes()).then_some(id)
}
