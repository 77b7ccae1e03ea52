//! Folding changes into the rows: in each column, the last write wins.

mod beside;
#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::cells::{Forgotten, IS_DELETED, Write, keep_counting};
use crate::log::column_set::ColumnSet;
use crate::log::counters::{Counters, Sum};
use crate::log::forgotten::{ForgottenRows, Tombstone};
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::is_forked;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::{RowClock, Tick};
use crate::log::texts::Texts;
use crate::rows::folded_change::{FoldedCell, FoldedChange};
pub(in crate::rows) use crate::rows::last_writer::beside::{Beside, BesideWrite};
use crate::rows::plan::Plan;
use crate::rows::table_rows::{Held, TableRows, delete_row};
use crate::rows::touched::Touched;
use crate::value::Stored;

/// The rows into which changes are folded.
pub(crate) struct Rows<'c> {
    connection: &'c Connection,
    tables: HashMap<i64, TableRows<'c>>,
    /// The plans of tables, by their ordinals, of which what columns show is written with these.
    plans: HashMap<i64, Arc<Plan>>,
    counters: Counters<'c>,
    texts: Texts<'c>,
    pub(crate) forgotten: ForgottenRows<'c>,
    /// The rows that were forgotten by what was folded in, so that their values are to be removed from the log.
    pub(crate) newly_forgotten: BTreeSet<RowKey>,
    /// The node that writes the file.
    writer: NodeOrdinal,
    /// The rows whose clock does not tell which changes win: two of them have the same node and the same stamp, so
    /// that it is their hashes that decide, or the clock cannot be read. And those that may have become larger than
    /// a row can be, or were before. They are to be rebuilt.
    pub(crate) unclear: BTreeSet<RowKey>,
    /// Whether nodes have forked, as far as that was asked. `None` if nothing was folded in before, so that all
    /// ties are found.
    forked: Option<HashMap<NodeOrdinal, bool>>,
    /// The nodes that made those changes.
    pub(crate) tied: BTreeSet<NodeOrdinal>,
    /// The number of values that were written into the app's tables.
    pub(crate) written: u64,
    /// The number of values that were not written, because a later write to the column was there.
    pub(crate) outdated: u64,
}

