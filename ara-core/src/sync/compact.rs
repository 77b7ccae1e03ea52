//! Compaction: dropping values from the change log that later writes have overwritten.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;

use crate::catalog::registry::{RegisteredTable, Registry, hash};
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::{Error, Result};
use crate::exchange::vector::VersionVector;
use crate::log::cells::Standing;
use crate::log::change::{Compacted, Packed, PackedCells};
use crate::log::clock::Time;
use crate::log::logged_change::LoggedChange;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::node_changes::SpanReader;
use crate::log::nodes;
use crate::log::recorder::Recorder;
use crate::log::span::Span;
use crate::log::table_changes::TableReader;
use crate::log::transactions::mark;
use crate::log::writing::{delete, rewrite};
use crate::merge::void::VOIDS;

/// What a compaction did, returned by [`Database::compact`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// The number of changes that were examined, which are those that all devices know.
    pub changes: u64,
    /// The number of changes that were dropped.
    pub dropped_changes: u64,
    /// The number of values that were dropped, including those of dropped changes.
    pub dropped_values: u64,
}

impl Database {
    /// Drops values from the change log that later writes have overwritten, as far as all devices know both
    /// writes. Pass the [version vectors](Self::version_vector) of all of the user's devices, this one
    /// included.
    ///
    /// Rows stay as they are, even when they are [rebuilt](Self::rebuild), and so do their `created_at` and
    /// `updated_at`. A new device receives all that is left.
    ///
    /// What is lost is the past: [`history`](Self::history), [`at`](Self::at) and [`undo`](Self::undo) no
    /// longer reach values that had been overwritten by then.
    ///
    /// - Merge the changes of all devices before. A vector says nothing about changes that this database has
    ///   not received.
    /// - The log of a node that [forked](crate::MergeReport::forked) is not compacted.
    /// - A restored backup, or another copy of a file, may write under a node that other devices know. A merge
    ///   finds and unites such changes only if they are later than what was compacted.
    ///
    /// The file does not shrink, but later writes use the free space in it.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let id = db.create(Todo::draft().title("Draft 0"))?;
    /// for draft in 1..10 {
    ///     db.update(Todo::patch(id).title(format!("Draft {draft}")))?;
    /// }
    /// let compaction = db.compact(&[db.version_vector()?])?;
    /// assert_eq!((compaction.dropped_changes, compaction.dropped_values), (8, 9));
    /// assert!(db.verify()?.holds());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors). Nothing is dropped then.
    pub fn compact(&self, devices: &[VersionVector]) -> Result<Compaction> {
        self.fresh_transaction(|fresh| fresh.compact(devices))
    }
}

impl FreshTransaction<'_, '_> {
    fn compact(self, devices: &[VersionVector]) -> Result<Compaction> {
        let connection = self.connection();
        let recorder = &self.into_state().writing.recorder;
        let compact = Compact {
            connection,
            registry: &Registry::load(connection)?,
            horizons: horizons(connection, recorder, devices)?,
            own: recorder.node(),
            others: recorder.others(),
        };
        let mut done = Compaction::default();
        let mut covered = Covered::new();
        for table in compact.registry.tables.values() {
            // Its rows merge by their widest range, not by the last write, so no value of them is covered.
            if table.name != VOIDS {
                compact.table(table, &mut covered, &mut done)?;
            }
        }
        for (node, horizon) in &compact.horizons {
            compact.drop_covered(*node, *horizon, &covered, &mut done)?;
            nodes::raise_horizon(connection, *node, *horizon)?;
        }
        Ok(done)
    }
}

/// Returns the time up to which the log of each node can be compacted.
fn horizons(
    connection: &Connection,
    recorder: &Recorder<'_>,
    devices: &[VersionVector],
) -> Result<BTreeMap<NodeOrdinal, Time>> {
    let mut horizons = BTreeMap::new();
    for (id, known) in recorder.journal().nodes(connection)? {
        if !known.is_forked
            && let Some(horizon) = known_to_all(connection, (known.ordinal, id), devices)?
        {
            horizons.insert(known.ordinal, horizon);
        }
    }
    Ok(horizons)
}

/// Returns the time up to which all devices know a node. Returns `None` if a device is at a point that is not
/// in this log, as it may know other changes of the node.
fn known_to_all(
    connection: &Connection,
    (node, id): (NodeOrdinal, NodeId),
    devices: &[VersionVector],
) -> Result<Option<Time>> {
    let mut until = None;
    for device in devices {
        let Some(at) = device.0.get(&id) else { return Ok(None) };
        if mark(connection, node, at.time)? != Some(at.digest) {
            return Ok(None);
        }
        until = Some(until.map_or(at.time, |until: Time| until.min(at.time)));
    }
    Ok(until)
}

