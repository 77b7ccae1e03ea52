//! Reading and continuing the access log.
//!
//! A relay that was put back regains records from whoever holds them, so the records of a request need not be
//! its signer's. Who signs must be, or have been, a member after they were taken.
//!
//! # Layout
//!
//! The content of a request: space (16); the record after which others are sent (32), or zeros for all; up to
//! where the client has read the space's log (8, 32); a token for a new space (blob), or nothing; records (list of
//! blobs).
//!
//! The content of an answer: whether all records were taken, or were there (1); whether the relay knows the record
//! that the client named (1); the last record (32), or zeros; the records that follow (list of blobs), from the
//! first one on if it does not know it; whether there are more (1).

use std::fmt;

use crate::bytes::{Reader, put_blob};
use crate::cursor::Cursor;
use crate::error::Result;
use crate::ids::{RecordHash, SpaceId};
use crate::message::sync::{put_blobs, put_cursor, read_blobs, read_cursor};

const WHAT: &str = "access message";

/// What a client sends. `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessRequest {
    /// The space.
    pub space: SpaceId,
    /// The record after which others are sent, or `None` for all.
    pub after: Option<RecordHash>,
    /// Up to where the client has read the space's log. A record that lets somebody out is taken only if that is its
    /// end.
    pub cursor: Cursor,
    /// A token that admits a new space, or nothing.
    pub admission: String,
    /// Records to be taken, in their order. Those that are there are passed over.
    pub records: Vec<Vec<u8>>,
}

/// What the relay answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAnswer {
    /// Whether all records are in the log now. If not, one of them does not continue it, or lets somebody out and
    /// the client has not read all.
    pub are_taken: bool,
    /// Whether the relay knows the record `after`. If not, `records` are from the first one on.
    pub knows_after: bool,
    /// The last record, or `None` if there is none.
    pub head: Option<RecordHash>,
    /// The records that follow.
    pub records: Vec<Vec<u8>>,
    /// Whether there are more records than fit into the answer.
    pub is_more: bool,
}

const NONE: [u8; 32] = [0; 32];

fn put_hash(bytes: &mut Vec<u8>, hash: Option<RecordHash>) {
    bytes.extend(hash.as_ref().map_or(&NONE, RecordHash::as_bytes));
}

fn read_hash(reader: &mut Reader<'_>) -> Result<Option<RecordHash>> {
    let hash = reader.array()?;
    Ok((hash != NONE).then_some(RecordHash::from_bytes(hash)))
}

impl fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRequest")
            .field("space", &self.space)
            .field("after", &self.after)
            .field("cursor", &self.cursor)
            .field("records", &self.records.len())
            .finish_non_exhaustive()
    }
}

impl AccessRequest {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if something has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = self.space.as_bytes().to_vec();
        put_hash(&mut bytes, self.after);
        put_cursor(&mut bytes, self.cursor);
        put_blob(&mut bytes, self.admission.as_bytes(), WHAT)?;
        put_blobs(&mut bytes, &self.records, WHAT)?;
        Ok(bytes)
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
            after: read_hash(&mut reader)?,
            cursor: read_cursor(&mut reader)?,
            admission: std::str::from_utf8(reader.blob()?)
                .map_err(|_| reader.malformed())?
                .to_owned(),
            records: read_blobs(&mut reader)?,
        };
        reader.end()?;
        Ok(request)
    }
}

impl AccessAnswer {
    /// Returns the content.
    ///
    /// # Errors
    ///
    /// Returns [`Error::TooLarge`](crate::Error::TooLarge) if something has more than 4 GB.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![self.are_taken.into(), self.knows_after.into()];
        put_hash(&mut bytes, self.head);
        put_blobs(&mut bytes, &self.records, WHAT)?;
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
            are_taken: reader.flag()?,
            knows_after: reader.flag()?,
            head: read_hash(&mut reader)?,
            records: read_blobs(&mut reader)?,
            is_more: reader.flag()?,
        };
        reader.end()?;
        Ok(answer)
    }
}
