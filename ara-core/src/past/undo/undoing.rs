//! Undoing transactions, and doing them again, row by row.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::cells::{Cells, Write};
use crate::log::owned_change::OwnedChange;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::RowClock;
use crate::past::transaction_end::TransactionEnds;
use crate::past::undo::row_log::{LogReader, RowLog, place, read_rows};
use crate::past::undo::undo_row::{Clocks, Inverse, Outcome, RowUndoing, made};
use crate::past::undo::written_row::WrittenRow;
use crate::rows::any_rows::AnyRows;
use crate::rows::writing::Writing;
use crate::value::Stored;

/// Undoes transactions, or does them again.
///
/// The rows of large transactions are undone in slices that fit into memory. What a slice needs of the log is
/// read before any of its rows is written, as writing can move changes within the log.
pub(super) struct Undoing<'a, 'c, 'r> {
    rows: RowUndoing<'c, 'r>,
    any_rows: &'a mut AnyRows<'c, 'r>,
    clocks: Clocks<'c>,
    /// Which changes of the transactions are the only ones of their rows. These rows are undone at once, and
    /// need no slice.
    alone: Vec<u64>,
}

/// Rows that are undone together.
#[derive(Default)]
struct Slice {
    /// The last row of the slice before.
    after: Option<RowKey>,
    rows: BTreeMap<RowKey, WrittenRow>,
    bytes: usize,
    /// Whether there are later rows that do not fit.
    is_cut: bool,
}

/// About how many bytes the rows of a slice may take.
const MOST_BYTES: usize = 32 << 20;

/// Up to how many rows the changes of each are sought in the log. Those of more rows are read in one pass over
/// it.
const FEW_ROWS: usize = 64;

impl Slice {
    /// Adds a change to its row, if that belongs into the slice. If the slice becomes too large, its last rows
    /// are left for the next one.
    fn add(&mut self, key: RowKey, read: impl FnOnce(&mut WrittenRow) -> Result<()>) -> Result<()> {
        let is_later = self.rows.last_key_value().is_none_or(|(last, _)| *last < key);
        if self.after.is_some_and(|after| key <= after) || self.is_cut && is_later {
            return Ok(());
        }
        let row = self.rows.entry(key).or_default();
        let before = row.bytes;
        read(row)?;
        self.bytes += row.bytes - before;
        while self.bytes > MOST_BYTES && self.rows.len() > 1 {
            let last = self.rows.pop_last();
            self.bytes -= last.map_or(0, |(_, row)| row.bytes);
            self.is_cut = true;
        }
        Ok(())
    }
}

impl<'a, 'c, 'r> Undoing<'a, 'c, 'r> {
    pub(super) fn new(rows: RowUndoing<'c, 'r>, any_rows: &'a mut AnyRows<'c, 'r>) -> Self {
        let clocks = Clocks::new(rows.connection);
        Self { rows, any_rows, clocks, alone: Vec::new() }
    }

    /// Undoes all rows. Returns what came of them.
    pub(super) fn run(mut self, writing: &mut Writing<'c>) -> Result<Outcome> {
        let mut slice = Slice::default();
        self.read_first(&mut slice, writing)?;
        loop {
            let next = self.undo_slice(slice, writing)?;
            if next.is_none() {
                return Ok(self.rows.outcome);
            }
            slice = Slice { after: next, ..Slice::default() };
            self.read_slice(&mut slice)?;
        }
    }

    /// Reads the changes of all transactions for the first slice, and undoes the rows that have no other
    /// change.
    fn read_first(&mut self, slice: &mut Slice, writing: &mut Writing<'c>) -> Result<()> {
        let targets = self.rows.targets;
        let mut at = 0;
        for (target, of) in targets.iter().enumerate() {
            let mut changes = of.changes();
            loop {
                let batch = changes.next(self.rows.connection)?;
                if batch.is_empty() {
                    break;
                }
                let mut inverses = Vec::new();
                for change in &batch {
                    let clock = match self.rows.turn(target).is_some_and(|turn| turn.is_undone) {
                        true => self.clock_of_alone(change)?,
                        false => None,
                    };
                    if let Some(clock) = clock {
                        set(&mut self.alone, at);
                        inverses.extend(self.undo_alone(target, change, &clock)?);
                    } else {
                        add(slice, self.rows.registry, target, change)?;
                    }
                    at += 1;
                }
                self.write(inverses, writing)?;
            }
        }
        Ok(())
    }

    /// Reads the changes of all transactions for a later slice.
    fn read_slice(&mut self, slice: &mut Slice) -> Result<()> {
        let mut at = 0;
        for (target, of) in self.rows.targets.iter().enumerate() {
            let mut changes = of.changes();
            loop {
                let batch = changes.next(self.rows.connection)?;
                if batch.is_empty() {
                    break;
                }
                for change in &batch {
                    if !is_set(&self.alone, at) {
                        add(slice, self.rows.registry, target, change)?;
                    }
                    at += 1;
                }
            }
        }
        Ok(())
    }

