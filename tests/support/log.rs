//! A second reader of the change log and of the rows' clocks, written from the layout that
//! `ara-core/src/log/change.rs` and `row_clock.rs` describe, and sharing no code with them.
//!
//! - An integer is in base 128, lowest digit first, the high bit set on all digits but the last. Bytes
//!   and texts are led by their length, as such an integer.
//! - `ara_change.cells` is a byte of flags (1: ends a transaction, 4: cells were dropped, 8: changes before
//!   it were dropped), then for each that is set 8 bytes, highest first: the node's digest, the hash of the
//!   change as it was first written, the hashes of the dropped changes; then the cells. A cell is an integer, `ordinal * 16 + tag`, then
//!   what the tag needs: 0 NULL, 5 zero and 6 one need nothing; 1 an integer in zigzag; 2 the 8 bytes
//!   of a double, highest first; 3 a text; 4 bytes; 7 bytes that are an integer in zigzag.
//! - A change adds to the digest the XXH3 (64 bits) of: the node's id, the time (8 bytes, highest
//!   first), the table's name, the row's id, and for each cell the column's name, the tag and what it
//!   needs. Names and the row's id are led by their length.
//! - `ara_clock` is groups, newest first: 8 bytes of time, the node's ordinal, a bit set of columns.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::{Outcome, There};

/// A row of `ara_change`, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    pub node: i64,
    /// The node's id, as all devices know it.
    pub node_id: [u8; 16],
    pub time: i64,
    pub table: String,
    pub row: Vec<u8>,
    /// The digest, if the change ends a transaction.
    pub mark: Option<u64>,
    pub cells: Vec<(String, Value)>,
    /// Its hash, as it was first written.
    pub hash: u64,
    /// Those of the changes that were dropped before it.
    pub dropped: u64,
    /// Cells of it were dropped.
    pub is_reduced: bool,
}

impl Logged {
    pub fn millis(&self) -> i64 {
        self.time >> 16
    }

    pub fn counter(&self) -> i64 {
        self.time & 0xffff
    }

