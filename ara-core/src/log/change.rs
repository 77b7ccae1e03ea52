//! A change: what one mutation wrote into a row.

use uuid::Uuid;

use crate::log::cells::{Cell, Cells, Forgotten, IS_DELETED, addition_payload, put_value};
use crate::log::clock::Stamp;
use crate::log::codec::{ADDITION, Addition, UPDATE, put_bytes, put_update};
use crate::log::gap::Gap;
use crate::log::marks::Marks;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::place::ChangeNumber;
use crate::value::Stored;

/// A change as the log holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record<'a> {
    /// Its number within its node.
    pub(crate) number: ChangeNumber,
    pub(crate) stamp: Stamp,
    /// The table's ordinal.
    pub(crate) table: i64,
    /// The row's id.
    pub(crate) row: [u8; 16],
    /// What is told where a transaction ends.
    pub(crate) end: Option<End>,
    /// What is kept of the hashes that compaction dropped.
    pub(crate) compacted: Compacted,
    /// The changes that were dropped before it.
    pub(crate) gap: Gap<'a>,
    /// Parts that this version does not know. They are passed on as they came, and are hashed.
    pub(crate) more: &'a [u8],
    pub(crate) cells: Cells<'a>,
}

/// The end of a transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct End {
    /// What the writer's wall clock showed, in milliseconds since 1970, if that is not the time of the last
    /// change's stamp.
    pub(crate) date: Option<i64>,
    /// The XOR of the hashes of the other changes of the transaction, if there are any, cut to 32 bits. So two
    /// transactions that end alike, as two states of one file may write them, have different ids.
    pub(crate) others: Option<u32>,
}

impl End {
    /// Makes the end of a transaction of this date whose last change has this stamp. `others` is the XOR of the
    /// hashes of its other changes, if there are any.
    pub(crate) fn of(date: i64, stamp: Stamp, others: Option<u64>) -> Self {
        let date = Some(date).filter(|date| *date != stamp.millis());
        Self { date, others: others.map(|others| others as u32) }
    }

    /// Returns the date of the transaction, whose last change has this stamp.
    pub(crate) fn date(self, stamp: Stamp) -> i64 {
        self.date.unwrap_or(stamp.millis())
    }
}

/// What the ordinals of a file stand for.
pub(crate) trait Names {
    /// Returns the id of a node.
    fn node(&self, node: NodeOrdinal) -> Option<NodeId>;
    /// Returns the name of a table.
    fn table(&self, table: i64) -> Option<&str>;
    /// Returns the name of a column.
    fn column(&self, table: i64, column: u32) -> Option<&str>;
}

impl Record<'_> {
    /// Returns about how many bytes the change takes.
    pub(crate) fn len(&self) -> usize {
        self.cells.bytes().len() + self.gap.bytes().len() + self.more.len() + 64
    }

    /// Returns the hash of the change as it was first written, or `None` if it names what the file does not
    /// know, or cannot be read.
    pub(crate) fn hash(&self, node: NodeId, names: &dyn Names) -> Option<u64> {
        if let Some(original) = self.compacted.original {
            return Some(original);
        }
        let mut canonical =
            Canonical::new(node, (self.number, self.stamp), names.table(self.table)?, &self.row);
        let mut cells = self.cells;
        while let Some(cell) = cells.next_cell()? {
            canonical.cell(names.column(self.table, cell.column)?, &cell);
        }
        canonical.more(self.more);
        Some(canonical.hash(self.end))
    }
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

impl Compacted {
    /// Returns the hash of the change as it was written, given the hash of what is left of it.
    pub(crate) fn hash(self, of_rest: u64) -> u64 {
        self.original.unwrap_or(of_rest)
    }
}

/// A change that this device makes, on its way into the log.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) number: ChangeNumber,
    pub(crate) stamp: Stamp,
    table: i64,
    row: Uuid,
    cells: Vec<u8>,
    canonical: Canonical,
    /// What tells apart additions of two states of one file.
    salt: u32,
}

/// The memory of a change that is no longer needed, for the next one.
#[derive(Debug, Default)]
pub(crate) struct Room {
    cells: Vec<u8>,
    canonical: Vec<u8>,
}

