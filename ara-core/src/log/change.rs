//! A row of the change log: what one mutation wrote.

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::log::clock::Time;
use crate::log::codec::{Reader, TOTAL, put_bytes, put_payload, put_total, put_varint, tag};
use crate::log::node::Stamp;
use crate::value::Stored;

/// The flag of a change that ends a transaction. The node's digest up to and including it follows the
/// flags.
const ENDS_TRANSACTION: u8 = 1;

/// The flag of a change with parts that this version does not know. They follow as bytes, are passed on as
/// they came, and are hashed.
const HAS_MORE: u8 = 2;

/// How many of the low bits of a cell's head hold the tag of its value. The column's ordinal is above them.
const TAG_BITS: u32 = 4;

/// The flag of a change that lost cells to compaction: the hash of the change as it was written follows.
const IS_REDUCED: u8 = 4;

/// The flag of a change that follows dropped ones: the XOR of their hashes follows.
const FOLLOWS_DROPPED: u8 = 8;

/// The flags that this version knows.
const KNOWN_FLAGS: u8 = ENDS_TRANSACTION | HAS_MORE | IS_REDUCED | FOLLOWS_DROPPED;

/// A change on its way into the log, packed as `ara_change.cells` holds it, together with the bytes
/// whose hash is XORed into its node's digest.
///
/// A packed change consists of, in this order:
///
/// - a byte of flags;
/// - the node's digest, if the change ends a transaction;
/// - the hash of the change as it was written, if it lost cells to compaction;
/// - the XOR of the hashes of the changes that were dropped just before it, if there are any;
/// - the parts that the version which stored it did not know, if there are any;
/// - the cells, each with a head of the column's ordinal and the value's tag, and with the payload that the
///   tag asks for.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) time: Time,
    pub(crate) table: i64,
    pub(crate) row: Uuid,
    packed: Packed,
    canonical: Canonical,
}

/// What a change keeps of the hashes that compaction dropped, so that the digests of its node stay the
/// same.
///
/// The digest up to a change is the XOR of the hashes of all changes of the node up to it. Four changes may
/// have these hashes and digests:
///
/// ```text
/// change              1       2       3       4
/// hash                0001    0010    0100    1000
/// digest up to it     0001    0011    0111    1111
/// ```
///
/// Compaction drops the changes 1 and 3, whose every cell was overwritten, and one cell of change 2, so
/// that what is left of that one would have another hash. Change 4 stays as it is. Each change that
/// stays keeps its original hash, if it lost cells, and the XOR of the hashes that were dropped just
/// before it. From these the digests add up as before:
///
/// ```text
/// change              2                      4
/// original            0010                   none: its own hash is 1000
/// dropped             0001                   0100
/// adds                0001 ^ 0010 = 0011     0100 ^ 1000 = 1100
/// digest up to it     0011                   0011 ^ 1100 = 1111
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// The hash of the change as it was written, if cells of it were dropped.
    pub(crate) original: Option<u64>,
    /// The XOR of the hashes of the changes that were dropped between this one and the one that is left
    /// before it.
    pub(crate) dropped: u64,
}

/// The bytes of a packed change: see [`Change`].
#[derive(Debug, Clone)]
pub(crate) struct Packed(Vec<u8>);

/// The bytes of a change that are hashed. They hold names in place of the ordinals of one file, so that
/// they are the same on every device.
#[derive(Debug, Clone)]
pub(crate) struct Canonical(Vec<u8>);

impl Change {
    /// Makes a change without cells. The table is given by its ordinal and its name.
    pub(crate) fn new(stamp: Stamp, (table, table_name): (i64, &str), row: Uuid) -> Self {
        let canonical = Canonical::new(stamp, table_name, row.as_bytes());
        Self { time: stamp.time, table, row, packed: Packed::new(), canonical }
    }

    /// Adds a cell with a value. The column is given by its ordinal and its name.
    pub(crate) fn cell(&mut self, ordinal: u32, name: &str, value: Option<&Stored<'_>>) {
        let tag = tag(value);
        put_head(&mut self.packed.0, ordinal, tag);
        let payload_at = self.packed.0.len();
        put_payload(&mut self.packed.0, value);
        self.canonical.cell(name, tag, self.packed.0.get(payload_at..).unwrap_or_default());
    }

