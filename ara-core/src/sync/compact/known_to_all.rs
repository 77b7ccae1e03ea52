//! Up to which change all devices know the log of each node.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::exchange::vector::VersionVector;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::Node;
use crate::log::place::ChangeNumber;
use crate::log::points::find_point;

/// The number up to which all devices know the log of each node.
pub(super) struct Limits(BTreeMap<NodeOrdinal, ChangeNumber>);

/// Returns whether devices may all know more of a node than when its log was compacted last, by their vectors
/// alone.
pub(super) fn has_moved(nodes: &BTreeMap<NodeId, Node>, devices: &[VersionVector]) -> bool {
    nodes.values().any(|node| {
        let known = devices.iter().map(|device| device.0.get(&node.id).map(|end| end.number));
        let least = known.min().flatten();
        !node.is_forked && least.is_some_and(|number| number > node.compacted)
    })
}

impl Limits {
    /// Finds the limits. The logs of nodes that have forked have none.
    pub(super) fn find(
        connection: &Connection,
        registry: &Registry,
        (nodes, devices): (&BTreeMap<NodeId, Node>, &[VersionVector]),
    ) -> Result<Self> {
        let mut limits = BTreeMap::new();
        for node in nodes.values().filter(|node| !node.is_forked) {
            if let Some(limit) = limit(connection, registry, (node, devices))? {
                limits.insert(node.ordinal, limit);
            }
        }
        Ok(Self(limits))
    }

    /// Returns the limit of a node, which is 0 if it has none.
    pub(super) fn of(&self, node: NodeOrdinal) -> ChangeNumber {
        self.0.get(&node).copied().unwrap_or_default()
    }

    /// Returns the nodes that have a limit, with it.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeOrdinal, ChangeNumber)> {
        self.0.iter().map(|(node, limit)| (*node, *limit))
    }

    /// Returns whether the limits are still right, given what is known of the nodes now.
    pub(super) fn hold<'n>(&self, nodes: impl Iterator<Item = &'n Node>) -> bool {
        let holds = |node: &&Node| !node.is_forked && node.end.number >= self.of(node.ordinal);
        let limited = nodes.filter(|node| self.0.contains_key(&node.ordinal));
        limited.filter(holds).count() == self.0.len()
    }
}

/// Returns the number up to which all devices know a node. Returns `None` if a device is at a point that is not
/// in this log, as it may know other changes of the node.
fn limit(
    connection: &Connection,
    registry: &Registry,
    (node, devices): (&Node, &[VersionVector]),
) -> Result<Option<ChangeNumber>> {
    let mut least = None;
    for device in devices {
        let Some(&point) = device.0.get(&node.id) else { return Ok(None) };
        let is_known = point == node.end
            || point.number < node.end.number
                && find_point(connection, registry, node, point)?.is_some();
        if !is_known {
            return Ok(None);
        }
        least = Some(least.map_or(point.number, |least: ChangeNumber| least.min(point.number)));
    }
    Ok(least)
}
