//! The first use of a table, which makes it ready: created, with the columns and indexes of its struct.

use std::sync::Arc;

use ara_schema::TableDef;
use rusqlite::Connection;

use crate::catalog::shape::columns_in_file;
use crate::database::Database;
use crate::database::source::{Handle, Reading, Source};
use crate::database::transaction::{State, Transaction};
use crate::error::{Error, Result};
use crate::growth::grow::{grow, has_indexes, look, showing};
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::growth::searches::{fill_search, is_earlier_made, is_made, make_declared};
use crate::growth::shown_columns::drop_broken;
use crate::model::table_ref::TableRef;
use crate::names::{SEARCH_PREFIX, stored_table_name};
use crate::rows::plan::Plan;
use crate::rows::writing::Writing;

impl Database {
    /// Returns the plan of a table, which is made ready if it is not.
    pub(crate) fn plan(&self, table: TableRef) -> Result<Arc<Plan>> {
        if let Some(plan) = self.0.plans.get(table) {
            return Ok(plan);
        }
        if !self.0.options.read_only && self.0.plans.is_to_be_renewed(table) {
            return self.transaction(|tx| tx.plan(table));
        }
        match self.plan_if_ready(table)? {
            Some(plan) => Ok(plan),
            None if self.0.options.read_only => {
                let name = stored_table_name(table.def);
                let is_there = self.with_reader(|reading| {
                    Ok(columns_in_file(reading.connection, &name)?.is_some())
                })?;
                Err(Error::NotMade {
                    table: table.def.name,
                    lacks: match is_there {
                        true => "lacks a column of its struct, which no writer has added yet",
                        false => "is not in the file yet, as no writer has made it",
                    },
                })
            }
            None => self.transaction(|tx| tx.plan(table)),
        }
    }

    /// Returns the plan of a table if it is ready in the file. This spares the writer a transaction that
    /// would change nothing.
    fn plan_if_ready(&self, table: TableRef) -> Result<Option<Arc<Plan>>> {
        let plan = self.with_reader(|Reading { connection, .. }| {
            let plan = look(connection, table.def)?;
            let plan = plan.map(|plan| showing(connection, plan, table)).transpose()?;
            // A database that is opened read-only cannot create indexes, and can read without them.
            Ok(match plan {
                Some(_) if !self.0.options.read_only && !is_whole(connection, table)? => None,
                plan => plan,
            })
        })?;
        let plan = plan.map(Arc::new);
        self.0.plans.keep(plan.iter().map(|plan| (table.ty, Arc::clone(plan))));
        Ok(plan)
    }

    /// Makes tables ready to be read, and brings the search indexes of those that are searched up to date.
    pub(crate) fn make_ready_to_read(&self, tables: &[TableRef]) -> Result<()> {
        for table in tables {
            let plan = self.plan(*table)?;
            if table.is_searched {
                self.refresh_search(*table, &plan)?;
            }
        }
        Ok(())
    }

    /// Brings the search index of a table up to date with what another program wrote, and with the rows that it still
    /// lacks, in steps that let others write in between. A version of the app that does not declare the search drops it
    /// by `ensure`, so it may have to be made again.
    pub(crate) fn refresh_search(&self, table: TableRef, plan: &Plan) -> Result<()> {
        if self.0.options.read_only {
            let can_read = self.with_reader(|Reading { connection, .. }| {
                Ok(is_made(connection, plan.def)? || is_earlier_made(connection, plan.def)?)
            })?;
            return if can_read { Ok(()) } else { Err(lacks_search(plan.def)) };
        }
        let Some(search) = &plan.search else { return Ok(()) };
        match self.with_reader(|reading| Ok(search.is_due(reading.connection)?)) {
            Ok(false) => Ok(()),
            Err(error) if !error.may_be_of_one_table() => Err(error),
            Ok(true) | Err(_) => {
                while self.transaction(|tx| tx.fill_search(table))? {}
                Ok(())
            }
        }
    }

    /// Returns whether a search could not be read because its index, or a part of it, is missing.
    fn is_search_lost(&self, tables: &[TableRef], error: &Error) -> Result<bool> {
        self.with_reader(|reading| is_search_lost(reading.connection, tables, error))
    }

