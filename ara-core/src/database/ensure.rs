//! Ensuring a whole schema at once, in one transaction, as one recorded version.

use std::sync::Arc;

use crate::catalog::own_tables::HISTORY;
use crate::database::Database;
use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
use crate::growth::failure::SchemaFailure;
use crate::growth::grow::{drop_undeclared_indexes, grow, showing};
use crate::growth::history::{Growth, record};
use crate::growth::mend::{mend_indexes, mend_tables};
use crate::growth::wanted::Wanted;
use crate::model::table_ref::TableRef;
use crate::rows::plan::Plan;
use crate::rows::writing::Writing;
use crate::trace::span;

impl Database {
    /// Ensures a schema, and reports a failure.
    pub(crate) fn make(&self, schema: &Wanted) -> Result<()> {
        let ensured = self.with_reader(|reading| schema.is_ensured(reading.connection));
        let ensured = match ensured {
            Ok(true) => {
                self.0.plans.declare(schema.tables.iter().copied());
                Ok(())
            }
            Err(error) if !error.may_be_of_one_table() => Err(error),
            // A transaction mends what keeps it from being read.
            Ok(false) | Err(_) => self.transaction(|tx| tx.make(schema)),
        };
        ensured.inspect_err(|error| {
            if is_of_schema(error) {
                // Recording the failure of a busy file would wait as long again.
                let keep = !matches!(error, Error::Busy);
                self.report(&[SchemaFailure::new(schema, self.now(), error)], keep);
            }
        })
    }

    /// Records failures in the file if `keep` says so and the file can be written, and passes them to the
    /// app's hook. The caller must not hold the writer, as the hook may use the database.
    pub(crate) fn report(&self, failures: &[SchemaFailure], keep: bool) {
        let write = || -> Result<()> {
            self.0.refuse_if_read_only()?;
            let mut writer = self.0.lock_writer()?;
            let connection = self.0.writing_connection(&mut writer.guard.connection)?;
            failures.iter().try_for_each(|failure| failure.record(connection))
        };
        if keep {
            // The caller returns the failure itself, which matters more than an error in recording it.
            let _ = write();
        }
        if let Some(hook) = &self.0.options.on_schema_failure {
            failures.iter().for_each(|failure| hook(failure));
        }
    }
}

impl Transaction<'_> {
    /// Ensures a schema. A failure is kept, to be reported when the transaction is over.
    pub(crate) fn make_or_note(&self, schema: &Wanted) -> Result<()> {
        self.make(schema).inspect_err(|error| {
            if is_of_schema(error) {
                let mut state = self.state.borrow_mut();
                let failure = SchemaFailure::new(schema, state.writing.recorder.wall(), error);
                state.failures.push(failure);
            }
        })
    }

    /// Ensures a schema, or leaves the transaction as it was.
    fn make(&self, schema: &Wanted) -> Result<()> {
        self.check_open()?;
        if schema.is_ensured(self.connection)? {
            self.plans.declare(schema.tables.iter().copied());
            return Ok(());
        }
        let state = &mut *self.state.borrow_mut();
        let made = state.writing.in_savepoint(|writing| make(writing, schema))?;
        if made.has_dropped {
            // The indexes of a struct that still declares them are made again when it is used next.
            state.plans.clear();
            state.has_dropped_indexes = true;
        }
        for (table, plan) in &made.plans {
            self.renew(*table, plan)?;
        }
        let plans = made.plans.into_iter().map(|(table, plan)| (table.ty, Arc::new(plan)));
        state.plans.extend(plans);
        Ok(())
    }
}

/// Returns whether an error is about the schema, rather than the transaction around it.
fn is_of_schema(error: &Error) -> bool {
    !matches!(error, Error::InsideTransaction | Error::Broken)
}

/// What ensuring a schema has made.
struct Made {
    plans: Vec<(TableRef, Plan)>,
    /// Whether indexes or searches were dropped.
    has_dropped: bool,
}

/// Ensures a schema inside the caller's savepoint.
fn make(writing: &mut Writing<'_>, schema: &Wanted) -> Result<Made> {
    let _span = span!("grow", schema = schema.name());
    let mut growth = Growth::default();
    mend_tables(writing, None, &mut growth)?;
    if !growth.is_empty() {
        writing.touch_everything();
    }
    // The history grows like a table of the app, but what is added to it is not reported to the app. If it cannot
    // be written, that is no reason to refuse the app its tables.
    let history = match schema.app {
        Some(app) => writing.walled(|writing| {
            Ok((app, grow(&mut writing.recorder, &HISTORY, &mut Growth::default())?))
        })?,
        None => None,
    };
    let mut made = Vec::with_capacity(schema.tables.len());
    for table in schema.tables {
        let plan = grow(&mut writing.recorder, table.def, &mut growth)?;
        made.push((*table, showing(writing.connection, plan, *table)?));
    }
    let defs = schema.defs();
    let undeclared = writing.walled(|writing| {
        let mut growth = Growth::default();
        drop_undeclared_indexes(writing.connection, &defs, &mut growth)?;
        Ok(growth)
    })?;
    let undeclared = undeclared.unwrap_or_default();
    let has_dropped = !undeclared.is_empty();
    growth.extend(undeclared);
    mend_indexes(writing, &mut growth)?;
    growth.tell();
    if let Some((app, plan)) = history {
        let plan = Arc::new(plan);
        writing
            .walled(|writing| record(&mut writing.mutation(&plan), app, &defs, growth.of_app()))?;
    }
    schema.note(writing.connection)?;
    Ok(Made { plans: made, has_dropped })
}
