//! A second reader of the change log and of the rows' clocks, written from the layout that
//! `ara-core/src/log/` describes, and sharing no code with it. [`piece`] reads the pieces.
//!
//! - An integer is in base 128, lowest digit first, the high bit set on all digits but the last. Bytes
//!   and texts are led by their length, as such an integer.
//! - A cell is an integer, `ordinal * 32 + tag`, and 16 more if the cell has marks, which follow as bytes;
//!   then what the tag needs: 0 NULL, 5 zero and 6 one need nothing; 1 an integer in zigzag; 2 the 8 bytes of
//!   a double, highest first; 3 a text; 4 bytes; 7 bytes that are what is added and the total, in zigzag;
//!   8 bytes, none where the row was forgotten by the change, and a 1 where its values were removed; others bytes.
//! - A change adds to the digest its hash, and what `dropped` tells. The hash is the XXH3 (64 bits) of: the
//!   node's id; the number and the stamp, 8 bytes each, highest first; the table's name; the row's id; for
//!   each cell the column's name, and the cell with the ordinal 0; if there is more, an empty name and that
//!   more; and a byte 0, a byte 1 if it ends a transaction, or the date of that and a byte 2. Names are led
//!   by their length.
//! - `ara_clock` is the stamp of the earliest change, with its highest bit set if the date of the latest one
//!   follows; then groups, newest first: the difference in milliseconds to the earliest, doubled, and 1 more
//!   if a difference of the counts follows; the node's ordinal, doubled; a bit set of columns.

pub mod piece;

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::bytes::{bytes, eight, end_of, integer, led, zigzag};
use crate::{Outcome, There};
use piece::{Head, Packed, pieces};

/// A change of the log, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    pub node: i64,
    /// The node's id, as all devices know it.
    pub node_id: [u8; 16],
    pub number: i64,
    pub stamp: i64,
    /// Of its transaction, in milliseconds since 1970.
    pub date: i64,
    pub table: String,
    pub row: Vec<u8>,
    /// It ends a transaction.
    pub ends: bool,
    pub cells: Vec<Cell>,
    /// Its hash, as it was first written.
    pub hash: u64,
    /// Those of the changes that were dropped before it.
    pub dropped: u64,
    /// Cells of it were dropped.
    pub is_reduced: bool,
    /// The digest of its node up to it.
    pub digest: u64,
}

/// A cell of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub column: String,
    pub tag: u8,
    pub marks: Vec<u8>,
    /// What is written, or added to a counter.
    pub value: Value,
    /// What the node has added to the counter.
    pub total: Option<i64>,
}

impl Logged {
    pub fn millis(&self) -> i64 {
        self.stamp >> 16
    }

    pub fn counter(&self) -> i64 {
        self.stamp & 0xffff
    }

    pub fn columns(&self) -> Vec<&str> {
        self.cells.iter().map(|cell| cell.column.as_str()).collect()
    }

    pub fn cell(&self, column: &str) -> Option<&Value> {
        self.cells.iter().find(|cell| cell.column == column).map(|cell| &cell.value)
    }

    /// The names of the columns, and what is written into them.
    pub fn values(&self) -> Vec<(String, Value)> {
        self.cells.iter().map(|cell| (cell.column.clone(), cell.value.clone())).collect()
    }
}

/// What the ordinals of a file stand for.
struct Names {
    nodes: BTreeMap<i64, [u8; 16]>,
    tables: BTreeMap<i64, String>,
    columns: BTreeMap<(i64, u64), String>,
}

impl Names {
    fn read(sqlite: &Connection) -> rusqlite::Result<Self> {
        let pair = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let nodes = sqlite
            .prepare("SELECT ordinal, id FROM ara_node")?
            .query_map([], pair)?
            .collect::<Result<_, _>>()?;
        let tables = "SELECT ordinal, name FROM ara_table";
        let tables: BTreeMap<_, _> = sqlite
            .prepare(tables)?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let mut columns: BTreeMap<_, _> = sqlite
            .prepare("SELECT tbl, ordinal, name FROM ara_column")?
            .query_map([], |row| {
                Ok(((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()), row.get(2)?))
            })?
            .collect::<Result<_, _>>()?;
        for table in tables.keys() {
            columns.insert((*table, 0), "is_deleted".to_owned());
        }
        Ok(Self { nodes, tables, columns })
    }
}

/// The whole log: node by node, and each in its order. It is an error if the head of a piece does not tell
/// what lies in it and before it, or its filter lacks a row.
pub fn read(sqlite: &Connection) -> Outcome<Vec<Logged>> {
    let names = Names::read(sqlite)?;
    let mut log: Vec<Logged> = Vec::new();
    let (mut node, mut head) = (0, Head::default());
    for piece in pieces(sqlite)? {
        if piece.node() != node {
            (node, head) = (piece.node(), Head::default());
        }
        let id = *names.nodes.get(&node).there()?;
        let mut date = piece.head.open.unwrap_or_default();
        let mut dates = Vec::new();
        for change in piece.changes.iter().rev() {
            if change.ends {
                date = change.date.unwrap_or(change.stamp >> 16);
            }
            dates.push(date);
        }
        for (change, date) in piece.changes.iter().zip(dates.into_iter().rev()) {
            let logged = logged(change, (node, id, date), &names, head.digest).there()?;
            let ended = if change.ends { date } else { head.date };
            head = Head {
                digest: logged.digest,
                stamp: change.stamp,
                number: head.number.max(change.number),
                date: head.date.max(ended),
                open: (!change.ends).then_some(date),
            };
            log.push(logged);
        }
        // The date of what was compacted is known there still.
        head.date = head.date.max(piece.head.date);
        let first = piece.changes.first().there()?.number;
        if head != piece.head || first != piece.first || !piece.is_filter_right() {
            return Err(format!("the head of a piece: {:?} is not {head:?}", piece.head).into());
        }
    }
    Ok(log)
}