/// A change that may lose cells, or cover cells of others.
struct Candidate {
    stamp: Stamp,
    node: NodeOrdinal,
    packed: Vec<u8>,
    /// Whether all devices know it, so that it may lose cells.
    is_known_to_all: bool,
    /// Whether it stays valid. A change of this device that is later than all changes of others may have
    /// been written while the clock ran ahead, and becomes void if the clock falls back.
    is_final: bool,
}

/// The last writes of a row's columns, as far as all devices know them. They cover earlier writes.
#[derive(Default)]
struct LastWrites {
    /// The stamp of the last write of each column.
    values: HashMap<u32, Stamp>,
    /// The time of the last total of each node for each counter. Nothing else covers a total.
    totals: HashMap<(u32, NodeOrdinal), Time>,
}

impl LastWrites {
    /// Finds the last writes in all changes of a row.
    fn of(changes: &[Candidate]) -> Result<Self> {
        let mut last = Self::default();
        for change in changes.iter().filter(|change| change.is_known_to_all) {
            let Candidate { stamp, node, .. } = *change;
            let cells = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
            for cell in cells.judged() {
                let (cell, Standing::Counts(_)) = cell? else { continue };
                // If a total becomes void, the one before it counts again, so it must not be covered.
                if cell.is_total() && change.is_final {
                    let total = last.totals.entry((cell.column, node)).or_insert(stamp.time);
                    *total = stamp.time.max(*total);
                }
                let value = last.values.entry(cell.column).or_insert(stamp);
                *value = stamp.max(*value);
            }
        }
        Ok(last)
    }

    /// Returns a change without its covered cells, and how many it keeps and loses.
    fn uncovered(&self, change: &Candidate, cells: PackedCells<'_>) -> Result<(Packed, u64, u64)> {
        let mut packed = Packed::new();
        let (mut kept, mut dropped) = (0, 0);
        for cell in cells.judged() {
            let (cell, standing) = cell?;
            let is_covered = match standing {
                Standing::Unknown => false,
                // The first cell of the column counts. This one must not be left alone, and count then.
                Standing::Repeats => true,
                Standing::Counts(_) if cell.is_total() => self
                    .totals
                    .get(&(cell.column, change.node))
                    .is_some_and(|last| *last > change.stamp.time),
                Standing::Counts(_) => {
                    self.values.get(&cell.column).is_some_and(|last| *last > change.stamp)
                }
            };
            if is_covered {
                dropped += 1;
            } else {
                kept += 1;
                packed.cell(cell.column, cell.tag, cell.payload);
            }
        }
        Ok((packed, kept, dropped))
    }
}

/// The changes all of whose cells are covered, by node and time.
type Covered = HashSet<(NodeOrdinal, Time)>;

/// A compaction that is running.
struct Compact<'c> {
    connection: &'c Connection,
    registry: &'c Registry,
    /// The times up to which the logs of the nodes are compacted.
    horizons: BTreeMap<NodeOrdinal, Time>,
    /// The node that writes the file.
    own: NodeOrdinal,
    /// The time of the last change of all other nodes.
    others: Time,
}

