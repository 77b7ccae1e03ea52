//! Putting the log of a node in order again, after another program has moved pieces of it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::log::change::Names;
use crate::log::node::NodeOrdinal;
use crate::log::node_log::STRIDE;
use crate::log::owned_change::OwnedChange;
use crate::log::piece::head::Head;
use crate::log::pieces::{self, PieceReader, has_room_after, node_at, start_of};
use crate::log::place::ChangeNumber;
use crate::log::stretch::Stretch;

/// Puts the pieces of each node in the order of their first changes, and where others fit behind them. Those of
/// a node that forked need not begin in that order.
pub(super) fn order_pieces(
    connection: &Connection,
    is_forked: &dyn Fn(NodeOrdinal) -> bool,
) -> Result<()> {
    let mut nodes: BTreeMap<NodeOrdinal, Vec<(ChangeNumber, i64)>> = BTreeMap::new();
    for (pos, first) in pieces::beginnings(connection)? {
        let node = node_at(pos);
        let first = if is_forked(node) { ChangeNumber::default() } else { first };
        nodes.entry(node).or_default().push((first, pos));
    }
    for (node, mut pieces) in nodes {
        let is_within =
            |(_, pos): &(ChangeNumber, i64)| *pos > start_of(node) && has_room_after(*pos);
        if pieces.is_sorted() && pieces.iter().all(is_within) {
            continue;
        }
        pieces.sort_unstable();
        let places = (1..).map(|at| start_of(node) + at * STRIDE);
        let moves = pieces.into_iter().map(|(_, pos)| pos).zip(places);
        pieces::move_all(connection, moves)?;
    }
    Ok(())
}

/// Puts the transactions of a node in the order of the numbers and the hashes of their last changes, and takes
/// out those that are there twice. Returns what is known at the end. All changes of the node are held in memory, as
/// where two logs of a node that forked are united.
pub(super) fn order_transactions(
    connection: &Connection,
    node: NodeOrdinal,
    names: &dyn Names,
) -> Result<Head> {
    let mut transactions = BTreeMap::new();
    let mut open = Vec::new();
    let mut pieces = PieceReader::of_node(connection, node)?;
    while let Some(piece) = pieces.next()? {
        for change in piece.changes() {
            let hash = change.hash(names).unwrap_or_default();
            open.push((OwnedChange::of(change), hash));
            if change.record.end.is_some() {
                let key = (change.record.number, hash);
                transactions.insert(key, std::mem::take(&mut open));
            }
        }
    }
    let mut stretch = Stretch::after(node, (start_of(node), Head::default()));
    for (change, hash) in transactions.values().flatten() {
        stretch.add((&change.record(), *hash), change.date);
    }
    stretch.replace_until(connection, (pieces.at(), Head::default()))
}
