//! What is left in the log of the changes of a forgotten row: place, stamp, date, row, and the hash as first written.

use std::collections::BTreeSet;

use crate::error::{Error, Result};
use crate::log::cells::{Cells, Forgotten, IS_DELETED};
use crate::log::change::{Compacted, Names, Record};
use crate::log::node::NodeId;
use crate::log::piece::filter::{RowProbe, may_have};
use crate::log::piece::packing::Packer;
use crate::log::piece::unpacking::Piece;
use crate::log::pieces;
use crate::log::place::ChangeNumber;
use crate::log::recorder::WholeLog;
use crate::log::row_changes::RowKey;

/// Returns what is left of the cells of a change whose values are removed, as bytes, and what it tells.
pub(crate) fn remains(cells: Cells<'_>) -> (Vec<u8>, Forgotten) {
    let Some((told, forgotten)) = cells.forgotten_cell() else {
        return (Forgotten::Remains.cell(IS_DELETED), Forgotten::Remains);
    };
    let mut left = Vec::with_capacity(4);
    told.put(&mut left, IS_DELETED);
    (left, forgotten)
}

/// Returns whether a change of a forgotten row may still have values.
pub(crate) fn has_values(cells: Cells<'_>, more: &[u8]) -> bool {
    let has_cells = !cells.bytes().is_empty() && cells.bytes() != remains(cells).0;
    has_cells || !more.is_empty()
}

/// Removes the values of some rows, which were forgotten, from the log, and calls `removed` with the place of each
/// change that had any. A damaged piece stays as it is, for rebuilding to drop.
pub(crate) fn remove_values(
    log: &WholeLog<'_>,
    names: &dyn Names,
    rows: &BTreeSet<RowKey>,
    removed: &mut dyn FnMut(NodeId, ChangeNumber) -> Result<()>,
) -> Result<()> {
    let connection = log.connection();
    if rows.is_empty() {
        return Ok(());
    }
    let probes: Vec<RowProbe> = rows.iter().map(|(_, row)| RowProbe::new(row)).collect();
    // Of many rows, nearly every piece has one.
    let is_wanted =
        |filter: &[u8]| probes.len() > 1000 || probes.iter().any(|row| may_have(filter, *row));
    let mut piece = Piece::default();
    for pos in pieces::with_filter(connection, is_wanted)? {
        match pieces::read_at(connection, pos, &mut piece) {
            Err(Error::Corrupt) => continue,
            read => read?,
        }
        let Some(node) = names.node(piece.node()) else { continue };
        if let Some((first, data)) = without_values(&piece, (node, names), rows, removed)? {
            pieces::rewrite(connection, pos, (first, &data))?;
        }
    }
    Ok(())
}

/// Returns a piece without the values of some rows, or `None` if it has none of them.
fn without_values(
    piece: &Piece,
    (node, names): (NodeId, &dyn Names),
    rows: &BTreeSet<RowKey>,
    removed: &mut dyn FnMut(NodeId, ChangeNumber) -> Result<()>,
) -> Result<Option<(ChangeNumber, Vec<u8>)>> {
    let is_removed = |record: &Record<'_>| {
        rows.contains(&(record.table, record.row)) && has_values(record.cells, record.more)
    };
    if !piece.changes().any(|change| is_removed(&change.record)) {
        return Ok(None);
    }
    let mut left = Packer::default();
    for change in piece.changes() {
        let record = change.record;
        if !is_removed(&record) {
            left.add(&record);
            continue;
        }
        let original = Some(record.hash(node, names).ok_or(Error::Corrupt)?);
        removed(node, record.number)?;
        let compacted = Compacted { original, ..record.compacted };
        let (remains, _) = remains(record.cells);
        left.add(&Record { compacted, more: &[], cells: Cells::new(&remains), ..record });
    }
    Ok(Some((left.first(), left.piece(&piece.head))))
}