    /// Runs what prepares statements about these tables, and once more if the index of a search is missing, which
    /// another version of the app may drop at any time.
    pub(crate) fn with_searches<R>(
        &self,
        tables: &[TableRef],
        mut prepare: impl FnMut() -> Result<R>,
    ) -> Result<R> {
        match prepare() {
            Err(error) if self.is_search_lost(tables, &error)? => {
                self.refuse_if_cannot_make(tables)?;
                self.transaction(|tx| tx.make_searches(tables))?;
                prepare()
            }
            prepared => prepared,
        }
    }

    /// Returns [`Error::NotMade`] if a search of these tables is missing and this database only reads.
    fn refuse_if_cannot_make(&self, tables: &[TableRef]) -> Result<()> {
        match tables.iter().find(|table| table.is_searched) {
            Some(table) if self.0.options.read_only => Err(lacks_search(table.def)),
            _ => Ok(()),
        }
    }
}

/// Returns whether the error of a query comes from a search, the index of which is missing or lacks a part.
fn is_search_lost(connection: &Connection, tables: &[TableRef], error: &Error) -> Result<bool> {
    let mut searched = tables.iter().filter(|table| table.is_searched).peekable();
    if searched.peek().is_none() || !error.may_be_of_one_table() {
        return Ok(false);
    }
    // It may be there again by now.
    let is_named = matches!(error, Error::Shape { table, .. } if table.starts_with(SEARCH_PREFIX));
    Ok(is_named || !searched.all(|table| matches!(is_made(connection, table.def), Ok(true))))
}

fn lacks_search(def: &TableDef) -> Error {
    Error::NotMade {
        table: def.name,
        lacks: "cannot be searched yet, as no writer has made its search",
    }
}

/// Returns whether the file has all that a table needs besides its columns.
fn is_whole(connection: &Connection, table: TableRef) -> Result<bool> {
    let mut others = table.lenses.key_tables();
    let are_there = others.try_fold(true, |are, other| -> Result<bool> {
        Ok(are && look(connection, other.def)?.is_some())
    });
    Ok(has_indexes(connection, table.def)? && are_there?)
}

impl Source for Database {
    fn read(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<()>,
    ) -> Result<()> {
        self.make_ready_to_read(tables)?;
        match self.read_up_to_date(tables, &mut *read) {
            Err(error) if self.is_search_lost(tables, &error)? => {
                self.refuse_if_cannot_make(tables)?;
                // Nobody can drop it again before a transaction has read it. No row was passed on yet: SQLite
                // finds out that a table is missing when it prepares the statement.
                self.transaction(|tx| tx.read(tables, read))
            }
            read => read,
        }
    }

    fn watchable(&self) -> Option<&Database> {
        Some(self)
    }

    fn write(&self, write: &mut dyn FnMut(&Transaction<'_>) -> Result<()>) -> Result<()> {
        self.transaction(write)
    }

    fn handle(&self) -> Handle<'_> {
        Handle::shared(self)
    }
}

impl<'c> Transaction<'c> {
    /// Returns the plan of a table, which is made ready if it is not. Every read and write calls this.
    pub(crate) fn plan(&self, table: TableRef) -> Result<Arc<Plan>> {
        self.check_open()?;
        if let Some(plan) = self.plans.get(table) {
            return Ok(plan);
        }
        let plan = {
            let state = &mut *self.state.borrow_mut();
            if let Some(plan) = state.plans.get(&table.ty) {
                return Ok(Arc::clone(plan));
            }
            let plan = self.make_ready(table.def, state)?;
            let plan = Arc::new(showing(self.connection, plan, table)?);
            self.renew(table, &plan)?;
            state.plans.insert(table.ty, Arc::clone(&plan));
            plan
        };
        for other in table.lenses.key_tables() {
            self.plan(other)?;
        }
        Ok(plan)
    }

    /// Notes that all rows of a table are to be worked out, if that is to be done, see `Plans::is_to_be_renewed`.
    pub(crate) fn renew(&self, table: TableRef, plan: &Plan) -> Result<()> {
        if self.plans.is_to_be_renewed(table) {
            plan.lensed.iter().try_for_each(|lensed| lensed.note_all(self.connection))?;
            self.plans.renew(table);
        }
        Ok(())
    }

