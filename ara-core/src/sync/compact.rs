//! Compaction: dropping values from the change log that later writes have overwritten.

mod known_to_all;
mod recent_rows;
mod stretch;
#[cfg(test)]
mod tests;
mod written;

use std::collections::{BTreeSet, VecDeque};

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::database::writer::let_others_write;
use crate::error::{Error, Result};
use crate::exchange::vector::VersionVector;
use crate::log::journal::Journal;
use crate::log::node::NodeOrdinal;
use crate::log::nodes;
use crate::log::pieces::start_of;
use crate::log::place::ChangeNumber;
use crate::rows::clocks::tables_in_file;
use crate::sync::compact::known_to_all::{Limits, has_moved};
use crate::sync::compact::recent_rows::RecentRows;
use crate::sync::compact::stretch::Compacting;

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
    /// longer reach values that had been overwritten by then. [`at`](Self::at) reaches no time before
    /// the latest date of a transaction that was compacted. If the clock of its device was ahead, that date
    /// lies in the future.
    ///
    /// - Merge the changes of all devices before. A vector says nothing about changes that this database has
    ///   not received.
    /// - The log of a node that [forked](crate::MergeReport::forked) is not compacted.
    /// - What was added to a [`Counter`](crate::Counter) is not dropped.
    /// - Of a row that was [forgotten](Self::forget), only the change that forgot it stays, if all devices know of it.
    /// - Of each change that is dropped, 4 bytes stay. By these, a merge tells it apart from what a restored
    ///   backup, or another copy of the file, wrote in its place under the id of the same node.
    ///
    /// The file does not shrink, but later writes use the free space in it.
    ///
    /// Others can write meanwhile, as this is done in many short transactions. If it is interrupted, what was
    /// done stays, and the next call goes on. If nothing new is known to all devices, nothing is read.
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
    /// Returns [common errors](Self#common-errors). What was dropped before stays so.
    ///
    /// Returns [`Error::Corrupt`] if a piece of the log is damaged. As long as it is, nothing is dropped, since what
    /// covers it may be lost: [`rebuild`](Self::rebuild) and merge before.
    pub fn compact(&self, devices: &[VersionVector]) -> Result<Compaction> {
        self.0.refuse_if_read_only()?;
        let begun = self.with_reader(|reading| {
            let snapshot = reading.snapshot()?;
            Run::begin(&snapshot, devices)
        })?;
        let Some(mut run) = begun else { return Ok(Compaction::default()) };
        while self.fresh_transaction(|fresh| run.step(fresh))? {
            let_others_write();
        }
        Ok(run.done)
    }
}

/// A compaction that is running, one step after the other.
struct Run {
    registry: Registry,
    limits: Limits,
    recent: RecentRows,
    /// The tables whose rows can be looked up.
    tables: BTreeSet<i64>,
    /// The nodes whose logs are still to be compacted, and up to which change.
    left: VecDeque<(NodeOrdinal, ChangeNumber)>,
    /// The position after which the first of them goes on, if it was begun.
    after: Option<i64>,
    done: Compaction,
}

impl Run {
    /// Finds out what can be compacted, in a snapshot. Returns `None` if that is no more than before.
    fn begin(snapshot: &Connection, devices: &[VersionVector]) -> Result<Option<Self>> {
        let nodes = Journal::load(snapshot)?.nodes(snapshot)?;
        if !has_moved(&nodes, devices) {
            return Ok(None);
        }
        let registry = Registry::load(snapshot)?;
        let limits = Limits::find(snapshot, &registry, (&nodes, devices))?;
        if !nodes.values().any(|node| limits.of(node.ordinal) > node.compacted) {
            return Ok(None);
        }
        let tables = tables_in_file(snapshot, &registry)?;
        let recent = RecentRows::find(snapshot, &registry, &limits, nodes.values())?;
        let left = limits.iter().collect();
        let (after, done) = (None, Compaction::default());
        Ok(Some(Self { registry, limits, recent, tables, left, after, done }))
    }

    /// Compacts some pieces of the log. Returns whether more are left.
    fn step(&mut self, fresh: FreshTransaction<'_, '_>) -> Result<bool> {
        let connection = fresh.connection();
        let recorder = &mut fresh.into_state().writing.recorder;
        let nodes = recorder.journal().nodes(connection)?;
        if !self.limits.hold(nodes.values()) {
            // A log was found to be forked, or was mended. The next compaction takes account of that.
            return Ok(false);
        }
        self.recent.meet(connection, nodes.values())?;
        let mut changes = 0;
        while changes < MOST_CHANGES
            && let Some(&(node, limit)) = self.left.front()
        {
            // A node takes some time even if its log is short.
            changes += NODE + self.stretch(connection, (node, limit))?;
            if node == recorder.node() {
                recorder.find_end()?;
            }
        }
        Ok(!self.left.is_empty())
    }

    /// Compacts some pieces of a node. Returns how many changes they have.
    fn stretch(
        &mut self,
        connection: &Connection,
        (node, limit): (NodeOrdinal, ChangeNumber),
    ) -> Result<usize> {
        let known = *self.registry.nodes.get(&node).ok_or(Error::Corrupt)?;
        let after = self.after.unwrap_or(start_of(node));
        let Self { registry, recent, tables, .. } = self;
        let mut compacting = Compacting::after(connection, (registry, recent, tables), after)?;
        let reached = compacting.run((node, known.id), limit)?;
        let Compaction { changes, dropped_changes, dropped_values } = compacting.done;
        self.done.changes += changes;
        self.done.dropped_changes += dropped_changes;
        self.done.dropped_values += dropped_values;
        if reached.number > known.compacted {
            nodes::note_compacted(connection, node, (reached.number, reached.date))?;
        }
        self.after = Some(reached.pos);
        if reached.number >= limit {
            self.left.pop_front();
            self.after = None;
        }
        Ok(reached.changes)
    }
}

/// How many changes a step reads, more or less: those who write wait meanwhile.
const MOST_CHANGES: usize = 5000;

/// As how many changes a node counts.
const NODE: usize = 20;
