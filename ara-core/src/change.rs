//! A row of the change log: what one mutation wrote.

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::clock::Time;
use crate::codec::{Reader, put_bytes, put_payload, put_varint, tag};
use crate::value::Stored;

/// The change ends a transaction: the node's digest up to and with it follows the flags.
const ENDS_TRANSACTION: u8 = 1;

/// The bits of a cell's head that hold the tag of its value; the column's ordinal is above them.
const TAG_BITS: u32 = 4;

/// The flags this version knows.
const KNOWN_FLAGS: u8 = ENDS_TRANSACTION;

/// A change on its way into the log, packed as `ara_change.cells` holds it, and with the hash that
/// it adds to its node's digest.
///
/// Packed, it is a byte of flags, the digest if the change ends a transaction, then the cells: a
/// head of the column's ordinal and the value's tag, and what else the value needs.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) time: Time,
    pub(crate) table: i64,
    pub(crate) row: Uuid,
    packed: Vec<u8>,
    /// What is hashed: free of local ordinals, so that it is the same on every device.
    canonical: Vec<u8>,
}

impl Change {
    pub(crate) fn new(
        (time, node): (Time, &[u8; 16]),
        (table, table_name): (i64, &str),
        row: Uuid,
    ) -> Self {
        let mut packed = Vec::with_capacity(96);
        packed.push(0);
        let mut canonical = Vec::with_capacity(192);
        canonical.extend_from_slice(node);
        canonical.extend(time.bits().to_be_bytes());
        put_bytes(&mut canonical, table_name.as_bytes());
        put_bytes(&mut canonical, row.as_bytes());
        Self { time, table, row, packed, canonical }
    }

    pub(crate) fn cell(&mut self, ordinal: u32, name: &str, value: Option<&Stored<'_>>) {
        let tag = tag(value);
        put_varint(&mut self.packed, u64::from(ordinal) << TAG_BITS | u64::from(tag));
        let payload_at = self.packed.len();
        put_payload(&mut self.packed, value);
        put_bytes(&mut self.canonical, name.as_bytes());
        self.canonical.push(tag);
        self.canonical.extend_from_slice(self.packed.get(payload_at..).unwrap_or_default());
    }

    /// What the change adds to its node's digest.
    pub(crate) fn hash(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&self.canonical)
    }

    /// Marks the end of the transaction, where the node's digest, this change included, is `digest`.
    pub(crate) fn end_transaction(&mut self, digest: u64) {
        if let Some(flags) = self.packed.first_mut() {
            *flags |= ENDS_TRANSACTION;
        }
        self.packed.splice(1..1, digest.to_be_bytes());
    }

    pub(crate) fn packed(&self) -> &[u8] {
        &self.packed
    }
}

/// The head of a packed change, and the reader of its cells.
#[derive(Debug)]
pub(crate) struct PackedCells<'a> {
    /// The node's digest, if the change ends a transaction.
    pub(crate) digest: Option<u64>,
    cells: Reader<'a>,
}

impl<'a> PackedCells<'a> {
    /// `None` where the bytes are no packed change.
    pub(crate) fn open(packed: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(packed);
        let flags = reader.byte()?;
        if flags & !KNOWN_FLAGS != 0 {
            return None;
        }
        let digest = match flags & ENDS_TRANSACTION {
            0 => None,
            _ => Some(u64::from_be_bytes(reader.array()?)),
        };
        Some(Self { digest, cells: reader })
    }

    /// The next cell, a column's ordinal and its value; `Some(None)` after the last, and `None` where
    /// the bytes are no cell.
    pub(crate) fn next_cell(&mut self) -> Option<Option<(u32, Option<Stored<'a>>)>> {
        if self.cells.is_empty() {
            return Some(None);
        }
        let head = self.cells.varint()?;
        let ordinal = u32::try_from(head >> TAG_BITS).ok()?;
        let tag = (head & ((1 << TAG_BITS) - 1)) as u8;
        Some(Some((ordinal, self.cells.payload(tag)?)))
    }
}

/// Whether two values are the same to the bit, their storage class included.
pub(crate) fn is_same(held: ValueRef<'_>, value: Option<&Stored<'_>>) -> bool {
    match (held, value) {
        (ValueRef::Null, None) => true,
        (ValueRef::Integer(held), Some(Stored::Integer(integer))) => held == *integer,
        (ValueRef::Real(held), Some(Stored::Real(real))) => held.to_bits() == real.to_bits(),
        (ValueRef::Text(held), Some(Stored::Text(text))) => held == text.as_bytes(),
        (ValueRef::Blob(held), Some(Stored::Blob(bytes))) => held == &**bytes,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(row: Uuid, title: &str) -> Change {
        let time = Time::default().next(1_700_000_000_000);
        let mut change = Change::new((time, &[7; 16]), (3, "todo"), row);
        change.cell(0, "is_deleted", Some(&Stored::Integer(0)));
        change.cell(2, "title", Some(&Stored::Text(title.into())));
        change
    }

    #[test]
    fn cells_come_back() {
        let mut change = change(Uuid::nil(), "Buy milk");
        for digest in [None, Some(0xfeed)] {
            if let Some(digest) = digest {
                change.end_transaction(digest);
            }
            let mut packed = PackedCells::open(change.packed()).expect("was packed so");
            assert_eq!(packed.digest, digest);
            assert_eq!(packed.next_cell(), Some(Some((0, Some(Stored::Integer(0))))));
            assert_eq!(packed.next_cell(), Some(Some((2, Some(Stored::Text("Buy milk".into()))))));
            assert_eq!(packed.next_cell(), Some(None));
        }
    }

    #[test]
    fn the_hash_is_of_what_all_devices_know_alike() {
        let one = change(Uuid::nil(), "Buy milk");
        assert_eq!(one.hash(), change(Uuid::nil(), "Buy milk").hash());
        assert_ne!(one.hash(), change(Uuid::max(), "Buy milk").hash());
        assert_ne!(one.hash(), change(Uuid::nil(), "Buy bread").hash());
        let mut ended = change(Uuid::nil(), "Buy milk");
        ended.end_transaction(5);
        assert_eq!(one.hash(), ended.hash());
        // Part of the format: it must never change.
        assert_eq!(one.hash(), 17_780_834_398_278_733_785);
    }

    #[test]
    fn what_was_not_packed_is_not_read() {
        assert!(PackedCells::open(&[]).is_none());
        assert!(PackedCells::open(&[0x80]).is_none());
        assert!(PackedCells::open(&[ENDS_TRANSACTION, 1, 2]).is_none());
        let mut cut = PackedCells::open(&[0, 0x23, 200]).expect("the head is whole");
        assert_eq!(cut.next_cell(), None);
    }
}
