//! Compaction: dropping from the log what later writes have covered.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;

use crate::catalog::registry::{RegisteredTable, Registry, hash};
use crate::database::Database;
use crate::database::fresh::FreshTransaction;
use crate::error::{Error, Result};
use crate::exchange::vector::VersionVector;
use crate::log::change::{Compacted, Packed, PackedCells};
use crate::log::clock::Time;
use crate::log::node::{NodeId, NodeOrdinal, Stamp};
use crate::log::nodes;
use crate::log::recorder::Recorder;
use crate::log::row_clock::ColumnSet;
use crate::log::transactions::{mark, rewrite};
use crate::merge::void::VOIDS;

/// What [`Database::compact`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// How many changes of the log were looked at: those that all devices know.
    pub changes: u64,
    /// How many of them are gone.
    pub dropped_changes: u64,
    /// How many values are gone, those of changes that are gone included.
    pub dropped_values: u64,
}

/// The changes of a row, as far as compaction looks at them.
#[derive(Default)]
struct HeldRow {
    id: Vec<u8>,
    changes: Vec<Held>,
}

struct Held {
    stamp: Stamp,
    node: NodeOrdinal,
    packed: Vec<u8>,
    /// All devices know it, so that it may lose cells.
    is_below: bool,
    /// It is not this device's clock alone that says when it was: so it will not be taken back.
    is_sure: bool,
}

impl Database {
    /// Drops from the change log the values that later writes have covered, where all devices know both:
    /// give it what each of the user's devices knows. Rows stay as they are, also when they are
    /// [rebuilt](Self::rebuild), and so do the times at which they were made and last changed.
    ///
    /// What is gone is the past: [`history`](Self::history) and the like no longer tell of values that
    /// were overwritten by then. A device that comes later gets all that is left.
    ///
    /// Of what this database has not heard of, it cannot tell whether all know the same of it: merge what the
    /// devices have before. The log of a node that [forked](crate::MergeReport::forked) is not compacted.
    /// What a restored backup, or another copy of a file, has written under an id that others know is found
    /// and united later as long as it is dated after what was compacted.
    ///
    /// The space is used for what is written next; the file does not shrink.
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
    /// What SQLite refuses. Nothing is dropped then.
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
            // What nodes tell of themselves is taken at the widest, not at the last.
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

/// How far each node's log may be compacted.
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

/// Up to which time all devices know a node, if they are at places in this log. A device that is elsewhere
/// may know other changes of it.
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

/// The changes of which every cell is covered, by node and time.
type Covered = HashSet<(NodeOrdinal, Time)>;

/// A compaction on its way.
struct Compact<'c> {
    connection: &'c Connection,
    registry: &'c Registry,
    /// Up to which times the nodes' logs are compacted.
    horizons: BTreeMap<NodeOrdinal, Time>,
    /// The node that writes, and the latest time of any change of others.
    own: NodeOrdinal,
    others: Time,
}