    /// Adds a cell with the total that the node has added to a counter so far.
    pub(crate) fn total(&mut self, ordinal: u32, name: &str, total: i64) {
        let mut payload = Vec::with_capacity(11);
        put_total(&mut payload, total);
        self.packed_cell(ordinal, name, TOTAL, &payload);
    }

    /// Adds a cell as it was packed. This version need not know its kind.
    pub(crate) fn packed_cell(&mut self, ordinal: u32, name: &str, tag: u8, payload: &[u8]) {
        self.packed.cell(ordinal, tag, payload);
        self.canonical.cell(name, tag, payload);
    }

    /// Returns the hash of the change, which is XORed into its node's digest.
    pub(crate) fn hash(&self) -> u64 {
        self.canonical.hash()
    }

    /// Marks the change as the end of a transaction. `digest` is the node's digest, this change included.
    pub(crate) fn end_transaction(&mut self, digest: u64) {
        self.packed.end_transaction(digest);
    }

    /// Returns the change as `ara_change.cells` holds it.
    pub(crate) fn packed(&self) -> &[u8] {
        self.packed.bytes()
    }
}

impl Canonical {
    /// Begins with who made the change and when, the table's name, and the row's id.
    pub(crate) fn new(stamp: Stamp, table: &str, row: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(stamp.node.as_bytes());
        bytes.extend(stamp.time.bits().to_be_bytes());
        put_bytes(&mut bytes, table.as_bytes());
        put_bytes(&mut bytes, row);
        Self(bytes)
    }

    /// Adds a cell, whose column is given by its name.
    pub(crate) fn cell(&mut self, name: &str, tag: u8, payload: &[u8]) {
        put_bytes(&mut self.0, name.as_bytes());
        self.0.push(tag);
        self.0.extend_from_slice(payload);
    }

    /// Adds the parts that this version does not know. All cells must have been added before.
    pub(crate) fn more(&mut self, more: &[u8]) {
        self.0.extend_from_slice(more);
    }

    /// Returns the hash of the change.
    pub(crate) fn hash(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&self.0)
    }
}

impl Compacted {
    /// Returns whether nothing was dropped.
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Returns the hash of the change as it was written, given the hash of what is left of it.
    pub(crate) fn hash(self, of_rest: u64) -> u64 {
        self.original.unwrap_or(of_rest)
    }
}

impl Packed {
    /// Makes a change without cells.
    pub(crate) fn new() -> Self {
        let mut bytes = Vec::with_capacity(96);
        bytes.push(0);
        Self(bytes)
    }

    /// Adds a cell as it was packed. This version need not know its kind.
    pub(crate) fn cell(&mut self, ordinal: u32, tag: u8, payload: &[u8]) {
        put_head(&mut self.0, ordinal, tag);
        self.0.extend_from_slice(payload);
    }

    /// Adds the parts that this version does not know. All cells must have been added before.
    pub(crate) fn more(&mut self, more: &[u8]) {
        if more.is_empty() {
            return;
        }
        self.flag(HAS_MORE);
        let mut bytes = Vec::with_capacity(more.len() + 2);
        put_bytes(&mut bytes, more);
        self.0.splice(1..1, bytes);
    }

    /// Adds what compaction left and the mark of a transaction's end, after all else was added.
    pub(crate) fn finished(mut self, compacted: Compacted, mark: Option<u64>) -> Self {
        self.compacted(compacted);
        if let Some(mark) = mark {
            self.end_transaction(mark);
        }
        self
    }

    /// Adds what is kept of the hashes that compaction dropped, after the cells and the unknown parts.
    fn compacted(&mut self, Compacted { original, dropped }: Compacted) {
        if dropped != 0 {
            self.flag(FOLLOWS_DROPPED);
            self.0.splice(1..1, dropped.to_be_bytes());
        }
        if let Some(original) = original {
            self.flag(IS_REDUCED);
            self.0.splice(1..1, original.to_be_bytes());
        }
    }