impl Change {
    /// Makes a change without cells. The table is given by its ordinal and its name. The salt is of its
    /// transaction, and random.
    pub(crate) fn new(
        Room { mut cells, canonical }: Room,
        (node, salt): (NodeId, u32),
        place: (ChangeNumber, Stamp),
        (table, table_name): (i64, &str),
        row: Uuid,
    ) -> Self {
        let (number, stamp) = place;
        cells.clear();
        cells.reserve(96);
        let canonical = Canonical::within(canonical, node, place, (table_name, row.as_bytes()));
        Self { number, stamp, table, row, cells, canonical, salt }
    }

    /// Returns the memory of the change.
    pub(crate) fn into_room(self) -> Room {
        Room { cells: self.cells, canonical: self.canonical.0 }
    }

    /// Adds a cell with a value. The column is given by its ordinal and its name.
    pub(crate) fn value(
        &mut self,
        (column, name): (u32, &str),
        value: Option<&Stored<'_>>,
        marks: Marks<'_>,
    ) {
        let (tag, payload) = put_value(&mut self.cells, column, value, marks);
        let payload = self.cells.get(payload..).unwrap_or_default();
        self.canonical.cell(name, &Cell { column, tag, marks, payload });
    }

    /// Adds a cell that adds to a counter.
    pub(crate) fn addition(
        &mut self,
        (column, name): (u32, &str),
        addition: Addition,
        marks: Marks<'_>,
    ) {
        let payload = addition_payload(addition, self.salt);
        let cell = Cell { column, tag: ADDITION, marks, payload: &payload };
        cell.put(&mut self.cells, column);
        self.canonical.cell(name, &cell);
    }

    /// Adds a cell with an update of a text.
    pub(crate) fn update(&mut self, (column, name): (u32, &str), update: &[u8], marks: Marks<'_>) {
        let mut payload = Vec::with_capacity(update.len() + 4);
        put_update(&mut payload, update);
        let cell = Cell { column, tag: UPDATE, marks, payload: &payload };
        cell.put(&mut self.cells, column);
        self.canonical.cell(name, &cell);
    }

    /// Adds the cell that forgets the row. `name` is that of the column `is_deleted`.
    pub(crate) fn forget(&mut self, name: &str) {
        let cell = Forgotten::Act.as_cell(IS_DELETED);
        cell.put(&mut self.cells, IS_DELETED);
        self.canonical.cell(name, &cell);
    }

    /// Returns the hash of the change.
    pub(crate) fn hash(&mut self, end: Option<End>) -> u64 {
        self.canonical.hash(end)
    }

    /// Returns the change as the log holds it.
    pub(crate) fn record(&self, end: Option<End>) -> Record<'_> {
        let Self { number, stamp, table, .. } = *self;
        let (row, cells) = (self.row.into_bytes(), Cells::new(&self.cells));
        let (compacted, gap) = Default::default();
        Record { number, stamp, table, row, end, compacted, gap, more: &[], cells }
    }
}

/// The bytes of a change that are hashed. They hold names in place of the ordinals of one file, so that
/// they are the same on every device.
#[derive(Debug, Clone)]
pub(crate) struct Canonical(Vec<u8>);

impl Canonical {
    /// Begins with who made the change, its number and its stamp, the table's name, and the row's id.
    pub(crate) fn new(
        node: NodeId,
        place: (ChangeNumber, Stamp),
        table: &str,
        row: &[u8; 16],
    ) -> Self {
        Self::within(Vec::new(), node, place, (table, row))
    }

    /// Does the same in memory that is there already.
    fn within(
        mut bytes: Vec<u8>,
        node: NodeId,
        (number, stamp): (ChangeNumber, Stamp),
        (table, row): (&str, &[u8; 16]),
    ) -> Self {
        bytes.clear();
        bytes.reserve(192);
        bytes.extend_from_slice(node.as_bytes());
        bytes.extend(number.get().to_be_bytes());
        bytes.extend(stamp.bits().to_be_bytes());
        put_bytes(&mut bytes, table.as_bytes());
        bytes.extend_from_slice(row);
        Self(bytes)
    }

