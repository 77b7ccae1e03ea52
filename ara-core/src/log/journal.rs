//! The state from which the writing node continues its log.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::ahead::due;
use crate::log::clock::Time;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::{self, Node};
use crate::log::point::Point;
use crate::log::transactions::last_change;

/// The clock and the digest of the writing node, from which its next change continues.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    /// The node's ordinal in this file.
    pub(super) node: NodeOrdinal,
    /// The node's id, by which all devices know it.
    pub(crate) node_id: NodeId,
    /// The latest time of any change that is folded in.
    pub(super) last: Time,
    /// The latest time of any change of another node that is folded in.
    pub(super) others: Time,
    /// The time of the node's last change, and the XOR of the hashes of its changes.
    pub(super) own: Point,
    /// When the first of the waiting changes can be folded in, in milliseconds.
    pub(super) due: Option<i64>,
}

impl Journal {
    /// Reads the journal from the file.
    ///
    /// The last change of the writing node holds its time and digest; `ara_node` holds those of the
    /// others alone, since updating the writing node there as well would make each transaction write
    /// one more page.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let node = meta::get(connection, meta::NODE)?.ok_or(Error::Corrupt)?;
        let node_id = nodes::id(connection, node)?.ok_or(Error::Corrupt)?;
        let others = nodes::latest_of_others(connection)?;
        let own = match last_change(connection, node, Time::MAX)? {
            None => Point::default(),
            Some((time, digest)) => Point { time, digest: digest.ok_or(Error::Corrupt)? },
        };
        let last = others.max(own.time);
        let due = due(connection)?;
        Ok(Self { node, node_id, last, others, own, due })
    }

    /// Returns the latest time of any change that is folded in.
    pub(crate) fn last(&self) -> Time {
        self.last
    }

    /// Returns when the first of the waiting changes can be folded in, in milliseconds.
    pub(crate) fn due(&self) -> Option<i64> {
        self.due
    }

    /// Returns the latest time of any change of another node that is folded in.
    pub(crate) fn others(&self) -> Time {
        self.others
    }

    /// Returns the node's ordinal, and the point at which its changes end.
    pub(crate) fn position(&self) -> (NodeOrdinal, Point) {
        (self.node, self.own)
    }

    /// Begins the journal of a new node. `last` is the time after which its changes come, and `others` the
    /// latest time of any change of another node that is folded in.
    pub(crate) fn begin(
        (node, node_id): (NodeOrdinal, NodeId),
        (last, others): (Time, Time),
        due: Option<i64>,
    ) -> Self {
        Self { node, node_id, last, others, own: Point::default(), due }
    }

    /// Returns what the file knows of each node, including the one that writes, by id.
    pub(crate) fn nodes(&self, connection: &Connection) -> Result<BTreeMap<NodeId, Node>> {
        let mut nodes = nodes::kept(connection)?;
        for own in nodes.iter_mut().filter(|node| node.ordinal == self.node) {
            (own.end, own.folded) = (self.own, self.own.time);
        }
        Ok(nodes.into_iter().map(|node| (node.id, node)).collect())
    }
}
