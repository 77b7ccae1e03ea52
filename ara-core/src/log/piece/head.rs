//! The heads of pieces: how far the log of a node has come.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::log::change::Record;
use crate::log::clock::Stamp;
use crate::log::codec::{Reader, put_varint};
use crate::log::place::{ChangeNumber, Point};

/// The kind of all pieces: changes of a node that follow one another.
const CHANGES: u8 = 1;

/// How many bytes are before those that the checksum covers.
const UNCHECKED: usize = 5;

/// What is known at the end of a piece.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The greatest number so far, and the digest up to the end of the piece.
    pub(crate) point: Point,
    /// The stamp of the last change.
    pub(crate) stamp: Stamp,
    /// The greatest date of any transaction so far, in milliseconds since 1970.
    pub(crate) date: i64,
    /// The date of the transaction that goes on after the piece, if one does.
    pub(crate) open: Option<i64>,
}

impl Head {
    /// Takes account of a change, with its hash as it was first written, and the date of its transaction.
    pub(crate) fn add(&mut self, (record, hash): (&Record<'_>, u64), date: i64) {
        self.point.number = self.point.number.max(record.number);
        self.point.digest ^= hash ^ record.compacted.dropped;
        self.stamp = record.stamp;
        self.open = Some(date);
        if record.end.is_some() {
            (self.date, self.open) = (self.date.max(date), None);
        }
    }

    /// Returns a piece as bytes: the head, and the packed changes, of which the first has this number.
    pub(crate) fn with(&self, first: ChangeNumber, changes: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(UNCHECKED + 32 + changes.len());
        bytes.extend([CHANGES, 0, 0, 0, 0]);
        bytes.extend(self.point.digest.to_be_bytes());
        bytes.extend(self.stamp.bits().to_be_bytes());
        put_varint(&mut bytes, self.point.number.get().cast_unsigned());
        put_varint(&mut bytes, self.date.cast_unsigned());
        put_varint(&mut bytes, self.open.map_or(0, |date| date.cast_unsigned().saturating_add(1)));
        bytes.extend_from_slice(changes);
        let checksum = checksum(first, &bytes);
        if let Some(place) = bytes.get_mut(1..UNCHECKED) {
            place.copy_from_slice(&checksum);
        }
        bytes
    }

    /// Reads the head of a piece, and returns how many bytes it has. Returns `None` if the bytes are not
    /// those of a piece, or are damaged.
    pub(crate) fn of(first: ChangeNumber, bytes: &[u8]) -> Option<(Self, usize)> {
        let mut reader = Reader(bytes);
        reader.byte()?;
        if reader.array()? != checksum(first, bytes) {
            return None;
        }
        Self::unchecked(bytes)
    }

    /// Reads the head of a piece, which may be damaged, whatever its checksum is.
    pub(crate) fn unchecked(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut reader = Reader(bytes);
        if reader.byte()? != CHANGES {
            return None;
        }
        reader.array::<4>()?;
        let digest = u64::from_be_bytes(reader.array()?);
        let stamp = Stamp::from_bits(i64::from_be_bytes(reader.array()?));
        let number = ChangeNumber::new(reader.varint()?.cast_signed());
        let date = reader.varint()?.cast_signed();
        let open = reader.varint()?.checked_sub(1).map(u64::cast_signed);
        let head = Self { point: Point { number, digest }, stamp, date, open };
        Some((head, bytes.len() - reader.0.len()))
    }
}

/// Returns the checksum of a piece, which covers all that follows it.
fn checksum(first: ChangeNumber, bytes: &[u8]) -> [u8; 4] {
    let checked = bytes.get(UNCHECKED..).unwrap_or_default();
    (xxh3_64_with_seed(checked, first.get().cast_unsigned()) as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_and_a_flipped_bit_is_noticed() {
        let point = Point { number: ChangeNumber::new(300), digest: u64::MAX };
        for open in [None, Some(0), Some(1_795_000_000_000)] {
            let head = Head { point, stamp: Stamp::new(5, 6), date: 7, open };
            let first = ChangeNumber::new(299);
            let bytes = head.with(first, b"changes");
            let (read, length) = Head::of(first, &bytes).expect("a piece");
            assert_eq!((read, &bytes[length..]), (head, &b"changes"[..]));
            assert!(Head::of(first.next(), &bytes).is_none());
            for at in 0..bytes.len() * 8 {
                let mut damaged = bytes.clone();
                damaged[at / 8] ^= 1 << (at % 8);
                assert!(Head::of(first, &damaged).is_none());
            }
            for length in 0..bytes.len() {
                assert!(Head::of(first, &bytes[..length]).is_none());
            }
        }
    }
}
