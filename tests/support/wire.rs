//! A second writer of changes as bytes, from what `guide/wire_format.md` says, and sharing no
//! code with the first. It writes what no database would.

use xxhash_rust::xxh3::xxh3_64;

use crate::bytes::{end_of, zigzag_of};
pub use crate::bytes::{integer_of, led};

/// Some changes, and the names that they use.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    pub tables: Vec<String>,
    pub columns: Vec<String>,
    pub runs: Vec<Run>,
}

/// Changes of one node that follow one another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    pub node: Vec<u8>,
    pub from: Point,
    pub to: Point,
    pub is_forked: bool,
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    pub number: i64,
    pub digest: u64,
}

/// The last stamp that a change may have.
pub const CAP: i64 = ((1 << 46) + (1 << 32)) << 16 | 0xffff;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// [`Batch::numbered`] puts it in.
    pub number: i64,
    pub stamp: i64,
    /// The position of its name.
    pub table: usize,
    pub row: Vec<u8>,
    pub cells: Vec<Cell>,
    /// It ends a transaction.
    pub ends: bool,
    /// The date of that, if it is told.
    pub date: Option<i64>,
    /// The hashes of its other changes, if they are told.
    pub others: Option<u32>,
    /// The digest of the node up to the change, if it is told: [`Batch::seal`] puts it in.
    pub mark: Option<u64>,
    /// The hash of the change as it was first written, if it is not that of what is left of it.
    pub original: Option<u64>,
    /// Those of the changes that were dropped before it.
    pub dropped: u64,
    /// Of each of these, four bytes of its hash.
    pub gap: Vec<u8>,
    /// Fields that a later version may have, encoded.
    pub more: Vec<u8>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// The position of its name.
    pub column: usize,
    pub tag: u8,
    /// What it tells besides, if that is anything.
    pub marks: Vec<u8>,
    pub payload: Vec<u8>,
}

impl Cell {
    fn new(column: usize, tag: u8, payload: Vec<u8>) -> Self {
        Self { column, tag, marks: vec![], payload }
    }

    pub fn null(column: usize) -> Self {
        Self::new(column, 0, vec![])
    }

    pub fn integer(column: usize, value: i64) -> Self {
        match value {
            0 => Self::new(column, 5, vec![]),
            1 => Self::new(column, 6, vec![]),
            _ => Self::new(column, 1, zigzag_of(value)),
        }
    }

    pub fn real(column: usize, bits: u64) -> Self {
        Self::new(column, 2, bits.to_be_bytes().to_vec())
    }

    pub fn text(column: usize, text: &str) -> Self {
        Self::new(column, 3, led(text.as_bytes()))
    }

    pub fn blob(column: usize, bytes: &[u8]) -> Self {
        Self::new(column, 4, led(bytes))
    }

    /// What is added to a counter, and what the node has added to it so far.
    pub fn addition(column: usize, by: i64, total: i64) -> Self {
        Self::new(column, 7, led(&[zigzag_of(by), zigzag_of(total), vec![0; 4]].concat()))
    }

    /// The row was forgotten: by this change if there are no bytes. Of another change, 1 is what is left.
    pub fn forgotten(column: usize, bytes: &[u8]) -> Self {
        Self::new(column, 8, led(bytes))
    }

    /// An update of a text.
    pub fn update(column: usize, update: &[u8]) -> Self {
        Self::new(column, 9, led(&[&[1], update].concat()))
    }

    /// Of a kind that no version knows yet: 10 to 15.
    pub fn unknown(column: usize, tag: u8, bytes: &[u8]) -> Self {
        Self::new(column, tag, led(bytes))
    }

    /// With a mark of a kind: 1 and 2 are known.
    pub fn marked(mut self, kind: u64, bytes: &[u8]) -> Self {
        self.marks.extend(integer_of(kind));
        self.marks.extend(led(bytes));
        self
    }

    /// The cell with another number for its column.
    fn encode(&self, column: usize) -> Vec<u8> {
        let flag = if self.marks.is_empty() { 0 } else { 16 };
        let mut cell = integer_of(column as u64 * 32 + u64::from(self.tag) + flag);
        if flag != 0 {
            cell.extend(led(&self.marks));
        }
        cell.extend(&self.payload);
        cell
    }
}

impl Batch {
    /// Numbers the changes of each run one after the other.
    pub fn numbered(mut self) -> Self {
        for run in &mut self.runs {
            for (change, number) in run.changes.iter_mut().zip(run.from.number + 1..) {
                change.number = number;
            }
        }
        self
    }

    /// Puts the transactions of each run into the order in which a log has them: that of the numbers and the
    /// hashes of their last changes.
    pub fn in_order(mut self) -> Self {
        for run in &mut self.runs {
            let last = |transaction: &Vec<Change>| {
                let last = transaction.last();
                let hash = |last| hash(&run.node, last, &self.tables, &self.columns);
                last.map(|last| (last.number, last.original.unwrap_or_else(|| hash(last))))
            };
            let ended = run.changes.split_inclusive(|change| change.ends);
            let mut transactions: Vec<_> = ended.map(<[Change]>::to_vec).collect();
            transactions.sort_by_cached_key(last);
            run.changes = transactions.concat();
        }
        self
    }

