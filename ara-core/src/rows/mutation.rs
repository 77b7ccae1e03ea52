//! The mutations of the app: creating, updating, deleting and restoring rows.

mod adding;
mod mending;

use rusqlite::types::ValueRef;
use rusqlite::{ErrorCode, ffi};
use smallvec::SmallVec;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::is_same;
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::column_set::ColumnSet;
use crate::log::counters::{CounterCell, Sum};
use crate::log::marks::Marks;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::model::cells::Cell;
use crate::rows::insert::{FIRST_COLUMN_OF_NEW, bind_values};
use crate::rows::plan::{IS_DELETED, Plan};
use crate::rows::writing::Writing;
use crate::value::Stored;

/// Writes rows of one table, and records the changes in the log.
pub(crate) struct Mutation<'m, 'c> {
    pub(crate) writing: &'m mut Writing<'c>,
    pub(crate) plan: &'m Plan,
}

const ALIVE: Stored<'static> = Stored::Integer(0);
const DELETED: Stored<'static> = Stored::Integer(1);

/// A slot of the plan, and the value to write there.
type Write<'a> = (usize, Option<&'a Stored<'static>>);

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
}

impl<'c> Writing<'c> {
    /// Begins to write rows of a table.
    pub(crate) fn mutation<'m>(&'m mut self, plan: &'m Plan) -> Mutation<'m, 'c> {
        Mutation { writing: self, plan }
    }
}