    pub fn columns(&self) -> Vec<&str> {
        self.cells.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub fn cell(&self, column: &str) -> Option<&Value> {
        self.cells.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

/// The whole log, by time.
pub fn read(sqlite: &Connection) -> Outcome<Vec<Logged>> {
    read_from(sqlite, "ara_change")
}

/// The changes that others of the same node and time hide, by time.
pub fn twins(sqlite: &Connection) -> Outcome<Vec<Logged>> {
    read_from(sqlite, "ara_twin")
}

fn read_from(sqlite: &Connection, table: &str) -> Outcome<Vec<Logged>> {
    let mut statement = sqlite.prepare(&format!(
        "SELECT node, time, t.name, row, cells, n.id, t.ordinal FROM {table} \
         JOIN ara_table t ON t.ordinal = tbl JOIN ara_node n ON n.ordinal = node ORDER BY time",
    ))?;
    let mut rows = statement.query([])?;
    let mut log = Vec::new();
    while let Some(row) = rows.next()? {
        let names = column_names(sqlite, row.get(6)?)?;
        let (table, id): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let time: i64 = row.get(1)?;
        let node_id: [u8; 16] = row.get(5)?;
        let mut hashed = node_id.to_vec();
        hashed.extend(time.to_be_bytes());
        put(&mut hashed, table.as_bytes());
        put(&mut hashed, &id);
        let packed: Vec<u8> = row.get(4)?;
        let (head, cells) = cells(&packed, &names, &mut hashed).there()?;
        log.push(Logged {
            node: row.get(0)?,
            node_id,
            time,
            table,
            row: id,
            mark: head.mark,
            cells,
            hash: head.original.unwrap_or_else(|| xxh3_64(&hashed)),
            dropped: head.dropped,
            is_reduced: head.original.is_some(),
        });
    }
    Ok(log)
}

fn column_names(sqlite: &Connection, table: i64) -> Outcome<BTreeMap<u64, String>> {
    let mut names: BTreeMap<u64, String> = sqlite
        .prepare("SELECT ordinal, name FROM ara_column WHERE tbl = ?1")?
        .query_map([table], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    names.insert(0, "is_deleted".to_owned());
    Ok(names)
}

/// What a change begins with.
struct Head {
    mark: Option<u64>,
    original: Option<u64>,
    dropped: u64,
}

type Cells = (Head, Vec<(String, Value)>);

fn cells(mut packed: &[u8], names: &BTreeMap<u64, String>, hashed: &mut Vec<u8>) -> Option<Cells> {
    let [flags] = *take(&mut packed, 1)? else { return None };
    let mut led_by = |flag| match flags & flag {
        0 => Some(None),
        _ => Some(Some(u64::from_be_bytes(take(&mut packed, 8)?.try_into().ok()?))),
    };
    let (mark, original, dropped) = (led_by(1)?, led_by(4)?, led_by(8)?.unwrap_or(0));
    let head = Head { mark, original, dropped };
    if flags & !(1 | 4 | 8) != 0 {
        return None;
    }
    let mut cells = Vec::new();
    while !packed.is_empty() {
        let head = integer(&mut packed)?;
        let name = names.get(&(head / 16))?;
        put(hashed, name.as_bytes());
        hashed.push((head % 16) as u8);
        let before = packed;
        let value = match head % 16 {
            0 => Value::Null,
            1 => Value::Integer(zigzag(&mut packed)?),
            2 => Value::Real(f64::from_be_bytes(take(&mut packed, 8)?.try_into().ok()?)),
            3 => Value::Text(String::from_utf8(bytes(&mut packed)?.to_vec()).ok()?),
            4 => Value::Blob(bytes(&mut packed)?.to_vec()),
            5 => Value::Integer(0),
            6 => Value::Integer(1),
            7 => Value::Integer(zigzag(&mut bytes(&mut packed)?)?),
            _ => return None,
        };
        hashed.extend_from_slice(&before[..before.len() - packed.len()]);
        cells.push((name.clone(), value));
    }
    Some((head, cells))
}

fn zigzag(packed: &mut &[u8]) -> Option<i64> {
    let zigzag = integer(packed)?;
    let half = (zigzag / 2).cast_signed();
    Some(if zigzag % 2 == 0 { half } else { -half - 1 })
}

/// The clock of each column of a row: its time, and its node's ordinal.
pub fn clocks(
    sqlite: &Connection,
    table: &str,
    id: &[u8],
) -> Outcome<BTreeMap<String, (i64, u64)>> {
    let ordinal =
        sqlite.query_row("SELECT ordinal FROM ara_table WHERE name = ?1", [table], |row| {
            row.get(0)
        })?;
    let names = column_names(sqlite, ordinal)?;
    let packed: Vec<u8> = sqlite.query_row(
        &format!("SELECT ara_clock FROM \"{table}\" WHERE id = ?1"),
        [id],
        |row| row.get(0),
    )?;
    groups(&packed, &names).there()
}

fn groups(
    mut packed: &[u8],
    names: &BTreeMap<u64, String>,
) -> Option<BTreeMap<String, (i64, u64)>> {
    let mut clocks = BTreeMap::new();
    let mut last = i64::MAX;
    while !packed.is_empty() {
        let time = i64::from_be_bytes(take(&mut packed, 8)?.try_into().ok()?);
        let node = integer(&mut packed)?;
        let columns = bytes(&mut packed)?;
        // Newest first, and no column twice, nor a set that is empty or longer than it must be.
        if time >= last || columns.last().is_none_or(|byte| *byte == 0) {
            return None;
        }
        last = time;
        for bit in (0..columns.len() * 8).filter(|bit| columns[bit / 8] >> (bit % 8) & 1 == 1) {
            if clocks.insert(names.get(&(bit as u64))?.clone(), (time, node)).is_some() {
                return None;
            }
        }
    }
    Some(clocks)
}

fn take<'a>(packed: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = packed.split_at_checked(count)?;
    *packed = rest;
    Some(taken)
}

fn integer(packed: &mut &[u8]) -> Option<u64> {
    let mut integer = 0;
    for place in 0..10 {
        let [byte] = *take(packed, 1)? else { return None };
        integer |= u64::from(byte % 128) << (7 * place);
        if byte < 128 {
            return Some(integer);
        }
    }
    None
}

fn bytes<'a>(packed: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = integer(packed)?;
    take(packed, usize::try_from(count).ok()?)
}

/// Names and ids are short here: one digit holds their length.
fn put(hashed: &mut Vec<u8>, bytes: &[u8]) {
    assert!(bytes.len() < 128);
    hashed.push(bytes.len() as u8);
    hashed.extend_from_slice(bytes);
}
