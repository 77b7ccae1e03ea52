//! A device whose clock ran ahead, and came back.
//!
//! What it wrote meanwhile would stay invisible elsewhere until its time comes, and would then win over
//! all that was written since. So it goes on under a new node id, says of the old one what does not
//! [count](super::void), and writes it again at the present: of a counter what it added meanwhile, as
//! what it had added before still counts.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::growth::make::logged_name;
use crate::log::ahead::MOST_AHEAD;
use crate::log::change::PackedCell;
use crate::log::clock::Time;
use crate::log::counters::{CounterCell, Counters};
use crate::log::journal::Journal;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::node_changes::SpanReader;
use crate::log::recorder::Recorder;
use crate::log::span::Span;
use crate::log::transactions::last_end;
use crate::merge::void::{VOID_COLUMNS, VOIDS, make_void};
use crate::rows::last_writer::{FoldedCell, FoldedChange, Rows};
use crate::rows::rebuild::rebuild_rows;
use crate::rows::writing::Writing;
use crate::value::Stored;

/// A clock that shows an earlier time, in November 2026, did not come back: its battery is empty.
const EARLIEST: i64 = 1_795_000_000_000;

/// What was written last into a column: the tag of the value, and its payload.
type PackedWrite = (u8, Vec<u8>);

/// The last writes of the columns of a row, by table and row.
type LastWrites = BTreeMap<(i64, [u8; 16]), BTreeMap<u32, PackedWrite>>;

/// Whether this device wrote something ahead of its clock. Where others are ahead too, it is rather this
/// clock that is behind.
pub(crate) fn is_ahead(journal: &Journal, wall: i64) -> bool {
    let (_, end) = journal.position();
    let horizon = wall.saturating_add(MOST_AHEAD);
    end.time.millis() > horizon && wall >= EARLIEST && journal.others().millis() <= horizon
}

/// Takes what this device wrote ahead of its clock back to the present, if there is such.
pub(crate) fn renew(writing: &mut Writing<'_>) -> Result<()> {
    let Writing { connection, recorder, entropy, .. } = writing;
    let connection: &Connection = connection;
    let wall = recorder.wall().millis();
    if !is_ahead(recorder.journal(), wall) {
        return Ok(());
    }
    let (node, end) = recorder.journal().position();
    let horizon = wall.saturating_add(MOST_AHEAD);
    let node_id = recorder.node_id();
    let after = last_end(connection, node, Time::last_in(horizon))?;
    let writes = last_writes(connection, node, after)?;
    recorder.change_node(end, recorder.others().max(after), entropy)?;
    let mut outdated = BTreeSet::new();
    make_void(connection, node, (after, end.time), &mut outdated)?;
    rebuild_rows(&recorder.whole_log()?, &Registry::load(connection)?, &outdated)?;
    tell(connection, recorder, node_id, (after, end.time))?;
    // What is undone is told apart: who writes it is taken for an undoing, and all this is none.
    let registry = Registry::load(connection)?;
    let (undone, writes) =
        writes.into_iter().partition(|((ordinal, _), _)| registry.is_of_undoings(*ordinal));
    for writes in [writes, undone] {
        write_again(connection, recorder, node, &writes)?;
        // A transaction of its own, which is told apart from what comes next.
        recorder.finish()?;
    }
    writing.touch_everything();
    Ok(())
}

/// What a node wrote after a time, the last of each column of each row.
fn last_writes(connection: &Connection, node: NodeOrdinal, after: Time) -> Result<LastWrites> {
    let mut changes = SpanReader::all(connection)?;
    let mut changes = changes.read(Span::after(node, after))?;
    let mut writes = LastWrites::new();
    while let Some(change) = changes.next()? {
        let mut cells = change.cells()?;
        let row = writes.entry((change.table()?, change.row_id()?)).or_default();
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            row.insert(cell.column, (cell.tag, cell.payload.to_vec()));
        }
    }
    Ok(writes)
}

/// Writes into the log which changes of a node do not count.
fn tell(
    connection: &Connection,
    recorder: &mut Recorder<'_>,
    node: NodeId,
    (after, until): (Time, Time),
) -> Result<()> {
    let (table, columns) = logged_name(connection, VOIDS, &VOID_COLUMNS)?;
    let time = recorder.next_time();
    let mut change = recorder.change(time, (table, VOIDS), node.uuid());
    for ((column, name), time) in columns.into_iter().zip(VOID_COLUMNS).zip([after, until]) {
        change.cell(column, name, Some(&Stored::Integer(time.bits())));
    }
    recorder.advance(time);
    recorder.record(change)
}

/// Writes what a node wrote as the node that writes now.
fn write_again(
    connection: &Connection,
    recorder: &mut Recorder<'_>,
    from: NodeOrdinal,
    writes: &LastWrites,
) -> Result<()> {
    let (node, node_id) = (recorder.node(), recorder.node_id());
    let registry = Registry::load(connection)?;
    let id_of = |node| registry.nodes.get(&node).map(|node| node.id);
    let mut rows = Rows::new(connection);
    let mut counters = Counters::new(connection);
    for ((ordinal, row), columns) in writes {
        let table = registry.tables.get(ordinal).ok_or(Error::Corrupt)?;
        let time = recorder.next_time();
        let mut change = recorder.change(time, (*ordinal, &table.name), Uuid::from_bytes(*row));
        let mut cells = Vec::new();
        for (column, (tag, payload)) in columns {
            let name = table.names.get(column).ok_or(Error::Corrupt)?;
            let cell = PackedCell { column: *column, tag: *tag, payload };
            let (mut value, is_total) = (cell.value(), cell.is_total());
            if let (true, Some(Some(Stored::Integer(total)))) = (is_total, &mut value) {
                let before =
                    counters.last(CounterCell { table: *ordinal, row, column: *column }, from)?;
                *total = total.saturating_sub(before.map_or(0, |(_, before)| before));
                change.total(*column, name, *total);
            } else {
                change.packed_cell(*column, name, *tag, payload);
            }
            if let (Some(value), Some(name)) = (value, table.columns.get(column)) {
                cells.push(FoldedCell { column: (*column, name), value, is_total });
            }
        }
        recorder.advance(time);
        recorder.record(change)?;
        if table.is_made {
            let table = (*ordinal, &*table.name);
            let stamp = Stamp { time, node: node_id };
            let mut change = FoldedChange { table, row: *row, stamp, node, cells };
            rows.fold(&mut change, &id_of, None)?;
        }
    }
    Ok(())
}
