//! Reading what columns show that replace others. Where another version of the app, another program or a merge has
//! written, that is worked out first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::registry::Registry;
use crate::catalog::shown_column::has_texts;
use crate::database::Database;
use crate::database::indexed_for_now::index_for_now;
use crate::database::shown_in_views::{drop_view, not_worked_out, show_in_view};
use crate::database::source::Reading;
use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
use crate::growth::searches::refresh_search;
use crate::log::cells::Write;
use crate::log::clock::Stamp;
use crate::log::marks::Marks;
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::names::quoted;
use crate::rows::any_rows::{AnyRows, MarkedCell};
use crate::rows::folded_change::FoldedCell;
use crate::rows::plan::Plan;
use crate::rows::shown_values::working_out::{is_due, work_out_noted, work_out_some};
use crate::rows::shown_values::{Due, OutdatedRow};
use crate::rows::texts::unite_due;
use crate::rows::writing::Writing;
use crate::value::{Stored, uuid_of_key};

/// How often a read is tried while others go on writing. Then it is done while nobody else writes.
const TRIES: usize = 10;

impl Database {
    /// Runs what reads these tables, as often as rows have to be worked out before.
    pub(crate) fn read_up_to_date<R>(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<R>,
    ) -> Result<R> {
        if self.0.options.read_only {
            return self.with_reader(|reading| self.read_without_writing(tables, reading, read));
        }
        for _ in 0..TRIES {
            match self.with_reader(&mut *read) {
                Err(error) if error.is_outdated() => match self.work_out(tables, error) {
                    Err(error) if matches!(error, Error::Busy | Error::DiskFull) => {
                        return self.read_in_views(tables, read, error);
                    }
                    worked_out => worked_out?,
                },
                done => return done,
            }
        }
        self.transaction(|tx| tx.read_up_to_date(tables, read))
    }

    /// Runs what reads these tables of a database that is opened read-only. What no writer has worked out, nor indexed
    /// for a search, is worked out and indexed for this once.
    fn read_without_writing<R>(
        &self,
        tables: &[TableRef],
        reading: Reading<'_>,
        read: &mut dyn FnMut(Reading<'_>) -> Result<R>,
    ) -> Result<R> {
        let is_searched = tables.iter().any(|table| table.is_searched);
        // What is indexed is of the same state of the file as what is read, and is rolled back.
        let _snapshot = is_searched.then(|| reading.snapshot()).transpose()?;
        for table in tables.iter().filter(|table| table.is_searched) {
            index_for_now(reading.connection, &self.plan_of(*table)?)?;
        }
        match read(reading) {
            Err(error) if error.is_outdated() => {
                for table in tables.iter().filter(|table| !table.lenses.reads.is_empty()) {
                    show_in_view(reading.connection, &self.plan_of(*table)?)?;
                }
                read(reading)
            }
            done => done,
        }
    }

    /// Runs what reads these tables while nobody can write: what their columns show is worked out for this once. A
    /// search needs a writer, so for tables that are searched the error stays.
    fn read_in_views<R>(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<R>,
        error: Error,
    ) -> Result<R> {
        let needs_writer = |table: &TableRef| table.is_searched || has_texts(table.def);
        if self.0.readers.is_none() || tables.iter().any(needs_writer) {
            return Err(error);
        }
        let shown = tables.iter().filter(|table| !table.lenses.reads.is_empty());
        let plans = shown.map(|table| self.plan_of(*table)).collect::<Result<Vec<_>>>()?;
        self.with_reader(|reading| {
            let shown = plans.iter().try_for_each(|plan| show_in_view(reading.connection, plan));
            let done = shown.and_then(|()| read(reading));
            for plan in &plans {
                drop_view(reading.connection, plan)?;
            }
            done
        })
    }

    /// Returns the plan of a table that is ready.
    fn plan_of(&self, table: TableRef) -> Result<Arc<Plan>> {
        self.0.plans.get(table).ok_or_else(|| not_worked_out(table.def.name))
    }

    /// Works out what all rows of these tables show that is to be worked out.
    pub(crate) fn work_out_all(&self, tables: &[TableRef]) -> Result<()> {
        let tables: Vec<_> = tables.iter().filter(|table| is_worked_out(table)).copied().collect();
        for table in &tables {
            let plan = self.plan(*table)?;
            if self.with_reader(|reading| is_due(reading.connection, &plan))? {
                if self.0.options.read_only {
                    return Err(not_worked_out(table.def.name));
                }
                self.work_out(&tables, Error::Busy)?;
            }
        }
        Ok(())
    }

    /// Works out what rows show, in steps that let others write in between. Returns `error` if the tables have no
    /// columns for which that is to be done.
    fn work_out(&self, tables: &[TableRef], error: Error) -> Result<()> {
        if !tables.iter().any(is_worked_out) {
            return Err(error);
        }
        self.work_out_and_tell(tables, &mut |_| ())
    }

    /// Works out what rows show, in steps that let others write in between, and tells after each how many rows it was
    /// about.
    pub(crate) fn work_out_and_tell(
        &self,
        tables: &[TableRef],
        tell: &mut dyn FnMut(u64),
    ) -> Result<()> {
        loop {
            let step = self.transaction(|tx| tx.work_out(tables))?;
            tell(step.rows);
            if !step.is_more {
                break;
            }
        }
        // A search finds what is shown.
        for table in tables.iter().filter(|table| table.is_searched) {
            let plan = self.plan(*table)?;
            self.refresh_search(*table, &plan)?;
        }
        Ok(())
    }
}

/// The keys of rows that are to be made, by the tables of these.
type Keys = Vec<(Arc<Plan>, BTreeSet<String>)>;

/// The rows of which replaced columns are to be written again.
type Outdated = BTreeMap<[u8; 16], OutdatedRow>;

/// What a step has worked out.
struct WorkedOut {
    /// The number of rows, each counted for each of its columns.
    rows: u64,
    /// Whether there may be more.
    is_more: bool,
}

impl Transaction<'_> {
    /// Runs what reads these tables, once all rows of them are worked out.
    pub(crate) fn read_up_to_date<R>(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<R>,
    ) -> Result<R> {
        #[cfg(feature = "text")]
        self.write_texts(|_| true)?;
        let reading = Reading { connection: self.connection, is_private: false };
        match read(reading) {
            Err(error) if error.is_outdated() => {
                while self.work_out(tables)?.is_more {}
                for table in tables.iter().filter(|table| table.is_searched) {
                    let plan = self.plan(*table)?;
                    refresh_search(&mut self.state.borrow_mut().writing, &plan)?;
                }
                read(reading)
            }
            done => done,
        }
    }

