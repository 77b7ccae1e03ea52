//! Where the sealed changes of a node end.

use ara_protocol::SegmentId;
use ara_protocol::segment::{Header, Point};

use crate::state::segments::{Chain, OF_REMOVED, Segment};

/// The end of the segments of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The last segment, by its id and by the name by which its successor may name it.
    pub(crate) last: Option<[SegmentId; 2]>,
    /// Up to where the changes are sealed by who is a member.
    pub(crate) end: Point,
    /// Whether segments of who is no member any more come after that end.
    pub(crate) has_removed: bool,
    /// Whether nothing is missing in between, and the end could be opened.
    pub(crate) is_sure: bool,
    /// Whether one is missing in between, though those after it are there.
    pub(crate) has_hole: bool,
    /// How many small segments there are at the end, one after the other.
    pub(crate) small: usize,
}

/// Below how many bytes a segment is small.
pub(crate) const SMALL: u64 = 8 << 10;

impl Tail {
    /// The tail of a node that has no segments.
    pub(crate) const NONE: Self = Self {
        last: None,
        end: Point { number: 0, digest: 0 },
        has_removed: false,
        is_sure: true,
        has_hole: false,
        small: 0,
    };

    /// Returns the tail of a chain.
    pub(crate) fn of(chain: &Chain) -> Self {
        let mut tail = Self::NONE;
        for segment in &chain.segments {
            tail.add(segment);
        }
        tail.is_sure &= chain.is_whole;
        tail.has_hole = !chain.is_whole;
        tail
    }

    /// Goes on by a segment that follows.
    pub(crate) fn add(&mut self, segment: &Segment) {
        self.last = Some([segment.id, segment.named]);
        self.small = if segment.length < SMALL && segment.flags == 0 { self.small + 1 } else { 0 };
        if segment.is(OF_REMOVED) {
            self.has_removed = true;
            return;
        }
        let has_hole = self.is_sure
            && !self.has_removed
            && segment.bounds.is_some_and(|bounds| bounds.from.number > self.end.number);
        self.has_removed = false;
        match segment.end() {
            // What took the place of others covers less than they did. From there on, all is sent again.
            Some(_) if has_hole => {}
            Some(end) if end.number < self.end.number => {}
            Some(end) => (self.end, self.is_sure) = (end, true),
            None => self.is_sure = false,
        }
    }

    /// Returns whether a segment comes right after.
    pub(crate) fn is_before(&self, header: &Header) -> bool {
        match (self.last, header.previous) {
            (None, None) => true,
            (Some(last), Some(previous)) => last.contains(&previous),
            _ => false,
        }
    }
}
