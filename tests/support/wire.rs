//! A second writer of changes as bytes, from what `guide/wire_format.md` says, and sharing no
//! code with the first. It writes what no database would.

use xxhash_rust::xxh3::xxh3_64;

/// Some changes, and the names that they use.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub tables: Vec<String>,
    pub columns: Vec<String>,
    pub runs: Vec<Run>,
}

/// Changes of one node that follow one another.
#[derive(Debug, Clone, Default)]
pub struct Run {
    pub node: Vec<u8>,
    pub from: Point,
    pub to: Point,
    pub is_forked: bool,
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    pub time: i64,
    pub digest: u64,
}

#[derive(Debug, Clone, Default)]
pub struct Change {
    pub time: i64,
    /// The place of its name.
    pub table: usize,
    pub row: Vec<u8>,
    pub cells: Vec<Cell>,
    /// Set where it ends a transaction: [`Batch::seal`] puts the digest in.
    pub mark: Option<u64>,
    /// The hash of the change as it was first written, if it is not that of what is left of it.
    pub original: Option<u64>,
    /// Those of the changes that were dropped before it.
    pub dropped: u64,
    /// Fields that a later version may have, encoded.
    pub more: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct Cell {
    /// The place of its name.
    pub column: usize,
    pub tag: u8,
    pub payload: Vec<u8>,
}

impl Cell {
    pub fn null(column: usize) -> Self {
        Self { column, tag: 0, payload: vec![] }
    }

    pub fn integer(column: usize, value: i64) -> Self {
        let payload = |integer| integer_of(zigzag(integer));
        match value {
            0 => Self { column, tag: 5, payload: vec![] },
            1 => Self { column, tag: 6, payload: vec![] },
            _ => Self { column, tag: 1, payload: payload(value) },
        }
    }

    pub fn real(column: usize, bits: u64) -> Self {
        Self { column, tag: 2, payload: bits.to_be_bytes().to_vec() }
    }

    pub fn text(column: usize, text: &str) -> Self {
        Self { column, tag: 3, payload: led(text.as_bytes()) }
    }

    pub fn blob(column: usize, bytes: &[u8]) -> Self {
        Self { column, tag: 4, payload: led(bytes) }
    }

    /// Of a kind that no version knows yet: 7 to 15.
    pub fn unknown(column: usize, tag: u8, bytes: &[u8]) -> Self {
        Self { column, tag, payload: led(bytes) }
    }
}

fn zigzag(integer: i64) -> u64 {
    ((integer << 1) ^ (integer >> 63)).cast_unsigned()
}

impl Batch {
    /// Puts the digests where they belong, and where each run ends.
    pub fn seal(mut self) -> Self {
        for run in &mut self.runs {
            let mut at = run.from;
            for change in &mut run.changes {
                let hash = hash(&run.node, change, &self.tables, &self.columns);
                let hash = change.original.unwrap_or(hash) ^ change.dropped;
                at = Point { time: change.time, digest: at.digest ^ hash };
                if let Some(mark) = &mut change.mark {
                    *mark = at.digest;
                }
            }
            run.to = at;
        }
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
        let mut last = self.from.time;
        for change in &self.changes {
            put_bytes(&mut run, 5, &change.encode(last));
            last = change.time;
        }
        run
    }
}

impl Point {
    fn encode(self) -> Vec<u8> {
        let mut point = Vec::new();
        put_fixed(&mut point, 1, self.time.cast_unsigned());
        put_fixed(&mut point, 2, self.digest);
        point
    }
}

impl Change {
    fn encode(&self, last: i64) -> Vec<u8> {
        let mut change = Vec::new();
        put_integer(&mut change, 1, self.time.wrapping_sub(last).cast_unsigned());
        put_integer(&mut change, 2, self.table as u64);
        if !self.row.is_empty() {
            put_bytes(&mut change, 3, &self.row);
        }
        let mut cells = Vec::new();
        for cell in &self.cells {
            cells.extend(integer_of(cell.column as u64 * 16 + u64::from(cell.tag)));
            cells.extend(&cell.payload);
        }
        if !cells.is_empty() {
            put_bytes(&mut change, 4, &cells);
        }
        if let Some(mark) = self.mark {
            // It is there also where it is zero.
            change.push(5 << 3 | 1);
            change.extend(mark.to_le_bytes());
        }
        if let Some(original) = self.original {
            change.push(6 << 3 | 1);
            change.extend(original.to_le_bytes());
        }
        put_fixed(&mut change, 7, self.dropped);
        change.extend(&self.more);
        change
    }
}

/// What a change adds to its node's digest. A name that is not there counts as an empty one.
fn hash(node: &[u8], change: &Change, tables: &[String], columns: &[String]) -> u64 {
    let name = |names: &[String], place: usize| led(names.get(place).map_or(&[], |n| n.as_bytes()));
    let mut hashed = node.to_vec();
    hashed.extend(change.time.to_be_bytes());
    hashed.extend(name(tables, change.table));
    hashed.extend(led(&change.row));
    for cell in &change.cells {
        hashed.extend(name(columns, cell.column));
        hashed.push(cell.tag);
        hashed.extend(&cell.payload);
    }
    hashed.extend(&change.more);
    xxh3_64(&hashed)
}

/// A payload with its head.
pub fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut record = vec![b'a', b'r', b'a', kind, 1, 0, 0, 0];
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

fn put_fixed(message: &mut Vec<u8>, field: u64, integer: u64) {
    if integer != 0 {
        message.extend(integer_of(field << 3 | 1));
        message.extend(integer.to_le_bytes());
    }
}

/// Bytes, led by their number.
pub fn led(bytes: &[u8]) -> Vec<u8> {
    let mut led = integer_of(bytes.len() as u64);
    led.extend(bytes);
    led
}

/// An integer in base 128, lowest digit first.
pub fn integer_of(mut integer: u64) -> Vec<u8> {
    let mut digits = Vec::new();
    while integer >= 128 {
        digits.push((integer % 128) as u8 + 128);
        integer /= 128;
    }
    digits.push(integer as u8);
    digits
}
