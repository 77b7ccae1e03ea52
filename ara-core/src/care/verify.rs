//! Folding the change log again, to see whether the tables are what it says.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::care::progress::{Progress, ProgressReporter};
use crate::catalog::registry::{RegisteredTable, Registry, hash};
use crate::error::{Error, Result};
use crate::log::change::{PackedCells, is_same};
use crate::log::clock::Time;
use crate::log::counters::{CounterCell, Counters, count_totals};
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::point::Point;
use crate::log::row_clock::RowClock;
use crate::log::{meta, nodes};
use crate::names::quoted;
use crate::rows::fold::{CHANGES_BY_ROW, Folded, FoldedRows};

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
    /// What a node has added to a counter is not what it wrote last.
    Total,
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
            What::Total => "what a device has added to a counter is not what it wrote last",
            What::Clock => "a clock is not that of the last write",
            What::UnreadableChange => "a change of the log cannot be read",
            What::Digest => "a device's digest, or its last time, is not that of its changes",
            What::OpenTransaction => "a device's log ends within a transaction",
        })
    }
}

/// Compares every synced table, and every digest, with the log, in one snapshot of the file. The log
/// is read twice: by its nodes, then by its rows.
pub(crate) fn verify(
    connection: &Connection,
    tell: Option<&mut dyn FnMut(Progress)>,
) -> Result<Verification> {
    let snapshot = connection.unchecked_transaction()?;
    let registry = Registry::load(&snapshot)?;
    let mut progress = ProgressReporter::new(tell, || {
        let changes = "SELECT count(*) FROM ara_change";
        let changes: i64 = snapshot.query_row(changes, [], |row| row.get(0))?;
        Ok(changes.unsigned_abs() * 2)
    })?;
    let mut found = Verification::default();
    verify_digests(&snapshot, &registry, &mut found, &mut progress)?;
    for table in registry.synced() {
        verify_table(&snapshot, &registry, table, &mut found, &mut progress)?;
    }
    progress.end();
    Ok(found)
}

/// Where the changes of a node end, as its log says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LoggedEnd {
    pub(crate) at: Point,
    /// What stands in its changes for those that were dropped.
    pub(crate) dropped: u64,
    /// A transaction notes another digest than that of the changes up to it.
    pub(crate) is_mismarked: bool,
}

/// Adds up each node's digest again.
pub(crate) fn add_up(
    connection: &Connection,
    registry: &Registry,
    found: &mut Verification,
    progress: &mut ProgressReporter<'_>,
) -> Result<HashMap<NodeOrdinal, LoggedEnd>> {
    let mut changes = connection
        .prepare("SELECT node, time, tbl, row, cells FROM ara_change ORDER BY node, time")?;
    let mut changes = changes.query([])?;
    let mut ends: HashMap<NodeOrdinal, LoggedEnd> = HashMap::new();
    let mut last: Option<(NodeOrdinal, Time, bool)> = None;
    while let Some(change) = changes.next()? {
        found.changes += 1;
        progress.add(1);
        let node = change.get::<_, NodeOrdinal>(0)?;
        if last.is_some_and(|(before, _, ended)| before != node && !ended) {
            found.differ(None, None, What::OpenTransaction);
        }
        let time = Time::from_bits(change.get(1)?);
        let table = change.get(2)?;
        let Some(counted) = Counted::of(change, registry, (node, time, table)) else {
            let table = registry.tables.get(&table).map(|table| &*table.name);
            found.differ(table, None, What::UnreadableChange);
            last = Some((node, time, true));
            continue;
        };
        let end = ends.entry(node).or_default();
        let Counted { hash, dropped, mark } = counted;
        end.at = Point { time, digest: end.at.digest ^ hash ^ dropped };
        end.dropped ^= dropped;
        // Where two devices wrote under one id, each noted the digest of its own changes.
        let is_forked = registry.nodes.get(&node).is_some_and(|node| node.is_forked);
        if !is_forked && mark.is_some_and(|mark| mark != end.at.digest) {
            end.is_mismarked = true;
            found.differ(None, None, What::Digest);
        }
        // One of two changes of one time hides the other, and it may be the one that ends a transaction.
        last = Some((node, time, mark.is_some() || is_forked));
    }
    if last.is_some_and(|(_, _, ended)| !ended) {
        found.differ(None, None, What::OpenTransaction);
    }
    let mut twins = connection.prepare("SELECT node, hash, cells FROM ara_twin")?;
    let mut twins = twins.query([])?;
    while let Some(twin) = twins.next()? {
        let end = ends.entry(twin.get(0)?).or_default();
        let cells = twin.get_ref(2)?.as_blob().ok().and_then(PackedCells::open);
        let dropped = cells.map_or(0, |cells| cells.compacted.dropped);
        end.at.digest ^= twin.get::<_, i64>(1)?.cast_unsigned() ^ dropped;
    }
    Ok(ends)
}

/// Compares each node's digest with what is kept of it.
fn verify_digests(
    connection: &Connection,
    registry: &Registry,
    found: &mut Verification,
    progress: &mut ProgressReporter<'_>,
) -> Result<()> {
    let ends = add_up(connection, registry, found, progress)?;
    // The node that writes keeps where it stands in the log alone.
    let writer = meta::get(connection, meta::NODE)?;
    for node in nodes::kept(connection)? {
        let is_kept = Some(node.ordinal) != writer || node.end != Point::default();
        let end = ends.get(&node.ordinal).copied().unwrap_or_default().at;
        if is_kept && node.end != end {
            found.differ(None, None, What::Digest);
        }
    }
    Ok(())
}

