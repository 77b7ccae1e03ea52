//! What a batch or a version vector tells of each node, for the crate `ara-sync`.

use crate::exchange::changes::Changes;
use crate::exchange::vector::VersionVector;
use crate::log::node::NodeId;
use crate::log::place::{ChangeNumber, Point};

/// A point in the log of a node, just after a change.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct NodePoint {
    /// The number of the change, or 0 for the point before the first one.
    pub number: u64,
    /// The digest of all changes of the node up to that one.
    pub digest: u64,
}

/// The changes of one node in a batch, which follow one another.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRun {
    /// The id of the node.
    pub node: [u8; 16],
    /// The point after which they come.
    pub from: NodePoint,
    /// The point that they lead to.
    pub to: NodePoint,
    /// Whether two devices wrote under the id of the node.
    pub is_forked: bool,
}

impl From<Point> for NodePoint {
    fn from(Point { number, digest }: Point) -> Self {
        Self { number: u64::try_from(number.get()).unwrap_or_default(), digest }
    }
}

impl From<NodePoint> for Point {
    /// A number that no change can have is taken for the greatest one that none has.
    fn from(NodePoint { number, digest }: NodePoint) -> Self {
        Self { number: ChangeNumber::new(i64::try_from(number).unwrap_or(i64::MAX)), digest }
    }
}

/// For the crate `ara-sync`.
#[doc(hidden)]
impl Changes {
    /// Returns of which nodes the changes are, and where those of each begin and end. A node has one run.
    pub fn runs_of_nodes(&self) -> impl ExactSizeIterator<Item = NodeRun> {
        self.runs.iter().map(|run| NodeRun {
            node: *run.node.as_bytes(),
            from: run.from.into(),
            to: run.to.into(),
            is_forked: run.is_forked,
        })
    }
}

/// For the crate `ara-sync`.
#[doc(hidden)]
impl VersionVector {
    /// Returns the nodes, each with the point up to which it is known, in the order of their ids.
    pub fn points(&self) -> impl ExactSizeIterator<Item = ([u8; 16], NodePoint)> {
        self.0.iter().map(|(node, end)| (*node.as_bytes(), (*end).into()))
    }

    /// Returns the point up to which a node is known, or the start if no change of it is.
    #[must_use]
    pub fn point_of(&self, node: [u8; 16]) -> NodePoint {
        self.0.get(&NodeId::from_bytes(node)).copied().unwrap_or_default().into()
    }

    /// Sets the point up to which a node is known. The start removes the node.
    #[must_use]
    pub fn with_point(mut self, node: [u8; 16], point: NodePoint) -> Self {
        let (node, end) = (NodeId::from_bytes(node), Point::from(point));
        if end.is_start() {
            self.0.remove(&node);
        } else {
            self.0.insert(node, end);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_gives_back_the_points_that_it_was_given() {
        let (early, late) =
            (NodePoint { number: 3, digest: 7 }, NodePoint { number: 9, digest: u64::MAX });
        let vector = VersionVector::default().with_point([2; 16], late).with_point([1; 16], early);
        assert_eq!(vector.points().collect::<Vec<_>>(), [([1; 16], early), ([2; 16], late)]);
        assert_eq!(vector.point_of([2; 16]), late);
        assert_eq!(vector.point_of([3; 16]), NodePoint::default());
        let without = vector.with_point([1; 16], NodePoint::default());
        assert_eq!(without.points().map(|(node, _)| node).collect::<Vec<_>>(), [[2; 16]]);
        let beyond = NodePoint { number: u64::MAX, digest: 0 };
        assert!(!Point::from(beyond).number.is_valid());
    }
}