    /// Marks the change as the end of a transaction, after all else was added.
    pub(crate) fn end_transaction(&mut self, digest: u64) {
        self.flag(ENDS_TRANSACTION);
        self.0.splice(1..1, digest.to_be_bytes());
    }

    /// Returns the bytes as `ara_change.cells` holds them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn flag(&mut self, flag: u8) {
        if let Some(flags) = self.0.first_mut() {
            *flags |= flag;
        }
    }
}

/// Appends the head of a cell: the column's ordinal and the tag of the value.
pub(crate) fn put_head(packed: &mut Vec<u8>, ordinal: u32, tag: u8) {
    put_varint(packed, u64::from(ordinal) << TAG_BITS | u64::from(tag));
}

/// The head of a packed change, and the reader of its cells.
#[derive(Debug, Clone)]
pub(crate) struct PackedCells<'a> {
    /// The node's digest, if the change ends a transaction.
    pub(crate) digest: Option<u64>,
    /// What is kept of the hashes that compaction dropped.
    pub(crate) compacted: Compacted,
    /// The parts that this version does not know.
    pub(crate) more: &'a [u8],
    cells: Reader<'a>,
}

/// A cell of a packed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedCell<'a> {
    /// The column's ordinal.
    pub(crate) column: u32,
    /// The kind of the value.
    pub(crate) tag: u8,
    /// What the value holds beyond its kind.
    pub(crate) payload: &'a [u8],
}

impl<'a> PackedCell<'a> {
    /// Returns whether the value is the total that the node has added to a counter so far.
    pub(crate) fn is_total(&self) -> bool {
        self.tag == TOTAL
    }

    /// Returns the value, or `None` if this version does not know its kind.
    #[expect(
        clippy::option_option,
        reason = "the outer one tells whether the kind is known, the inner one is the value"
    )]
    pub(crate) fn value(&self) -> Option<Option<Stored<'a>>> {
        let value = Reader(self.payload).payload(self.tag)?;
        // SQLite stores NaN as NULL, so the row holds NULL where the log holds the bits of a NaN.
        Some(value.filter(|value| !matches!(value, Stored::Real(real) if real.is_nan())))
    }
}

impl<'a> PackedCells<'a> {
    /// Reads the head of a packed change. Returns `None` if the bytes are not a packed change.
    pub(crate) fn open(packed: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(packed);
        let flags = reader.byte()?;
        if flags & !KNOWN_FLAGS != 0 {
            return None;
        }
        let mut led_by = |flag| match flags & flag {
            0 => Some(None),
            _ => reader.array().map(|bytes| Some(u64::from_be_bytes(bytes))),
        };
        let digest = led_by(ENDS_TRANSACTION)?;
        let original = led_by(IS_REDUCED)?;
        let dropped = led_by(FOLLOWS_DROPPED)?.unwrap_or_default();
        let compacted = Compacted { original, dropped };
        let more = match flags & HAS_MORE {
            0 => &[][..],
            _ => reader.bytes()?,
        };
        Some(Self { digest, compacted, more, cells: reader })
    }

    /// Reads cells that no head precedes.
    pub(crate) fn headless(cells: &'a [u8]) -> Self {
        let compacted = Compacted::default();
        Self { digest: None, compacted, more: &[], cells: Reader(cells) }
    }

    /// Packs the change again, with other hashes of what compaction dropped. Returns `None` if the
    /// bytes are not cells.
    pub(crate) fn repacked(&self, compacted: Compacted) -> Option<Packed> {
        let (mut cells, mut packed) = (self.clone(), Packed::new());
        while let Some(cell) = cells.next_cell()? {
            packed.cell(cell.column, cell.tag, cell.payload);
        }
        packed.more(self.more);
        Some(packed.finished(compacted, self.digest))
    }

