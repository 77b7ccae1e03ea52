//! What the relay can read of a segment.

use std::collections::BTreeSet;

use crate::bytes::{Reader, hash};
use crate::epoch::EpochKey;
use crate::error::{Error, Result};
use crate::ids::{EpochId, NodeId, SegmentId, SpaceId};
use crate::keys::{Label, MemberKey, SecretKeys, Signature};
use crate::segment::bounds::SealedBounds;
use crate::segment::{Bounds, LONGEST_PART, MOST_PARTS, MOST_REPLACED, WHAT};

pub(super) const VERSION: u8 = 1;
pub(super) const KIND: u8 = 16;
pub(super) const NONE: [u8; 32] = [0; 32];

/// What a segment says of itself to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The space that it is of.
    pub space: SpaceId,
    /// The epoch under which it is sealed.
    pub epoch: EpochId,
    /// Who sealed and signed it. This can be another device than the one that wrote the changes.
    pub author: MemberKey,
    /// Whose changes it holds.
    pub node: NodeId,
    /// The node's segment before it.
    pub previous: Option<SegmentId>,
    /// The segments in whose place it is, in their order. The node's next segment names the last of these
    /// as the one before it. Where a replacement is replaced in its turn, the last is therefore the last one
    /// that it replaced itself, after the id of that replacement.
    pub replaces: Vec<SegmentId>,
}

impl Header {
    /// Returns whether a segment of this header may come after another of the same node: whether it
    /// names it as the one before, or names the last one that the other replaced.
    #[must_use]
    pub fn follows(&self, before: &Head) -> bool {
        self.space == before.header.space
            && self.node == before.header.node
            && self.previous.is_some_and(|previous| {
                previous == before.id || before.header.replaces.last() == Some(&previous)
            })
    }

    pub(super) fn write(&self) -> Result<Vec<u8>> {
        let count = u16::try_from(self.replaces.len());
        let count = count.map_err(|_| Error::TooLarge { what: WHAT })?;
        let mut bytes = vec![VERSION, KIND];
        bytes.extend(self.space.as_bytes());
        bytes.extend(self.epoch.as_bytes());
        bytes.extend(self.author.as_bytes());
        bytes.extend(self.node.as_bytes());
        bytes.extend(self.previous.as_ref().map_or(&NONE, SegmentId::as_bytes));
        bytes.extend(count.to_be_bytes());
        bytes.extend(self.replaces.iter().flat_map(SegmentId::as_bytes));
        Ok(bytes)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        reader.begin(VERSION, KIND)?;
        let mut header = Self {
            space: SpaceId::from_bytes(reader.array()?),
            epoch: EpochId::from_bytes(reader.array()?),
            author: MemberKey::read(reader)?,
            node: NodeId::from_bytes(reader.array()?),
            previous: Some(reader.array()?).filter(|id| *id != NONE).map(SegmentId::from_bytes),
            replaces: vec![],
        };
        let count = usize::from(reader.u16()?);
        if count > MOST_REPLACED {
            return Err(Error::TooLarge { what: WHAT });
        }
        let mut named: BTreeSet<_> = header.previous.into_iter().collect();
        for _ in 0..count {
            let id = SegmentId::from_bytes(reader.array()?);
            if *id.as_bytes() == NONE || !named.insert(id) {
                return Err(reader.malformed());
            }
            header.replaces.push(id);
        }
        Ok(header)
    }
}

/// The head of a segment, whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    bytes: Vec<u8>,
    id: SegmentId,
    header: Header,
    header_length: usize,
    bounds: SealedBounds,
    parts: Vec<[u8; 32]>,
}

