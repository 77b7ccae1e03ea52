//! What was dated ahead, once its time comes.

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::ahead::{MOST_AHEAD, due};
use crate::log::clock::Time;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::node_changes::SpanReader;
use crate::log::nodes::{Node, is_void};
use crate::log::span::Span;
use crate::log::transactions::last_end;
use crate::merge::void::pass_void;
use crate::rows::last_writer::{FoldedCell, FoldedChange, Rows};
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;

/// Folds in the transactions whose time has come.
pub(crate) fn settle(writing: &mut Writing<'_>) -> Result<()> {
    let Writing { connection, recorder, touched, .. } = writing;
    let connection: &Connection = connection;
    let now = recorder.wall().millis();
    if recorder.due().is_none_or(|due| due > now) {
        return Ok(());
    }
    let horizon = now.saturating_add(MOST_AHEAD);
    let waiting: Vec<NodeOrdinal> = connection
        .prepare("SELECT ordinal FROM ara_node WHERE folded < last")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let registry = Registry::load(connection)?;
    let mut rows = Rows::new(connection);
    for node in waiting {
        let Some(registered) = registry.nodes.get(&node) else { continue };
        let last = last_end(connection, node, Time::last_in(horizon))?.max(registered.folded);
        fold_until(connection, &registry, registered, last, &mut rows, touched.as_mut())?;
        connection
            .prepare_cached("UPDATE ara_node SET folded = ?2 WHERE ordinal = ?1 AND folded < ?2")?
            .execute((node, last.bits()))?;
        pass_void(connection, node)?;
        recorder.meet(last);
    }
    recorder.wait_for(due(connection)?);
    Ok(())
}

fn fold_until(
    connection: &Connection,
    registry: &Registry,
    registered: &Node,
    last: Time,
    rows: &mut Rows<'_>,
    mut touched: Option<&mut Touched>,
) -> Result<()> {
    let mut changes = SpanReader::all(connection)?;
    let due = Span { node: registered.ordinal, after: registered.folded, end: last };
    let mut changes = changes.read(due)?;
    let id_of = |node| registry.nodes.get(&node).map(|node| node.id);
    while let Some(change) = changes.next()? {
        let time = change.time()?;
        if is_void(registered.void, time) {
            continue;
        }
        let ordinal = change.table()?;
        let Some(table) = registry.tables.get(&ordinal).filter(|table| table.is_made) else {
            continue;
        };
        let mut packed = change.cells()?;
        let mut cells = Vec::new();
        while let Some(cell) = packed.next_cell().ok_or(Error::Corrupt)? {
            if let (Some(value), Some(name)) = (cell.value(), table.columns.get(&cell.column)) {
                let (column, is_total) = ((cell.column, name.as_str()), cell.is_total());
                cells.push(FoldedCell { column, value, is_total });
            }
        }
        let mut change = FoldedChange {
            table: (ordinal, &table.name),
            row: change.row_id()?,
            stamp: Stamp { time, node: registered.id },
            node: registered.ordinal,
            cells,
        };
        rows.fold(&mut change, &id_of, touched.as_deref_mut())?;
    }
    Ok(())
}
