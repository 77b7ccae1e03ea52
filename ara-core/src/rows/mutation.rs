//! The one path by which rows are written.

mod adding;

use rusqlite::types::ValueRef;
use rusqlite::{ErrorCode, ffi};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::is_same;
use crate::log::clock::Time;
use crate::log::counters::CounterCell;
use crate::log::row_clock::{ColumnSet, RowClock};
use crate::log::statements::bind;
use crate::model::cells::Cell;
use crate::rows::mutation::adding::Added;
use crate::rows::plan::{IS_DELETED, Plan};
use crate::rows::writing::Writing;
use crate::value::Stored;

/// Writes rows of one table, and records what it wrote.
pub(crate) struct Mutation<'m, 'c> {
    pub(crate) writing: &'m mut Writing<'c>,
    pub(crate) plan: &'m Plan,
}

const ALIVE: Stored<'static> = Stored::Integer(0);
const DELETED: Stored<'static> = Stored::Integer(1);

/// A slot of the plan, and what to write there.
type Write<'a> = (usize, Option<&'a Stored<'static>>);

/// What a look at a row found: whether it is deleted, and which of the writes would change it.
/// `None` where no row has the id.
type Found<'a> = Option<(bool, Vec<Write<'a>>)>;

impl Mutation<'_, '_> {
    /// Inserts a row; a new id is made if it has none.
    pub(crate) fn create(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<Uuid> {
        let time = self.writing.recorder.next_time();
        let id = match id {
            Some(id) => id,
            None => self.writing.entropy.row_id(time)?,
        };
        self.insert(time, id, cells)?;
        self.record(time, id, new_row(cells), &[])?;
        Ok(id)
    }

    /// Inserts a row, or writes what differs into the one that has the id, and undeletes it. What is in its
    /// counters stays: to do it twice is to do it once.
    pub(crate) fn upsert(&mut self, id: Option<Uuid>, cells: &[Cell]) -> Result<Uuid> {
        let Some(id) = id else {
            return self.create(None, cells);
        };
        let is_counter = |(slot, _): &Write<'_>| self.plan.is_counter(*slot);
        let writes = writes(cells).filter(|write| !is_counter(write));
        let writes: Vec<_> = alive().chain(writes).collect();
        match self.probe(id, &writes)? {
            None => self.create(Some(id), cells),
            Some((_, changed)) => {
                self.edit(id, &changed, &[], If::Any)?;
                Ok(id)
            }
        }
    }

    /// Writes what differs into a row, and adds to its counters. Whether the row was there.
    pub(crate) fn update(&mut self, id: Uuid, cells: &[Cell]) -> Result<bool> {
        let mut writes: Vec<_> = writes(cells).collect();
        let added = self.add_up(id, &writes)?;
        self.put_sums(&mut writes, &added);
        self.edit_alive(id, &writes, &added)
    }

    /// Deletes a row. Whether it was there.
    pub(crate) fn delete(&mut self, id: Uuid) -> Result<bool> {
        self.edit_alive(id, &[(IS_DELETED, Some(&DELETED))], &[])
    }

    /// Undeletes a row. Whether it is there now.
    pub(crate) fn restore(&mut self, id: Uuid) -> Result<bool> {
        match self.probe(id, &[(IS_DELETED, Some(&ALIVE))])? {
            None => Ok(false),
            Some((_, changed)) => {
                self.edit(id, &changed, &[], If::Any)?;
                Ok(true)
            }
        }
    }

    /// Writes what differs into a row that is not deleted. Whether there is such a row.
    fn edit_alive(&mut self, id: Uuid, writes: &[Write<'_>], added: &[Added]) -> Result<bool> {
        // Most often every write is one: then a single statement does it.
        if self.edit(id, writes, added, If::AllDiffer)? {
            return Ok(true);
        }
        match self.probe(id, writes)? {
            None | Some((true, _)) => Ok(false),
            Some((false, mut changed)) => {
                if !added.is_empty() {
                    // What a node has added is another thing than the sum, which may stay what it is.
                    let differs = |slot| changed.iter().any(|(changed, _)| *changed == slot);
                    let is_added = |slot| added.iter().any(|added| added.slot == slot);
                    let is_due = |(slot, _): &&Write<'_>| differs(*slot) || is_added(*slot);
                    changed = writes.iter().filter(is_due).copied().collect();
                }
                self.edit(id, &changed, added, If::Any)?;
                Ok(true)
            }
        }
    }

    fn insert(&mut self, time: Time, id: Uuid, cells: &[Cell]) -> Result<()> {
        let columns: ColumnSet = new_row(cells).map(|(slot, _)| self.ordinal(slot)).collect();
        let mut clock = Vec::with_capacity(16);
        if self.plan.ordinal.is_some() {
            RowClock::pack_one(&mut clock, time, self.writing.recorder.node(), &columns);
        }
        let insert = self.writing.statements.get(&self.plan.insert)?;
        bind(insert, 1, ValueRef::Blob(id.as_bytes()))?;
        bind(insert, 2, ValueRef::Blob(&clock))?;
        bind(insert, 3, ValueRef::Integer(time.millis()))?;
        bind(insert, 4, ValueRef::Integer(time.millis()))?;
        // A statement from the cache keeps the values it was given last, so every slot is bound.
        let mut writes = new_row(cells).peekable();
        for slot in 0..self.plan.slots.len() {
            let value = writes.next_if(|(next, _)| *next == slot).and_then(|(_, value)| value);
            bind(insert, 5 + slot, value.map_or(ValueRef::Null, Stored::to_sql))?;
        }
        match insert.raw_execute() {
            Ok(_) => {
                self.touch(id, &columns, true);
                Ok(())
            }
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if failure.extended_code == ffi::SQLITE_CONSTRAINT_PRIMARYKEY =>
            {
                Err(Error::Exists { table: self.plan.def.name })
            }
            Err(error) => Err(self.fault(error)),
        }
    }

    /// Looks at a row.
    fn probe<'w>(&mut self, id: Uuid, writes: &[Write<'w>]) -> Result<Found<'w>> {
        let edit = self.plan.edit(&slots(writes));
        let probe = self.writing.statements.get(&edit.probe)?;
        bind(probe, 1, ValueRef::Blob(id.as_bytes()))?;
        let mut rows = probe.raw_query();
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let deleted = matches!(row.get_ref(0)?, ValueRef::Integer(1));
        let mut changed = Vec::with_capacity(writes.len());
        for (write, column) in writes.iter().zip(1..) {
            if !is_same(row.get_ref(column)?, write.1) {
                changed.push(*write);
            }
        }
        Ok(Some((deleted, changed)))
    }

    /// Writes into the row of this id, if it is as told. Whether it was written. Nothing to write is
    /// nothing done: no change of the log, no movement of the clock.
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
        let time = self.writing.recorder.next_time();
        let columns: ColumnSet = writes.iter().map(|(slot, _)| self.ordinal(*slot)).collect();
        let edit = self.plan.edit(&slots(writes));
        let update = self.writing.statements.get(match condition {
            If::Any => &edit.update,
            If::AllDiffer => &edit.update_if_all_differ,
        })?;
        bind(update, 1, ValueRef::Blob(id.as_bytes()))?;
        bind(update, 2, ValueRef::Integer(time.bits()))?;
        bind(update, 3, ValueRef::Integer(self.writing.recorder.node().get()))?;
        bind(update, 4, ValueRef::Blob(columns.as_bytes()))?;
        bind(update, 5, ValueRef::Integer(time.millis()))?;
        for ((_, value), parameter) in writes.iter().zip(6..) {
            bind(update, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
        }
        let written = update.raw_execute().map_err(|error| self.fault(error))?;
        if written == 0 {
            return Ok(false);
        }
        self.touch(id, &columns, false);
        self.record(time, id, writes.iter().copied(), added)?;
        Ok(true)
    }

    fn touch(&mut self, row: Uuid, columns: &ColumnSet, is_new: bool) {
        if let Some(touched) = &mut self.writing.touched {
            touched.write(self.plan.table, row, columns, is_new);
        }
    }

    fn record<'w>(
        &mut self,
        time: Time,
        id: Uuid,
        writes: impl Iterator<Item = Write<'w>>,
        added: &[Added],
    ) -> Result<()> {
        self.writing.recorder.advance(time);
        let Some(ordinal) = self.plan.ordinal else {
            return Ok(());
        };
        let mut change = self.writing.recorder.change(time, (ordinal, self.plan.def.name), id);
        for (at, value) in writes {
            let Some(slot) = self.plan.slots.get(at) else { continue };
            if !slot.is_counter {
                change.cell(slot.ordinal, slot.name, value);
                continue;
            }
            let total = added.iter().find(|added| added.slot == at).map(|added| &added.total);
            // A new row has what was added to it, and no more.
            if let Some(Stored::Integer(total)) = total.or(value) {
                change.total(slot.ordinal, slot.name, *total);
                let (row, column) = (id.as_bytes(), slot.ordinal);
                let counter = CounterCell { table: ordinal, row, column };
                self.writing.counters.note(
                    counter,
                    self.writing.recorder.node(),
                    (time, *total),
                )?;
            }
        }
        self.writing.recorder.record(change)
    }

    fn ordinal(&self, slot: usize) -> u32 {
        self.plan.slots.get(slot).map_or(0, |slot| slot.ordinal)
    }

    fn fault(&self, error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(ErrorCode::TooBig) => Error::TooLarge { table: self.plan.def.name },
            _ => error.into(),
        }
    }
}

/// When a row is written.
#[derive(Clone, Copy)]
enum If {
    /// If it is there.
    Any,
    /// If it is not deleted and every slot differs, as SQLite compares: it knows no difference
    /// between 0.0 and -0.0, so what it takes for the same is looked at again.
    AllDiffer,
}

/// What cells write into a row that is there, by slot.
fn writes(cells: &[Cell]) -> impl Iterator<Item = Write<'_>> {
    cells.iter().filter(|cell| !cell.is_default).map(write)
}

fn write(cell: &Cell) -> Write<'_> {
    (cell.column + 1, cell.value.as_ref())
}

/// What makes a row appear. A create writes it too, so that a delete made elsewhere meets a clock to
/// be compared with.
fn alive<'a>() -> impl Iterator<Item = Write<'a>> {
    std::iter::once((IS_DELETED, Some(&ALIVE)))
}

/// What a create writes, in the order of the slots: to clear what was never there is no write.
fn new_row(cells: &[Cell]) -> impl Iterator<Item = Write<'_>> {
    alive().chain(cells.iter().map(write).filter(|(_, value)| value.is_some()))
}

fn slots(writes: &[Write<'_>]) -> Vec<usize> {
    writes.iter().map(|(slot, _)| *slot).collect()
}