impl Mutation<'_, '_> {
    /// Inserts a row, with a new id if none is given, and returns its id.
    pub(crate) fn create(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<Uuid> {
        let stamp = self.writing.recorder.next_stamp();
        let id = match id {
            Some(id) => id,
            None => self.writing.entropy.row_id(stamp)?,
        };
        self.insert(stamp, id, cells)?;
        self.record(stamp, id, new_row(cells), &[])?;
        Ok(id)
    }

    /// Inserts a row, or writes what differs into the row with this id and restores it. Returns the id.
    ///
    /// The counters of a row that exists are not changed, so that an upsert is idempotent.
    pub(crate) fn upsert(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<Uuid> {
        let Some(id) = id else {
            return self.create(None, cells);
        };
        self.mending(id, |mutation| mutation.upsert_row(id, cells))
    }

    fn upsert_row(&mut self, id: Uuid, cells: &[Cell]) -> Result<Uuid> {
        let is_counter = |(slot, _): &Write<'_>| self.plan.is_counter(*slot);
        let writes = writes(cells).filter(|write| !is_counter(write));
        let writes: Writes<'_> = alive().chain(writes).collect();
        match self.probe(id, &writes)? {
            None => self.create(Some(id), cells),
            Some(Probed { changes, latest, .. }) => {
                self.edit(id, &changes, &[], If::Any { latest })?;
                Ok(id)
            }
        }
    }

    /// Writes what differs into a row that is not deleted, and adds to its counters. Returns whether there
    /// is such a row.
    pub(crate) fn update(&mut self, id: Uuid, cells: &[Cell]) -> Result<bool> {
        self.mending(id, |mutation| {
            let given: Writes<'_> = writes(cells).collect();
            let added = mutation.add_up(id, &given)?;
            mutation.edit_alive(id, &mutation.with_sums(&given, &added), &added)
        })
    }

    /// Deletes a row. Returns whether it was there and not deleted.
    pub(crate) fn delete(&mut self, id: Uuid) -> Result<bool> {
        let deleted = [(IS_DELETED, Some(&DELETED))];
        self.mending(id, |mutation| mutation.edit_alive(id, &deleted, &[]))
    }

    /// Restores a row if it is deleted. Returns whether a row has this id.
    pub(crate) fn restore(&mut self, id: Uuid) -> Result<bool> {
        self.mending(id, |mutation| {
            let probed = mutation.probe(id, &[(IS_DELETED, Some(&ALIVE))])?;
            let Some(Probed { changes, latest, .. }) = probed else { return Ok(false) };
            mutation.edit(id, &changes, &[], If::Any { latest })?;
            Ok(true)
        })
    }

    /// Writes what differs into a row that is not deleted. Returns whether there is such a row.
    fn edit_alive(&mut self, id: Uuid, writes: &[Write<'_>], added: &[Added]) -> Result<bool> {
        // Most often every value differs, and then a single statement is enough.
        if self.edit(id, writes, added, If::AllDiffer)? {
            return Ok(true);
        }
        match self.probe(id, writes)? {
            None | Some(Probed { is_deleted: true, .. }) => Ok(false),
            Some(Probed { is_deleted: false, mut changes, latest }) => {
                if !added.is_empty() {
                    // An addition is recorded even if the value stays the same, because it is saturated.
                    let differs = |slot| changes.iter().any(|(changed, _)| *changed == slot);
                    let is_added = |slot| added.iter().any(|added| added.slot == slot);
                    let is_needed = |(slot, _): &&Write<'_>| differs(*slot) || is_added(*slot);
                    changes = writes.iter().filter(is_needed).copied().collect();
                }
                self.edit(id, &changes, added, If::Any { latest })?;
                Ok(true)
            }
        }
    }

    /// Inserts a row with this id, and fails with [`Error::Exists`] if there is one.
    fn insert(&mut self, stamp: Stamp, id: Uuid, cells: &[Cell]) -> Result<()> {
        let columns: ColumnSet = new_row(cells).map(|(slot, _)| self.ordinal(slot)).collect();
        let Writing { recorder, statements, clock, .. } = &mut *self.writing;
        clock.clear();
        if self.plan.ordinal.is_some() {
            RowClock::pack_one(clock, stamp, recorder.node(), &columns);
        }
        let insert = statements.get(&self.plan.insert)?;
        bind(insert, 1, ValueRef::Blob(id.as_bytes()))?;
        bind(insert, 2, ValueRef::Blob(clock))?;
        bind(insert, 3, ValueRef::Integer(recorder.date()))?;
        // A cached statement keeps the values that were bound last, so every slot is bound.
        let mut writes = cells.iter().map(write).peekable();
        let value_of =
            |slot| writes.next_if(|(next, _)| *next == slot).and_then(|(_, value)| value);
        bind_values(insert, FIRST_COLUMN_OF_NEW, (1..self.plan.slots.len()).map(value_of))?;
        match insert.raw_execute() {
            Ok(_) => {
                self.touch(id, &columns, true);
                Ok(())
            }
            // Another program may have made an index that is unique, too.
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if failure.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE
                    && self.probe(id, &[])?.is_some() =>
            {
                Err(Error::Exists { table: self.plan.def.name })
            }
            Err(error) => Err(self.fault(error)),
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
        let is_deleted = matches!(row.get_ref(0)?, ValueRef::Integer(1));
        // The row of a local table has no clock.
        let clock = row.get_ref(1)?.as_blob().ok();
        let clock = clock.and_then(|clock| RowClock::unpack(clock, (None, None)));
        let latest = clock.and_then(|clock| clock.latest()).map(|(stamp, _)| stamp);
        let latest = latest.or(self.plan.ordinal.is_none().then(Stamp::default));
        let mut changes = Writes::new();
        for (write, column) in writes.iter().zip(2..) {
            if !is_same(row.get_ref(column)?, write.1) {
                changes.push(*write);
            }
        }
        Ok(Some(Probed { is_deleted, changes, latest }))
    }

    /// Updates the row with this id if the condition holds. Returns whether it was updated.
    ///
    /// Without writes it does nothing: it records no change, and does not advance the clock.
    fn edit(
        &mut self,
        id: Uuid,
        writes: &[Write<'_>],
        added: &[Added],
        condition: If,
    ) -> Result<bool> {
        if writes.is_empty() {
            return Ok(false);
        }
        let stamp = match condition {
            If::AllDiffer => self.writing.recorder.next_stamp(),
            If::Any { latest } => {
                let stamp = self.writing.recorder.stamp_after(latest.ok_or(Error::Corrupt)?);
                stamp.ok_or_else(|| Error::EndOfTime { table: self.plan.def.name.to_owned() })?
            }
        };
        let columns: ColumnSet = writes.iter().map(|(slot, _)| self.ordinal(*slot)).collect();
        let edit = self.plan.edit(&slots(writes));
        let Writing { recorder, statements, clock, .. } = &mut *self.writing;
        clock.clear();
        RowClock::pack_one(clock, stamp, recorder.node(), &columns);
        let update = statements.get(match condition {
            If::Any { .. } => &edit.update,
            If::AllDiffer => &edit.update_if_all_differ,
        })?;
        bind(update, 1, ValueRef::Blob(id.as_bytes()))?;
        bind(update, 2, ValueRef::Blob(clock))?;
        bind(update, 3, ValueRef::Integer(recorder.date()))?;
        bind_values(update, 4, writes.iter().map(|(_, value)| *value))?;
        let written = update.raw_execute().map_err(|error| self.fault(error))?;
        if written == 0 {
            return Ok(false);
        }
        self.touch(id, &columns, false);
        self.record(stamp, id, writes.iter().copied(), added)?;
        Ok(true)
    }

    /// Notes for the watchers that a row was written, if anyone watches.
    fn touch(&mut self, row: Uuid, columns: &ColumnSet, is_new: bool) {
        if let Some(touched) = &mut self.writing.touched {
            touched.write(self.plan.table, row, columns, is_new);
        }
    }

    /// Advances the clock to a change that was made, and records it, unless the table is local.
    fn record<'w>(
        &mut self,
        stamp: Stamp,
        id: Uuid,
        writes: impl Iterator<Item = Write<'w>>,
        added: &[Added],
    ) -> Result<()> {
        let Some(ordinal) = self.plan.ordinal else {
            self.writing.recorder.meet(stamp);
            return Ok(());
        };
        let Writing { recorder, counters, .. } = &mut *self.writing;
        let node = recorder.node();
        let mut change = recorder.change(stamp, (ordinal, self.plan.def.name), id);
        for (at, value) in writes {
            let Some(slot) = self.plan.slots.get(at) else { continue };
            let column = (slot.ordinal, slot.name);
            if !slot.is_counter {
                change.value(column, value, Marks::default());
                continue;
            }
            let added = added.iter().find(|added| added.slot == at);
            // In a new row, the value itself is what this node has added.
            let of_new = || match value {
                Some(Stored::Integer(by)) => Some((Addition { by: *by, total: *by }, Sum::NOTHING)),
                _ => None,
            };
            let addition = added.map(|added| (added.addition, added.before)).or_else(of_new);
            let Some((addition, mut sum)) = addition else { continue };
            change.addition(column, addition, Marks::default());
            // No other change of the row is later.
            sum.add((stamp, node), addition, node, &|_| None);
            let (row, column) = (id.as_bytes(), slot.ordinal);
            counters.put(CounterCell { table: ordinal, row, column }, &sum)?;
        }
        recorder.record(change)
    }

    /// Returns the ordinal of the column in a slot.
    fn ordinal(&self, slot: usize) -> u32 {
        self.plan.slots.get(slot).map_or(0, |slot| slot.ordinal)
    }

    /// Converts an error of a statement that writes a row.
    fn fault(&self, error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::TooBig) => Error::TooLarge { table: self.plan.def.name },
            _ => error.into(),
        }
    }
}

/// On which condition a row is updated.
#[derive(Clone, Copy)]
enum If {
    /// The row exists, and its latest change has this stamp. Without one, this is [`Error::Corrupt`].
    Any { latest: Option<Stamp> },
    /// The row is not deleted, the clock is later than its latest change, and SQLite finds every value
    /// different. To SQLite 0.0 and -0.0 are equal, so that a row it does not update must still be compared by
    /// [`is_same`].
    AllDiffer,
}

/// Returns what cells write into a row that exists: defaults are for new rows only.
fn writes(cells: &[Cell]) -> impl Iterator<Item = Write<'_>> {
    cells.iter().filter(|cell| !cell.is_default).map(write)
}

fn write(cell: &Cell) -> Write<'_> {
    (cell.column + 1, cell.value.as_ref())
}

/// Returns the write to `is_deleted` that creates or restores a row. A create includes it, so that the column
/// has a clock that a delete on another device can be compared with.
fn alive<'a>() -> impl Iterator<Item = Write<'a>> {
    std::iter::once((IS_DELETED, Some(&ALIVE)))
}

/// Returns what a create writes, in the order of the slots. A column without a value is not written, as it
/// was never set.
fn new_row(cells: &[Cell]) -> impl Iterator<Item = Write<'_>> {
    alive().chain(cells.iter().map(write).filter(|(_, value)| value.is_some()))
}

fn slots(writes: &[Write<'_>]) -> SmallVec<[usize; 8]> {
    writes.iter().map(|(slot, _)| *slot).collect()
}
