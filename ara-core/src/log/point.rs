//! Points in the log of a node.

use crate::log::clock::Time;

/// A point in the log of a node, just after a change.
///
/// Two logs of a node that agree at a point hold the same changes up to it, even if one of them was
/// compacted: [`Compacted`](crate::log::change::Compacted) has an example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Point {
    /// The time of the change.
    pub(crate) time: Time,
    /// The XOR of the hashes of all changes of the node up to and including that one.
    pub(crate) digest: u64,
}

impl Point {
    /// Makes a point of the values in the file, which holds the digest as a signed integer.
    pub(crate) fn of(time: Time, digest: i64) -> Self {
        Self { time, digest: digest.cast_unsigned() }
    }
}
