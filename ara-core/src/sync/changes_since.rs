//! What a peer lacks, read from the log.

use std::collections::{HashMap, VecDeque};

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::exchange::changes::{Changes, Dictionary, Run, Sent};
use crate::exchange::vector::VersionVector;
use crate::log::change::{PackedCells, put_head};
use crate::log::clock::Time;
use crate::log::journal::Journal;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::Node;
use crate::log::point::Point;
use crate::log::transactions::mark;
use crate::merge::renew::is_ahead;

/// The changes that a peer lacks, a batch at a time: what
/// [`changes_since`](Database::changes_since) gives. Each batch is some hundred kilobytes, or a single
/// transaction that is larger.
#[derive(Debug)]
#[must_use = "an iterator reads nothing until it is asked"]
pub struct ChangesSince {
    database: Database,
    nodes: Vec<NodeCursor>,
    /// How many bytes a batch has, about.
    batch: usize,
}

/// The changes of one node that are still to be given.
#[derive(Debug)]
struct NodeCursor {
    node: NodeOrdinal,
    id: NodeId,
    is_forked: bool,
    /// The last change that was given.
    at: Point,
    /// The last one that was read.
    read: Time,
    /// Where it ends.
    end: Point,
    waiting: VecDeque<LoggedChange>,
}

/// A change as it is in the log.
#[derive(Debug)]
struct LoggedChange {
    time: Time,
    table: i64,
    row: Vec<u8>,
    packed: Vec<u8>,
}

/// How many bytes a batch has, unless it is set.
const BATCH: usize = 512 << 10;

/// How many changes are read at once, of all nodes together.
const READ: usize = 4096;

impl Database {
    /// What this database knows. A peer's [`changes_since`](Self::changes_since) of it are what this
    /// one lacks.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn version_vector(&self) -> Result<VersionVector> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            crate::exchange::vector::vector(&snapshot)
        })
    }

    /// The id of the node under which this database writes. A file that was copied, or that turns out to
    /// have been, goes on under another one.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn node(&self) -> Result<Uuid> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            Ok(Journal::load(&snapshot)?.node_id.uuid())
        })
    }

    /// The changes that a database with this vector lacks, in batches for [`merge`](Self::merge). Where
    /// nothing is new that takes the same time whatever the size of the log.
    ///
    /// What this database wrote itself is on the disk, also if the power fails, before it is given.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let (laptop, phone) = (Database::memory()?, Database::memory()?);
    /// laptop.create(Todo::draft().title("Buy milk"))?;
    /// for changes in laptop.changes_since(&phone.version_vector()?)? {
    ///     phone.merge(&changes?)?;
    /// }
    /// assert_eq!(phone.query::<Todo>().count()?, 1);
    /// assert!(laptop.changes_since(&phone.version_vector()?)?.next().is_none());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn changes_since(&self, vector: &VersionVector) -> Result<ChangesSince> {
        self.come_back()?;
        let nodes = self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            let known = Journal::load(&snapshot)?.nodes(&snapshot)?;
            let mut nodes = Vec::new();
            for known in known.into_values() {
                let theirs = vector.0.get(&known.id).copied().unwrap_or_default();
                nodes.extend(NodeCursor::of(&snapshot, known, theirs)?);
            }
            Ok(nodes)
        })?;
        if !nodes.is_empty() {
            self.make_durable()?;
        }
        Ok(ChangesSince { database: self.clone(), nodes, batch: BATCH })
    }

    /// What this device wrote while its clock ran ahead is taken back to the present, as by a write, before
    /// others get it.
    fn come_back(&self) -> Result<()> {
        let wall = self.now().millis();
        let is_ahead = self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            Ok(is_ahead(&Journal::load(&snapshot)?, wall))
        })?;
        if is_ahead && !self.0.options.read_only {
            self.transaction(|_| Ok(()))?;
        }
        Ok(())
    }
}