impl Compact<'_> {
    /// Removes covered cells from the changes of a table, row by row.
    fn table(
        &self,
        table: &RegisteredTable,
        covered: &mut Covered,
        done: &mut Compaction,
    ) -> Result<()> {
        let mut log = TableReader::new(self.connection)?;
        let mut rows = log.read(table.ordinal)?;
        loop {
            let mut changes = Vec::new();
            let next = rows.next(|change| {
                changes.extend(self.candidate(change)?);
                Ok(())
            })?;
            let Some(id) = next else { return Ok(()) };
            self.row(table, (&id, &changes), covered, done)?;
        }
    }

    /// Reads a change. Returns `None` if it does not count, or not yet: then it covers nothing, and stays as it
    /// is.
    fn candidate(&self, change: LoggedChange<'_>) -> Result<Option<Candidate>> {
        let (node, time) = (change.node()?, change.time()?);
        let writer = self.registry.nodes.get(&node).filter(|writer| writer.counts(time));
        let Some(writer) = writer else { return Ok(None) };
        Ok(Some(Candidate {
            stamp: Stamp { time, node: writer.id },
            node,
            packed: change.packed()?.to_vec(),
            is_known_to_all: self.horizons.get(&node).is_some_and(|horizon| time <= *horizon),
            is_final: node != self.own || time <= self.others || self.others == Time::default(),
        }))
    }

    /// Removes covered cells from the changes of a row. Changes that lose all of their cells are only added to
    /// `covered`. The first and the last change are kept: their times are those of `created_at` and
    /// `updated_at`.
    fn row(
        &self,
        table: &RegisteredTable,
        (row, changes): (&[u8], &[Candidate]),
        covered: &mut Covered,
        done: &mut Compaction,
    ) -> Result<()> {
        let last = LastWrites::of(changes)?;
        let stamps = || changes.iter().map(|change| change.stamp);
        let ends = [stamps().min(), stamps().max()];
        for change in changes.iter().filter(|change| change.is_known_to_all) {
            done.changes += 1;
            let cells = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
            // What a newer version of ara added may depend on the cells.
            if !cells.more.is_empty() {
                continue;
            }
            let (packed, kept, dropped) = last.uncovered(change, cells.clone())?;
            done.dropped_values += dropped;
            let time = change.stamp.time;
            let is_horizon = self.horizons.get(&change.node) == Some(&time);
            if kept == 0 && !is_horizon && !ends.contains(&Some(change.stamp)) {
                covered.insert((change.node, time));
            } else if dropped > 0 {
                let original = Some(original_hash(change.stamp, table, row, &cells)?);
                let packed =
                    packed.finished(Compacted { original, ..cells.compacted }, cells.digest);
                rewrite(self.connection, (change.node, time), packed.bytes())?;
            }
        }
        Ok(())
    }

    /// Deletes the covered changes of a node, so that the digest of the node stays the same.
    ///
    /// A digest is the XOR of the hashes of the changes up to a point. So a change that loses cells keeps the
    /// hash that it had originally, and the first change that stays after deleted ones keeps the XOR of their
    /// hashes. There always is one, as the change at the horizon stays. For four changes with the hashes
    /// a, b, c and d, of which the second has lost a cell, the first and the third are covered, and the fourth
    /// is at the horizon:
    ///
    /// | change | hash | afterwards |
    /// |---|---|---|
    /// | 1 | a | deleted |
    /// | 2 | b | keeps b as its original hash, and a as the hash of what was dropped before it |
    /// | 3 | c | deleted |
    /// | 4 | d | still hashes to d, and keeps c as the hash of what was dropped before it |
    ///
    /// The digest of all four was a ^ b ^ c ^ d, and still is: (b ^ a) ^ (d ^ c).
    ///
    /// A covered change that ends a transaction stays, without its cells, if another change of the transaction
    /// does, as it marks where the transaction ends.
    fn drop_covered(
        &self,
        node: NodeOrdinal,
        horizon: Time,
        covered: &Covered,
        done: &mut Compaction,
    ) -> Result<()> {
        let id = self.registry.nodes.get(&node).ok_or(Error::Corrupt)?.id;
        let mut changes = SpanReader::all(self.connection)?;
        let mut changes = changes.read(Span::until(node, horizon))?;
        let (mut deleted, mut rewritten) = (Vec::new(), Vec::new());
        let mut dropped = 0;
        // Whether another change of the transaction stays.
        let mut is_left = false;
        while let Some(change) = changes.next()? {
            let (time, cells) = (change.time()?, change.cells()?);
            let is_covered = covered.contains(&(node, time));
            let mut original = cells.compacted.original;
            if is_covered {
                let table = self.registry.tables.get(&change.table()?).ok_or(Error::Corrupt)?;
                let stamp = Stamp { time, node: id };
                original = Some(original_hash(stamp, table, change.row()?, &cells)?);
            }
            dropped ^= cells.compacted.dropped;
            if is_covered && (!is_left || cells.digest.is_none()) {
                dropped ^= original.unwrap_or_default();
                deleted.push(time);
            } else {
                let compacted = Compacted { original, dropped: std::mem::take(&mut dropped) };
                if compacted != cells.compacted {
                    let packed = match is_covered {
                        true => Some(Packed::new().finished(compacted, cells.digest)),
                        false => cells.repacked(compacted),
                    };
                    rewritten.push((time, packed.ok_or(Error::Corrupt)?));
                }
                is_left = true;
            }
            is_left &= cells.digest.is_none();
        }
        done.dropped_changes += deleted.len() as u64;
        for (time, packed) in &rewritten {
            rewrite(self.connection, (node, *time), packed.bytes())?;
        }
        delete(self.connection, node, &deleted)
    }
}

/// Returns the hash of a change as it was first written, which it holds if it has lost cells before.
fn original_hash(
    stamp: Stamp,
    table: &RegisteredTable,
    row: &[u8],
    cells: &PackedCells<'_>,
) -> Result<u64> {
    let hash = hash(stamp, table, row, cells).ok_or(Error::Corrupt)?;
    Ok(cells.compacted.hash(hash))
}
