//! The mutations of the app: creating, updating, deleting and restoring rows.

mod adding;
mod editing;
mod folding;
mod lensing;
mod mending;
mod merging;
mod room;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ffi};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::column_set::ColumnSet;
use crate::log::counters::{CounterCell, Sum};
use crate::log::forgotten::{ANY, ForgottenRows};
use crate::log::marks::Marks;
use crate::log::recorder::Recorder;
use crate::log::row_clock::{LeftOut, RowClock};
use crate::log::statements::bind;
use crate::model::cells::{Cell, Kind};
use crate::rows::insert::{FIRST_COLUMN_OF_NEW, bind_values};
use crate::rows::mutation::editing::If;
use crate::rows::mutation::merging::Merging;
use crate::rows::plan::{IS_DELETED, Plan, Slot, is_deleted};
use crate::rows::writing::Writing;
use crate::value::size::{LARGEST_WRITTEN, length};
use crate::value::{AsRead, Stored, is_same};

/// Writes rows of one table, and records the changes in the log.
pub(crate) struct Mutation<'m, 'c> {
    pub(crate) writing: &'m mut Writing<'c>,
    pub(crate) plan: &'m Arc<Plan>,
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Upserted {
    Created,
    Changed,
    Unchanged,
}

const ALIVE: Stored<'static> = Stored::Integer(0);
const DELETED: Stored<'static> = Stored::Integer(1);

/// A value to write into a column.
#[derive(Clone, Copy)]
struct Write<'a> {
    /// The slot of the plan.
    slot: usize,
    value: Option<&'a Stored<'static>>,
    /// How the app sees what is there, or `None` if only what is stored counts.
    as_read: Option<AsRead>,
    kind: Kind,
}

impl<'a> Write<'a> {
    /// Returns a write to `is_deleted`.
    fn is_deleted(value: &'a Stored<'static>) -> Self {
        Self { slot: IS_DELETED, value: Some(value), as_read: None, kind: Kind::Plain }
    }

    /// Returns whether it would change what the app sees.
    fn changes(&self, held: ValueRef<'_>) -> bool {
        if self.kind != Kind::Plain {
            // It was compared with what the row shows.
            return true;
        }
        !is_same(held, self.value)
            && !self.as_read.is_some_and(|as_read| as_read.is_seen(held, self.value))
    }

    /// Returns whether it would change what the app sees wherever SQLite finds a difference.
    fn differs_as_stored(&self) -> bool {
        self.kind == Kind::Plain
            && self.as_read.is_none_or(|as_read| as_read.differs_as_stored(self.value))
    }
}

/// The writes of an update. Those of most need no memory of their own.
type Writes<'a> = SmallVec<[Write<'a>; 8]>;

/// The new state of a counter after an addition.
struct Added {
    slot: usize,
    /// What is added.
    addition: Addition,
    /// What was known of it before.
    before: Sum,
    /// The new value in the row.
    value: Stored<'static>,
}

/// A row that exists, compared with what is to be written.
struct Probed<'a> {
    is_deleted: bool,
    /// The writes that would change the row.
    changes: Writes<'a>,
    /// The stamp of its latest change, unless its clock cannot be read.
    latest: Option<Stamp>,
    /// The values that it lacks, as it would be too large with them.
    left_out: Vec<LeftOut>,
    /// Whether the changes have to be folded in, as columns were written through.
    must_fold: bool,
}

impl Probed<'_> {
    /// Returns the condition that the row is as it was found.
    fn as_found(&self) -> If<'_> {
        let Self { latest, left_out, must_fold, .. } = self;
        If::Any { latest: *latest, left_out, must_fold: *must_fold }
    }
}

impl<'c> Writing<'c> {
    /// Begins to write rows of a table.
    pub(crate) fn mutation<'m>(&'m mut self, plan: &'m Arc<Plan>) -> Mutation<'m, 'c> {
        Mutation { writing: self, plan }
    }
}

