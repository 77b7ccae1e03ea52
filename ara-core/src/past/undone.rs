//! Which transactions are undone: the synced table `ara_undone`.
//!
//! It has a row for each transaction that was ever undone, whose id follows from the transaction's. The row
//! is there while the transaction is undone, and deleted once that is undone in turn. So whether one is
//! undone is a value like others: of what several devices say of it, the last word stays.
//!
//! A transaction that writes such a row is an undoing. It is in force while the row is as it left it; any
//! other transaction is while it is not undone. Only what is in force can be taken back, so to do it twice
//! is to do it once.

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
use crate::log::recorder::Recorder;
use crate::log::row_clock::RowClock;
use crate::log::transaction_id::TransactionId;
use crate::log::transactions::{end_of, last_end};
use crate::model::cells::Cell;
use crate::rows::writing::Writing;
use crate::value::{Stored, Value, uuid_of_key};

/// A transaction of the log: its node, and the times that it comes after and ends at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) node: NodeOrdinal,
    pub(crate) after: Time,
    pub(crate) end: Time,
}

impl Span {
    pub(crate) fn has(&self, node: NodeOrdinal, time: Time) -> bool {
        node == self.node && self.after < time && time <= self.end
    }
}

/// What the table says of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UndoStatus {
    pub(crate) is_undoing: bool,
    pub(crate) is_in_force: bool,
    /// The rows of the table that it wrote last, and what these say: to undo it is to say the opposite.
    said: Vec<([u8; 16], bool)>,
}

/// A row of the table.
struct UndoneRow {
    is_undone: bool,
    /// Who said so last: the time, and the node.
    last: Option<(Time, NodeOrdinal)>,
}

/// Makes the table ready.
pub(crate) fn make_ready(recorder: &mut Recorder<'_>) -> Result<()> {
    let mut growth = Growth::default();
    mend_tables(recorder, Some(UNDONE.name), &mut growth)?;
    grow(recorder, &UNDONE, &mut growth)?;
    Ok(())
}

/// The ordinal of the table, if it is in the file.
fn ordinal(registry: &Registry) -> Option<i64> {
    registry.synced().find(|table| table.is_of_undoings()).map(|table| table.ordinal)
}

/// The id of the row about a transaction.
fn row_id(transaction: TransactionId) -> Uuid {
    uuid_of_key(UNDONE.name, &transaction.to_string())
}

fn word(connection: &Connection, row: &[u8; 16]) -> Result<Option<UndoneRow>> {
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
    /// Looks what the table says of a transaction that is in the log.
    pub(crate) fn of(
        connection: &Connection,
        registry: &Registry,
        (id, span): (TransactionId, Span),
    ) -> Result<Self> {
        let mut status = Self { is_undoing: false, is_in_force: true, said: Vec::new() };
        let Some(table) = ordinal(registry) else { return Ok(status) };
        let mut changes = connection.prepare_cached(
            "SELECT time, row FROM ara_change \
             WHERE node = ?1 AND time > ?2 AND time <= ?3 AND tbl = ?4",
        )?;
        let range = (span.node, span.after.bits(), span.end.bits(), table);
        let mut changes = changes.query(range)?;
        while let Some(change) = changes.next()? {
            status.is_undoing = true;
            let (time, row) = (Time::from_bits(change.get(0)?), change.get(1)?);
            let word = word(connection, &row)?;
            let said = word.filter(|word| word.last == Some((time, span.node)));
            status.said.extend(said.map(|word| (row, word.is_undone)));
        }
        status.is_in_force = if status.is_undoing {
            !status.said.is_empty()
        } else {
            !word(connection, row_id(id).as_bytes())?.is_some_and(|word| word.is_undone)
        };
        Ok(status)
    }

    /// Notes that the transaction is undone, last of all that undoes it.
    pub(crate) fn note_undone(&self, id: TransactionId, writing: &mut Writing<'_>) -> Result<()> {
        let plan = grow(&mut writing.recorder, &UNDONE, &mut Growth::default())?;
        let mut mutation = writing.mutation(&plan);
        if !self.is_undoing {
            let values = [id.node.store(), id.time.bits().store()];
            let cells =
                values.into_iter().zip(UNDONE.columns).enumerate().map(|(column, (value, def))| {
                    let broken = |rule| Error::Rule { table: UNDONE.name, column: def.name, rule };
                    Ok(Cell { column, value: Some(value.map_err(broken)?), is_default: false })
                });
            mutation.upsert(Some(row_id(id)), &cells.collect::<Result<Vec<_>>>()?)?;
        }
        for (row, is_undone) in &self.said {
            let row = Uuid::from_bytes(*row);
            match is_undone {
                true => mutation.delete(row)?,
                false => mutation.restore(row)?,
            };
        }
        Ok(())
    }
}

