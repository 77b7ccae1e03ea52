//! Records: a message behind a head with its kind, its format, its length and a checksum.

use std::io::Read;

use prost::Message;
use prost::bytes::Bytes;
use xxhash_rust::xxh3::Xxh3;

use crate::error::{Error, Result};

/// The format that this version writes, and the newest one that it reads.
pub(super) const FORMAT: u32 = 2;

/// The bytes that each record begins with.
const MAGIC: [u8; 3] = *b"ara";

/// The length of the head: the magic, the kind, the format, the length of the payload and the checksum.
const HEAD: usize = 24;

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// A batch of changes.
    Changes = b'c',
    /// The end of a stream: no changes follow.
    End = b'e',
    /// A version vector.
    Vector = b'v',
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Changes, Self::End, Self::Vector].into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Returns what error messages call it.
    fn what(self) -> &'static str {
        match self {
            Self::Changes | Self::End => "changes",
            Self::Vector => "version vector",
        }
    }

    /// Returns the error that the bytes are a record of another kind than this one.
    pub(super) fn but_found(self, found: Self) -> Error {
        self.unreadable(match found {
            Self::Changes => "they are changes: read them by `Changes::from_bytes`",
            Self::End => "they are the end of changes: read these by `Changes::read_from`",
            Self::Vector => "they are a version vector: read them by `VersionVector::from_bytes`",
        })
    }

    /// Returns the error that the bytes are not a record of this kind.
    pub(super) fn unreadable(self, reason: &'static str) -> Error {
        Error::Unreadable { what: self.what(), reason }
    }
}

/// The head of a record.
struct Head {
    /// The kind. If a newer format has one that this version does not know, it is the expected one.
    kind: Kind,
    format: u32,
    length: u64,
    checksum: u64,
    /// The bytes before the checksum, which it covers besides the payload.
    checked: [u8; 16],
}

/// Returns a message as a record.
pub(super) fn write(kind: Kind, message: &impl Message) -> Vec<u8> {
    let payload = message.encode_to_vec();
    let mut record = Vec::with_capacity(HEAD + payload.len());
    record.extend(MAGIC);
    record.push(kind as u8);
    record.extend(FORMAT.to_le_bytes());
    record.extend((payload.len() as u64).to_le_bytes());
    let checksum = checksum(&record, &payload);
    record.extend(checksum.to_le_bytes());
    record.extend(payload);
    record
}

/// Returns the payload of a record that consists of all of these bytes.
pub(super) fn read(expected: Kind, bytes: &[u8]) -> Result<Bytes> {
    let (head, payload) = bytes.split_first_chunk().ok_or_else(|| cut_off(expected, bytes))?;
    let head = Head::read(head, expected)?;
    if head.kind != expected {
        return Err(expected.but_found(head.kind));
    }
    if payload.len() as u64 > head.length && head.format == FORMAT {
        return Err(expected.unreadable(match expected {
            Kind::Vector => "bytes follow that do not belong to it",
            Kind::Changes | Kind::End => "more follows: read a file of them by `read_from`",
        }));
    }
    head.check(payload)?;
    Ok(Bytes::copy_from_slice(payload))
}

/// Reads the next record of a stream, and returns its kind and its payload.
pub(super) fn read_next(mut reader: impl Read, expected: Kind) -> Result<(Kind, Bytes)> {
    let mut head = Vec::with_capacity(HEAD);
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(|error| transfer(&error))?;
    let head = head.first_chunk().ok_or_else(|| cut_off(expected, &head))?;
    let head = Head::read(head, expected)?;
    // The length may be damaged, so no memory is allocated for it in advance.
    let mut payload = Vec::new();
    reader.take(head.length).read_to_end(&mut payload).map_err(|error| transfer(&error))?;
    head.check(&payload)?;
    Ok((head.kind, payload.into()))
}

const OLDER: &str = "an ara from before its first release wrote them: update that app";
const CUT: &str = "they are cut off: send them again";
/// The reason if the format is newer and the checksum does not fit: either a bit of the format was
/// flipped, or the newer format has another checksum.
const DAMAGED_OR_NEWER: &str =
    "they are damaged, or a newer ara wrote them: send them again, or update the app";
const FOREIGN: &str = "another program wrote them, or they are damaged";

/// Returns the error that the bytes are fewer than a head has.
fn cut_off(expected: Kind, bytes: &[u8]) -> Error {
    let is_ara_s = bytes.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic);
    expected.unreadable(if is_ara_s { CUT } else { FOREIGN })
}

impl Head {
    fn read(head: &[u8; HEAD], expected: Kind) -> Result<Self> {
        let [a, r, b, kind, f0, f1, f2, f3, l0, l1, l2, l3, l4, l5, l6, l7, checksum @ ..] = *head;
        if [a, r, b] != MAGIC {
            return Err(expected.unreadable(FOREIGN));
        }
        let format = u32::from_le_bytes([f0, f1, f2, f3]);
        let kind = match Kind::of(kind) {
            Some(kind) if format > 0 => kind,
            None if format > FORMAT => expected,
            _ => return Err(expected.unreadable(FOREIGN)),
        };
        let length = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
        let mut checked = [0; 16];
        checked.copy_from_slice(head.split_at(16).0);
        Ok(Self { kind, format, length, checksum: u64::from_le_bytes(checksum), checked })
    }

    fn check(&self, payload: &[u8]) -> Result<()> {
        let is_newer = self.format > FORMAT;
        let fits = checksum(&self.checked, payload) == self.checksum;
        if is_newer && fits {
            let (what, found) = (self.kind.what(), self.format);
            return Err(Error::NewerChanges { what, found, known: FORMAT });
        }
        if is_newer {
            return Err(self.kind.unreadable(DAMAGED_OR_NEWER));
        }
        if (payload.len() as u64) < self.length {
            return Err(self.kind.unreadable(CUT));
        }
        if self.format < FORMAT && fits {
            return Err(self.kind.unreadable(OLDER));
        }
        if !fits {
            return Err(self.kind.unreadable("they are damaged: send them again"));
        }
        Ok(())
    }
}

/// Returns the checksum of the head, up to its place, and of the payload.
fn checksum(head: &[u8], payload: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(head);
    hash.update(payload);
    hash.digest()
}

/// Returns the error that bytes could not be read or written.
pub(super) fn transfer(error: &std::io::Error) -> Error {
    Error::Transfer { reason: error.to_string() }
}
