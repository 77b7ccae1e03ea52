//! Compaction: dropping from the log what later writes have covered.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;

use crate::change::{Packed, PackedCells};
use crate::clock::Time;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::journal::Recorder;
use crate::merge::VOIDS;
use crate::outgoing::mark;
use crate::registry::Registry;
use crate::row_clock::ColumnSet;
use crate::transaction::{State, Transaction};
use crate::vector::{Point, VersionVector, known};

/// What [`Database::compact`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// How many changes of the log were looked at: those that the vector knows.
    pub changes: u64,
    /// How many of them are gone.
    pub dropped_changes: u64,
    /// How many values are gone, those of changes that are gone included.
    pub dropped_values: u64,
}

/// A change of a row, as far as compaction looks at it.
struct Held {
    clock: (Time, [u8; 16]),
    node: u64,
    packed: Vec<u8>,
    /// The vector knows it, so that it may lose cells.
    is_below: bool,
    /// It is not this device's clock alone that says when it was: so it will not be taken back.
    is_sure: bool,
}

impl Database {
    /// Drops from the change log the values that later writes have covered, where both are known by this
    /// vector: give it what all of the user's devices know. Rows stay as they are, also when they are
    /// [rebuilt](Self::rebuild), and so do the times at which they were made and last changed.
    ///
    /// What is gone is the past: [`history`](Self::history) and the like no longer tell of values that
    /// were overwritten by then. A device that knows less than the vector gets all that is left of a
    /// node's log. The log of a node that [forked](crate::MergeReport::forked) is not compacted.
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
    /// let compaction = db.compact(&db.version_vector()?)?;
    /// assert_eq!((compaction.dropped_changes, compaction.dropped_values), (8, 9));
    /// assert!(db.verify()?.holds());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What SQLite refuses. Nothing is dropped then.
    pub fn compact(&self, vector: &VersionVector) -> Result<Compaction> {
        self.transaction(|tx| tx.compact(vector))
    }
}

impl Transaction<'_> {
    /// Of a transaction that has done nothing else.
    fn compact(&self, vector: &VersionVector) -> Result<Compaction> {
        let State { recorder, .. } = &mut *self.state.borrow_mut();
        let horizons = horizons(self.connection, recorder, vector)?;
        let sure = (recorder.node(), recorder.others());
        let registry = Registry::load(self.connection)?;
        let mut done = Compaction::default();
        let mut gone = Gone::new();
        // What nodes tell of themselves is taken at the widest, not at the last.
        let covered = registry.tables.iter().filter(|(_, table)| table.name != VOIDS);
        for (table, _) in covered {
            let until = (&horizons, sure);
            compact_table(self.connection, &registry, *table, until, &mut gone, &mut done)?;
        }
        for (node, horizon) in &horizons {
            drop_changes(self.connection, *node, horizon.time, &gone)?;
            self.connection
                .prepare_cached(
                    "UPDATE ara_node SET horizon = ?2, horizon_digest = ?3 WHERE ordinal = ?1",
                )?
                .execute((node.cast_signed(), horizon.time.bits(), horizon.digest.cast_signed()))?;
        }
        Ok(done)
    }
}

/// How far each node's log may be compacted: what the vector knows, if that is a place in this log.
fn horizons(
    connection: &Connection,
    recorder: &Recorder<'_>,
    vector: &VersionVector,
) -> Result<BTreeMap<u64, Point>> {
    let mut horizons = BTreeMap::new();
    for (id, known) in known(connection, recorder.journal())? {
        let Some(theirs) = vector.0.get(&id).copied() else { continue };
        let is_later = theirs.time > known.horizon.time;
        if is_later
            && !known.is_forked
            && mark(connection, known.node, theirs.time)? == Some(theirs.digest)
        {
            horizons.insert(known.node.cast_unsigned(), theirs);
        }
    }
    Ok(horizons)
}

/// The changes that are to go, by node and time.
type Gone = HashSet<(u64, Time)>;

/// Takes covered cells out of the changes of a table, row by row.
fn compact_table(
    connection: &Connection,
    registry: &Registry,
    table: i64,
    (horizons, (own, others)): (&BTreeMap<u64, Point>, (u64, Time)),
    gone: &mut Gone,
    done: &mut Compaction,
) -> Result<()> {
    let mut changes = connection
        .prepare("SELECT row, node, time, cells FROM ara_change WHERE tbl = ?1 ORDER BY row")?;
    let mut changes = changes.query([table])?;
    let mut row: Option<Vec<u8>> = None;
    let mut held = Vec::new();
    while let Some(change) = changes.next()? {
        let of = change.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
        if row.as_deref() != Some(of) {
            compact_row(connection, &std::mem::take(&mut held), horizons, gone, done)?;
            row = Some(of.to_vec());
        }
        let node = change.get::<_, i64>(1)?.cast_unsigned();
        let time = Time::from_bits(change.get(2)?);
        let Some(writer) = registry.nodes.get(&node) else { continue };
        // What does not count yet, or never, covers nothing and is left as it is.
        if writer.counts(time) {
            let is_below = horizons.get(&node).is_some_and(|horizon| time <= horizon.time);
            let packed = change.get(3)?;
            let is_sure = node != own || time <= others || others == Time::default();
            held.push(Held { clock: (time, writer.id), node, packed, is_below, is_sure });
        }
    }
    compact_row(connection, &held, horizons, gone, done)
}