    /// Puts the digests where they belong, and where each run ends.
    pub fn seal(mut self) -> Self {
        for run in &mut self.runs {
            let mut at = run.from;
            for change in &mut run.changes {
                let hash = hash(&run.node, change, &self.tables, &self.columns);
                at.number = at.number.max(change.number);
                at.digest ^= change.original.unwrap_or(hash) ^ change.dropped;
                if let Some(mark) = &mut change.mark {
                    *mark = at.digest;
                }
            }
            run.to = at;
        }
        self
    }

    /// Leaves out the digests that are told within the runs. Those who pass changes on tell them where they
    /// have them at hand.
    pub fn without_marks(mut self) -> Self {
        let changes = self.runs.iter_mut().flat_map(|run| &mut run.changes);
        changes.for_each(|change| change.mark = None);
        self
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        for table in &self.tables {
            put_bytes(&mut payload, 1, table.as_bytes());
        }
        for column in &self.columns {
            put_bytes(&mut payload, 2, column.as_bytes());
        }
        for run in &self.runs {
            put_bytes(&mut payload, 3, &run.encode());
        }
        record(b'c', &payload)
    }

    /// The changes, as ara reads them.
    pub fn changes(&self) -> ara::Result<ara::Changes> {
        ara::Changes::from_bytes(&self.encode())
    }
}

impl Run {
    fn encode(&self) -> Vec<u8> {
        let mut run = Vec::new();
        if !self.node.is_empty() {
            put_bytes(&mut run, 1, &self.node);
        }
        put_bytes(&mut run, 2, &self.from.encode());
        put_bytes(&mut run, 3, &self.to.encode());
        if self.is_forked {
            put_integer(&mut run, 4, 1);
        }
        let mut before = (self.from.number, 0);
        for change in &self.changes {
            put_bytes(&mut run, 5, &change.encode(before));
            before = (change.number, change.stamp);
        }
        run
    }
}

impl Point {
    fn encode(self) -> Vec<u8> {
        let mut point = Vec::new();
        put_integer(&mut point, 1, self.number.cast_unsigned());
        put_fixed(&mut point, 2, self.digest);
        point
    }
}

impl Change {
    fn encode(&self, (number, stamp): (i64, i64)) -> Vec<u8> {
        let mut change = Vec::new();
        put_zigzag(&mut change, 1, self.number.wrapping_sub(number.saturating_add(1)));
        put_zigzag(&mut change, 2, self.stamp.wrapping_sub(stamp.saturating_add(1)));
        put_integer(&mut change, 3, self.table as u64);
        if !self.row.is_empty() {
            put_bytes(&mut change, 4, &self.row);
        }
        let cells: Vec<_> = self.cells.iter().flat_map(|cell| cell.encode(cell.column)).collect();
        if !cells.is_empty() {
            put_bytes(&mut change, 5, &cells);
        }
        put_integer(&mut change, 6, self.ends.into());
        if let Some(date) = self.date {
            // It is there also where it is zero, as the hashes are.
            change.push(7 << 3);
            change.extend(integer_of(date.cast_unsigned()));
        }
        for (field, hash) in [(8, self.mark), (9, self.original)] {
            if let Some(hash) = hash {
                change.push(field << 3 | 1);
                change.extend(hash.to_le_bytes());
            }
        }
        put_fixed(&mut change, 10, self.dropped);
        if let Some(others) = self.others {
            change.push(11 << 3 | 5);
            change.extend(others.to_le_bytes());
        }
        if !self.gap.is_empty() {
            put_bytes(&mut change, 12, &self.gap);
        }
        change.extend(&self.more);
        change
    }
}

/// What a change adds to its node's digest. A name that is not there counts as an empty one.
pub fn hash(node: &[u8], change: &Change, tables: &[String], columns: &[String]) -> u64 {
    let name = |names: &[String], at: usize| led(names.get(at).map_or(&[], |n| n.as_bytes()));
    let mut hashed = node.to_vec();
    hashed.extend(change.number.to_be_bytes());
    hashed.extend(change.stamp.to_be_bytes());
    hashed.extend(name(tables, change.table));
    hashed.extend(&change.row);
    for cell in &change.cells {
        hashed.extend(name(columns, cell.column));
        hashed.extend(cell.encode(0));
    }
    if !change.more.is_empty() {
        hashed.extend([led(&[]), led(&change.more)].concat());
    }
    hashed.extend(end_of(change.ends, change.date, change.others));
    xxh3_64(&hashed)
}

/// A payload with its head.
pub fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut record = vec![b'a', b'r', b'a', kind, 2, 0, 0, 0];
    record.extend((payload.len() as u64).to_le_bytes());
    let checksum = xxh3_64(&[&record, payload].concat());
    record.extend(checksum.to_le_bytes());
    record.extend(payload);
    record
}

pub fn put_bytes(message: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    message.extend(integer_of(field << 3 | 2));
    message.extend(led(bytes));
}

/// Zero is not written, as in all of protobuf's third version.
pub fn put_integer(message: &mut Vec<u8>, field: u64, integer: u64) {
    if integer != 0 {
        message.extend(integer_of(field << 3));
        message.extend(integer_of(integer));
    }
}

/// An integer of either sign, in zigzag.
fn put_zigzag(message: &mut Vec<u8>, field: u64, integer: i64) {
    put_integer(message, field, ((integer << 1) ^ (integer >> 63)).cast_unsigned());
}

fn put_fixed(message: &mut Vec<u8>, field: u64, integer: u64) {
    if integer != 0 {
        message.extend(integer_of(field << 3 | 1));
        message.extend(integer.to_le_bytes());
    }
}