impl Head {
    /// Reads a head, and checks its signature.
    ///
    /// # Errors
    ///
    /// Returns [`Error::UpdateNeeded`] if its version is a newer one, [`Error::WrongSignature`] if its
    /// author did not sign it, and [`Error::Malformed`], [`Error::TooLarge`] or [`Error::WeakKey`] if the
    /// bytes are not a head.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        match Self::read_first(bytes)? {
            (head, []) => Ok(head),
            _ => Err(Error::Malformed { what: WHAT }),
        }
    }

    /// Reads a head that other bytes follow: those of its only part. Returns these bytes too.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read).
    pub fn read_first(bytes: &[u8]) -> Result<(Self, &[u8])> {
        let mut reader = Reader::new(bytes, WHAT);
        let header = Header::read(&mut reader)?;
        let header_length = bytes.len() - reader.left();
        let bounds = SealedBounds::read(&mut reader)?;
        let count = usize::from(reader.u16()?);
        if count > MOST_PARTS {
            return Err(Error::TooLarge { what: WHAT });
        }
        let hashes = reader.slice(count * 32)?;
        if count == 0 {
            return Err(reader.malformed());
        }
        let parts = hashes.as_chunks().0.to_vec();
        let signed = bytes.get(..bytes.len() - reader.left()).ok_or(reader.malformed())?;
        let signature = Signature::from_bytes(reader.array()?);
        header.author.verify(Label::Segment, signed, &signature)?;
        let (bytes, rest) =
            bytes.split_at_checked(bytes.len() - reader.left()).ok_or(reader.malformed())?;
        let id = SegmentId::from_bytes(hash(&[], &[bytes]));
        Ok((Self { bytes: bytes.to_vec(), id, header, header_length, bounds, parts }, rest))
    }

    /// Writes and signs a head. `header` are the bytes of the header.
    pub(super) fn write(
        header: &[u8],
        bounds: &SealedBounds,
        parts: &[Vec<u8>],
        author: &SecretKeys,
    ) -> Result<Self> {
        let count = u16::try_from(parts.len()).map_err(|_| Error::TooLarge { what: WHAT })?;
        let mut bytes = header.to_vec();
        bytes.extend(bounds.as_bytes());
        bytes.extend(count.to_be_bytes());
        bytes.extend(parts.iter().flat_map(|part| part_hash(part)));
        let signature = author.sign(Label::Segment, &bytes);
        bytes.extend(signature.as_bytes());
        Self::read(&bytes)
    }

    /// Returns the bytes, which are what is sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the segment's id: the SHA-256 of the bytes of the head, which name the parts by their hashes.
    #[must_use]
    pub const fn id(&self) -> SegmentId {
        self.id
    }

    /// Returns what the segment says of itself.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Returns how many parts there are. It is at least one.
    #[must_use]
    pub const fn part_count(&self) -> usize {
        self.parts.len()
    }

    /// Returns the SHA-256 of each part, in their order.
    #[must_use]
    pub fn part_hashes(&self) -> &[[u8; 32]] {
        &self.parts
    }

    /// Checks a part, counted from 0, without a key.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`] if it is above [`LONGEST_PART`], and [`Error::Malformed`] if it is not
    /// the part that the author sealed, or the segment has no part of this index.
    pub fn check_part(&self, index: usize, part: &[u8]) -> Result<()> {
        if part.len() > LONGEST_PART {
            return Err(Error::TooLarge { what: WHAT });
        }
        // All parts but the last are full: how the body is cut is no choice.
        let is_full = part.len() == LONGEST_PART || index + 1 == self.parts.len();
        let expected = self.parts.get(index).filter(|_| is_full);
        if expected == Some(&part_hash(part)) {
            Ok(())
        } else {
            Err(Error::Malformed { what: WHAT })
        }
    }

    /// Opens where the segment begins and ends.
    ///
    /// # Errors
    ///
    /// Returns [`Error::OtherEpoch`] if the key is another epoch's, [`Error::DoesNotOpen`] if the bounds
    /// were not sealed under it for this header, and [`Error::Malformed`] if they do not end after they begin.
    pub fn open_bounds(&self, key: &EpochKey) -> Result<Bounds> {
        self.check_key(key)?;
        self.bounds.open(key, self.header_bytes())
    }

    pub(super) fn check_key(&self, key: &EpochKey) -> Result<()> {
        if key.id() == self.header.epoch { Ok(()) } else { Err(Error::OtherEpoch) }
    }

    fn header_bytes(&self) -> &[u8] {
        self.bytes.get(..self.header_length).unwrap_or_default()
    }

    /// Returns what a part is bound to.
    pub(super) fn bound(&self, index: usize) -> Vec<u8> {
        bound(self.header_bytes(), &self.bounds, self.parts.len(), index)
    }
}

/// Returns what a part is bound to: the header, the transfer (by the bounds, whose nonce is random), how
/// many parts there are, and its index.
pub(super) fn bound(header: &[u8], bounds: &SealedBounds, count: usize, index: usize) -> Vec<u8> {
    let numbers = [count as u64, index as u64].map(u64::to_be_bytes);
    [header, bounds.as_bytes(), numbers.as_flattened()].concat()
}

fn part_hash(part: &[u8]) -> [u8; 32] {
    hash(&[], &[part])
}
