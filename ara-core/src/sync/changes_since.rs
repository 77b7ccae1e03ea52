//! The changes that another database lacks, read from the log.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::exchange::changes::Changes;
use crate::exchange::vector::VersionVector;
use crate::log::journal::known_nodes;
use crate::log::node::NodeId;
use crate::log::nodes::Node;
use crate::log::place::Point;
use crate::log::{meta, nodes};
use crate::sync::batch::Batch;
use crate::sync::cursor::NodeCursor;

/// An iterator over the changes that another database lacks, returned by
/// [`changes_since`](Database::changes_since). It yields batches of about 512 KiB, or of a single transaction
/// that is larger.
#[derive(Debug)]
#[must_use = "an iterator reads nothing until it is asked"]
pub struct ChangesSince {
    database: Database,
    cursors: Vec<NodeCursor>,
    /// Which cursor is next: the greatest date of its node up to its next transaction, the node, and its
    /// position.
    next: Next,
    /// The approximate size of a batch in bytes.
    batch: usize,
}

type Next = BinaryHeap<Reverse<(i64, NodeId, usize)>>;

/// The default size of a batch in bytes.
const BATCH: usize = 512 << 10;

/// The most nodes of which a piece is held, as each takes some 100 KB.
const MOST_HELD: usize = 64;

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
            let node = meta::get(&snapshot, meta::NODE)?.ok_or(Error::Corrupt)?;
            Ok(nodes::id(&snapshot, node)?.ok_or(Error::Corrupt)?.uuid())
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
        self.changes_of_nodes(|id, _| Some(vector.0.get(&id).copied().unwrap_or_default()))
    }

    /// Returns an iterator over the changes of some nodes: for each, `theirs` returns the point from which on, or
    /// `None` if none of it are wanted. It may set the end that is known of the node to an earlier one.
    pub(super) fn changes_of_nodes(
        &self,
        theirs: impl Fn(NodeId, &mut Node) -> Option<Point>,
    ) -> Result<ChangesSince> {
        let (cursors, next) = self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            begin(&snapshot, theirs)
        })?;
        if !next.is_empty() {
            self.make_durable()?;
        }
        Ok(ChangesSince { database: self.clone(), cursors, next, batch: BATCH })
    }
}

impl ChangesSince {
    /// Sets the approximate size of a batch in bytes. A single transaction that is larger is not split.
    pub fn in_batches_of(mut self, bytes: usize) -> Self {
        self.batch = bytes;
        self
    }
}

impl Iterator for ChangesSince {
    type Item = Result<Changes>;

    fn next(&mut self) -> Option<Result<Changes>> {
        if self.next.is_empty() {
            return None;
        }
        let Self { database, cursors, next, batch: bytes } = self;
        let batch = database.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            batch(&snapshot, cursors, next, (*bytes).max(1))
        });
        match batch {
            Ok(changes) if changes.is_empty() => None,
            Ok(changes) => Some(Ok(changes)),
            Err(error) => {
                self.next.clear();
                Some(Err(error))
            }
        }
    }
}

/// Returns a cursor for each node that has changes after the point that `theirs` returns.
fn begin(
    connection: &Connection,
    theirs: impl Fn(NodeId, &mut Node) -> Option<Point>,
) -> Result<(Vec<NodeCursor>, Next)> {
    let mut registry = None;
    let (mut cursors, mut next) = (Vec::new(), Next::new());
    for (id, mut known) in known_nodes(connection)? {
        let Some(theirs) = theirs(id, &mut known) else { continue };
        if theirs == known.end || known.end.is_start() {
            continue;
        }
        let registry = match &mut registry {
            Some(registry) => registry,
            none => none.insert(Registry::load(connection)?),
        };
        let mut cursor = match NodeCursor::begin(connection, registry, &known, theirs) {
            // What is damaged here does not keep back the changes of others.
            Err(Error::Corrupt) => continue,
            cursor => cursor?,
        };
        if let Some(date) = cursor.next_date(connection, registry)? {
            next.push(Reverse((date, id, cursors.len())));
            cursor.let_go(registry)?;
            cursors.push(cursor);
        }
    }
    Ok((cursors, next))
}

/// Reads the next batch. It is empty if there are no more changes.
fn batch(
    connection: &Connection,
    cursors: &mut [NodeCursor],
    next: &mut Next,
    bytes: usize,
) -> Result<Changes> {
    let registry = Registry::load(connection)?;
    let mut batch = Batch::new(&registry);
    let mut held = Vec::new();
    while batch.len() < bytes {
        let Some(Reverse((date, id, at))) = next.pop() else { break };
        let Some(cursor) = cursors.get_mut(at) else { continue };
        // What follows may have been compacted since.
        match cursor.next_date(connection, &registry)? {
            Some(now) if now > date => {
                next.push(Reverse((now, id, at)));
                continue;
            }
            Some(_) => {}
            None => continue,
        }
        if !batch.add_transaction(connection, cursor)? {
            continue;
        }
        if !held.contains(&at) {
            held.push(at);
        }
        if let Some(date) = cursor.next_date(connection, &registry)? {
            next.push(Reverse((date, id, at)));
        }
        if held.len() > MOST_HELD {
            batch.let_go(cursor)?;
            held.retain(|held| *held != at);
        }
    }
    for at in held {
        if let Some(cursor) = cursors.get_mut(at) {
            batch.let_go(cursor)?;
        }
    }
    Ok(batch.changes)
}
