//! Folding the change log again, to see whether the tables are what it says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Rows};
use uuid::Uuid;

use crate::change::{Change, PackedCells, is_same};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::row_clock::RowClock;
use crate::value::Stored;

/// What [`Database::verify`](crate::Database::verify) found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// How many changes the log has.
    pub changes: u64,
    /// How many rows of synced tables were compared, deleted ones included.
    pub rows: u64,
    /// Where the tables, or the digests, are not what the log says: the first 100 places.
    pub differences: Vec<Difference>,
}

impl Verification {
    /// Whether the tables are what the log says.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }

    fn differ(&mut self, table: Option<&str>, column: Option<&str>, what: What) {
        const MOST: usize = 100;
        if self.differences.len() < MOST {
            let [table, column] = [table, column].map(|name| name.map(str::to_owned));
            self.differences.push(Difference { table, column, what });
        }
    }
}

/// A place where a table, or a digest, is not what the change log says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The table's stored name, if it is about one.
    pub table: Option<String>,
    /// The column's stored name, if it is about one.
    pub column: Option<String>,
    /// What differs.
    pub what: What,
}

/// What differs between a table, or a digest, and the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The log has a row that the table lacks.
    MissingRow,
    /// The table has a row that the log knows nothing of.
    UnknownRow,
    /// The log has a table that the file lacks.
    MissingTable,
    /// The log has a column that the table lacks.
    MissingColumn,
    /// A cell's value is not the one that was written last.
    Value,
    /// A cell's clock is not that of the change that wrote it last.
    Clock,
    /// A change of the log cannot be read.
    UnreadableChange,
    /// The digest of a node, or its last time, is not that of its changes.
    Digest,
    /// The log of a node ends within a transaction.
    OpenTransaction,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.table, &self.column) {
            (Some(table), Some(column)) => write!(f, "column `{table}.{column}`: ")?,
            (Some(table), None) => write!(f, "table `{table}`: ")?,
            _ => {}
        }
        f.write_str(match self.what {
            What::MissingRow => "the log has a row that the table lacks",
            What::UnknownRow => "the table has a row that the log knows nothing of",
            What::MissingColumn => "the log has a column that the table lacks",
            What::MissingTable => "the log has a table that the file lacks",
            What::Value => "a value is not the one that was written last",
            What::Clock => "a clock is not that of the last write",
            What::UnreadableChange => "a change of the log cannot be read",
            What::Digest => "a device's digest, or its last time, is not that of its changes",
            What::OpenTransaction => "a device's log ends within a transaction",
        })
    }
}

/// Compares every synced table, and every digest, with the log, in one snapshot of the file.
pub(crate) fn verify(connection: &Connection) -> Result<Verification> {
    let snapshot = connection.unchecked_transaction()?;
    let names = Names::load(&snapshot)?;
    let mut found = Verification::default();
    verify_digests(&snapshot, &names, &mut found)?;
    for (&ordinal, table) in &names.tables {
        verify_table(&snapshot, &names, ordinal, table, &mut found)?;
    }
    Ok(found)
}

/// What the ordinals of this file stand for.
struct Names {
    nodes: HashMap<u64, [u8; 16]>,
    tables: BTreeMap<i64, String>,
    columns: HashMap<(i64, u32), String>,
}

impl Names {
    fn load(connection: &Connection) -> Result<Self> {
        let nodes = connection
            .prepare("SELECT ordinal, id FROM ara_node")?
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let tables: BTreeMap<i64, String> = connection
            .prepare("SELECT ordinal, name FROM ara_table WHERE name NOT GLOB 'ara_*'")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut columns: HashMap<_, _> = connection
            .prepare("SELECT tbl, ordinal, name FROM ara_column")?
            .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        columns.extend(tables.keys().map(|&table| ((table, 0), "is_deleted".to_owned())));
        Ok(Self { nodes, tables, columns })
    }
}

