//! One round trip: what is new here goes there, and what is new there comes here.
//!
//! # Layout
//!
//! The content of a request:
//!
//! | bytes | field |
//! |---|---|
//! | 16 | space |
//! | 8, 32 | the cursor: number and chain hash |
//! | 32 | the last access record that the client knows |
//! | 8 | the newest slot that the client has seen |
//! | 4 | how many bytes of segments may come back |
//! | blob | the client's slot, or nothing |
//! | list | pushes. Each is a list of segments, which are taken together or not at all: the head (blob), whether its only part follows (1), and that (blob) |
//!
//! The content of an answer:
//!
//! | bytes | field |
//! |---|---|
//! | list | what became of each push (1) |
//! | 1 | whether the relay keeps the request's slot now |
//! | 1 | whether the relay knows the access record |
//! | list | the access records that follow it (blobs) |
//! | 1 | whether the relay knows the cursor |
//! | 8, 32 | the end of its log |
//! | list | entries that follow the cursor, see [`Entry`] |
//! | 8 | the newest slot |
//! | list | slots that are newer than the client has seen (blobs), but for the one that this request brought |
//! | 8, 8 | how many bytes the space has, and may have |

use crate::bytes::{Reader, put_blob, put_count};
use crate::cursor::Cursor;
use crate::error::Result;
use crate::ids::{RecordHash, SpaceId};

const WHAT: &str = "sync message";

/// The most pushes of a request, and the most segments of a push.
pub const MOST_PUSHES: usize = 1024;

/// A segment on its way to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedSegment {
    /// Its head.
    pub head: Vec<u8>,
    /// Its only part, or `None` if its parts were staged.
    pub part: Option<Vec<u8>>,
}

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRequest {
    /// The space.
    pub space: SpaceId,
    /// Up to where the client has read the space's log.
    pub cursor: Cursor,
    /// The last access record that it knows.
    pub access: RecordHash,
    /// The number of the newest slot that it has seen, as the relay counts them.
    pub slots_seen: u64,
    /// How many bytes of segments may come back. At least one segment comes if it fits into an answer, unless this
    /// is 0.
    pub budget: u32,
    /// Its own slot, if that is new.
    pub slot: Vec<u8>,
    /// What is new here. The segments of a push are taken together or not at all: there is one, or they replace
    /// others.
    pub pushes: Vec<Vec<PushedSegment>>,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushOutcome {
    /// It is in the log, maybe since earlier.
    Taken,
    /// It does not follow the node's last segment, or what it is to replace is not there. Read on, and seal again.
    Conflict,
    /// It is sealed under an epoch that is not the newest, or its author is no member, or a rotation is due. Read the
    /// access log.
    OtherEpoch,
    /// A part was not staged, or not long enough ago for it to be kept.
    PartMissing,
    /// The relay refuses it: it is not what a segment is, or a replacement that is too large.
    Refused,
    /// There is no room for it.
    Full,
}

/// An entry of the relay's log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// What was up to here was replaced, and what replaces it comes later.
    Skip {
        /// The place after it.
        to: Cursor,
    },
    /// A segment with its only part.
    Whole {
        /// Its number.
        number: u64,
        /// Its head.
        head: Vec<u8>,
        /// Its part.
        part: Vec<u8>,
    },
    /// A segment whose parts are read by themselves, if they are wanted: it is large, or the client is past all that it
    /// replaces, and so has likely read what is in it.
    Head {
        /// Its number.
        number: u64,
        /// Its head.
        head: Vec<u8>,
    },
    /// A segment that this very request brought.
    Pushed {
        /// Its number.
        number: u64,
        /// Where it is in the request.
        at: PlaceInRequest,
    },
}

/// Where a segment is in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceInRequest {
    /// In which push, counted from 0.
    pub push: u16,
    /// Which segment of the push it is, counted from 0.
    pub segment: u16,
}

/// What the relay answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncAnswer {
    /// What became of each push, in their order.
    pub pushes: Vec<PushOutcome>,
    /// Whether the relay has taken the slot of the request, and keeps it now.
    pub took_slot: bool,
    /// Whether the relay knows the access record that the client named. If not, `records` is empty.
    pub knows_access: bool,
    /// The access records that follow it.
    pub records: Vec<Vec<u8>>,
    /// Whether the relay knows the client's cursor. If not, it was put back or swapped, and `entries` is empty.
    pub knows_cursor: bool,
    /// The end of the relay's log. If the last entry is before it, there is more.
    pub end: Cursor,
    /// What follows the cursor.
    pub entries: Vec<Entry>,
    /// The number of the newest slot, as the relay counts them.
    pub newest_slot: u64,
    /// The slots that the client has not seen, without the one that this request brought.
    pub slots: Vec<Vec<u8>>,
    /// How many bytes the space has at the relay.
    pub used: u64,
    /// How many it may have.
    pub limit: u64,
}

pub(super) fn put_cursor(bytes: &mut Vec<u8>, cursor: Cursor) {
    bytes.extend(cursor.number.to_be_bytes());
    bytes.extend(cursor.chain);
}

pub(super) fn read_cursor(reader: &mut Reader<'_>) -> Result<Cursor> {
    Ok(Cursor { number: reader.u64()?, chain: reader.array()? })
}

pub(super) fn put_blobs(bytes: &mut Vec<u8>, blobs: &[Vec<u8>], what: &'static str) -> Result<()> {
    put_count(bytes, blobs.len(), what)?;
    blobs.iter().try_for_each(|blob| put_blob(bytes, blob, what))
}