    /// Adds a cell, whose column is given by its name.
    pub(crate) fn cell(&mut self, name: &str, cell: &Cell<'_>) {
        put_bytes(&mut self.0, name.as_bytes());
        cell.put(&mut self.0, 0);
    }

    /// Adds the parts that this version does not know. All cells must have been added before.
    pub(crate) fn more(&mut self, more: &[u8]) {
        if !more.is_empty() {
            // No column has an empty name.
            put_bytes(&mut self.0, &[]);
            put_bytes(&mut self.0, more);
        }
    }

    /// Returns the hash of the change, which is XORed into its node's digest.
    pub(crate) fn hash(&mut self, end: Option<End>) -> u64 {
        let length = self.0.len();
        let mut kind = 0;
        if let Some(End { date, others }) = end {
            kind = 1 | u8::from(date.is_some()) << 1 | u8::from(others.is_some()) << 2;
            self.0.extend(date.into_iter().flat_map(i64::to_be_bytes));
            self.0.extend(others.into_iter().flat_map(u32::to_be_bytes));
        }
        self.0.push(kind);
        let hash = xxhash_rust::xxh3::xxh3_64(&self.0);
        self.0.truncate(length);
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Todo;

    impl Names for Todo {
        fn node(&self, _: NodeOrdinal) -> Option<NodeId> {
            None
        }

        fn table(&self, table: i64) -> Option<&str> {
            (table == 3).then_some("todo")
        }

        fn column(&self, table: i64, column: u32) -> Option<&str> {
            ["is_deleted", "", "title", "stars"]
                .get(column as usize)
                .copied()
                .filter(|_| table == 3)
        }
    }

    const NODE: NodeId = NodeId::from_bytes([7; 16]);

    fn change(row: Uuid, title: &str) -> Change {
        let place = (ChangeNumber::new(1), Stamp::new(1_700_000_000_000, 0));
        let mut change = Change::new(Room::default(), (NODE, 0), place, (3, "todo"), row);
        change.value((0, "is_deleted"), Some(&Stored::Integer(0)), Marks::default());
        change.value((2, "title"), Some(&Stored::Text(title.into())), Marks::default());
        change
    }

    #[test]
    fn the_hash_is_of_what_all_devices_know_alike() {
        let mut one = change(Uuid::nil(), "Buy milk");
        assert_eq!(one.hash(None), change(Uuid::nil(), "Buy milk").hash(None));
        assert_ne!(one.hash(None), change(Uuid::max(), "Buy milk").hash(None));
        assert_ne!(one.hash(None), change(Uuid::nil(), "Buy bread").hash(None));
        let dated = End { date: Some(5), others: None };
        let with_others = End { date: None, others: Some(5) };
        let ends = [None, Some(End::default()), Some(dated), Some(with_others)];
        for end in ends {
            let hash = one.hash(end);
            assert_eq!(one.record(end).hash(NODE, &Todo), Some(hash));
        }
        assert_ne!(one.hash(ends[0]), one.hash(ends[1]));
        assert_ne!(one.hash(ends[1]), one.hash(ends[2]));
        assert_ne!(one.hash(ends[1]), one.hash(ends[3]));
        // Part of the format: it must never change.
        assert_eq!(one.hash(None), 6_492_749_700_981_573_000);
    }

    #[test]
    fn what_is_not_known_is_hashed() {
        let change = change(Uuid::nil(), "Buy milk");
        let record = change.record(None);
        let known = record.hash(NODE, &Todo);
        let more = Record { more: b"more", ..record };
        assert_ne!(more.hash(NODE, &Todo), known);
        let (marks, payload) = (Marks(&[1, 0]), &[2, 0xca, 0xfe][..]);
        let mut cells = record.cells.bytes().to_vec();
        Cell { column: 3, tag: 10, marks, payload }.put(&mut cells, 3);
        let newer = Record { cells: Cells::new(&cells), ..record };
        assert!(newer.hash(NODE, &Todo).is_some_and(|hash| Some(hash) != known));
        assert_eq!(Record { table: 4, ..record }.hash(NODE, &Todo), None);
        let compacted = Compacted { original: Some(5), dropped: 0 };
        assert_eq!(Record { table: 4, compacted, ..record }.hash(NODE, &Todo), Some(5));
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
}