/// Adds up each node's digest again.
fn verify_digests(connection: &Connection, names: &Names, found: &mut Verification) -> Result<()> {
    let mut changes = connection
        .prepare("SELECT node, time, tbl, row, cells FROM ara_change ORDER BY node, time")?;
    let mut changes = changes.query([])?;
    let mut ends: HashMap<u64, (Time, u64)> = HashMap::new();
    let mut last: Option<(u64, Time, bool)> = None;
    while let Some(change) = changes.next()? {
        found.changes += 1;
        let node = change.get::<_, i64>(0)?.cast_unsigned();
        if last.is_some_and(|(before, _, ended)| before != node && !ended) {
            found.differ(None, None, What::OpenTransaction);
        }
        let time = Time::from_bits(change.get(1)?);
        let table = change.get(2)?;
        let Some((hash, mark)) = hash_of(change, names, (node, time, table)) else {
            found.differ(
                names.tables.get(&table).map(String::as_str),
                None,
                What::UnreadableChange,
            );
            last = Some((node, time, true));
            continue;
        };
        let (end, digest) = ends.entry(node).or_default();
        *end = time;
        *digest ^= hash;
        if mark.is_some_and(|mark| mark != *digest) {
            found.differ(None, None, What::Digest);
        }
        last = Some((node, time, mark.is_some()));
    }
    if last.is_some_and(|(_, _, ended)| !ended) {
        found.differ(None, None, What::OpenTransaction);
    }
    // The node that writes keeps its own in the log alone.
    let mut kept = connection.prepare(
        "SELECT ordinal, last, digest FROM ara_node WHERE last != 0 OR digest != 0 \
         OR ordinal IS NOT (SELECT value FROM ara_meta WHERE key = 'node')",
    )?;
    let mut kept = kept.query([])?;
    while let Some(node) = kept.next()? {
        let ordinal = node.get::<_, i64>(0)?.cast_unsigned();
        let (last, digest) = ends.get(&ordinal).copied().unwrap_or_default();
        if node.get::<_, i64>(1)? != last.bits() || node.get::<_, i64>(2)?.cast_unsigned() != digest
        {
            found.differ(None, None, What::Digest);
        }
    }
    Ok(())
}

/// What a change adds to its node's digest, and the digest that it notes if it ends a transaction.
fn hash_of(
    change: &Row<'_>,
    names: &Names,
    (node, time, table): (u64, Time, i64),
) -> Option<(u64, Option<u64>)> {
    let row = Uuid::from_slice(change.get_ref(3).ok()?.as_blob().ok()?).ok()?;
    let mut cells = PackedCells::open(change.get_ref(4).ok()?.as_blob().ok()?)?;
    let name = names.tables.get(&table)?;
    let mut again = Change::new((time, names.nodes.get(&node)?), (table, name), row);
    while let Some((ordinal, value)) = cells.next_cell()? {
        again.cell(ordinal, names.columns.get(&(table, ordinal))?, value.as_ref());
    }
    Some((again.hash(), cells.digest))
}

/// A row as the log says it must be.
#[derive(Default)]
struct Folded {
    cells: BTreeMap<u32, FoldedCell>,
    created_at: Option<i64>,
    updated_at: Option<i64>,
}

struct FoldedCell {
    /// What is compared: the time, then the bytes of the node's id.
    clock: (Time, [u8; 16]),
    node: u64,
    value: Option<Stored<'static>>,
}

impl Folded {
    /// Folds one change in. `None` where it cannot be read.
    fn fold(&mut self, change: &Row<'_>, names: &Names) -> Option<()> {
        let node = change.get::<_, i64>(1).ok()?.cast_unsigned();
        let time = Time::from_bits(change.get(2).ok()?);
        let clock = (time, *names.nodes.get(&node)?);
        let mut cells = PackedCells::open(change.get_ref(3).ok()?.as_blob().ok()?)?;
        while let Some((ordinal, value)) = cells.next_cell()? {
            if self.cells.get(&ordinal).is_none_or(|cell| cell.clock < clock) {
                let value = value.map(owned);
                self.cells.insert(ordinal, FoldedCell { clock, node, value });
            }
        }
        let millis = time.millis();
        self.created_at = Some(self.created_at.map_or(millis, |first| first.min(millis)));
        self.updated_at = Some(self.updated_at.map_or(millis, |latest| latest.max(millis)));
        Some(())
    }
}