    /// Reads the next cell. Returns `Some(None)` after the last one, and `None` if the bytes are not a
    /// cell.
    pub(crate) fn next_cell(&mut self) -> Option<Option<PackedCell<'a>>> {
        if self.cells.is_empty() {
            return Some(None);
        }
        let head = self.cells.varint()?;
        let column = u32::try_from(head >> TAG_BITS).ok()?;
        let tag = (head & ((1 << TAG_BITS) - 1)) as u8;
        let payload = self.cells.raw_payload(tag)?;
        Some(Some(PackedCell { column, tag, payload }))
    }
}

/// Returns whether two values are equal bit for bit and in their storage class. NaN equals NULL,
/// because SQLite stores it so.
pub(crate) fn is_same(held: ValueRef<'_>, value: Option<&Stored<'_>>) -> bool {
    match (held, value) {
        (ValueRef::Null, None) => true,
        (ValueRef::Null, Some(Stored::Real(real))) => real.is_nan(),
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
    use crate::log::node::NodeId;

    fn change(row: Uuid, title: &str) -> Change {
        let time = Time::default().next(1_700_000_000_000);
        let mut change =
            Change::new(Stamp { time, node: NodeId::from_bytes([7; 16]) }, (3, "todo"), row);
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
            let mut cell = || packed.next_cell().expect("was packed so");
            assert_eq!(
                cell().map(|cell| (cell.column, cell.value())),
                Some((0, Some(Some(Stored::Integer(0)))))
            );
            let title = Some(Some(Stored::Text("Buy milk".into())));
            assert_eq!(cell().map(|cell| (cell.column, cell.value())), Some((2, title)));
            assert_eq!(cell(), None);
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
    fn what_is_not_known_is_kept_and_hashed() {
        let mut one = change(Uuid::nil(), "Buy milk");
        let known = one.hash();
        let cell = PackedCell { column: 3, tag: 9, payload: &[2, 0xca, 0xfe] };
        one.packed_cell(3, "counter", cell.tag, cell.payload);
        one.packed.more(b"more");
        one.canonical.more(b"more");
        one.end_transaction(5);
        assert_ne!(one.hash(), known);
        let mut packed = PackedCells::open(one.packed()).expect("was packed so");
        assert_eq!((packed.digest, packed.more), (Some(5), &b"more"[..]));
        assert!((0..2).all(|_| matches!(packed.next_cell(), Some(Some(_)))));
        assert_eq!(packed.next_cell(), Some(Some(cell)));
        assert_eq!(cell.value(), None);
        assert_eq!(packed.next_cell(), Some(None));
    }

    #[test]
    fn what_was_dropped_is_stood_for() {
        for (original, dropped) in [(None, 0), (Some(7), 0), (None, 8), (Some(7), 8)] {
            let compacted = Compacted { original, dropped };
            let mut packed = Packed::new();
            packed.cell(0, 5, &[]);
            packed.more(b"more");
            let packed = packed.finished(compacted, Some(9));
            let mut packed = PackedCells::open(packed.bytes()).expect("was packed so");
            assert_eq!((packed.digest, packed.compacted), (Some(9), compacted));
            assert_eq!(packed.more, b"more");
            assert!(matches!(packed.next_cell(), Some(Some(_))));
            assert_eq!(compacted.is_nothing(), original.is_none() && dropped == 0);
            assert_eq!(compacted.hash(5), original.unwrap_or(5));
        }
    }

    /// The example at [`Compacted`].
    #[test]
    fn a_compacted_log_has_the_digests_of_the_whole_one() {
        let hashes = [0b0001, 0b0010, 0b0100, 0b1000];
        let digest = |until: usize| hashes[..until].iter().fold(0, |digest, hash| digest ^ hash);
        let second = Compacted { original: Some(hashes[1]), dropped: hashes[0] };
        let fourth = Compacted { original: None, dropped: hashes[2] };
        let of_the_rest_of_the_second = 0b0110;
        let after_second = second.dropped ^ second.hash(of_the_rest_of_the_second);
        assert_eq!(after_second, digest(2));
        assert_eq!(after_second ^ fourth.dropped ^ fourth.hash(hashes[3]), digest(4));
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