/// Reads blobs. There are never as many as that: a record or a slot has more bytes than a message has for each of them.
pub(super) fn read_blobs(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>> {
    const MOST: usize = 1 << 17;
    reader.list(MOST, |reader| reader.blob().map(<[u8]>::to_vec))
}

impl SyncRequest {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if something has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = self.space.as_bytes().to_vec();
        put_cursor(&mut bytes, self.cursor);
        bytes.extend(self.access.as_bytes());
        bytes.extend(self.slots_seen.to_be_bytes());
        bytes.extend(self.budget.to_be_bytes());
        put_blob(&mut bytes, &self.slot, WHAT)?;
        put_count(&mut bytes, self.pushes.len(), WHAT)?;
        for push in &self.pushes {
            put_count(&mut bytes, push.len(), WHAT)?;
            for PushedSegment { head, part } in push {
                put_blob(&mut bytes, head, WHAT)?;
                bytes.push(part.is_some().into());
                part.iter().try_for_each(|part| put_blob(&mut bytes, part, WHAT))?;
            }
        }
        Ok(bytes)
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) or [`Error::TooLarge`](crate::Error::TooLarge) if
    /// the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let request = Self {
            space: SpaceId::from_bytes(reader.array()?),
            cursor: read_cursor(&mut reader)?,
            access: RecordHash::from_bytes(reader.array()?),
            slots_seen: reader.u64()?,
            budget: reader.u32()?,
            slot: reader.blob()?.to_vec(),
            pushes: reader.list(MOST_PUSHES, |reader| {
                reader.list(MOST_PUSHES, |reader| {
                    let head = reader.blob()?.to_vec();
                    let part = if reader.flag()? { Some(reader.blob()?.to_vec()) } else { None };
                    Ok(PushedSegment { head, part })
                })
            })?,
        };
        reader.end()?;
        Ok(request)
    }
}

impl PushOutcome {
    const fn code(self) -> u8 {
        match self {
            Self::Taken => 0,
            Self::Conflict => 1,
            Self::OtherEpoch => 2,
            Self::PartMissing => 3,
            Self::Refused => 4,
            Self::Full => 5,
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(match reader.u8()? {
            0 => Self::Taken,
            1 => Self::Conflict,
            2 => Self::OtherEpoch,
            3 => Self::PartMissing,
            4 => Self::Refused,
            5 => Self::Full,
            _ => return Err(reader.malformed()),
        })
    }
}

impl Entry {
    /// Returns the number of the last segment that it covers.
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Skip { to } => to.number,
            Self::Whole { number, .. }
            | Self::Head { number, .. }
            | Self::Pushed { number, .. } => *number,
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) -> Result<()> {
        match self {
            Self::Skip { to } => {
                bytes.push(0);
                put_cursor(bytes, *to);
            }
            Self::Whole { number, head, part } => {
                bytes.push(1);
                bytes.extend(number.to_be_bytes());
                put_blob(bytes, head, WHAT)?;
                put_blob(bytes, part, WHAT)?;
            }
            Self::Head { number, head } => {
                bytes.push(2);
                bytes.extend(number.to_be_bytes());
                put_blob(bytes, head, WHAT)?;
            }
            Self::Pushed { number, at } => {
                bytes.push(3);
                bytes.extend(number.to_be_bytes());
                bytes.extend([at.push, at.segment].iter().flat_map(|at| at.to_be_bytes()));
            }
        }
        Ok(())
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(match reader.u8()? {
            0 => Self::Skip { to: read_cursor(reader)? },
            1 => Self::Whole {
                number: reader.u64()?,
                head: reader.blob()?.to_vec(),
                part: reader.blob()?.to_vec(),
            },
            2 => Self::Head { number: reader.u64()?, head: reader.blob()?.to_vec() },
            3 => Self::Pushed {
                number: reader.u64()?,
                at: PlaceInRequest { push: reader.u16()?, segment: reader.u16()? },
            },
            _ => return Err(reader.malformed()),
        })
    }
}

impl SyncAnswer {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if something has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![];
        put_count(&mut bytes, self.pushes.len(), WHAT)?;
        bytes.extend(self.pushes.iter().map(|outcome| outcome.code()));
        bytes.push(self.took_slot.into());
        bytes.push(self.knows_access.into());
        put_blobs(&mut bytes, &self.records, WHAT)?;
        bytes.push(self.knows_cursor.into());
        put_cursor(&mut bytes, self.end);
        put_count(&mut bytes, self.entries.len(), WHAT)?;
        self.entries.iter().try_for_each(|entry| entry.write(&mut bytes))?;
        bytes.extend(self.newest_slot.to_be_bytes());
        put_blobs(&mut bytes, &self.slots, WHAT)?;
        bytes.extend([self.used, self.limit].iter().flat_map(|number| number.to_be_bytes()));
        Ok(bytes)
    }

    /// Reads the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Malformed`](crate::Error::Malformed) or [`Error::TooLarge`](crate::Error::TooLarge) if
    /// the bytes are not one.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes, WHAT);
        let answer = Self {
            pushes: reader.list(MOST_PUSHES, PushOutcome::read)?,
            took_slot: reader.flag()?,
            knows_access: reader.flag()?,
            records: read_blobs(&mut reader)?,
            knows_cursor: reader.flag()?,
            end: read_cursor(&mut reader)?,
            entries: reader.list(usize::MAX, Entry::read)?,
            newest_slot: reader.u64()?,
            slots: read_blobs(&mut reader)?,
            used: reader.u64()?,
            limit: reader.u64()?,
        };
        reader.end()?;
        Ok(answer)
    }
}