/// What a change adds to its node's digest.
struct Counted {
    /// Of the change as it was first written.
    hash: u64,
    /// Of those that were dropped before it.
    dropped: u64,
    /// The digest that it notes if it ends a transaction.
    mark: Option<u64>,
}

impl Counted {
    fn of(
        change: &Row<'_>,
        registry: &Registry,
        (node, time, ordinal): (NodeOrdinal, Time, i64),
    ) -> Option<Self> {
        let row = Uuid::from_slice(change.get_ref(3).ok()?.as_blob().ok()?).ok()?;
        let cells = PackedCells::open(change.get_ref(4).ok()?.as_blob().ok()?)?;
        let table = registry.tables.get(&ordinal).filter(|table| !table.is_local)?;
        let hash = hash(
            Stamp { time, node: registry.nodes.get(&node)?.id },
            table,
            row.as_bytes(),
            &cells,
        )?;
        let compacted = cells.compacted;
        let (hash, mark) = (compacted.hash(hash), cells.digest);
        Some(Self { hash, dropped: compacted.dropped, mark })
    }
}

/// Walks the log, sorted by row, and the table side by side: neither is held in memory.
fn verify_table(
    connection: &Connection,
    registry: &Registry,
    registered: &RegisteredTable,
    found: &mut Verification,
    progress: &mut ProgressReporter<'_>,
) -> Result<()> {
    let table = registered.name.as_str();
    let mut present = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let present = present.query_map([table], |row| row.get(0))?;
    let present = present.collect::<rusqlite::Result<HashSet<String>>>()?;
    if SYSTEM_COLUMNS.iter().any(|column| !present.contains(*column)) {
        found.differ(Some(table), None, What::MissingTable);
        return Ok(());
    }
    let (columns, missing): (Vec<_>, Vec<_>) =
        registered.columns.iter().partition(|(_, name)| present.contains(*name));
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

    let mut changes = connection.prepare(CHANGES_BY_ROW)?;
    let mut logged = FoldedRows::new(&mut changes, registry, registered.ordinal)?;
    let mut next = |found: &mut Verification| -> Result<_> {
        let next = logged.next()?;
        if let Some((_, folded)) = &next {
            progress.add(folded.changes);
            for _ in 0..folded.unreadable {
                found.differ(Some(table), None, What::UnreadableChange);
            }
        }
        Ok(next)
    };
    let mut counters = Counters::new(connection);
    let mut totals = 0;
    let mut expected = next(found)?;
    while let Some(row) = rows.next()? {
        found.rows += 1;
        let id = row.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
        while expected.as_ref().is_some_and(|(logged, _)| &**logged < id) {
            found.differ(Some(table), None, What::MissingRow);
            expected = next(found)?;
        }
        match expected.take_if(|(logged, _)| &**logged == id) {
            Some((_, folded)) => {
                compare(row, &folded, table, (&registered.columns, &columns), found)?;
                totals += compare_totals(&mut counters, registered, id, &folded, found)?;
                expected = next(found)?;
            }
            None => found.differ(Some(table), None, What::UnknownRow),
        }
    }
    while expected.is_some() {
        found.differ(Some(table), None, What::MissingRow);
        expected = next(found)?;
    }
    if count_totals(connection, registered.ordinal)? != totals {
        // Of a counter to which nothing was added, or of a row that is not there.
        found.differ(Some(table), None, What::Total);
    }
    Ok(())
}

/// Compares what is noted of the counters of a row with what the log says. Returns how many totals are
/// noted.
fn compare_totals(
    counters: &mut Counters<'_>,
    table: &RegisteredTable,
    row: &[u8],
    folded: &Folded,
    found: &mut Verification,
) -> Result<u64> {
    let mut count = 0;
    for ((column, node), total) in &folded.totals {
        let Some(name) = table.columns.get(column) else { continue };
        let counter = CounterCell { table: table.ordinal, row, column: *column };
        let noted = counters.last(counter, *node)?;
        count += u64::from(noted.is_some());
        if noted != Some(*total) {
            found.differ(Some(&table.name), Some(name), What::Total);
        }
    }
    Ok(count)
}

fn compare(
    row: &Row<'_>,
    folded: &Folded,
    table: &str,
    (made, columns): (&BTreeMap<u32, String>, &[(&u32, &String)]),
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
    let folded_columns = folded.cells.keys().filter(|column| made.contains_key(column)).count();
    if clock.columns().count() != folded_columns {
        // Of a column that nothing wrote, or twice of the same.
        found.differ(Some(table), None, What::Clock);
    }
    for (at, (ordinal, column)) in (4..).zip(columns) {
        let cell = folded.cells.get(*ordinal);
        if !is_same(row.get_ref(at)?, cell.and_then(|cell| cell.value.as_ref())) {
            found.differ(Some(table), Some(column), What::Value);
        }
        let expected = cell.map(|cell| (cell.stamp.time, cell.node));
        if clocks.get(&u64::from(**ordinal)).copied() != expected {
            found.differ(Some(table), Some(column), What::Clock);
        }
    }
    Ok(())
}
