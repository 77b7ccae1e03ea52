//! A row of the change log: what one mutation wrote.

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::log::clock::Time;
use crate::log::codec::{Reader, TOTAL, put_bytes, put_payload, put_total, put_varint, tag};
use crate::log::node::Stamp;
use crate::value::Stored;

/// The change ends a transaction: the node's digest up to and with it follows the flags.
const ENDS_TRANSACTION: u8 = 1;

/// Parts that this version does not know follow, as bytes: they are passed on, and hashed.
const HAS_MORE: u8 = 2;

/// The bits of a cell's head that hold the tag of its value; the column's ordinal is above them.
const TAG_BITS: u32 = 4;

/// Cells were dropped: the hash of the change as it was first written follows.
const IS_REDUCED: u8 = 4;

/// Changes were dropped before it: what they add to the digest, together, follows.
const FOLLOWS_DROPPED: u8 = 8;

/// The flags this version knows.
const KNOWN_FLAGS: u8 = ENDS_TRANSACTION | HAS_MORE | IS_REDUCED | FOLLOWS_DROPPED;

/// A change on its way into the log, packed as `ara_change.cells` holds it, and with the hash that
/// it adds to its node's digest.
///
/// Packed, it is a byte of flags, the digest if the change ends a transaction, what compaction left of
/// the hashes of what it dropped, the parts that are not known if there are any, then the cells: a head of
/// the column's ordinal and the value's tag, and what else the value needs.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) time: Time,
    pub(crate) table: i64,
    pub(crate) row: Uuid,
    packed: Packed,
    canonical: Canonical,
}

/// What stands in a change for what compaction dropped, so that the node's digest stays what it was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// The hash of the change as it was first written, if cells of it were dropped.
    pub(crate) original: Option<u64>,
    /// The XOR of the hashes of the changes that were dropped between the one before it and this one.
    pub(crate) dropped: u64,
}

/// What a change is packed into.
#[derive(Debug, Clone)]
pub(crate) struct Packed(Vec<u8>);

/// What of a change is hashed: free of local ordinals, so that it is the same on every device.
#[derive(Debug, Clone)]
pub(crate) struct Canonical(Vec<u8>);

impl Change {
    pub(crate) fn new(stamp: Stamp, (table, table_name): (i64, &str), row: Uuid) -> Self {
        let canonical = Canonical::new(stamp, table_name, row.as_bytes());
        Self { time: stamp.time, table, row, packed: Packed::new(), canonical }
    }

    pub(crate) fn cell(&mut self, ordinal: u32, name: &str, value: Option<&Stored<'_>>) {
        let tag = tag(value);
        put_head(&mut self.packed.0, ordinal, tag);
        let payload_at = self.packed.0.len();
        put_payload(&mut self.packed.0, value);
        self.canonical.cell(name, tag, self.packed.0.get(payload_at..).unwrap_or_default());
    }

    /// Adds what the node has added to a counter so far.
    pub(crate) fn total(&mut self, ordinal: u32, name: &str, total: i64) {
        let mut payload = Vec::with_capacity(11);
        put_total(&mut payload, total);
        self.packed_cell(ordinal, name, TOTAL, &payload);
    }

    /// Adds a cell as it was packed, of whatever kind.
    pub(crate) fn packed_cell(&mut self, ordinal: u32, name: &str, tag: u8, payload: &[u8]) {
        self.packed.cell(ordinal, tag, payload);
        self.canonical.cell(name, tag, payload);
    }

    /// What the change adds to its node's digest.
    pub(crate) fn hash(&self) -> u64 {
        self.canonical.hash()
    }

    /// Marks the end of the transaction, where the node's digest, this change included, is `digest`.
    pub(crate) fn end_transaction(&mut self, digest: u64) {
        self.packed.end_transaction(digest);
    }

    pub(crate) fn packed(&self) -> &[u8] {
        self.packed.bytes()
    }
}

impl Canonical {
    pub(crate) fn new(stamp: Stamp, table: &str, row: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(192);
        bytes.extend_from_slice(stamp.node.as_bytes());
        bytes.extend(stamp.time.bits().to_be_bytes());
        put_bytes(&mut bytes, table.as_bytes());
        put_bytes(&mut bytes, row);
        Self(bytes)
    }

    pub(crate) fn cell(&mut self, name: &str, tag: u8, payload: &[u8]) {
        put_bytes(&mut self.0, name.as_bytes());
        self.0.push(tag);
        self.0.extend_from_slice(payload);
    }

    /// Adds parts that this version does not know, once all cells are there.
    pub(crate) fn more(&mut self, more: &[u8]) {
        self.0.extend_from_slice(more);
    }