impl ChangesSince {
    /// Makes batches of about this many bytes, or of a single transaction that is larger.
    pub fn in_batches_of(mut self, bytes: usize) -> Self {
        self.batch = bytes;
        self
    }
}

impl NodeCursor {
    /// What a peer lacks that stands at this point of the node, if it lacks something.
    fn of(connection: &Connection, known: Node, theirs: Point) -> Result<Option<Self>> {
        let Node { ordinal: node, id, end, is_forked, .. } = known;
        if theirs == end || end.time == Time::default() {
            return Ok(None);
        }
        let from = if theirs == Point::default() {
            theirs
        } else if is_forked {
            Point::default()
        } else if theirs.time > end.time {
            // The peer is ahead, or seems so: what it has tells.
            return Ok(None);
        } else if mark(connection, node, theirs.time)? == Some(theirs.digest) {
            theirs
        } else {
            // It has other changes of this node, or its last one was dropped here: it gets all, and unites
            // them with its own.
            Point::default()
        };
        let waiting = VecDeque::new();
        let (at, read) = (from, from.time);
        Ok(Some(Self { node, id, is_forked, at, read, end, waiting }))
    }

    /// Reads on, if nothing waits.
    fn fill(&mut self, connection: &Connection, most: usize) -> Result<()> {
        if !self.waiting.is_empty() || self.read >= self.end.time {
            return Ok(());
        }
        let (sql, until, limit) = if self.is_forked {
            (WITH_TWINS, self.until(connection, most)?, -1)
        } else {
            (CHANGES, self.end.time, i64::try_from(most).unwrap_or(i64::MAX))
        };
        let mut changes = connection.prepare_cached(sql)?;
        let range = (self.node, self.read.bits(), until.bits(), limit);
        let mut changes = changes.query(range)?;
        while let Some(row) = changes.next()? {
            let (time, table) = (Time::from_bits(row.get(0)?), row.get(1)?);
            self.waiting.push_back(LoggedChange {
                time,
                table,
                row: row.get(2)?,
                packed: row.get(3)?,
            });
        }
        if self.is_forked {
            // Of the changes of one time, one that ends a transaction is the last.
            self.waiting.make_contiguous().sort_by_key(|change| (change.time, change.is_end()));
        }
        self.read = self.waiting.back().map_or(self.end.time, |last| last.time);
        Ok(())
    }

    /// The time up to which so many changes are read, and all that have the same times.
    fn until(&self, connection: &Connection, most: usize) -> Result<Time> {
        let mut times = connection.prepare_cached(
            "SELECT time FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3 \
             ORDER BY time LIMIT 1 OFFSET ?4",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let range = (self.node, self.read.bits(), self.end.time.bits(), most);
        let until = times.query_row(range, |row| row.get(0)).optional()?;
        Ok(until.map_or(self.end.time, Time::from_bits))
    }
}

impl LoggedChange {
    /// Whether it ends a transaction.
    fn is_end(&self) -> bool {
        PackedCells::open(&self.packed).is_some_and(|cells| cells.digest.is_some())
    }
}

const CHANGES: &str = "SELECT time, tbl, row, cells FROM ara_change \
                       WHERE node = ?1 AND time > ?2 AND time <= ?3 ORDER BY time LIMIT ?4";

const WITH_TWINS: &str = "SELECT time, tbl, row, cells FROM ara_change \
                          WHERE node = ?1 AND time > ?2 AND time <= ?3 UNION ALL \
                          SELECT time, tbl, row, cells FROM ara_twin \
                          WHERE node = ?1 AND time > ?2 AND time <= ?3 ORDER BY time LIMIT ?4";

impl Iterator for ChangesSince {
    type Item = Result<Changes>;