fn compact_row(
    connection: &Connection,
    changes: &[Held],
    horizons: &BTreeMap<u64, Point>,
    gone: &mut Gone,
    done: &mut Compaction,
) -> Result<()> {
    let mut last: HashMap<u32, (Time, [u8; 16])> = HashMap::new();
    // What a node has added to a counter is covered by what it has added later, and by nothing else.
    let mut last_totals: HashMap<(u32, u64), Time> = HashMap::new();
    for change in changes.iter().filter(|change| change.is_below) {
        let mut cells = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
        let mut seen = ColumnSet::default();
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            // Of a column that is there twice, the first one counts.
            if cell.value().is_some() && seen.add(cell.column) {
                // If a total is taken back, the one before it counts again.
                if cell.is_total() && change.is_sure {
                    let time = change.clock.0;
                    let last = last_totals.entry((cell.column, change.node)).or_insert(time);
                    *last = time.max(*last);
                }
                let last = last.entry(cell.column).or_insert(change.clock);
                *last = change.clock.max(*last);
            }
        }
    }
    let clocks = || changes.iter().map(|change| change.clock);
    let ends = [clocks().min(), clocks().max()];
    for change in changes.iter().filter(|change| change.is_below) {
        done.changes += 1;
        let mut cells = PackedCells::open(&change.packed).ok_or(Error::Corrupt)?;
        // What a newer version added may be about the cells as they are.
        if !cells.more.is_empty() {
            continue;
        }
        let (mark, mut packed) = (cells.digest, Packed::new());
        let (mut kept, mut dropped) = (0, 0);
        let mut seen = ColumnSet::default();
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            let is_covered = match cell.value() {
                None => false,
                // It must not come to count in the place of the first one.
                Some(_) if !seen.add(cell.column) => true,
                Some(_) if cell.is_total() => last_totals
                    .get(&(cell.column, change.node))
                    .is_some_and(|last| *last > change.clock.0),
                Some(_) => last.get(&cell.column).is_some_and(|last| *last > change.clock),
            };
            if is_covered {
                dropped += 1;
            } else {
                kept += 1;
                packed.cell(cell.column, cell.tag, cell.payload);
            }
        }
        if dropped == 0 && kept > 0 {
            continue;
        }
        done.dropped_values += dropped;
        let (time, _) = change.clock;
        let is_horizon = horizons.get(&change.node).is_some_and(|horizon| horizon.time == time);
        if kept == 0 && !is_horizon && !ends.contains(&Some(change.clock)) {
            gone.insert((change.node, time));
            done.dropped_changes += 1;
            continue;
        }
        if let Some(mark) = mark {
            packed.end_transaction(mark);
        }
        write(connection, change.node, time, packed.bytes())?;
    }
    Ok(())
}

/// Deletes changes of a node. What is left of a transaction still ends where the last of it is.
fn drop_changes(connection: &Connection, node: u64, until: Time, gone: &Gone) -> Result<()> {
    let mut changes = connection.prepare(
        "SELECT time, cells FROM ara_change WHERE node = ?1 AND time <= ?2 ORDER BY time",
    )?;
    let mut delete = connection.prepare("DELETE FROM ara_change WHERE node = ?1 AND time = ?2")?;
    let mut ends = Vec::new();
    let mut last_kept: Option<(Time, Vec<u8>)> = None;
    let mut changes = changes.query((node.cast_signed(), until.bits()))?;
    while let Some(change) = changes.next()? {
        let time = Time::from_bits(change.get(0)?);
        let packed: Vec<u8> = change.get(1)?;
        let mark = PackedCells::open(&packed).ok_or(Error::Corrupt)?.digest;
        match (gone.contains(&(node, time)), mark) {
            (true, Some(mark)) => {
                ends.extend(last_kept.take().map(|(time, packed)| (time, packed, mark)));
            }
            (true, None) => {}
            (false, Some(_)) => last_kept = None,
            (false, None) => last_kept = Some((time, packed)),
        }
    }
    for (time, packed, mark) in ends {
        let mut cells = PackedCells::open(&packed).ok_or(Error::Corrupt)?;
        let mut ended = Packed::new();
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            ended.cell(cell.column, cell.tag, cell.payload);
        }
        ended.more(cells.more);
        ended.end_transaction(mark);
        write(connection, node, time, ended.bytes())?;
    }
    for (_, time) in gone.iter().filter(|(of, _)| *of == node) {
        delete.execute((node.cast_signed(), time.bits()))?;
    }
    Ok(())
}

fn write(connection: &Connection, node: u64, time: Time, packed: &[u8]) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_change SET cells = ?3 WHERE node = ?1 AND time = ?2")?
        .execute((node.cast_signed(), time.bits(), packed))?;
    Ok(())
}