    pub(crate) fn hash(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&self.0)
    }
}

impl Compacted {
    /// Whether nothing was dropped.
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The hash of the change as it was first written; that of what there is of it is given.
    pub(crate) fn hash(self, of_rest: u64) -> u64 {
        self.original.unwrap_or(of_rest)
    }
}

impl Packed {
    pub(crate) fn new() -> Self {
        let mut bytes = Vec::with_capacity(96);
        bytes.push(0);
        Self(bytes)
    }

    /// Adds a cell as it was packed, of whatever kind.
    pub(crate) fn cell(&mut self, ordinal: u32, tag: u8, payload: &[u8]) {
        put_head(&mut self.0, ordinal, tag);
        self.0.extend_from_slice(payload);
    }

    /// Adds parts that this version does not know, once all cells are there.
    pub(crate) fn more(&mut self, more: &[u8]) {
        if more.is_empty() {
            return;
        }
        self.flag(HAS_MORE);
        let mut bytes = Vec::with_capacity(more.len() + 2);
        put_bytes(&mut bytes, more);
        self.0.splice(1..1, bytes);
    }

    /// With the rest of its head, once all else is there.
    pub(crate) fn finished(mut self, compacted: Compacted, mark: Option<u64>) -> Self {
        self.compacted(compacted);
        if let Some(mark) = mark {
            self.end_transaction(mark);
        }
        self
    }

    /// Adds what stands for what was dropped, once all else is there.
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

    /// Marks the end of the transaction, last of all.
    pub(crate) fn end_transaction(&mut self, digest: u64) {
        self.flag(ENDS_TRANSACTION);
        self.0.splice(1..1, digest.to_be_bytes());
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn flag(&mut self, flag: u8) {
        if let Some(flags) = self.0.first_mut() {
            *flags |= flag;
        }
    }
}

/// Appends what a cell begins with.
pub(crate) fn put_head(packed: &mut Vec<u8>, ordinal: u32, tag: u8) {
    put_varint(packed, u64::from(ordinal) << TAG_BITS | u64::from(tag));
}

/// The head of a packed change, and the reader of its cells.
#[derive(Debug, Clone)]
pub(crate) struct PackedCells<'a> {
    /// The node's digest, if the change ends a transaction.
    pub(crate) digest: Option<u64>,
    pub(crate) compacted: Compacted,
    /// Parts that this version does not know.
    pub(crate) more: &'a [u8],
    cells: Reader<'a>,
}

/// A cell as it is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackedCell<'a> {
    /// The column's ordinal.
    pub(crate) column: u32,
    pub(crate) tag: u8,
    pub(crate) payload: &'a [u8],
}

impl<'a> PackedCell<'a> {
    /// Whether its value is what the node has added to a counter so far.
    pub(crate) fn is_total(&self) -> bool {
        self.tag == TOTAL
    }

    /// Its value, or `None` if it is of a kind that this version does not know.
    #[expect(
        clippy::option_option,
        reason = "the outer one is of the kind, the inner of the value"
    )]
    pub(crate) fn value(&self) -> Option<Option<Stored<'a>>> {
        let value = Reader(self.payload).payload(self.tag)?;
        // SQLite holds no NaN: a row has NULL in its place, the log has its bits.
        Some(value.filter(|value| !matches!(value, Stored::Real(real) if real.is_nan())))
    }
}

impl<'a> PackedCells<'a> {
    /// `None` where the bytes are no packed change.
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

    /// The cells of a change that have no head.
    pub(crate) fn headless(cells: &'a [u8]) -> Self {
        let compacted = Compacted::default();
        Self { digest: None, compacted, more: &[], cells: Reader(cells) }
    }

    /// Packs the same again, but for what stands for what was dropped.
    pub(crate) fn repacked(&self, compacted: Compacted) -> Option<Packed> {
        let (mut cells, mut packed) = (self.clone(), Packed::new());
        while let Some(cell) = cells.next_cell()? {
            packed.cell(cell.column, cell.tag, cell.payload);
        }
        packed.more(self.more);
        Some(packed.finished(compacted, self.digest))
    }

    /// The next cell; `Some(None)` after the last, and `None` where the bytes are no cell.
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

/// Whether two values are the same to the bit, their storage class included. To SQLite NaN is NULL.
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

    #[test]
    fn what_was_not_packed_is_not_read() {
        assert!(PackedCells::open(&[]).is_none());
        assert!(PackedCells::open(&[0x80]).is_none());
        assert!(PackedCells::open(&[ENDS_TRANSACTION, 1, 2]).is_none());
        let mut cut = PackedCells::open(&[0, 0x23, 200]).expect("the head is whole");
        assert_eq!(cut.next_cell(), None);
    }
}
