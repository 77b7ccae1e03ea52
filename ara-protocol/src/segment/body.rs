//! What is in a segment: compressed, and padded.

use zeroize::Zeroizing;
use zstd::bulk::{Decompressor, compress};
use zstd::zstd_safe::{find_frame_compressed_size, get_frame_content_size};

use crate::bytes::Reader;
use crate::cursor::Cursor;
use crate::error::{Error, Result};
use crate::ids::RecordHash;
use crate::segment::{WHAT, padded};

/// zstd's default.
const LEVEL: i32 = 3;

/// Where a device stood at the relay. From the positions of others, a device learns what the relay hides
/// from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Up to where it had read the space's log.
    pub cursor: Cursor,
    /// The last record of the access log that it had seen.
    pub access: RecordHash,
}

/// What is in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Where its author stood at the relay.
    pub stood: Position,
    /// A record of changes.
    pub changes: Vec<u8>,
}

/// Packs changes into a body that is to be sealed.
pub(super) fn pack(stood: &Position, changes: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let too_large = Error::TooLarge { what: WHAT };
    let frame = Zeroizing::new(compress(changes, LEVEL).map_err(|_| too_large)?);
    let lengths = [changes.len() as u64, frame.len() as u64].map(u64::to_be_bytes);
    let parts = [
        &stood.cursor.number.to_be_bytes()[..],
        &stood.cursor.chain,
        stood.access.as_bytes(),
        lengths.as_flattened(),
    ];
    let length = parts.iter().map(|part| part.len()).sum::<usize>() + frame.len();
    let mut body = Zeroizing::new(Vec::with_capacity(padded(length)));
    parts.iter().for_each(|part| body.extend_from_slice(part));
    body.extend_from_slice(&frame);
    body.resize(padded(length), 0);
    Ok(body)
}

/// Unpacks a body. Nothing is allocated before the lengths that it claims are checked against `most`,
/// and against each other.
pub(super) fn unpack(body: &[u8], most: usize) -> Result<Content> {
    let mut reader = Reader::new(body, WHAT);
    let stood = Position {
        cursor: Cursor { number: reader.u64()?, chain: reader.array()? },
        access: RecordHash::from_bytes(reader.array()?),
    };
    let length = reader.u64()?;
    let frame_length = usize::try_from(reader.u64()?).map_err(|_| reader.malformed())?;
    let frame = reader.slice(frame_length)?;
    let padding = reader.slice(reader.left())?;
    let is_padded = padded(body.len() - padding.len()) == body.len();
    if !is_padded || padding.iter().any(|byte| *byte != 0) {
        return Err(reader.malformed());
    }
    let too_large = Error::TooLarge { what: WHAT };
    let length = usize::try_from(length).map_err(|_| too_large)?;
    if length > most {
        return Err(too_large);
    }
    // One frame, which says itself how long it is: zstd would also take several, and some that are skipped.
    let is_one_frame = find_frame_compressed_size(frame) == Ok(frame.len());
    let says = get_frame_content_size(frame).ok().flatten();
    if !is_one_frame || says != Some(length as u64) {
        return Err(reader.malformed());
    }
    let mut changes = Vec::new();
    changes.try_reserve_exact(length).map_err(|_| too_large)?;
    let decompressed = Decompressor::new()
        .and_then(|mut decompressor| decompressor.decompress_to_buffer(frame, &mut changes));
    match decompressed {
        Ok(written) if written == length && changes.len() == length => {
            Ok(Content { stood, changes })
        }
        _ => Err(reader.malformed()),
    }
}