fn owned(value: Stored<'_>) -> Stored<'static> {
    match value {
        Stored::Integer(integer) => Stored::Integer(integer),
        Stored::Real(real) => Stored::Real(real),
        Stored::Text(text) => Stored::Text(text.into_owned().into()),
        Stored::Blob(bytes) => Stored::Blob(bytes.into_owned().into()),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Walks the log, sorted by row, and the table side by side: neither is held in memory.
fn verify_table(
    connection: &Connection,
    names: &Names,
    ordinal: i64,
    table: &str,
    found: &mut Verification,
) -> Result<()> {
    let mut changes = connection
        .prepare("SELECT row, node, time, cells FROM ara_change WHERE tbl = ?1 ORDER BY row")?;
    let mut changes = FoldedRows { changes: changes.query([ordinal])?, names, started: false };
    let mut present = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let present = present.query_map([table], |row| row.get(0))?;
    let present = present.collect::<rusqlite::Result<HashSet<String>>>()?;
    if SYSTEM_COLUMNS.iter().any(|column| !present.contains(*column)) {
        found.differ(Some(table), None, What::MissingTable);
        return Ok(());
    }
    let (columns, missing): (Vec<_>, Vec<_>) = names
        .columns
        .iter()
        .filter(|((of, _), _)| *of == ordinal)
        .partition(|(_, name)| present.contains(*name));
    for (_, name) in missing {
        found.differ(Some(table), Some(name), What::MissingColumn);
    }
    let mut list = String::from("\"id\", \"ara_clock\", \"created_at\", \"updated_at\"");
    for (_, name) in &columns {
        list.push_str(&format!(", {}", quoted(name)));
    }
    let mut rows =
        connection.prepare(&format!("SELECT {list} FROM {} ORDER BY \"id\"", quoted(table)))?;
    let mut rows = rows.query([])?;

    let mut expected = changes.next(table, found)?;
    while let Some(row) = rows.next()? {
        found.rows += 1;
        let id = row.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
        while expected.as_ref().is_some_and(|(logged, _)| &**logged < id) {
            found.differ(Some(table), None, What::MissingRow);
            expected = changes.next(table, found)?;
        }
        match expected.take_if(|(logged, _)| &**logged == id) {
            Some((_, folded)) => {
                compare(row, &folded, table, &columns, found)?;
                expected = changes.next(table, found)?;
            }
            None => found.differ(Some(table), None, What::UnknownRow),
        }
    }
    while expected.is_some() {
        found.differ(Some(table), None, What::MissingRow);
        expected = changes.next(table, found)?;
    }
    Ok(())
}

/// The rows of one table as the log says they must be, by id.
struct FoldedRows<'s> {
    changes: Rows<'s>,
    names: &'s Names,
    /// Whether `changes` stands on the first change of the next row.
    started: bool,
}

impl FoldedRows<'_> {
    fn next(&mut self, table: &str, found: &mut Verification) -> Result<Option<(Vec<u8>, Folded)>> {
        if !self.started {
            self.changes.advance()?;
            self.started = true;
        }
        let mut id = None;
        let mut folded = Folded::default();
        while let Some(change) = self.changes.get() {
            let of = change.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
            match &id {
                None => id = Some(of.to_vec()),
                Some(id) if **id != *of => break,
                Some(_) => {}
            }
            if folded.fold(change, self.names).is_none() {
                found.differ(Some(table), None, What::UnreadableChange);
            }
            self.changes.advance()?;
        }
        Ok(id.map(|id| (id, folded)))
    }
}

fn compare(
    row: &Row<'_>,
    folded: &Folded,
    table: &str,
    columns: &[(&(i64, u32), &String)],
    found: &mut Verification,
) -> Result<()> {
    let Some(clock) = row.get_ref(1)?.as_blob().ok().and_then(RowClock::unpack) else {
        found.differ(Some(table), None, What::Clock);
        return Ok(());
    };
    let clocks: HashMap<_, _> =
        clock.columns().map(|(column, time, node)| (column, (time, node))).collect();
    let dates = [("created_at", folded.created_at), ("updated_at", folded.updated_at)];
    for (at, (column, millis)) in (2..).zip(dates) {
        if row.get_ref(at)? != millis.map_or(ValueRef::Null, ValueRef::Integer) {
            found.differ(Some(table), Some(column), What::Value);
        }
    }
    if clock.columns().count() != folded.cells.len() {
        // Of a column that nothing wrote, or twice of the same.
        found.differ(Some(table), None, What::Clock);
    }
    for (at, ((_, ordinal), column)) in (4..).zip(columns) {
        let cell = folded.cells.get(ordinal);
        if !is_same(row.get_ref(at)?, cell.and_then(|cell| cell.value.as_ref())) {
            found.differ(Some(table), Some(column), What::Value);
        }
        let expected = cell.map(|cell| (cell.clock.0, cell.node));
        if clocks.get(&u64::from(*ordinal)).copied() != expected {
            found.differ(Some(table), Some(column), What::Clock);
        }
    }
    Ok(())
}
