//! What a head says, where it was read before.

use crate::bytes::{Reader, hash};
use crate::error::{Error, Result};
use crate::ids::{NodeId, SegmentId, SpaceId};
use crate::segment::head::{KIND, NONE, VERSION};
use crate::segment::{WHAT, bounds};

/// What the relay needs of a head that it has checked before it kept it. If the bytes still have the id that they had
/// then, their signature need not be checked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The space that the segment is of.
    pub space: SpaceId,
    /// Whose changes it holds.
    pub node: NodeId,
    /// The node's segment before it.
    pub previous: Option<SegmentId>,
    /// The last of the segments in whose place it is, by which the next one of its node may name it too.
    pub alias: Option<SegmentId>,
    parts: Vec<[u8; 32]>,
}

impl Outline {
    /// Reads a head of which the id is known.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`] if the bytes do not have this id, and that or [`Error::UpdateNeeded`] if they are
    /// not a head.
    pub fn read(head: &[u8], id: SegmentId) -> Result<Self> {
        if hash(&[], &[head]) != *id.as_bytes() {
            return Err(Error::Malformed { what: WHAT });
        }
        let mut reader = Reader::new(head, WHAT);
        reader.begin(VERSION, KIND)?;
        let space = SpaceId::from_bytes(reader.array()?);
        // The epoch and the author.
        reader.slice(16 + 32)?;
        let node = NodeId::from_bytes(reader.array()?);
        let previous = Some(reader.array()?).filter(|id| *id != NONE).map(SegmentId::from_bytes);
        let count = usize::from(reader.u16()?);
        let replaces = reader.slice(count * 32)?;
        let alias = replaces.last_chunk().map(|id| SegmentId::from_bytes(*id));
        reader.slice(bounds::SIZE)?;
        let count = usize::from(reader.u16()?);
        let parts = reader.slice(count * 32)?.as_chunks().0.to_vec();
        // The signature.
        reader.slice(64)?;
        reader.end()?;
        Ok(Self { space, node, previous, alias, parts })
    }

    /// Returns how many parts there are.
    #[must_use]
    pub const fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// Returns whether bytes are the part of an index, counted from 0.
    #[must_use]
    pub fn is_part(&self, index: usize, part: &[u8]) -> bool {
        self.parts.get(index) == Some(&hash(&[], &[part]))
    }
}