fn logged(
    change: &Packed,
    (node, node_id, date): (i64, [u8; 16], i64),
    names: &Names,
    digest: u64,
) -> Option<Logged> {
    let Packed { number, stamp, ends, dropped, original, .. } = *change;
    let table = names.tables.get(&change.table)?.clone();
    let mut hashed = node_id.to_vec();
    hashed.extend(number.to_be_bytes());
    hashed.extend(stamp.to_be_bytes());
    hashed.extend(led(table.as_bytes()));
    hashed.extend(&change.row);
    let name = |column| names.columns.get(&(change.table, column)).cloned();
    let cells = cells(&change.cells, name, &mut hashed)?;
    if !change.more.is_empty() {
        hashed.extend(led(&[]));
        hashed.extend(led(&change.more));
    }
    hashed.extend(end_of(ends, change.date, change.others));
    let hash = original.unwrap_or_else(|| xxh3_64(&hashed));
    let (row, is_reduced, digest) =
        (change.row.clone(), original.is_some(), digest ^ hash ^ dropped);
    Some(Logged {
        node,
        node_id,
        number,
        stamp,
        date,
        table,
        row,
        ends,
        cells,
        hash,
        dropped,
        is_reduced,
        digest,
    })
}

/// The cells of a change, which are hashed on the way.
fn cells(
    mut packed: &[u8],
    name: impl Fn(u64) -> Option<String>,
    hashed: &mut Vec<u8>,
) -> Option<Vec<Cell>> {
    let mut cells = Vec::new();
    while !packed.is_empty() {
        let head = integer(&mut packed)?;
        let column = name(head >> 5)?;
        hashed.extend(led(column.as_bytes()));
        hashed.push((head % 32) as u8);
        let before = packed;
        let marks = if head & 16 == 0 { vec![] } else { bytes(&mut packed)?.to_vec() };
        let tag = (head % 16) as u8;
        let (value, total) = value(&mut packed, tag)?;
        hashed.extend_from_slice(&before[..before.len() - packed.len()]);
        cells.push(Cell { column, tag, marks, value, total });
    }
    Some(cells)
}

fn value(packed: &mut &[u8], tag: u8) -> Option<(Value, Option<i64>)> {
    let value = match tag {
        0 => Value::Null,
        1 => Value::Integer(zigzag(packed)?),
        2 => Value::Real(f64::from_bits(eight(packed)?)),
        3 => Value::Text(String::from_utf8(bytes(packed)?.to_vec()).ok()?),
        5 => Value::Integer(0),
        6 => Value::Integer(1),
        7 => {
            let mut addition = bytes(packed)?;
            let (by, total) = (zigzag(&mut addition)?, zigzag(&mut addition)?);
            let salt = addition.split_off(..4);
            return (salt.is_some() && addition.is_empty())
                .then_some((Value::Integer(by), Some(total)));
        }
        _ => Value::Blob(bytes(packed)?.to_vec()),
    };
    Some((value, None))
}

/// The clock of each column of a row: the stamp of its last change, and its node's ordinal.
pub fn clocks(
    sqlite: &Connection,
    table: &str,
    id: &[u8],
) -> Outcome<BTreeMap<String, (i64, u64)>> {
    let sql = "SELECT ordinal FROM ara_table WHERE name = ?1";
    let ordinal: i64 = sqlite.query_row(sql, [table], |row| row.get(0))?;
    let names = Names::read(sqlite)?;
    let packed: Vec<u8> = sqlite.query_row(
        &format!("SELECT ara_clock FROM \"{table}\" WHERE id = ?1"),
        [id],
        |row| row.get(0),
    )?;
    groups(&packed, |column| names.columns.get(&(ordinal, column)).cloned()).there()
}

fn groups(
    mut packed: &[u8],
    name: impl Fn(u64) -> Option<String>,
) -> Option<BTreeMap<String, (i64, u64)>> {
    let base = eight(&mut packed)?;
    let earliest = (base & !(1 << 63)).cast_signed();
    if base >> 63 == 1 {
        integer(&mut packed)?;
    }
    let mut clocks = BTreeMap::new();
    let mut last = i64::MAX;
    while !packed.is_empty() {
        let head = integer(&mut packed)?;
        let counter = if head & 1 == 0 { 0 } else { integer(&mut packed)?.cast_signed() };
        let counter = ((earliest & 0xffff) + counter) & 0xffff;
        let stamp = ((earliest >> 16) + (head >> 1).cast_signed()) << 16 | counter;
        let node = integer(&mut packed)?;
        let columns = bytes(&mut packed)?;
        // Newest first, nothing that newer versions know, and a set that is not longer than it must be.
        if stamp > last || node % 2 == 1 || columns.last() == Some(&0) {
            return None;
        }
        last = stamp;
        for bit in (0..columns.len() * 8).filter(|bit| columns[bit / 8] >> (bit % 8) & 1 == 1) {
            if clocks.insert(name(bit as u64)?, (stamp, node / 2)).is_some() {
                return None;
            }
        }
    }
    (last == earliest).then_some(clocks)
}