    /// Works out what some rows of these tables show.
    fn work_out(&self, tables: &[TableRef]) -> Result<WorkedOut> {
        let mut worked_out = WorkedOut { rows: 0, is_more: false };
        for table in tables.iter().filter(|table| is_worked_out(table)) {
            let plan = self.plan(*table)?;
            if has_texts(table.def) {
                let writing = &mut self.state.borrow_mut().writing;
                let Writing { connection, documents, entropy, .. } = writing;
                let name = (plan.table, plan.stored_name());
                worked_out.is_more |= unite_due((connection, documents, entropy), name)?;
            }
            let due = work_out_some(&mut self.state.borrow_mut().writing, &plan)?;
            worked_out.is_more |= due.is_more || !due.outdated.is_empty();
            worked_out.rows += due.rows;
            worked_out.is_more |= self.follow_up(&plan, due)?;
        }
        Ok(worked_out)
    }

    /// Works out what rows show that a merge has written, of the tables that the app has ensured or used. Where all rows of
    /// a table are to be worked out, the others are left to the next query, which does it in steps.
    pub(crate) fn work_out_received(&self) -> Result<()> {
        self.note_waiting()?;
        let mut pending = self.lensed()?;
        while let Some(plan) = pending.pop() {
            loop {
                let due = work_out_noted(&mut self.state.borrow_mut().writing, &plan);
                match due {
                    // The rows are merged, and reading them tells the error.
                    Err(error) if error.may_be_of_one_table() => break,
                    Err(error) => return Err(error),
                    Ok(due) => {
                        let is_more = due.is_more || !due.outdated.is_empty();
                        if self.follow_up(&plan, due)? {
                            // Rows of any table may have waited for these.
                            pending = self.lensed()?;
                            break;
                        }
                        if !is_more {
                            break;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes the rows that refer to one by a key that is there now.
    pub(crate) fn note_waiting(&self) -> Result<()> {
        let made = self.state.borrow().plans.values().cloned().collect::<Vec<_>>();
        for plan in self.lensed()?.into_iter().chain(made) {
            for shown in plan.lensed.iter().flat_map(|lensed| &lensed.shown) {
                match shown.note_waiting(self.connection) {
                    // Reading the rows tells the error.
                    Err(error) if error.may_be_of_one_table() => {}
                    noted => noted?,
                }
            }
        }
        Ok(())
    }

    /// Does what else is to be done for rows that were worked out: makes the rows to which they refer by a key, and
    /// writes replaced columns again that are outdated. All of it is marked as written through. Returns whether a row was
    /// made.
    fn follow_up(&self, plan: &Plan, due: Due) -> Result<bool> {
        let mut keys = Vec::new();
        for (table, of_table) in due.keys {
            keys.push((self.plan(table)?, of_table));
        }
        if keys.is_empty() && due.outdated.is_empty() {
            return Ok(false);
        }
        let is_made = self.write_due(plan, (keys, due.outdated))?;
        if is_made {
            self.note_waiting()?;
        }
        Ok(is_made)
    }

    fn write_due(&self, plan: &Plan, (keys, outdated): (Keys, Outdated)) -> Result<bool> {
        let writing = &mut self.state.borrow_mut().writing;
        let mut is_made = false;
        let registry = Registry::load(writing.connection)?;
        let mut rows = AnyRows::new(writing.connection, &registry)?;
        for (id, row) in outdated {
            write_outdated(writing, (&registry, &mut rows), plan, (id, row))?;
        }
        for (plan, keys) in keys {
            for key in keys {
                is_made |= make_key_row(writing, (&registry, &mut rows), &plan, &key)?;
            }
        }
        Ok(is_made)
    }
}

/// Returns whether a table has columns of which what they show is worked out apart from writing them.
fn is_worked_out(table: &TableRef) -> bool {
    !table.lenses.reads.is_empty() || has_texts(table.def)
}

/// Writes replaced columns again that are not what the newer ones show.
fn write_outdated(
    writing: &mut Writing<'_>,
    (registry, rows): (&Registry, &mut AnyRows<'_, '_>),
    plan: &Plan,
    (id, OutdatedRow { latest, values }): ([u8; 16], OutdatedRow),
) -> Result<()> {
    let Some(table) = registry.tables.get(&plan.table) else { return Ok(()) };
    let cells = values.into_iter().filter_map(|(position, value)| {
        let slot = plan.slots.get(position + 1)?;
        Some(through((slot.ordinal, slot.name), value))
    });
    let Writing { recorder, touched, .. } = writing;
    let written = rows.write(recorder, (table, id, latest), cells.collect(), touched.as_mut());
    leave_unwritable(written)
}

/// Makes the row that a key names, unless it was made before, be it deleted or not. Returns whether it was made.
fn make_key_row(
    writing: &mut Writing<'_>,
    (registry, rows): (&Registry, &mut AnyRows<'_, '_>),
    plan: &Plan,
    key: &str,
) -> Result<bool> {
    let key_column = plan.def.key.and_then(|key| plan.slots.iter().find(|slot| slot.name == key));
    let (Some(slot), Some(table)) = (key_column, registry.tables.get(&plan.table)) else {
        return Ok(false);
    };
    let id = uuid_of_key(plan.def.name, key.as_bytes()).into_bytes();
    let sql = format!("SELECT 1 FROM {} WHERE \"id\" = ?1", quoted(&table.name));
    if writing.connection.prepare_cached(&sql)?.exists([id])? {
        return Ok(false);
    }
    let value = Some(Stored::Text(key.to_owned().into()));
    let cells = vec![through((slot.ordinal, slot.name), value)];
    let Writing { recorder, touched, .. } = writing;
    let row = (table, id, Stamp::default());
    let written = rows.write(recorder, row, cells, touched.as_mut());
    let is_made = written.is_ok();
    leave_unwritable(written)?;
    Ok(is_made)
}

/// Returns a cell that is marked as written through.
fn through<'a>(column: (u32, &'a str), value: Given<'static>) -> MarkedCell<'a> {
    let marks = Marks::OF_WRITTEN_THROUGH;
    let cell = FoldedCell::new(column, Write::Value(value), marks);
    MarkedCell { cell, marks: marks.0.to_vec() }
}

/// Leaves what cannot be written.
fn leave_unwritable(written: Result<()>) -> Result<()> {
    match written {
        Err(Error::Forgotten { .. } | Error::EndOfTime { .. } | Error::TooLarge { .. }) => Ok(()),
        written => written,
    }
}