impl<'c> Rows<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        // The past has no tables of ara's own, and so no counters that this node adds to. Nor has anything been
        // folded in there before.
        let kept = meta::get::<NodeOrdinal>(connection, meta::NODE);
        let forked = kept.as_ref().ok().map(|_| HashMap::new());
        let writer = kept.ok().flatten().unwrap_or(NodeOrdinal::NONE);
        let (tables, unclear, tied) = (HashMap::new(), BTreeSet::new(), BTreeSet::new());
        let (written, outdated) = (0, 0);
        Ok(Self {
            connection,
            tables,
            plans: HashMap::new(),
            counters: Counters::new(connection),
            texts: Texts::new(connection),
            forgotten: ForgottenRows::new(connection),
            newly_forgotten: BTreeSet::new(),
            writer,
            unclear,
            forked,
            tied,
            written,
            outdated,
        })
    }

    /// Also writes what columns show that replace others, of the tables of these plans.
    pub(crate) fn showing(mut self, plans: Vec<Arc<Plan>>) -> Self {
        self.plans = plans.into_iter().map(|plan| (plan.table, plan)).collect();
        self
    }

    /// Goes on with statements that were prepared before in the same transaction.
    pub(super) fn with_tables(self, tables: HashMap<i64, TableRows<'c>>) -> Self {
        Self { tables, ..self }
    }

    /// Returns the statements that were prepared.
    pub(super) fn into_tables(self) -> HashMap<i64, TableRows<'c>> {
        self.tables
    }

    /// Folds all changes into tables that are empty.
    pub(crate) fn anew(connection: &'c Connection) -> Result<Self> {
        Ok(Self { forked: None, ..Self::new(connection)? })
    }

    /// Folds in a change, which must not have been folded in before. In each column the last write stays: the
    /// one with the latest stamp and, among equal stamps, the one of the node with the greatest id. If these
    /// are equal, too, the change wins, and the row is noted as [unclear](Self::unclear). A counter becomes the sum
    /// of all additions. A row whose clock cannot be read, or which is too large, is only noted.
    ///
    /// Of a column whose last write was written through from another one, the last edit stays beside it.
    ///
    /// `id_of` returns the id of any node that wrote the row before.
    pub(crate) fn fold(
        &mut self,
        change: &mut FoldedChange<'_>,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        match self.fold_in(change, id_of, touched) {
            Err(Error::TooLarge { .. }) => {
                self.unclear.insert(change.key());
                Ok(())
            }
            folded => folded,
        }
    }

    fn fold_in(
        &mut self,
        change: &mut FoldedChange<'_>,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        if let Some(forgotten) = change.forgotten() {
            return self.forget(change, (forgotten, id_of), touched);
        }
        let columns = keep_counting(&mut change.cells, |cell| cell.column.0);
        if self.forgotten.has(&change.key())? {
            self.outdated += change.count();
            return Ok(());
        }
        let updates = self.add_updates(change)?;
        let clock = match self.insert_or_probe(change, &columns)? {
            Held::Nothing => return self.after_insert(change, &columns, id_of, touched),
            Held::Row(clock, values) => {
                written_after(&clock, change.tick, id_of).map(|it| (clock, it, values))
            }
            Held::Unreadable => None,
        };
        let Some((mut clock, later, values)) = clock else {
            self.unclear.insert(change.key());
            return Ok(());
        };
        let writer = (change.tick.stamp, change.tick.node.0);
        if clock.groups().any(|(_, stamp, node)| (stamp, node) == writer) {
            self.note_tie(change);
        }
        let is_oversized = clock.is_oversized();
        let before = change.count();
        let added = self.add_up(change, (&clock, &later), id_of)?;
        let held = (clock.earliest(), clock.latest());
        let mut beside = Beside::default();
        let written_through = change.written_through();
        if clock.has_marked() || !written_through.is_empty() {
            beside = self.keep_edits(change, (&mut clock, &later))?;
        }
        let stays = |cell: &FoldedCell<'_>| added.has(cell.column.0) || !later.has(cell.column.0);
        change.cells.retain(stays);
        self.written += change.count();
        self.outdated += before - change.count();
        // A counter whose sum changed may have a later writer, which stays in the clock.
        let clocked = change.columns().chain(updates.iter().copied());
        let mut clocked: ColumnSet = clocked.filter(|column| !later.has(*column)).collect();
        clocked.extend(&beside.listed);
        clock.insert(change.tick, &clocked, id_of);
        change.cells.iter().filter(|cell| cell.is_written_through).for_each(|cell| {
            clock.mark(cell.column.0);
        });
        let is_earliest = clock.earliest() != held.0;
        // A change that is stamped as the latest one may have another date.
        let is_latest = clock.latest() == Some(writer);
        let is_clocked = !updates.is_empty() && !clocked.is_empty();
        let is_any = is_clocked || !change.cells.is_empty() || !beside.writes.is_empty();
        if !is_any && !is_earliest && !is_latest {
            if let Some(touched) = touched.filter(|_| !updates.is_empty()) {
                let row = Uuid::from_bytes(change.row);
                touched.write(change.table.0, row, &updates.into_iter().collect(), false);
            }
            return Ok(());
        }
        if is_oversized {
            self.unclear.insert(change.key());
            return Ok(());
        }
        let rows = self.table(change.table)?;
        let is_shown = rows.update(change, (&clock, &beside), &values, id_of)?;
        if let Some(touched) = touched {
            let row = Uuid::from_bytes(change.row);
            let mut columns: ColumnSet = change.columns().chain(updates).collect();
            columns.extend(&beside.touched);
            if is_shown {
                columns.extend(&rows.shown());
            }
            // No column stands for `created_at`, so a row whose `created_at` moves is noted like a new one.
            touched.write(change.table.0, row, &columns, is_earliest);
        }
        Ok(())
    }

    /// Puts a tombstone in the place of the row of a change that forgot it, or tells that another one did.
    ///
    /// Nothing comes after it, so the tombstone depends on those changes alone.
    fn forget(
        &mut self,
        change: &FoldedChange<'_>,
        (forgotten, id_of): (Forgotten, &dyn Fn(NodeOrdinal) -> Option<NodeId>),
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        let FoldedChange { table, row, tick, .. } = *change;
        if !self.note_forgotten(change.key(), Tombstone::of(forgotten, tick), id_of)? {
            return Ok(());
        }
        self.written += change.count();
        delete_row(self.connection, table, &row)?;
        let write = Write::Value(Some(Stored::Integer(1)));
        let cells = vec![FoldedCell::plain((IS_DELETED, "is_deleted"), write)];
        let columns = std::iter::once(IS_DELETED).collect();
        if !self.insert(&FoldedChange { table, row, tick, cells }, &columns)? {
            return Err(Error::unwritten(table.1));
        }
        if let Some(touched) = touched {
            touched.write(table.0, Uuid::from_bytes(row), &columns, true);
        }
        Ok(())
    }

    /// Notes that a row was forgotten, which may be in the log only. Returns whether the tombstone is the one that
    /// counts from now on.
    pub(crate) fn note_forgotten(
        &mut self,
        row: RowKey,
        tombstone: Tombstone,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<bool> {
        let held = self.forgotten.get(&row)?;
        if held.is_none() {
            self.newly_forgotten.insert(row);
        }
        match tombstone.forgotten {
            Forgotten::Act => drop(self.unclear.remove(&row)),
            // The values of other changes will be removed, and one of these may be the earliest.
            Forgotten::Remains if held.is_none() => drop(self.unclear.insert(row)),
            Forgotten::Remains => {}
        }
        let writer = (tombstone.stamp, tombstone.node);
        if held.is_some_and(|held| (held.stamp, held.node) == writer) {
            self.tied.insert(tombstone.node);
        }
        self.forgotten.note(&row, tombstone, id_of)
    }

    /// Notes that another change of the row has the node and the stamp of this one.
    fn note_tie(&mut self, change: &FoldedChange<'_>) {
        self.unclear.insert((change.table.0, change.row));
        self.tied.insert(change.tick.node.0);
    }

    /// Returns whether a node may have stamped two changes of a row alike that were folded in before.
    fn may_be_tied(&mut self, node: NodeOrdinal) -> Result<bool> {
        let Some(forked) = &mut self.forked else { return Ok(false) };
        Ok(match forked.entry(node) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => *new.insert(is_forked(self.connection, node)?),
        })
    }

    /// Inserts the row of a change, or returns the clock of the row if it exists.
    fn insert_or_probe(&mut self, change: &FoldedChange<'_>, columns: &ColumnSet) -> Result<Held> {
        // A change that writes that the row is not deleted is most often the one that created it.
        if change.is_of_life() && self.insert(change, columns)? {
            return Ok(Held::Nothing);
        }
        let held = self.table(change.table)?.probe(change)?;
        if matches!(held, Held::Nothing) && !self.insert(change, columns)? {
            return Err(Error::unwritten(change.table.1));
        }
        Ok(held)
    }

    /// Inserts the row of a change, unless it exists. Returns whether it was inserted.
    fn insert(&mut self, change: &FoldedChange<'_>, columns: &ColumnSet) -> Result<bool> {
        self.table(change.table)?.insert_first(change, columns)
    }

    /// Notes what a change has written into a row that it inserted.
    fn after_insert(
        &mut self,
        change: &FoldedChange<'_>,
        columns: &ColumnSet,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        self.written += change.count();
        for cell in &change.cells {
            if let Write::Addition(addition) = cell.write {
                let counter = change.counter(cell.column.0);
                let mut sum = self.counters.get(counter)?.unwrap_or(Sum::NOTHING);
                let writer = (change.tick.stamp, change.tick.node.0);
                sum.add(writer, addition, self.writer, id_of);
                self.counters.put(counter, &sum)?;
            }
        }
        if let Some(touched) = touched {
            touched.write(change.table.0, Uuid::from_bytes(change.row), columns, true);
        }
        Ok(())
    }

    /// Takes out what a change updates in texts, and adds it to what is to be united with these. Returns their columns.
    fn add_updates(&mut self, change: &mut FoldedChange<'_>) -> Result<Vec<u32>> {
        let updates = change.take_updates();
        let writer = (change.tick.stamp, change.tick.node.0);
        for FoldedCell { column, write, .. } in &updates {
            if let Write::Update(update) = write {
                self.texts.add(change.text(column.0), writer, update)?;
                self.written += 1;
            }
        }
        Ok(updates.into_iter().map(|cell| cell.column.0).collect())
    }

    /// Adds what a change adds to counters, and puts the sums in its place. Returns the columns that get a new
    /// sum.
    ///
    /// A column whose last write is later than the change and not an addition keeps its value.
    fn add_up(
        &mut self,
        change: &mut FoldedChange<'_>,
        (clock, later): (&RowClock, &ColumnSet),
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<ColumnSet> {
        let mut added = ColumnSet::default();
        for at in 0..change.cells.len() {
            let Some(FoldedCell { column, write: Write::Addition(addition), .. }) =
                change.cells.get(at)
            else {
                continue;
            };
            let (column, addition) = (column.0, *addition);
            let row = (change.table.0, change.row);
            let counter = change.counter(column);
            let mut sum = self.counters.get(counter)?.unwrap_or(Sum::NOTHING);
            let is_sum_shown = clock.last_write(column) == Some(sum.last);
            if is_sum_shown && later.has(column) && self.may_be_tied(sum.last.1)? {
                // A value may have been written under the stamp of the latest addition, and not the addition.
                self.unclear.insert(row);
            }
            let writer = (change.tick.stamp, change.tick.node.0);
            if sum.last == writer {
                // The clock need not tell, where a value was written since.
                self.note_tie(change);
            }
            sum.add(writer, addition, self.writer, id_of);
            self.counters.put(counter, &sum)?;
            if (!later.has(column) || is_sum_shown)
                && let Some(cell) = change.cells.get_mut(at)
            {
                cell.write = Write::Value(Some(Stored::Integer(sum.value())));
                added.insert(column);
            }
        }
        Ok(added)
    }

    /// Returns the statements of a table, by its ordinal and its name.
    fn table(&mut self, (ordinal, name): (i64, &str)) -> Result<&mut TableRows<'c>> {
        Ok(match self.tables.entry(ordinal) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let plan = self.plans.get(&ordinal).cloned();
                new.insert(TableRows::new(self.connection, name, plan)?)
            }
        })
    }
}

/// Returns the columns that were written after a change, or `None` if the clock tells of an unknown node.
fn written_after(
    clock: &RowClock,
    change: Tick,
    id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
) -> Option<ColumnSet> {
    let mut after = ColumnSet::default();
    for (columns, stamp, node) in clock.groups() {
        if (stamp, id_of(node)?) > (change.stamp, change.node.1) {
            after.extend(columns);
        }
    }
    Some(after)
}