    /// Returns the plans of the tables that the app has ensured or used since the file was opened, and that have columns
    /// which replace others. A table that is not ready, or that another program has changed, is left out.
    pub(crate) fn lensed(&self) -> Result<Vec<Arc<Plan>>> {
        let mut plans = Vec::new();
        for table in self.plans.lensed() {
            let plan = match self.plans.get(table) {
                Some(plan) => Ok(Some(plan)),
                None => self.plan_if_whole(table),
            };
            match plan {
                Err(error) if !error.may_be_of_one_table() => return Err(error),
                plan => plans.extend(plan.ok().flatten()),
            }
        }
        Ok(plans)
    }

    fn plan_if_whole(&self, table: TableRef) -> Result<Option<Arc<Plan>>> {
        let is_ready = look(self.connection, table.def)?.is_some();
        let is_whole = is_ready && is_whole(self.connection, table)?;
        is_whole.then(|| self.plan(table)).transpose()
    }

    /// Makes a table ready. This only adds to the file.
    fn make_ready(&self, def: &'static TableDef, state: &mut State<'c>) -> Result<Plan> {
        if let Some(plan) = look(self.connection, def)?
            && has_indexes(self.connection, def)?
        {
            return Ok(plan);
        }
        // If it fails, half of a table must not be committed by an app that ignores the error.
        Ok(state.writing.in_savepoint(|writing| made_ready(writing, def))?.0)
    }

    /// Updates the search of a table, and indexes some of the rows that are left to be. Returns whether others are.
    fn fill_search(&self, table: TableRef) -> Result<bool> {
        let plan = self.plan(table)?;
        fill_search(&mut self.state.borrow_mut().writing, &plan)
    }

    /// Makes the searches of tables that the file lacks.
    fn make_searches(&self, tables: &[TableRef]) -> Result<()> {
        let writing = &mut self.state.borrow_mut().writing;
        tables.iter().filter(|table| table.is_searched).try_for_each(|table| {
            writing.in_savepoint(|writing| {
                make_declared(writing.connection, table.def, &mut Growth::default())
            })
        })
    }

    /// Makes a table ready again that could not be written. Returns whether that has changed anything.
    pub(crate) fn mend(&self, def: &'static TableDef, state: &mut State<'c>) -> Result<bool> {
        // What the transaction has done cannot be mended.
        if state.writing.recorder.is_broken() || self.connection.is_autocommit() {
            return Ok(false);
        }
        let made = state.writing.walled(|writing| made_ready(writing, def))?;
        Ok(made.is_some_and(|(_, is_changed)| is_changed))
    }
}

/// Makes a table ready, and returns whether that has changed anything.
fn made_ready(writing: &mut Writing<'_>, def: &'static TableDef) -> Result<(Plan, bool)> {
    let mut growth = Growth::default();
    let is_mended = drop_broken(writing.connection, &stored_table_name(def))?;
    mend_tables(writing, Some(&stored_table_name(def)), &mut growth)?;
    if !growth.is_empty() {
        writing.touch_everything();
    }
    let plan = grow(&mut writing.recorder, def, &mut growth)?;
    growth.tell();
    Ok((plan, is_mended || !growth.is_empty()))
}

impl Source for Transaction<'_> {
    fn read(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<()>,
    ) -> Result<()> {
        for table in tables {
            let plan = self.plan(*table)?;
            if table.is_searched {
                while fill_search(&mut self.state.borrow_mut().writing, &plan)? {}
            }
        }
        match self.read_up_to_date(tables, &mut *read) {
            Err(error) if is_search_lost(self.connection, tables, &error)? => {
                self.make_searches(tables)?;
                for table in tables.iter().filter(|table| table.is_searched) {
                    while self.fill_search(*table)? {}
                }
                self.read_up_to_date(tables, read)
            }
            read => read,
        }
    }

    fn write(&self, write: &mut dyn FnMut(&Transaction<'_>) -> Result<()>) -> Result<()> {
        write(self)
    }
}
