//! Lists of heads, parts of segments, and parts that are staged.
//!
//! # Layout
//!
//! | content | fields |
//! |---|---|
//! | request for heads | space (16); number after which (8); the node (16), or zeros for all |
//! | answer | entries (list), each a skip or a head, see [`Entry`]; the end of the log (8, 32) |
//! | request for parts | space (16); segment (32); the index of the first part (2) |
//! | answer | parts (list of blobs), as many as fit |
//! | request to stage | space (16); the part (blob) |
//! | answer | nothing |

use crate::bytes::{Reader, put_blob, put_count};
use crate::cursor::Cursor;
use crate::error::Result;
use crate::ids::{NodeId, SegmentId, SpaceId};
use crate::message::sync::{Entry, put_blobs, put_cursor, read_blobs, read_cursor};

const WHAT: &str = "message about segments";
const ALL: [u8; 16] = [0; 16];

/// Asks for the heads of segments, without their parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadsRequest {
    /// The space.
    pub space: SpaceId,
    /// The number after which.
    pub after: u64,
    /// The node whose segments are asked for, or `None` for all.
    pub node: Option<NodeId>,
}

/// Answers a [`HeadsRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadsAnswer {
    /// The heads that follow, and skips where something was replaced. Where one node is asked for, the others'
    /// segments are left out.
    pub entries: Vec<Entry>,
    /// The end of the log.
    pub end: Cursor,
    /// Whether there are more than fit into the answer.
    pub is_more: bool,
}

/// Asks for parts of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsRequest {
    /// The space.
    pub space: SpaceId,
    /// The segment.
    pub segment: SegmentId,
    /// The index of the first part that is asked for.
    pub from: u16,
}

/// Answers a [`PartsRequest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartsAnswer {
    /// The parts, as many as fit. There are none if the segment is not there any more.
    pub parts: Vec<Vec<u8>>,
}

/// Stages a part. The relay keeps it by its hash, for some hours, until a head names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRequest {
    /// The space.
    pub space: SpaceId,
    /// The part.
    pub part: Vec<u8>,
}

impl HeadsRequest {
    /// Returns the content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let node = self.node.as_ref().map_or(&ALL, NodeId::as_bytes);
        [&self.space.as_bytes()[..], &self.after.to_be_bytes(), node].concat()
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) if the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let request = Self {
            space: SpaceId::from_bytes(reader.array()?),
            after: reader.u64()?,
            node: Some(reader.array()?).filter(|node| *node != ALL).map(NodeId::from_bytes),
        };
        reader.end()?;
        Ok(request)
    }
}

impl HeadsAnswer {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if something has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        put_count(&mut bytes, self.entries.len(), WHAT)?;
        self.entries.iter().try_for_each(|entry| entry.write(&mut bytes))?;
        put_cursor(&mut bytes, self.end);
        bytes.push(self.is_more.into());
        Ok(bytes)
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) if the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let answer = Self {
            entries: reader.list(usize::MAX, Entry::read)?,
            end: read_cursor(&mut reader)?,
            is_more: reader.flag()?,
        };
        reader.end()?;
        Ok(answer)
    }
}

impl PartsRequest {
    /// Returns the content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.space.as_bytes()[..], self.segment.as_bytes(), &self.from.to_be_bytes()].concat()
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) if the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let request = Self {
            space: SpaceId::from_bytes(reader.array()?),
            segment: SegmentId::from_bytes(reader.array()?),
            from: reader.u16()?,
        };
        reader.end()?;
        Ok(request)
    }
}

impl PartsAnswer {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if something has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        put_blobs(&mut bytes, &self.parts, WHAT)?;
        Ok(bytes)
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) if the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let answer = Self { parts: read_blobs(&mut reader)? };
        reader.end()?;
        Ok(answer)
    }
}

impl StageRequest {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if the part has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = self.space.as_bytes().to_vec();
        put_blob(&mut bytes, &self.part, WHAT)?;
        Ok(bytes)
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) if the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let request =
            Self { space: SpaceId::from_bytes(reader.array()?), part: reader.blob()?.to_vec() };
        reader.end()?;
        Ok(request)
    }
}
