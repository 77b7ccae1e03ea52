//! A change that arrives, and what becomes of it.

use crate::log::change::{Compacted, Packed};
use crate::log::node::{NodeOrdinal, Stamp};

/// A change of another device, to be written into the log.
pub(crate) struct Arriving<'a> {
    pub(crate) stamp: Stamp,
    /// The ordinal of the node that wrote it.
    pub(crate) node: NodeOrdinal,
    /// The hash of the change as it was first written.
    pub(crate) hash: u64,
    /// The table's ordinal.
    pub(crate) table: i64,
    pub(crate) row: &'a [u8; 16],
    /// Its cells, and the parts that this version does not know.
    pub(crate) packed: Packed,
    pub(crate) compacted: Compacted,
    /// The node's digest, if the change ends a transaction.
    pub(crate) mark: Option<u64>,
}

/// What became of a change. The number in a variant is what the change adds to the node's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The log did not have it. It is to be folded into its row.
    New(u64),
    /// The log had it already.
    Known,
    /// The log had it already, but without standing for changes that were dropped before it, and it does now.
    Stands(u64),
    /// The log had another change of the same node and time. The one with the greater hash counts, the other
    /// one is kept as its twin, and the rows of both are to be rebuilt.
    Twin(u64),
}
