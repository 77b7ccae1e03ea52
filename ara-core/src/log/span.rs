//! Spans of the log of a node.

use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;

/// A span of the log of a node: the changes that it made after a time, up to and including another one.
/// A transaction is the span from the end of the one before it to its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) node: NodeOrdinal,
    pub(crate) after: Time,
    pub(crate) end: Time,
}

impl Span {
    /// Makes a span that ends with the log of the node.
    pub(crate) fn after(node: NodeOrdinal, after: Time) -> Self {
        Self { node, after, end: Time::MAX }
    }

    /// Makes a span that begins with the log of the node.
    pub(crate) fn until(node: NodeOrdinal, end: Time) -> Self {
        Self { node, after: Time::MIN, end }
    }

    /// Makes a span of the whole log of the node.
    pub(crate) fn all_of(node: NodeOrdinal) -> Self {
        Self::until(node, Time::MAX)
    }

    /// Returns whether a change lies in the span.
    pub(crate) fn has(&self, node: NodeOrdinal, time: Time) -> bool {
        node == self.node && self.after < time && time <= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{NODES, time};

    #[test]
    fn its_first_time_is_before_it_and_its_last_one_within() {
        let [node, other] = NODES;
        let span = Span { node, after: time(10), end: time(20) };
        let has = [10, 11, 20, 21].map(|at| span.has(node, time(at)));
        assert_eq!(has, [false, true, true, false]);
        assert!(!span.has(other, time(15)));
        assert!([0, i64::MAX].iter().all(|at| Span::all_of(node).has(node, time(*at))));
    }
}
