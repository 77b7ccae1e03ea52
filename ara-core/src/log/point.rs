//! Places in the changes of a node.

use crate::log::clock::Time;

/// A place in the changes of a node: the time of a change, and the XOR of the hashes of all changes up
/// to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) time: Time,
    pub(crate) digest: u64,
}

impl Point {
    /// Makes a point of what the file keeps.
    pub(crate) fn of(time: Time, digest: i64) -> Self {
        Self { time, digest: digest.cast_unsigned() }
    }
}