    /// Returns the clock of the row of a change, if that is its only change.
    fn clock_of_alone(&mut self, change: &OwnedChange) -> Result<Option<RowClock>> {
        // What creates a row writes that it is not deleted, before all else.
        let first = Cells::new(&change.cells).next_cell().flatten();
        let Some(table) = made(self.rows.registry, change.table) else { return Ok(None) };
        let is_life = |write| write == Write::Value(Some(Stored::Integer(0)));
        if !first.is_some_and(|cell| cell.column == 0 && cell.write().is_some_and(is_life)) {
            return Ok(None);
        }
        let clock = match self.clocks.get(table, &change.row) {
            // The row is made anew with its slice.
            Err(Error::Corrupt) => return Ok(None),
            clock => clock?,
        };
        Ok(clock.filter(|clock| {
            let mut groups = clock.groups().map(|(_, stamp, node)| (stamp, node));
            groups.next() == Some((change.stamp, change.node)) && groups.next().is_none()
        }))
    }

    /// Undoes the only change of a row.
    fn undo_alone(
        &mut self,
        target: usize,
        change: &OwnedChange,
        clock: &RowClock,
    ) -> Result<Option<Inverse<'r>>> {
        let mut written = WrittenRow::default();
        written.read(target, change, place(self.rows.registry, logged(change))?)?;
        let (mut reader, key) = (self.reader(), (change.table, change.row));
        self.rows.row(&mut reader, (key, written), Some(clock), &mut RowLog::Alone)
    }

    fn reader(&self) -> LogReader<'c, 'r> {
        let RowUndoing { connection, registry, .. } = self.rows;
        LogReader { connection, registry, ends: TransactionEnds::new(registry) }
    }

    /// Undoes the rows of a slice. Returns the last one if there are more rows.
    fn undo_slice(
        &mut self,
        mut slice: Slice,
        writing: &mut Writing<'c>,
    ) -> Result<Option<RowKey>> {
        let mut clocks = self.clocks_of(&slice, writing)?;
        let mut reader = self.reader();
        let wanted = slice.rows.iter().filter(|(_, row)| self.rows.needs_log(row));
        let wanted: Vec<RowKey> = wanted.map(|(key, _)| *key).collect();
        let mut logs = BTreeMap::new();
        if wanted.len() > FEW_ROWS {
            logs = read_rows(&mut reader, wanted.iter().copied())?;
            if let Some(left_out) = wanted.get(logs.len()) {
                drop(slice.rows.split_off(left_out));
                slice.is_cut = true;
            }
        }
        let last = slice.rows.last_key_value().map(|(key, _)| *key);
        let mut inverses = Vec::new();
        for (key, written) in slice.rows {
            let mut log = match logs.remove(&key) {
                Some(log) => log,
                None if self.rows.needs_log(&written) => RowLog::seek(&reader, key)?,
                None => RowLog::Alone,
            };
            let clock = clocks.remove(&key);
            let inverse = self.rows.row(&mut reader, (key, written), clock.as_ref(), &mut log)?;
            inverses.extend(inverse);
        }
        self.write(inverses, writing)?;
        Ok(last.filter(|_| slice.is_cut))
    }

    /// Returns the clocks of the rows of a slice. Rows of which another program has damaged the clock are made anew
    /// from the log before.
    fn clocks_of(
        &mut self,
        slice: &Slice,
        writing: &mut Writing<'c>,
    ) -> Result<BTreeMap<RowKey, RowClock>> {
        let (mut clocks, mut damaged) = (BTreeMap::new(), BTreeSet::new());
        for key in slice.rows.keys() {
            let Some(table) = made(self.rows.registry, key.0) else { continue };
            match self.clocks.get(table, &key.1) {
                Err(Error::Corrupt) => drop(damaged.insert(*key)),
                Ok(Some(clock)) if is_at_the_end(&clock, writing) => drop(damaged.insert(*key)),
                clock => clocks.extend(clock?.map(|clock| (*key, clock))),
            }
        }
        if !damaged.is_empty() {
            let Writing { recorder, touched, .. } = writing;
            self.any_rows.rebuild(recorder, &damaged, touched.as_mut())?;
        }
        for key in damaged {
            let Some(table) = made(self.rows.registry, key.0) else { continue };
            clocks.extend(self.clocks.get(table, &key.1)?.map(|clock| (key, clock)));
        }
        Ok(clocks)
    }

    /// Writes what sets rows back.
    fn write(&mut self, inverses: Vec<Inverse<'r>>, writing: &mut Writing<'c>) -> Result<()> {
        let Writing { recorder, touched, .. } = writing;
        for Inverse { table, row, latest, cells } in inverses {
            self.any_rows.write(recorder, (table, row, latest), cells, touched.as_mut())?;
        }
        Ok(())
    }
}

/// Returns whether no change can come after those of a row, as far as its clock tells.
fn is_at_the_end(clock: &RowClock, writing: &Writing<'_>) -> bool {
    clock.latest().is_some_and(|(stamp, _)| writing.recorder.stamp_after(stamp).is_none())
}

/// Adds a change of a transaction to a slice, unless it is one of the table of undone transactions.
fn add(slice: &mut Slice, registry: &Registry, target: usize, change: &OwnedChange) -> Result<()> {
    if registry.is_of_undoings(change.table) {
        return Ok(());
    }
    slice.add((change.table, change.row), |row| {
        row.read(target, change, place(registry, logged(change))?)
    })
}

fn logged(change: &OwnedChange) -> LoggedChange<'_> {
    LoggedChange { node: change.node, date: change.date, record: change.record() }
}

/// Sets a bit.
fn set(bits: &mut Vec<u64>, at: usize) {
    if bits.len() <= at / 64 {
        bits.resize(at / 64 + 1, 0);
    }
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

/// Returns whether a bit is set.
fn is_set(bits: &[u64], at: usize) -> bool {
    bits.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}
