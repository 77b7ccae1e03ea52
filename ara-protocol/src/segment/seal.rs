//! Seals a segment.

use rand_core::CryptoRng;

use crate::epoch::{EpochKey, Purpose};
use crate::error::{Error, Result};
use crate::ids::{NodeId, SegmentId, SpaceId};
use crate::keys::SecretKeys;
use crate::seal::{OVERHEAD, seal};
use crate::segment::bounds::SealedBounds;
use crate::segment::head::bound;
use crate::segment::{Bounds, Head, Header, LONGEST_PART, MOST_PARTS, Position, WHAT, body};

/// A segment that is to be sealed.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The space that it is of.
    pub space: SpaceId,
    /// Whose changes it holds.
    pub node: NodeId,
    /// The node's segment before it.
    pub previous: Option<SegmentId>,
    /// The segments that it replaces, in their order.
    pub replaces: &'a [SegmentId],
    /// Where it begins and ends.
    pub bounds: Bounds,
    /// Where the author stands at the relay.
    pub stood: Position,
    /// A record of changes.
    pub changes: &'a [u8],
}

/// A sealed segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its head.
    pub head: Head,
    /// Its parts. Most segments have one.
    pub parts: Vec<Vec<u8>>,
}

impl Draft<'_> {
    /// Seals and signs the segment.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if it would have more than [`MOST_PARTS`] parts, or replace more than
    /// [`MOST_REPLACED`](crate::segment::MOST_REPLACED) segments, and [`Error::Malformed`] if it does not
    /// end after it begins, or names a segment twice.
    pub fn seal(
        &self,
        author: &SecretKeys,
        key: &EpochKey,
        random: &mut impl CryptoRng,
    ) -> Result<Sealed> {
        let header = Header {
            space: self.space,
            epoch: key.id(),
            author: author.public().member(),
            node: self.node,
            previous: self.previous,
            replaces: self.replaces.to_vec(),
        };
        let header = header.write()?;
        let bounds = SealedBounds::seal(self.bounds, key, &header, random)?;
        let packed = body::pack(&self.stood, self.changes)?;
        let cut = packed.chunks(LONGEST_PART - OVERHEAD);
        let count = cut.len();
        if count > MOST_PARTS {
            return Err(Error::TooLarge { what: WHAT });
        }
        let key = key.derived(Purpose::Body);
        let sealed = cut.enumerate().map(|(index, part)| {
            seal(&key, &bound(&header, &bounds, count, index), part, WHAT, random)
        });
        let parts = sealed.collect::<Result<Vec<_>>>()?;
        Ok(Sealed { head: Head::write(&header, &bounds, &parts, author)?, parts })
    }
}
