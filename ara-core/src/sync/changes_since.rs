//! The changes that another database lacks, read from the log.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::exchange::changes::{Changes, Dictionary, Run, Sent};
use crate::exchange::vector::VersionVector;
use crate::log::change::{PackedCells, put_head};
use crate::log::clock::Time;
use crate::log::journal::Journal;
use crate::log::logged_change::LoggedChanges;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::node_changes::{SpanReader, time_at};
use crate::log::nodes::Node;
use crate::log::point::Point;
use crate::log::span::Span;
use crate::log::transactions::mark;
use crate::log::twins::ForkedReader;
use crate::merge::renew::is_ahead;

/// An iterator over the changes that another database lacks, returned by
/// [`changes_since`](Database::changes_since). It yields batches of about 512 KiB, or of a single transaction
/// that is larger.
#[derive(Debug)]
#[must_use = "an iterator reads nothing until it is asked"]
pub struct ChangesSince {
    database: Database,
    nodes: Vec<NodeCursor>,
    /// The approximate size of a batch in bytes.
    batch: usize,
}

/// A cursor over the changes of one node.
#[derive(Debug)]
struct NodeCursor {
    node: NodeOrdinal,
    id: NodeId,
    is_forked: bool,
    /// The end of the last transaction that was yielded.
    at: Point,
    /// The time of the last change that was read.
    read: Time,
    /// The end of the node's log.
    end: Point,
    /// The changes that were read and not yet yielded.
    waiting: VecDeque<WaitingChange>,
}

/// A change that was read and not yet yielded.
#[derive(Debug)]
struct WaitingChange {
    time: Time,
    table: i64,
    row: Vec<u8>,
    packed: Vec<u8>,
}

/// The default size of a batch in bytes.
const BATCH: usize = 512 << 10;

/// The number of changes that are read at once, of all nodes together.
const READ: usize = 4096;

impl Database {
    /// Returns the version vector of this database, which tells which changes it knows. Pass it to
    /// [`changes_since`](Self::changes_since) of another database to get the changes that this one lacks.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn version_vector(&self) -> Result<VersionVector> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            crate::exchange::vector::vector(&snapshot)
        })
    }

    /// Returns the id of the node under which this database writes. A file that is found to be a copy of
    /// another one gets a new id: when it is opened, if its inode or its time of birth differ from those that
    /// it recorded, or else when devices meet.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn node(&self) -> Result<Uuid> {
        self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            Ok(Journal::load(&snapshot)?.node_id.uuid())
        })
    }

    /// Returns an iterator over the changes that a database with this version vector lacks, in batches for
    /// [`merge`](Self::merge). If it lacks none, this takes the same time whatever the size of the log.
    ///
    /// The changes of this database are flushed to the disk first, so that a power failure cannot lose a
    /// change that another device has.
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
    /// Returns [common errors](Self#common-errors). The iterator yields them too, and ends after one.
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

    /// Dates back what this device wrote while its clock ran ahead, before others receive it.
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
    /// Sets the approximate size of a batch in bytes. A single transaction that is larger is not split.
    pub fn in_batches_of(mut self, bytes: usize) -> Self {
        self.batch = bytes;
        self
    }
}

impl NodeCursor {
    /// Returns a cursor over the changes that a peer lacks whose vector has the point `theirs` for the node,
    /// or `None` if it lacks none.
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
            // The peer knows later changes. If it lacks earlier ones, this shows once its own arrive here.
            return Ok(None);
        } else if mark(connection, node, theirs.time)? == Some(theirs.digest) {
            theirs
        } else {
            // The peer has other changes of this node, or compaction has dropped its last one here. It
            // receives the whole log of the node, and unites that with its own.
            Point::default()
        };
        let waiting = VecDeque::new();
        let (at, read) = (from, from.time);
        Ok(Some(Self { node, id, is_forked, at, read, end, waiting }))
    }

    /// Reads more changes, if none is waiting.
    fn fill(&mut self, connection: &Connection, most: usize) -> Result<()> {
        if !self.waiting.is_empty() || self.read >= self.end.time {
            return Ok(());
        }
        let unread = Span { node: self.node, after: self.read, end: self.end.time };
        if self.is_forked {
            // All changes of one time are read together.
            let end = time_at(connection, unread, most)?.unwrap_or(unread.end);
            let mut changes = ForkedReader::new(connection)?;
            self.take(changes.read(Span { end, ..unread })?)?;
            // Of two changes of one time, the one that ends a transaction must be the last.
            self.waiting.make_contiguous().sort_by_key(|change| (change.time, change.is_end()));
        } else {
            let mut changes = SpanReader::all(connection)?;
            self.take(changes.read_first(unread, most)?)?;
        }
        self.read = self.waiting.back().map_or(self.end.time, |last| last.time);
        Ok(())
    }

    /// Takes changes that were read.
    fn take(&mut self, mut changes: LoggedChanges<'_>) -> Result<()> {
        while let Some(change) = changes.next()? {
            self.waiting.push_back(WaitingChange {
                time: change.time()?,
                table: change.table()?,
                row: change.row()?.to_vec(),
                packed: change.packed()?.to_vec(),
            });
        }
        Ok(())
    }
}

impl WaitingChange {
    /// Returns whether the change ends a transaction.
    fn is_end(&self) -> bool {
        PackedCells::open(&self.packed).is_some_and(|cells| cells.digest.is_some())
    }
}

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

/// Returns the next batch. The transactions of all nodes are taken in the order of time, so that a peer which
/// receives only the first batches has what later ones build on.
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
        add_transaction(connection, node, most, &mut batch)?;
    }
    Ok(batch.changes)
}

/// Adds the next transaction of a node to a batch.
///
/// If two devices wrote under one id, their transactions may overlap, or have changes of the same times. Then
/// what is added goes on until neither is open, and all changes of the last time are in it.
fn add_transaction(
    connection: &Connection,
    node: &mut NodeCursor,
    most: usize,
    batch: &mut Batch<'_>,
) -> Result<()> {
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
        node.fill(connection, most)?;
        let next = node.waiting.front().map(|next| next.time);
        let goes_on = next.is_some_and(|next| open == change.time || next == change.time);
        if is_end && !goes_on {
            return Ok(());
        }
    }
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

    /// Adds a change, and returns whether it ends a transaction.
    fn add(&mut self, node: &mut NodeCursor, change: &WaitingChange) -> Result<bool> {
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
            // If two devices wrote under one id, only the end of the log has the digest of the changes of both.
            node.at = if time == node.end.time { node.end } else { Point { time, digest } };
            if let Some(run) = changes.runs.get_mut(run as usize) {
                run.to = node.at;
            }
        }
        Ok(mark.is_some())
    }
}