impl Mutation<'_, '_> {
    /// Inserts a row, with a new id if none is given, and returns its id.
    pub(crate) fn create(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<Uuid> {
        if let Some(id) = id {
            // Another program may have deleted its tombstone.
            self.refuse_forgotten(id, true)?;
        }
        self.create_unforgotten(id, cells)
    }

    /// Inserts a row like [`create`](Self::create), of which the caller knows that it was not forgotten.
    pub(crate) fn create_unforgotten(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<Uuid> {
        let cells = &*self.with_replaced(cells)?;
        let stamp = self.writing.recorder.next_stamp();
        let id = match id {
            Some(id) => id,
            None => self.writing.entropy.row_id(stamp)?,
        };
        self.insert(stamp, id, cells)?;
        self.record(stamp, id, new_row(cells), None)?;
        Ok(id)
    }

    /// Inserts a row, or writes what differs into the row with this id and restores it. Returns the id, and what that
    /// did.
    ///
    /// The counters of a row that exists are not changed, so that an upsert is idempotent.
    pub(crate) fn upsert(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<(Uuid, Upserted)> {
        let Some(id) = id else {
            return Ok((self.create(None, cells)?, Upserted::Created));
        };
        self.mending(id, |mutation| Ok((id, mutation.upsert_row(id, cells)?)))
    }

    fn upsert_row(&mut self, id: Uuid, cells: &[Cell]) -> Result<Upserted> {
        let is_merged =
            |write: &Write<'_>| self.plan.is_counter(write.slot) || self.plan.is_text(write.slot);
        let set = self.edits_of(id, cells)?;
        let writes = writes(&set).filter(|write| !is_merged(write));
        let writes: Writes<'_> = alive().chain(writes).collect();
        match self.probe(id, &writes)? {
            None => self.create(Some(id), cells).map(|_| Upserted::Created),
            Some(probed) => {
                self.refuse_forgotten(id, probed.is_deleted)?;
                let is_changed = self.merging_texts(id, &set, |mutation, updates| {
                    let merging = Merging { added: Vec::new(), updates };
                    mutation.edit(id, &probed.changes, &merging, probed.as_found())
                })?;
                Ok(if is_changed { Upserted::Changed } else { Upserted::Unchanged })
            }
        }
    }

    /// Writes what differs into a row that is not deleted, and adds to its counters. Returns whether there
    /// is such a row.
    pub(crate) fn update(&mut self, id: Uuid, cells: &[Cell]) -> Result<bool> {
        self.mending(id, |mutation| {
            let cells = mutation.edits_of(id, cells)?;
            let is_text = |write: &Write<'_>| mutation.plan.is_text(write.slot);
            let given: Writes<'_> = writes(&cells).filter(|write| !is_text(write)).collect();
            let added = mutation.add_up(id, &given)?;
            mutation.merging_texts(id, &cells, |mutation, updates| {
                let merging = Merging { added, updates };
                mutation.edit_alive(id, &mutation.with_sums(&given, &merging.added), &merging)
            })
        })
    }

    /// Writes updates of the text in a slot of a row that is not deleted. Returns whether there is such a row.
    #[cfg(feature = "text")]
    pub(crate) fn update_text(&mut self, id: Uuid, slot: usize, update: Vec<u8>) -> Result<bool> {
        let merging = Merging { added: Vec::new(), updates: vec![(slot, update)] };
        self.mending(id, |mutation| mutation.edit_alive(id, &[], &merging))
    }

    /// Finds out what cells change in texts, and runs what writes that and returns whether it was written. If it was
    /// not, the texts in memory are not what the row has.
    fn merging_texts(
        &mut self,
        id: Uuid,
        cells: &[Cell],
        write: impl FnOnce(&mut Self, Vec<(usize, Vec<u8>)>) -> Result<bool>,
    ) -> Result<bool> {
        let updates = self.edit_texts(id, cells);
        let is_any = updates.as_ref().is_ok_and(|updates| !updates.is_empty());
        let written = updates.and_then(|updates| write(self, updates));
        if !matches!(written, Ok(true)) && (is_any || written.is_err()) {
            self.writing.documents.forget_row(self.plan.table, id.as_bytes());
        }
        written
    }

    /// Deletes a row. Returns whether it was there and not deleted.
    pub(crate) fn delete(&mut self, id: Uuid) -> Result<bool> {
        let deleted = [Write::is_deleted(&DELETED)];
        let nothing = Merging::default();
        self.mending(id, |mutation| mutation.edit_alive(id, &deleted, &nothing))
    }

    /// Restores a row if it is deleted. Returns whether a row has this id.
    pub(crate) fn restore(&mut self, id: Uuid) -> Result<bool> {
        self.mending(id, |mutation| {
            let probed = mutation.probe(id, &[Write::is_deleted(&ALIVE)])?;
            let Some(probed) = probed else { return Ok(false) };
            if probed.is_deleted {
                mutation.refuse_forgotten(id, true)?;
                let nothing = Merging::default();
                mutation.edit(id, &probed.changes, &nothing, probed.as_found())?;
            }
            Ok(true)
        })
    }

    /// Clears a column of a row that is not deleted, if the app cannot read what is there. Returns whether it
    /// did.
    pub(crate) fn clear_unreadable(
        &mut self,
        id: Uuid,
        column: usize,
        as_read: AsRead,
    ) -> Result<bool> {
        let slot = column + 1;
        let cell =
            Cell { column, value: None, is_default: false, as_read: None, kind: Kind::Plain };
        self.mending(id, |mutation| {
            let cells = mutation.edits_of(id, std::slice::from_ref(&cell))?;
            let clear: Writes<'_> = writes(&cells).collect();
            let can_read = mutation.look(id, slot, |held| as_read.can_read(held))?;
            // A value that the row lacks, as it would be too large with it, is one as well.
            let probed = mutation.probe(id, &clear)?;
            let is_there = probed.is_some_and(|probed| !probed.changes.is_empty());
            let nothing = Merging::default();
            Ok(can_read == Some(false) && is_there && mutation.edit_alive(id, &clear, &nothing)?)
        })
    }

    /// Refuses to write a row that was forgotten, which is always deleted.
    fn refuse_forgotten(&mut self, id: Uuid, is_deleted: bool) -> Result<()> {
        // Most files have none.
        if !is_deleted || !self.writing.statements.get(&ANY)?.exists([])? {
            return Ok(());
        }
        let mut forgotten = ForgottenRows::new(self.writing.connection);
        match forgotten.has(&(self.plan.table, id.into_bytes()))? {
            true => Err(Error::Forgotten { table: self.plan.def.name.to_owned() }),
            false => Ok(()),
        }
    }

    /// Looks at what is stored in a row. Returns `None` if there is no such row.
    fn look<R>(
        &mut self,
        id: Uuid,
        slot: usize,
        look: impl FnOnce(ValueRef<'_>) -> R,
    ) -> Result<Option<R>> {
        let probe = self.writing.statements.get(&self.plan.edit(&[slot]).probe)?;
        bind(probe, 1, ValueRef::Blob(id.as_bytes()))?;
        let mut rows = probe.raw_query();
        // Before the slot, `is_deleted` and the clock are selected.
        Ok(rows.next()?.map(|row| row.get_ref(2)).transpose()?.map(look))
    }

    /// Writes what differs into a row that is not deleted. Returns whether there is such a row.
    fn edit_alive(&mut self, id: Uuid, writes: &[Write<'_>], merging: &Merging) -> Result<bool> {
        // Most often every value differs, and then a single statement is enough.
        if writes.iter().all(|write| write.differs_as_stored())
            && self.edit(id, writes, merging, If::AllDiffer)?
        {
            return Ok(true);
        }
        match self.probe(id, writes)? {
            None | Some(Probed { is_deleted: true, .. }) => Ok(false),
            Some(mut probed) => {
                let added = &merging.added;
                if !added.is_empty() {
                    // An addition is recorded even if the value stays the same, because it is saturated.
                    let differs = |slot| probed.changes.iter().any(|changed| changed.slot == slot);
                    let is_added = |slot| added.iter().any(|added| added.slot == slot);
                    let is_needed =
                        |write: &&Write<'_>| differs(write.slot) || is_added(write.slot);
                    probed.changes = writes.iter().filter(is_needed).copied().collect();
                }
                self.edit(id, &probed.changes, merging, probed.as_found())?;
                Ok(true)
            }
        }
    }

    /// Inserts a row with this id, and fails with [`Error::Exists`] if there is one.
    fn insert(&mut self, stamp: Stamp, id: Uuid, cells: &[Cell]) -> Result<()> {
        if cells.iter().map(|cell| length(cell.value.as_ref())).sum::<u64>() > LARGEST_WRITTEN {
            return Err(self.too_large());
        }
        let ordinal_of = |write: Write<'_>| self.ordinal(write.slot);
        let columns: ColumnSet = new_row(cells).map(ordinal_of).collect();
        let mut marked = ColumnSet::default();
        if cells.iter().any(|cell| cell.kind == Kind::Through) {
            let is_marked = |write: &Write<'_>| !self.marks_of(write).is_empty();
            marked = new_row(cells).filter(is_marked).map(ordinal_of).collect();
        }
        let Writing { connection, recorder, statements, clock, .. } = &mut *self.writing;
        clock.clear();
        if self.plan.ordinal.is_some() {
            RowClock::pack_one(clock, (stamp, recorder.node()), &columns, &marked);
        }
        let insert = statements.get(&self.plan.insert)?;
        bind(insert, 1, ValueRef::Blob(id.as_bytes()))?;
        bind(insert, 2, ValueRef::Blob(clock))?;
        bind(insert, 3, ValueRef::Integer(recorder.date()))?;
        // A cached statement keeps the values that were bound last, so every slot is bound.
        let mut writes = cells.iter().map(write).peekable();
        let value_of =
            |slot| writes.next_if(|next| next.slot == slot).and_then(|write| write.value);
        let values = (1..self.plan.slots.len()).map(value_of);
        // What the row shows that replaces others is what is written into it.
        let shown = self.plan.lensed.iter().flat_map(|lensed| &lensed.shown).map(|shown| {
            let cell = cells.iter().find(|cell| cell.column == shown.position)?;
            cell.value.as_ref()
        });
        bind_values(insert, FIRST_COLUMN_OF_NEW, values.chain(shown))?;
        match execute(connection, recorder, || insert.raw_execute()) {
            Ok(0) => Err(Error::unwritten(self.plan.def.name)),
            Ok(_) => {
                self.touch(id, &columns, true);
                Ok(())
            }
            // Another program may have made an index that is unique, too.
            Err(rusqlite::Error::SqliteFailure(failure, reason))
                if failure.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE =>
            {
                match self.probe(id, &[])? {
                    Some(Probed { is_deleted, .. }) => {
                        self.refuse_forgotten(id, is_deleted)?;
                        Err(Error::Exists { table: self.plan.def.name })
                    }
                    None => Err(rusqlite::Error::SqliteFailure(failure, reason).into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Compares a row with what is to be written. Returns `None` if no row has this id.
    fn probe<'w>(&mut self, id: Uuid, writes: &[Write<'w>]) -> Result<Option<Probed<'w>>> {
        let edit = self.plan.edit(&slots(writes));
        let probe = self.writing.statements.get(&edit.probe)?;
        bind(probe, 1, ValueRef::Blob(id.as_bytes()))?;
        let mut rows = probe.raw_query();
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let is_deleted = is_deleted(row.get_ref(0)?);
        // The row of a local table has no clock.
        let clock = RowClock::read(row.get_ref(1)?, (None, None));
        let latest = clock.as_ref().and_then(|clock| clock.latest()).map(|(stamp, _)| stamp);
        let latest = latest.or(self.plan.ordinal.is_none().then(Stamp::default));
        let mut left_out = Vec::new();
        clock.iter().for_each(|clock| left_out.extend(clock.left_out()));
        let slots = &self.plan.slots;
        let ordinal = |slot| slots.get(slot).map_or(0, |slot: &Slot| slot.ordinal);
        let is_left_out = |slot| left_out.iter().any(|(column, _)| *column == ordinal(slot));
        let mut changes = Writes::new();
        for (write, column) in writes.iter().zip(2..) {
            // The app sees no value in the column. To write none there, it must know of the one that is left out.
            let is_cleared = write.as_read.is_none() && is_left_out(write.slot);
            if write.changes(row.get_ref(column)?) || is_cleared {
                changes.push(*write);
            }
        }
        drop(rows);
        let was_written_through =
            |column| clock.as_ref().is_some_and(|clock| clock.is_marked(column));
        let must_fold = self.must_fold(writes, was_written_through);
        Ok(Some(Probed { is_deleted, changes, latest, left_out, must_fold }))
    }

    /// Notes for the watchers that a row was written, if anyone watches.
    fn touch(&mut self, row: Uuid, columns: &ColumnSet, is_new: bool) {
        if let Some(touched) = &mut self.writing.touched {
            touched.write(self.plan.table, row, columns, is_new);
        }
    }

    /// Advances the clock to a change that was made, and records it, unless the table is local. If that fails,
    /// the row is written and not logged, so that nothing may be committed. A new row merges nothing.
    fn record<'w>(
        &mut self,
        stamp: Stamp,
        id: Uuid,
        writes: impl Iterator<Item = Write<'w>>,
        merging: Option<&Merging>,
    ) -> Result<()> {
        let recorded = self.record_change(stamp, id, writes, merging);
        recorded.inspect_err(|_| self.writing.recorder.break_off())
    }

    fn record_change<'w>(
        &mut self,
        stamp: Stamp,
        id: Uuid,
        writes: impl Iterator<Item = Write<'w>>,
        merging: Option<&Merging>,
    ) -> Result<()> {
        let Some(ordinal) = self.plan.ordinal else {
            self.writing.recorder.meet(stamp);
            self.writing.recorder.note_local();
            return Ok(());
        };
        let node = self.writing.recorder.node();
        let table = (ordinal, self.plan.def.name);
        let mut change = self.writing.recorder.change(stamp, table, id);
        for write in writes {
            let Write { slot: at, value, .. } = write;
            let Some(slot) = self.plan.slots.get(at) else { continue };
            let column = (slot.ordinal, slot.name);
            #[cfg(feature = "text")]
            if let (Some(Stored::Text(text)), Some(cell)) = (value, self.text_cell(id, at)) {
                let update = self.begin_text(cell, stamp, text)?;
                change.update(column, &update, Marks::default());
                continue;
            }
            if !slot.is_counter {
                let marks = match write.kind == Kind::Through {
                    true => Marks::OF_WRITTEN_THROUGH,
                    false => Marks::default(),
                };
                change.value(column, value, marks);
                continue;
            }
            let added = merging.and_then(|it| it.added.iter().find(|added| added.slot == at));
            // In a new row, the value itself is what this node has added.
            let of_new = || match value {
                Some(Stored::Integer(by)) => Some((Addition { by: *by, total: *by }, Sum::NOTHING)),
                _ => None,
            };
            let addition = added.map(|added| (added.addition, added.before)).or_else(of_new);
            let Some((addition, mut sum)) = addition else {
                // What is no number is cleared like any other value.
                change.value(column, value, Marks::default());
                continue;
            };
            change.addition(column, addition, Marks::default());
            // No other change of the row is later.
            sum.add((stamp, node), addition, node, &|_| None);
            let (row, column) = (id.as_bytes(), slot.ordinal);
            self.writing.counters.put(CounterCell { table: ordinal, row, column }, &sum)?;
        }
        if let Some(merging) = merging {
            self.record_updates(&mut change, (stamp, id), &merging.updates)?;
        }
        self.writing.recorder.record(change)
    }

    /// Returns the ordinal of the column in a slot.
    fn ordinal(&self, slot: usize) -> u32 {
        self.plan.slots.get(slot).map_or(0, |slot| slot.ordinal)
    }

    fn too_large(&self) -> Error {
        Error::TooLarge { table: self.plan.def.name.to_owned() }
    }
}

/// Runs a statement that writes a row. A trigger that fails may leave it written, and then nothing may be committed.
fn execute(
    connection: &Connection,
    recorder: &mut Recorder<'_>,
    run: impl FnOnce() -> rusqlite::Result<usize>,
) -> rusqlite::Result<usize> {
    let before = connection.total_changes();
    run().inspect_err(|_| {
        if connection.total_changes() != before {
            recorder.break_off();
        }
    })
}

/// Returns what cells write into a row that exists: defaults are for new rows only.
fn writes(cells: &[Cell]) -> impl Iterator<Item = Write<'_>> {
    cells.iter().filter(|cell| !cell.is_default).map(write)
}

fn write(cell: &Cell) -> Write<'_> {
    let Cell { column, value, as_read, kind, .. } = cell;
    Write { slot: column + 1, value: value.as_ref(), as_read: *as_read, kind: *kind }
}

/// Returns the write to `is_deleted` that creates or restores a row. A create includes it, so that the column
/// has a clock that a delete on another device can be compared with.
fn alive<'a>() -> impl Iterator<Item = Write<'a>> {
    std::iter::once(Write::is_deleted(&ALIVE))
}

/// Returns what a create writes, in the order of the slots. A column without a value is not written, as it
/// was never set. But one that is cleared by what replaces it is, as another device may have created the row, too.
fn new_row(cells: &[Cell]) -> impl Iterator<Item = Write<'_>> {
    let is_set = |write: &Write<'_>| write.value.is_some() || write.kind == Kind::Through;
    alive().chain(cells.iter().map(write).filter(is_set))
}

fn slots(writes: &[Write<'_>]) -> SmallVec<[usize; 8]> {
    writes.iter().map(|write| write.slot).collect()
}
