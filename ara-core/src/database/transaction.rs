//! Transactions.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::growth::failure::SchemaFailure;
use crate::growth::searches::refresh_search;
use crate::growth::wanted::Wanted;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::meta;
use crate::log::recorder::Recorder;
use crate::log::transaction_id::TransactionId;
use crate::model::app_schema::Schema;
use crate::model::record::{Fields, Record};
use crate::model::table::{Column, Create, Table, Update, as_read};
use crate::model::table_ref::TableRef;
use crate::names::is_ara_s;
use crate::rows::mutation::Mutation;
use crate::rows::plan::Plan;
use crate::rows::plans::Plans;
use crate::rows::shown_values::working_out::work_out_written;
use crate::rows::texts::Documents;
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;
use crate::value::Id;
use crate::watch::log_position::FileState;
use crate::watch::watches::Watches;

/// A transaction, which [`Database::transaction`](crate::Database::transaction) passes to its closure. It
/// is atomic on this device, and on each device that receives it.
///
/// It has the methods of the database for rows and queries, and sees its own writes.
///
/// A row that cannot be written leaves the transaction as it was, so the closure may ignore the error and
/// go on. But after an error at which SQLite rolls the transaction back, such as [`Error::DiskFull`], or
/// which leaves the change log incomplete, the transaction cannot be committed: it returns
/// [`Error::Broken`].
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// let db = Database::memory()?;
/// let titles = db.transaction(|tx| {
///     tx.create(Todo::draft().title("Buy milk"))?;
///     tx.query::<Todo>().count()
/// })?;
/// assert_eq!(titles, 1);
/// # Ok::<(), ara::Error>(())
/// ```
pub struct Transaction<'c> {
    pub(crate) connection: &'c Connection,
    /// The plans of the tables that are ready in the committed file.
    pub(crate) plans: &'c Plans,
    watches: &'c Watches,
    pub(crate) state: RefCell<State<'c>>,
    open: bool,
}

/// What a transaction has done so far.
pub(crate) struct State<'c> {
    pub(crate) writing: Writing<'c>,
    /// The plans of the tables that this transaction made ready. Others may use them once it is committed.
    pub(crate) plans: HashMap<TypeId, Arc<Plan>>,
    /// The plans of the tables that were written and have something beside their rows that the commit brings up to
    /// date: a search index, columns that replace others, or such columns of other tables that refer to them by a key.
    pub(crate) written: HashMap<TypeId, Arc<Plan>>,
    /// The schemas that could not be ensured, which are reported when the transaction is over.
    pub(crate) failures: Vec<SchemaFailure>,
    /// Whether what `ara_node` holds of other nodes may have changed.
    pub(crate) has_met_nodes: bool,
    /// Whether indexes or searches were dropped, which other structs of the table may declare.
    pub(crate) has_dropped_indexes: bool,
}

/// What a committed transaction passes on.
pub(crate) struct Committed {
    /// How many changes it wrote into the log.
    pub(crate) changes: u64,
    pub(crate) journal: Journal,
    pub(crate) plans: HashMap<TypeId, Arc<Plan>>,
    /// Whether plans of before may be of tables that lack an index now.
    pub(crate) has_dropped_indexes: bool,
    pub(crate) touched: Option<Touched>,
    /// Whether values of forgotten rows were removed.
    pub(crate) has_removed_values: bool,
}

impl<'c> Transaction<'c> {
    /// Wraps the transaction that `connection` has begun.
    pub(crate) fn new(
        connection: &'c Connection,
        plans: &'c Plans,
        watches: &'c Watches,
        recorder: Recorder<'c>,
        random_and_texts: (&'c mut Entropy, &'c mut Documents),
    ) -> Self {
        let touched = watches.are_there().then(Touched::default);
        let state = State {
            writing: Writing::new(connection, recorder, random_and_texts, touched),
            plans: HashMap::new(),
            written: HashMap::new(),
            failures: Vec::new(),
            has_met_nodes: false,
            has_dropped_indexes: false,
        };
        Self { connection, plans, watches, state: RefCell::new(state), open: true }
    }

