//! Where a device stands in the log of a space.

use crate::bytes::hash;
use crate::ids::{SegmentId, SpaceId};

/// A place in the log that a relay keeps of a space: how many segments it has up to there, and a hash
/// over all of their ids. A relay that was put back, wiped or swapped has another hash at the same number,
/// or no such number.
///
/// ```
/// use ara_protocol::{Cursor, SegmentId, SpaceId};
///
/// let start = Cursor::start(SpaceId::from_bytes([1; 16]));
/// let [one, other] = [2, 3].map(|byte| SegmentId::from_bytes([byte; 32]));
/// assert_eq!(start.after(one).after(other).number, 2);
/// assert_ne!(start.after(one).after(other), start.after(other).after(one));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The number of the last segment, counted from 1, or 0 at the start.
    pub number: u64,
    /// The hash of the chain there.
    pub chain: [u8; 32],
}

impl Cursor {
    /// Returns the start of the log of a space.
    #[must_use]
    pub fn start(space: SpaceId) -> Self {
        Self { number: 0, chain: hash(b"ara-sync 1 log begins\0", &[space.as_bytes()]) }
    }

    /// Returns the place after the next segment. The log of a space ends at 2^64 segments.
    #[must_use]
    pub fn after(&self, segment: SegmentId) -> Self {
        let number = self.number.saturating_add(1);
        let said = [&self.chain[..], &number.to_be_bytes(), segment.as_bytes()];
        Self { number, chain: hash(b"ara-sync 1 log goes on\0", &said) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_log_has_its_chain() {
        let [one, other] = [1, 2].map(|byte| Cursor::start(SpaceId::from_bytes([byte; 16])));
        assert_ne!(one, other);
        let segment = SegmentId::from_bytes([3; 32]);
        assert_eq!(one.after(segment), one.after(segment));
        assert_ne!(one.after(segment), other.after(segment));
        let last = Cursor { number: u64::MAX, ..one };
        assert_eq!(last.after(segment).number, u64::MAX);
    }
}