impl Compact<'_> {
    /// Takes covered cells out of the changes of a table, row by row.
    fn table(
        &self,
        table: &RegisteredTable,
        covered: &mut Covered,
        done: &mut Compaction,
    ) -> Result<()> {
        let mut changes = self
            .connection
            .prepare("SELECT row, node, time, cells FROM ara_change WHERE tbl = ?1 ORDER BY row")?;
        let mut changes = changes.query([table.ordinal])?;
        let mut row = HeldRow::default();
        while let Some(change) = changes.next()? {
            let id = change.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
            if row.id != id {
                let (id, changes) = (id.to_vec(), Vec::new());
                let before = std::mem::replace(&mut row, HeldRow { id, changes });
                self.row(table, &before, covered, done)?;
            }
            let node = change.get::<_, NodeOrdinal>(1)?;
            let time = Time::from_bits(change.get(2)?);
            let Some(writer) = self.registry.nodes.get(&node) else { continue };
            // What does not count yet, or never, covers nothing and is left as it is.
            if writer.counts(time) {
                let is_below = self.horizons.get(&node).is_some_and(|horizon| time <= *horizon);
                let packed = change.get(3)?;
                let is_sure =
                    node != self.own || time <= self.others || self.others == Time::default();
                let stamp = Stamp { time, node: writer.id };
                row.changes.push(Held { stamp, node, packed, is_below, is_sure });
            }
        }
        self.row(table, &row, covered, done)
    }

    fn row(
        &self,
        table: &RegisteredTable,
        row: &HeldRow,
        covered: &mut Covered,
        done: &mut Compaction,
    ) -> Result<()> {
        let changes = &row.changes;
        let mut last: HashMap<u32, Stamp> = HashMap::new();
        // What a node has added to a counter is covered by what it has added later, and by nothing else.
        let mut last_totals: HashMap<(u32, NodeOrdinal), Time> = HashMap::new();
        for change in changes.iter().filter(|change| change.is_below) {
            let mut cells = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
            let mut seen = ColumnSet::default();
            while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
                // Of a column that is there twice, the first one counts.
                if cell.value().is_some() && seen.add(cell.column) {
                    // If a total is taken back, the one before it counts again.
                    if cell.is_total() && change.is_sure {
                        let time = change.stamp.time;
                        let last = last_totals.entry((cell.column, change.node)).or_insert(time);
                        *last = time.max(*last);
                    }
                    let last = last.entry(cell.column).or_insert(change.stamp);
                    *last = change.stamp.max(*last);
                }
            }
        }
        let clocks = || changes.iter().map(|change| change.stamp);
        let ends = [clocks().min(), clocks().max()];
        for change in changes.iter().filter(|change| change.is_below) {
            done.changes += 1;
            let cells = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
            // What a newer version added may be about the cells as they are.
            if !cells.more.is_empty() {
                continue;
            }
            let (mut rest, mut packed) = (cells.clone(), Packed::new());
            let (mut kept, mut dropped) = (0, 0);
            let mut seen = ColumnSet::default();
            while let Some(cell) = rest.next_cell().ok_or(Error::Corrupt)? {
                let is_covered = match cell.value() {
                    None => false,
                    // It must not come to count in the place of the first one.
                    Some(_) if !seen.add(cell.column) => true,
                    Some(_) if cell.is_total() => last_totals
                        .get(&(cell.column, change.node))
                        .is_some_and(|last| *last > change.stamp.time),
                    Some(_) => last.get(&cell.column).is_some_and(|last| *last > change.stamp),
                };
                if is_covered {
                    dropped += 1;
                } else {
                    kept += 1;
                    packed.cell(cell.column, cell.tag, cell.payload);
                }
            }
            done.dropped_values += dropped;
            let time = change.stamp.time;
            let is_horizon = self.horizons.get(&change.node) == Some(&time);
            if kept == 0 && !is_horizon && !ends.contains(&Some(change.stamp)) {
                covered.insert((change.node, time));
            } else if dropped > 0 {
                let hash = hash(change.stamp, table, &row.id, &cells).ok_or(Error::Corrupt)?;
                let original = Some(cells.compacted.hash(hash));
                let packed =
                    packed.finished(Compacted { original, ..cells.compacted }, cells.digest);
                rewrite(self.connection, (change.node, time), packed.bytes())?;
            }
        }
        Ok(())
    }

    /// Deletes the covered changes of a node. The end of a transaction of which something is left stays,
    /// without its cells. What is deleted is stood for by the next change that stays: the one at the
    /// horizon always does.
    fn drop_covered(
        &self,
        node: NodeOrdinal,
        horizon: Time,
        covered: &Covered,
        done: &mut Compaction,
    ) -> Result<()> {
        let id = self.registry.nodes.get(&node).ok_or(Error::Corrupt)?.id;
        let mut changes = self.connection.prepare(
            "SELECT time, tbl, row, cells FROM ara_change WHERE node = ?1 AND time <= ?2 ORDER BY time",
        )?;
        let mut changes = changes.query((node, horizon.bits()))?;
        let (mut gone, mut left) = (Vec::new(), Vec::new());
        let mut dropped = 0;
        // Of the transaction something is left.
        let mut is_left = false;
        while let Some(change) = changes.next()? {
            let time = Time::from_bits(change.get(0)?);
            let blob = |at| change.get_ref(at)?.as_blob().map_err(|_| Error::Corrupt);
            let cells = PackedCells::open(blob(3)?).ok_or(Error::Corrupt)?;
            let is_covered = covered.contains(&(node, time));
            let mut original = cells.compacted.original;
            if is_covered {
                let table = self.registry.tables.get(&change.get(1)?).ok_or(Error::Corrupt)?;
                let hash = hash(Stamp { time, node: id }, table, blob(2)?, &cells)
                    .ok_or(Error::Corrupt)?;
                original = Some(cells.compacted.hash(hash));
            }
            dropped ^= cells.compacted.dropped;
            if is_covered && (!is_left || cells.digest.is_none()) {
                dropped ^= original.unwrap_or_default();
                gone.push(time);
            } else {
                let compacted = Compacted { original, dropped: std::mem::take(&mut dropped) };
                if compacted != cells.compacted {
                    let packed = match is_covered {
                        true => Some(Packed::new().finished(compacted, cells.digest)),
                        false => cells.repacked(compacted),
                    };
                    left.push((time, packed.ok_or(Error::Corrupt)?));
                }
                is_left = true;
            }
            is_left &= cells.digest.is_none();
        }
        for (time, packed) in left {
            rewrite(self.connection, (node, time), packed.bytes())?;
        }
        let mut delete =
            self.connection.prepare("DELETE FROM ara_change WHERE node = ?1 AND time = ?2")?;
        for time in &gone {
            delete.execute((node, time.bits()))?;
        }
        done.dropped_changes += gone.len() as u64;
        Ok(())
    }
}