    /// Returns the id of the transaction, or `None` if it has written nothing but local tables so far.
    ///
    /// Each write changes the id, so ask for it after the last one.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let (milk, made) = db.transaction(|tx| {
    ///     let milk = tx.create(Todo::draft().title("Buy milk"))?;
    ///     Ok((milk, tx.id()))
    /// })?;
    /// if let Some(made) = made {
    ///     db.undo(made)?;
    /// }
    /// assert_eq!(db.get(milk)?, None);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn id(&self) -> Option<TransactionId> {
        // What fails is told by the commit.
        #[cfg(feature = "text")]
        let _ = self.write_texts(|_| true);
        self.state.borrow_mut().writing.recorder.transaction_id()
    }

    /// Takes out the schemas that could not be ensured.
    pub(crate) fn take_failures(&self) -> Vec<SchemaFailure> {
        std::mem::take(&mut self.state.borrow_mut().failures)
    }

    /// Commits the transaction.
    pub(crate) fn commit(mut self) -> Result<Committed> {
        self.check_open()?;
        #[cfg(feature = "text")]
        self.write_texts(|_| true)?;
        let state = self.state.get_mut();
        let written: Vec<_> = state.written.values().cloned().collect();
        // What arrives from other devices is worked out at once.
        if state.has_met_nodes {
            self.work_out_received()?;
        }
        if written.iter().any(|plan| plan.def.key.is_some()) {
            self.note_waiting()?;
        }
        let state = self.state.get_mut();
        for plan in &written {
            let worked_out = work_out_written(&mut state.writing, plan);
            let refreshed = worked_out.and_then(|()| refresh_search(&mut state.writing, plan));
            match refreshed {
                // The rows are written and logged, and reading or searching them tells the error.
                Err(error) if error.may_be_of_one_table() => {}
                refreshed => refreshed?,
            }
        }
        let journal = state.writing.recorder.finish()?;
        if state.writing.recorder.has_written_local_rows_alone() {
            meta::count_up(self.connection, meta::UNLOGGED)?;
        }
        let plans = std::mem::take(&mut state.plans);
        let mut touched = state.writing.touched.take();
        if let Some(touched) = &mut touched {
            touched.is_logged |= state.writing.recorder.changes() > 0;
        }
        let is_another = touched.is_some() && (!plans.is_empty() || state.has_met_nodes);
        let file = is_another.then(|| FileState::load(self.connection, None)).transpose()?;
        let mut commit = self.connection.prepare_cached("COMMIT")?;
        self.watches.commit(state.writing.recorder.logged(), file, || commit.execute([]))?;
        self.open = false;
        Ok(Committed {
            changes: self.state.get_mut().writing.recorder.changes(),
            has_removed_values: self.state.get_mut().writing.has_removed_values,
            has_dropped_indexes: self.state.get_mut().has_dropped_indexes,
            journal,
            plans,
            touched,
        })
    }

    /// Creates a row, and returns its id.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rule`] if a value breaks a rule, [`Error::Exists`] if there is, or was, a row with
    /// this id, [`Error::Forgotten`] if it was [forgotten](Self::forget), [`Error::TooLarge`] if the row would be
    /// too large, and [common errors](crate::Database#common-errors).
    pub fn create<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        let (id, cells) = row.into_cells().finish(C::Table::TABLE)?;
        self.mutate::<C::Table, _>(|mutation| mutation.create(id, &cells)).map(Id::from_uuid)
    }

    /// Creates rows, and returns their ids in the order of the rows.
    ///
    /// # Errors
    ///
    /// Returns the error of [`create`](Self::create) for the first row that fails. The rows before it are
    /// created.
    pub fn create_all<C: Create>(
        &self,
        rows: impl IntoIterator<Item = C>,
    ) -> Result<Vec<Id<C::Table>>> {
        rows.into_iter().map(|row| self.create(row)).collect()
    }

    /// Creates a row, or updates the row that has its id, and returns the id.
    ///
    /// An update writes the columns that `row` sets, and restores the row if it was deleted. It does not
    /// change [counters](crate::Counter): the value that `row` gives one is what a new row starts with.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`create`](Self::create), [`Error::Forgotten`] among them, except [`Error::Exists`].
    pub fn upsert<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        let (id, cells) = row.into_cells().finish(C::Table::TABLE)?;
        let upserted = self.mutate::<C::Table, _>(|mutation| mutation.upsert(id, &cells));
        upserted.map(|(id, _)| Id::from_uuid(id))
    }

    /// Updates a row, and returns whether there was one. A deleted row counts as none.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rule`] if a value breaks a rule, [`Error::TooLarge`] if the row would be too large, and
    /// [common errors](crate::Database#common-errors).
    pub fn update<U: Update>(&self, patch: U) -> Result<bool> {
        let (id, cells) = patch.into_cells().finish(U::Table::TABLE)?;
        match id {
            Some(id) => self.mutate::<U::Table, _>(|mutation| mutation.update(id, &cells)),
            None => Ok(false),
        }
    }

    /// Clears a column of a row if this version of the app cannot read the value that is stored there, and
    /// returns whether it did. See [`Database::clear_unreadable`](crate::Database::clear_unreadable).
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn clear_unreadable<C: Column>(&self, id: Id<C::Table>, column: C) -> Result<bool> {
        let _ = column;
        let at = C::Table::TABLE.columns.iter().position(|known| known.name == C::NAME);
        // The columns that ara fills can always be read.
        let Some(at) = at else { return Ok(false) };
        self.mutate::<C::Table, _>(|mutation| {
            mutation.clear_unreadable(id.uuid(), at, as_read::<C>())
        })
    }

    /// Deletes a row, and returns whether there was one. A tombstone stays, so that
    /// [`restore`](Self::restore) can bring the row back.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn delete<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.mutate::<T, _>(|mutation| mutation.delete(id.uuid()))
    }

    /// Restores a deleted row, and returns whether the row exists now. It does not if no row ever had
    /// this id.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn restore<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.mutate::<T, _>(|mutation| mutation.restore(id.uuid()))
    }

    /// Returns the row with this id, or `None` if there is none or it is deleted.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn get<T: Table>(&self, id: Id<T>) -> Result<Option<T::Row>> {
        let table = TableRef::of::<T>();
        let plan = self.plan(table)?;
        self.read_up_to_date(&[table], &mut |reading| get::<T>(reading.connection, &plan, id))
    }

    /// Brings the file up to date with the structs of a schema, like
    /// [`Database::ensure`](crate::Database::ensure).
    ///
    /// A failure is recorded, and passed to [`Options::on_schema_failure`](crate::Options::on_schema_failure),
    /// when the transaction is over.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors), those of the first use of a table above all.
    /// No table is created or changed then.
    pub fn ensure<S: Schema>(&self) -> Result<()> {
        self.make_or_note(&Wanted::of::<S>())
    }

    /// Writes rows of a table.
    pub(crate) fn mutate<T: Table, R>(
        &self,
        mutate: impl Fn(&mut Mutation<'_, 'c>) -> Result<R>,
    ) -> Result<R> {
        const { assert!(!is_ara_s(T::NAME), "ara writes this table itself: an app reads it") }
        let plan = self.plan(TableRef::of::<T>())?;
        #[cfg(feature = "text")]
        self.write_texts(|cell| cell.table == plan.table)?;
        let state = &mut *self.state.borrow_mut();
        if plan.is_to_be_followed_up() {
            state.written.entry(TypeId::of::<T>()).or_insert_with(|| Arc::clone(&plan));
        }
        let mutated = match mutate(&mut state.writing.mutation(&plan)) {
            Err(error) if error.may_be_of_one_table() && self.mend(plan.def, state)? => {
                mutate(&mut state.writing.mutation(&plan))
            }
            mutated => mutated,
        };
        mutated.map_err(|error| error.of_table(T::NAME))
    }

    /// Returns [`Error::Broken`] if SQLite has rolled the transaction back, as it does when the disk is
    /// full. Each later statement would be a transaction of its own.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.connection.is_autocommit() { Err(Error::Broken) } else { Ok(()) }
    }
}

/// Reads the row with an id, unless it is deleted.
pub(crate) fn get<T: Table>(
    connection: &Connection,
    plan: &Plan,
    id: Id<T>,
) -> Result<Option<T::Row>> {
    let statement = connection.prepare_cached(&plan.get);
    let mut statement = statement.map_err(|error| Error::from(error).of_table(T::NAME))?;
    let mut rows = statement.query([id.as_bytes()])?;
    Ok(rows.next()?.and_then(|row| T::Row::from_fields(&Fields::new(row, 0))))
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open && !self.connection.is_autocommit() {
            // An error needs no handling: SQLite has rolled back already, or does when it closes the file.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
