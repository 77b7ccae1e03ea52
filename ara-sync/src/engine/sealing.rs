//! Sealing changes of a node as segments that follow one another.

use ara_core::{Changes, NodePoint};
use ara_protocol::message::segments::StageRequest;
use ara_protocol::message::sync::PushedSegment;
use ara_protocol::segment::{Bounds, Draft, Point, Position};
use ara_protocol::{NodeId, SegmentId};

use crate::engine::base::Engine;
use crate::engine::content::MOST_CHANGES;
use crate::fault::{Fault, Result};
use crate::state::segments::{node_point, sealed_point};

/// About how many bytes of changes a segment has.
pub(super) const OF_A_SEGMENT: usize = 512 << 10;

/// Parts of segments that have more bytes together are staged.
const MOST_INLINE: usize = 6 << 20;

/// The most segments that are sent together, all or none of which the relay takes.
const MOST_TOGETHER: usize = 1000;

/// A segment that is ready to be sent.
pub(super) struct Sealed {
    pub(super) id: SegmentId,
    pub(super) segment: PushedSegment,
    /// How many bytes it has within a request.
    pub(super) size: usize,
}

/// Some changes of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) node: NodeId,
    /// The point after which they come.
    pub(super) after: Point,
    /// The point that they lead to, or `None` for the end of the log.
    pub(super) until: Option<Point>,
    pub(super) is_forked: bool,
}

impl Engine {
    /// Seals changes. If it has several parts, or there is no room for it in a request, the parts are staged.
    pub(super) fn seal(
        &mut self,
        (changes, bounds): (&Changes, Bounds),
        (node, previous, replaces): (NodeId, Option<SegmentId>, &[SegmentId]),
        room: usize,
    ) -> Result<Sealed> {
        let bytes = changes.to_bytes();
        if bytes.len() > self.settings.most_changes {
            return Err(Fault::Protocol(ara_protocol::Error::TooLarge { what: "transaction" }));
        }
        self.check_keys()?;
        let keys = self.epoch_keys.as_ref().ok_or(Fault::Stopped)?;
        let space = self.access.members.space();
        let stood = Position { cursor: self.place.cursor, access: self.access.members.head() };
        let draft = Draft { space, node, previous, replaces, bounds, stood, changes: &bytes };
        let sealed = draft.seal(&self.keys, keys.newest(), &mut self.random)?;
        let head = sealed.head.as_bytes().to_vec();
        let id = sealed.head.id();
        let mut parts = sealed.parts;
        let size: usize = head.len() + parts.iter().map(Vec::len).sum::<usize>();
        let whole = size as u64;
        let inline = if parts.len() == 1 && size <= room { parts.pop() } else { None };
        let (inline, size) = match inline {
            Some(part) => (Some(part), size),
            None => (None, head.len()),
        };
        self.told.sizes.insert(id, whole);
        for part in parts {
            self.relay.stage(&StageRequest { space, part }, &self.keys)?;
        }
        Ok(Sealed { id, segment: PushedSegment { head, part: inline }, size })
    }

    /// Returns in batches of how many bytes a stretch is cut, and how many of them there are: no more than are sent
    /// together. Returns `None` if there are none that lead to its end.
    pub(super) fn cut(&self, stretch: &Stretch) -> Result<Option<(usize, usize)>> {
        let mut size = OF_A_SEGMENT;
        loop {
            let (mut count, mut to, mut are_fine) = (0, None, true);
            for batch in self.batches_in(stretch, size)? {
                let (_, bounds) = batch?;
                (count, to) = (count + 1, Some(bounds.to));
                are_fine &= is_segment(&bounds);
            }
            if count == 0 || to != stretch.until {
                return Ok(None);
            }
            if count <= MOST_TOGETHER && are_fine {
                return Ok(Some((size, count)));
            }
            if size >= MOST_CHANGES {
                return Err(Fault::Protocol(ara_protocol::Error::TooLarge { what: "log" }));
            }
            size *= 2;
        }
    }

    /// Reads changes of a node in batches of about so many bytes, each with its bounds. A batch is no segment of its own
    /// where two logs of a node that forked end with the same number: then the batches are to be greater.
    pub(super) fn batches_in(
        &self,
        stretch: &Stretch,
        size: usize,
    ) -> Result<impl Iterator<Item = Result<(Changes, Bounds)>> + use<>> {
        let Stretch { node, after, until, is_forked } = *stretch;
        // A node that forked is sealed as a whole.
        let after = if is_forked { NodePoint::default() } else { node_point(after) };
        let until = until.map(node_point);
        let batches = self.database.changes_of_node(*node.as_bytes(), after, until)?;
        Ok(batches.in_batches_of(size).map_while(|changes| {
            let changes = match changes {
                Ok(changes) => changes,
                Err(error) => return Some(Err(error.into())),
            };
            let run = changes.runs_of_nodes().next()?;
            let bounds = Bounds { from: sealed_point(run.from), to: sealed_point(run.to) };
            Some(Ok((changes, bounds)))
        }))
    }

    /// Returns how much room a request has for a segment, when so many bytes are in it.
    pub(super) const fn room(used: usize) -> usize {
        MOST_INLINE.saturating_sub(used)
    }
}

/// Returns whether a batch can be a segment.
pub(super) const fn is_segment(bounds: &Bounds) -> bool {
    bounds.from.number < bounds.to.number
}