/// The transactions, from a time on, that do not count while another one is taken back: those that are
/// undone, and the discounted, which but say so.
#[derive(Default)]
pub(crate) struct Discounted {
    /// By node and end: the time that it comes after.
    spans: BTreeMap<(NodeOrdinal, Time), Time>,
}

impl Discounted {
    /// As it is once `target` is taken back.
    pub(crate) fn load(
        connection: &Connection,
        registry: &Registry,
        since: Time,
        target: Span,
    ) -> Result<Self> {
        let mut discounted = Self::default();
        let Some(table) = ordinal(registry) else { return Ok(discounted) };
        let mut words = connection.prepare(
            "SELECT \"id\", \"node\", \"time\", \"is_deleted\", \"ara_clock\" FROM \"ara_undone\"",
        )?;
        let mut words = words.query([])?;
        let mut has_words = false;
        while let Some(row) = words.next()? {
            has_words = true;
            let Some(id) = about(row).filter(|id| id.time >= since) else { continue };
            let word = UndoneRow::of(row.get_ref(3)?, row.get_ref(4)?)?;
            let is_of_target = word.last.is_some_and(|(time, node)| target.has(node, time));
            let node = registry.nodes.iter().find(|(_, node)| node.id == id.node.into());
            if let Some((&node, _)) = node
                && word.is_undone != is_of_target
            {
                discounted.add(connection, (node, id.time))?;
            }
        }
        if !has_words {
            return Ok(discounted);
        }
        let mut changes = connection.prepare(
            "SELECT c.node, c.time FROM ara_node n \
             CROSS JOIN ara_change c ON c.node = n.ordinal AND c.time >= ?1 WHERE c.tbl = ?2",
        )?;
        let mut changes = changes.query((since.bits(), table))?;
        while let Some(change) = changes.next()? {
            let node = change.get::<_, NodeOrdinal>(0)?;
            let time = Time::from_bits(change.get(1)?);
            if !target.has(node, time)
                && let Some(end) = end_of(connection, node, time)?
            {
                discounted.add(connection, (node, end))?;
            }
        }
        Ok(discounted)
    }

    fn add(&mut self, connection: &Connection, (node, end): (NodeOrdinal, Time)) -> Result<()> {
        let after = last_end(connection, node, end.before())?;
        self.spans.insert((node, end), after);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether a change is of one of them.
    pub(crate) fn contains(&self, node: NodeOrdinal, time: Time) -> bool {
        let next = self.spans.range((node, time)..).next();
        next.is_some_and(|(&(of, _), &after)| of == node && after < time)
    }
}

/// The transaction that a row is about. A row of another id than follows from it is none of ara's.
fn about(row: &Row<'_>) -> Option<TransactionId> {
    let value = |at| row.get_ref(at).ok().and_then(Stored::from_sql);
    let (node, time) = (Uuid::read(value(1)?)?, Time::from_bits(i64::read(value(2)?)?));
    let id = TransactionId { time, node };
    (row.get::<_, [u8; 16]>(0).ok()? == *row_id(id).as_bytes()).then_some(id)
}
