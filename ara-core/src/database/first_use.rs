//! The first use of a table, which makes it ready: created, with the columns and indexes of its struct.

use std::sync::Arc;

use ara_schema::TableDef;
use rusqlite::Connection;

use crate::catalog::shape::columns_in_file;
use crate::database::Database;
use crate::database::source::{Reading, Source};
use crate::database::transaction::{State, Transaction};
use crate::error::{Error, Result};
use crate::growth::grow::{grow, has_indexes, look, showing};
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::growth::searches::{is_made, refresh_search};
use crate::model::table_ref::TableRef;
use crate::names::stored_table_name;
use crate::rows::plan::Plan;
use crate::rows::writing::Writing;

impl Database {
    /// Returns the plan of a table, which is made ready if it is not.
    pub(crate) fn plan(&self, table: TableRef) -> Result<Arc<Plan>> {
        if let Some(plan) = self.0.plans.get(table) {
            return Ok(plan);
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

    /// Brings the search index of a table up to date with what another program wrote.
    fn refresh_search(&self, table: TableRef, plan: &Plan) -> Result<()> {
        if self.0.options.read_only {
            return match self.with_reader(|reading| is_made(reading.connection, plan.def))? {
                true => Ok(()),
                false => Err(Error::NotMade {
                    table: plan.def.name,
                    lacks: "cannot be searched yet, as no writer has made its search",
                }),
            };
        }
        let Some(search) = &plan.search else { return Ok(()) };
        if self.with_reader(|reading| Ok(search.is_due(reading.connection)?))? {
            self.transaction(|tx| tx.read(&[table], &mut |_| Ok(())))?;
        }
        Ok(())
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
        for table in tables {
            let plan = self.plan(*table)?;
            if table.is_searched {
                self.refresh_search(*table, &plan)?;
            }
        }
        self.read_up_to_date(tables, read)
    }

    fn watchable(&self) -> Option<&Database> {
        Some(self)
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
            state.plans.insert(table.ty, Arc::clone(&plan));
            plan
        };
        for other in table.lenses.key_tables() {
            self.plan(other)?;
        }
        Ok(plan)
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

    /// Makes a table ready again that could not be written. Returns whether that has changed anything.
    pub(crate) fn mend(&self, def: &'static TableDef, state: &mut State<'c>) -> Result<bool> {
        // What the transaction has done cannot be mended.
        if state.writing.recorder.is_broken() || self.connection.is_autocommit() {
            return Ok(false);
        }
        let made = state.writing.walled(|writing| made_ready(writing, def))?;
        Ok(made.is_some_and(|(_, growth)| !growth.is_empty()))
    }
}

/// Makes a table ready, and returns what that has changed.
fn made_ready(writing: &mut Writing<'_>, def: &'static TableDef) -> Result<(Plan, Growth)> {
    let mut growth = Growth::default();
    mend_tables(writing, Some(&stored_table_name(def)), &mut growth)?;
    if !growth.is_empty() {
        writing.touch_everything();
    }
    let plan = grow(&mut writing.recorder, def, &mut growth)?;
    growth.tell();
    Ok((plan, growth))
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
                refresh_search(&mut self.state.borrow_mut().writing, &plan)?;
            }
        }
        self.read_up_to_date(tables, read)
    }
}
