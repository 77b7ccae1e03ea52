//! The state from which the writing node continues its log.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::entropy::Entropy;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::node_log::LogEnd;
use crate::log::nodes::{self, Node};
use crate::log::piece::head::Head;
use crate::log::pieces::{Found, PieceReader};
use crate::log::place::Point;

/// The end of the log of the writing node, and the clock, from which its next change continues.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    /// The node's ordinal in this file.
    pub(super) node: NodeOrdinal,
    /// The node's id, by which all devices know it.
    pub(crate) node_id: NodeId,
    /// Where its log ends.
    pub(super) end: LogEnd,
    /// The latest stamp that moved the clock of the database on.
    pub(super) clock: Stamp,
}

impl Journal {
    /// Reads the journal from the file.
    ///
    /// The last piece of the writing node holds where its log ends; `ara_node` holds that of the others
    /// alone, since updating the writing node there as well would make each transaction write one more
    /// page.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let node = meta::get(connection, meta::NODE)?.ok_or(Error::Corrupt)?;
        let node_id = nodes::id(connection, node)?.ok_or(Error::Corrupt)?;
        let end = LogEnd::load(connection, node)?;
        if end.head.open.is_some() {
            return Err(Error::Corrupt);
        }
        let met = meta::get(connection, meta::CLOCK)?.unwrap_or_default();
        Ok(Self { node, node_id, end, clock: end.stamp().max(met) })
    }

    /// Reads the journal from the file. If the end of the log of the writing node is damaged, or it is not known
    /// any more which node that is, the file goes on under a new node id, as damage must not stop the writer.
    pub(crate) fn load_or_begin(connection: &Connection, entropy: &mut Entropy) -> Result<Self> {
        match Self::load(connection) {
            Err(Error::Corrupt) => {}
            journal => return journal,
        }
        match meta::get(connection, meta::NODE).map_err(Error::from) {
            Ok(Some(damaged)) => {
                // Without its id, nothing can be told of its changes to other devices.
                nodes::id(connection, damaged)?.ok_or(Error::Corrupt)?;
                nodes::retire(connection, damaged, &last_readable(connection, damaged)?)?;
            }
            Ok(None) | Err(Error::Corrupt) => retire_all(connection)?,
            Err(error) => return Err(error),
        }
        let node_id = nodes::new_id(connection, entropy)?;
        let node = nodes::add_writer(connection, node_id)?;
        let clock = meta::get(connection, meta::CLOCK)?.unwrap_or_default();
        Ok(Self::begin((node, node_id), clock))
    }

    /// Returns the node's ordinal, and the point at which its changes end.
    pub(crate) fn position(&self) -> (NodeOrdinal, Point) {
        (self.node, self.end.point())
    }

    /// Returns where the log of the node ends.
    pub(crate) fn end(&self) -> &LogEnd {
        &self.end
    }

    /// Begins the journal of a new node.
    pub(crate) fn begin((node, node_id): (NodeOrdinal, NodeId), clock: Stamp) -> Self {
        Self { node, node_id, end: LogEnd::of_new(node), clock }
    }

    /// Returns what the file knows of each node, including the one that writes, by id.
    pub(crate) fn nodes(&self, connection: &Connection) -> Result<BTreeMap<NodeId, Node>> {
        nodes_with(connection, (self.node, &self.end.head))
    }
}

/// Returns what the file knows of each node, including the one that writes, by id. If the end of the log of
/// that one is damaged, it is known as far as it can be read.
pub(crate) fn known_nodes(connection: &Connection) -> Result<BTreeMap<NodeId, Node>> {
    let node = meta::get(connection, meta::NODE)?.ok_or(Error::Corrupt)?;
    let end = match LogEnd::load(connection, node) {
        Ok(end) if end.head.open.is_none() => end.head,
        Ok(_) | Err(Error::Corrupt) => last_readable(connection, node)?,
        Err(error) => return Err(error),
    };
    nodes_with(connection, (node, &end))
}

/// Returns what the file knows of each node, by id, and of one of them this end.
fn nodes_with(
    connection: &Connection,
    (node, end): (NodeOrdinal, &Head),
) -> Result<BTreeMap<NodeId, Node>> {
    let mut nodes = nodes::kept(connection)?;
    for own in nodes.iter_mut().filter(|kept| kept.ordinal == node) {
        (own.end, own.date) = (end.point, end.date);
    }
    Ok(nodes.into_iter().map(|node| (node.id, node)).collect())
}

/// Writes the end of the changes of each node that has more than the file says. So has the one that has written.
fn retire_all(connection: &Connection) -> Result<()> {
    for node in nodes::kept(connection)? {
        let end = last_readable(connection, node.ordinal)?;
        if node.end.number < end.point.number {
            nodes::retire(connection, node.ordinal, &end)?;
        }
    }
    Ok(())
}

/// Returns what the last piece of a node tells that can be read.
fn last_readable(connection: &Connection, node: NodeOrdinal) -> Result<Head> {
    let mut pieces = PieceReader::of_node(connection, node)?;
    let mut last = Head::default();
    while let Some(found) = pieces.next_found()? {
        if let Found::Whole(piece) = found
            && piece.head.open.is_none()
        {
            last = piece.head;
        }
    }
    Ok(last)
}