    fn next(&mut self) -> Option<Result<Changes>> {
        if self.nodes.is_empty() {
            return None;
        }
        let nodes = &mut self.nodes;
        let bytes = self.batch.max(1);
        let batch = self.database.with_reader(|reading| batch(&*reading.snapshot()?, nodes, bytes));
        match batch {
            Ok(changes) if changes.is_empty() => None,
            Ok(changes) => Some(Ok(changes)),
            Err(error) => {
                self.nodes.clear();
                Some(Err(error))
            }
        }
    }
}

/// The next batch. The nodes' changes are merged by time, a transaction at once, so that who has some
/// of the batches has seen what the others build on.
fn batch(connection: &Connection, nodes: &mut Vec<NodeCursor>, bytes: usize) -> Result<Changes> {
    let registry = Registry::load(connection)?;
    let most = (READ / nodes.len().max(1)).max(16);
    let mut batch = Batch::new(&registry);
    while batch.changes.bytes.len() < bytes {
        for node in nodes.iter_mut() {
            node.fill(connection, most)?;
        }
        nodes.retain(|node| !node.waiting.is_empty());
        let next = nodes
            .iter_mut()
            .min_by_key(|node| node.waiting.front().map_or(Time::default(), |first| first.time));
        let Some(node) = next else { break };
        let mut open = Time::default();
        loop {
            node.fill(connection, most)?;
            let Some(change) = node.waiting.pop_front() else {
                return Err(Error::Corrupt);
            };
            let is_end = batch.add(node, &change)?;
            if !is_end {
                open = change.time;
            }
            // Two devices that wrote under one id can have written at the same times. A transaction
            // leaves none out: it goes on at the next one, if there is one.
            node.fill(connection, most)?;
            let next = node.waiting.front().map(|next| next.time);
            let goes_on = next.is_some_and(|next| open == change.time || next == change.time);
            if is_end && !goes_on {
                break;
            }
        }
    }
    Ok(batch.changes)
}

/// A batch that is being filled.
struct Batch<'r> {
    registry: &'r Registry,
    changes: Changes,
    tables: Dictionary,
    columns: Dictionary,
    runs: HashMap<NodeOrdinal, u32>,
}

impl<'r> Batch<'r> {
    fn new(registry: &'r Registry) -> Self {
        let (tables, columns) = (Dictionary::default(), Dictionary::default());
        Self { registry, changes: Changes::default(), tables, columns, runs: HashMap::new() }
    }

    /// Adds a change. Whether it ends a transaction.
    fn add(&mut self, node: &mut NodeCursor, change: &LoggedChange) -> Result<bool> {
        let Self { registry, changes, tables, columns, runs } = self;
        let table = registry.tables.get(&change.table).ok_or(Error::Corrupt)?;
        let mut packed = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
        let run = *runs.entry(node.node).or_insert_with(|| {
            let NodeCursor { id, at, is_forked, .. } = *node;
            changes.runs.push(Run { node: id, from: at, to: at, is_forked });
            u32::try_from(changes.runs.len() - 1).unwrap_or(u32::MAX)
        });
        let row = changes.put(&change.row);
        let start = changes.bytes.len();
        while let Some(cell) = packed.next_cell().ok_or(Error::Corrupt)? {
            let name = table.names.get(&cell.column).ok_or(Error::Corrupt)?;
            let column = columns.place(&mut changes.columns, name);
            put_head(&mut changes.bytes, column, cell.tag);
            changes.bytes.extend_from_slice(cell.payload);
        }
        let cells = start..changes.bytes.len();
        let more = changes.put(packed.more);
        let (time, mark, compacted) = (change.time, packed.digest, packed.compacted);
        let table = tables.place(&mut changes.tables, &table.name);
        changes.changes.push(Sent { run, time, table, row, cells, more, mark, compacted });
        if let Some(digest) = mark {
            // The last one tells what both devices' changes come to.
            node.at = if time == node.end.time { node.end } else { Point { time, digest } };
            if let Some(run) = changes.runs.get_mut(run as usize) {
                run.to = node.at;
            }
        }
        Ok(mark.is_some())
    }
}
