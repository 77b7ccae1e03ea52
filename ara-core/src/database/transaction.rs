//! Transactions.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use ara_schema::TableDef;
use rusqlite::Connection;

use crate::database::source::{Reading, Source};
use crate::error::{Error, Result};
use crate::growth::failure::SchemaFailure;
use crate::growth::grow::{grow, has_indexes, look};
use crate::growth::history::Growth;
use crate::growth::mend::mend_tables;
use crate::growth::wanted::Wanted;
use crate::log::clock::Time;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::recorder::Recorder;
use crate::log::transaction_id::TransactionId;
use crate::merge::renew::renew;
use crate::merge::settle::settle;
use crate::model::app_schema::Schema;
use crate::model::record::{Fields, Record};
use crate::model::table::{Create, Table, Update};
use crate::model::table_ref::TableRef;
use crate::names::{is_ara_s, stored_table_name};
use crate::rows::mutation::Mutation;
use crate::rows::plan::Plan;
use crate::rows::plans::Plans;
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;
use crate::value::Id;
use crate::watch::log_position::FileState;
use crate::watch::watches::Watches;

/// A transaction: what the closure of [`Database::transaction`](crate::Database::transaction) is
/// given. All that it writes is written together, or not at all, here and on every other device.
///
/// It has the methods of the database, and reads what it has written itself.
pub struct Transaction<'c> {
    pub(crate) connection: &'c Connection,
    /// Of the tables that are ready for all.
    plans: &'c Plans,
    watches: &'c Watches,
    pub(crate) state: RefCell<State<'c>>,
    /// When the last change was made of those that [`settle`](Self::settle) made before all others.
    settled: Cell<Option<Time>>,
    open: bool,
}

/// What a transaction has done so far.
pub(crate) struct State<'c> {
    pub(crate) writing: Writing<'c>,
    /// Of the tables that this transaction was the first to use: they are not ready for others
    /// until it is committed.
    pub(crate) plans: HashMap<TypeId, Arc<Plan>>,
    /// Of the tables that were written and have a search, which is to be brought up to date.
    pub(crate) searched: HashMap<TypeId, Arc<Plan>>,
    /// The schemas that could not be ensured: told when the transaction is over.
    pub(crate) failures: Vec<SchemaFailure>,
    /// What is known of other nodes may be more than before.
    pub(crate) has_met_nodes: bool,
}

/// What a committed transaction leaves behind.
pub(crate) struct Committed {
    /// How many changes it wrote into the log.
    pub(crate) changes: u64,
    pub(crate) journal: Journal,
    pub(crate) plans: HashMap<TypeId, Arc<Plan>>,
    pub(crate) touched: Option<Touched>,
}

impl<'c> Transaction<'c> {
    /// Goes on in the transaction that `connection` has begun.
    pub(crate) fn new(
        connection: &'c Connection,
        plans: &'c Plans,
        watches: &'c Watches,
        recorder: Recorder<'c>,
        entropy: &'c mut Entropy,
    ) -> Self {
        let touched = watches.are_there().then(Touched::default);
        let state = State {
            writing: Writing::new(connection, recorder, entropy, touched),
            plans: HashMap::new(),
            searched: HashMap::new(),
            failures: Vec::new(),
            has_met_nodes: false,
        };
        Self {
            connection,
            plans,
            watches,
            state: RefCell::new(state),
            settled: Cell::new(None),
            open: true,
        }
    }

    /// Folds in what was dated ahead, if its time has come; and where this device's own clock ran ahead
    /// and came back, takes that back to the present.
    pub(crate) fn settle(&self) -> Result<()> {
        let writing = &mut self.state.borrow_mut().writing;
        renew(writing)?;
        settle(writing)?;
        self.settled.set(writing.recorder.logged().map(|(_, last)| last));
        Ok(())
    }

    /// The id that the transaction has if nothing follows what it has written so far: ask for it last of
    /// all. `None` where it has written nothing, or local tables alone.
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
        let recorder = &self.state.borrow().writing.recorder;
        let (_, time) = recorder.logged()?;
        let node = recorder.node_id().uuid();
        Some(TransactionId { time, node }).filter(|id| Some(id.time) != self.settled.get())
    }

    /// The schemas that could not be ensured.
    pub(crate) fn take_failures(&self) -> Vec<SchemaFailure> {
        std::mem::take(&mut self.state.borrow_mut().failures)
    }

    pub(crate) fn commit(mut self) -> Result<Committed> {
        self.check_open()?;
        let state = self.state.get_mut();
        for plan in state.searched.values() {
            plan.refresh_search(self.connection)?;
        }
        let journal = state.writing.recorder.finish()?;
        let plans = std::mem::take(&mut state.plans);
        let touched = state.writing.touched.take();
        let is_another = touched.is_some() && (!plans.is_empty() || state.has_met_nodes);
        let file = is_another.then(|| FileState::load(self.connection)).transpose()?;
        let mut commit = self.connection.prepare_cached("COMMIT")?;
        self.watches.commit(state.writing.recorder.logged(), file, || commit.execute([]))?;
        self.open = false;
        Ok(Committed {
            changes: self.state.get_mut().writing.recorder.changes(),
            journal,
            plans,
            touched,
        })
    }

    /// Creates a row: the id it got.
    ///
    /// # Errors
    ///
    /// [`Error::Rule`] for a value that breaks a rule, [`Error::Exists`] for an id that a row has
    /// already, and what SQLite refuses. The transaction can go on without the row.
    pub fn create<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        let (id, cells) = row.into_cells().finish(C::Table::TABLE)?;
        self.mutate::<C::Table, _>(|mutation| mutation.create(id, &cells)).map(Id::from_uuid)
    }

    /// Creates rows: their ids, in the order of the rows.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), at the first row that fails; those before it are created.
    pub fn create_all<C: Create>(
        &self,
        rows: impl IntoIterator<Item = C>,
    ) -> Result<Vec<Id<C::Table>>> {
        rows.into_iter().map(|row| self.create(row)).collect()
    }

    /// Creates a row, or, where its id exists, writes the columns that it sets into that row; a
    /// deleted row is restored. Only a new row gets what its [counters](crate::Counter) begin with.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), but for `Exists`.
    pub fn upsert<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        let (id, cells) = row.into_cells().finish(C::Table::TABLE)?;
        self.mutate::<C::Table, _>(|mutation| mutation.upsert(id, &cells)).map(Id::from_uuid)
    }

    /// Changes a row. Whether it was there: a deleted row is not.
    ///
    /// # Errors
    ///
    /// [`Error::Rule`] for a value that breaks a rule, and what SQLite refuses.
    pub fn update<U: Update>(&self, patch: U) -> Result<bool> {
        let (id, cells) = patch.into_cells().finish(U::Table::TABLE)?;
        match id {
            Some(id) => self.mutate::<U::Table, _>(|mutation| mutation.update(id, &cells)),
            None => Ok(false),
        }
    }

    /// Deletes a row, which stays as a tombstone: [`restore`](Self::restore) brings it back.
    /// Whether it was there.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn delete<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.mutate::<T, _>(|mutation| mutation.delete(id.uuid()))
    }

    /// Brings a deleted row back. Whether the row is there now: an id that never was is not.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn restore<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.mutate::<T, _>(|mutation| mutation.restore(id.uuid()))
    }

    /// The row with this id, unless it is deleted.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn get<T: Table>(&self, id: Id<T>) -> Result<Option<T::Row>> {
        let plan = self.plan(TableRef::of::<T>())?;
        get::<T>(self.connection, &plan, id)
    }

    /// Makes the file hold all that the structs of a schema declare, or of the one table given: as
    /// [`Database::ensure`](crate::Database::ensure).
    ///
    /// A failure is kept, and told to the app, when the transaction is over.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for a table that ara did not make, [`Error::TooManyColumns`], and what SQLite
    /// refuses. None of the tables is made or changed then, and the transaction can go on.
    pub fn ensure<S: Schema>(&self) -> Result<()> {
        self.make_or_note(&Wanted::of::<S>())
    }

    fn mutate<T: Table, R>(
        &self,
        mutate: impl FnOnce(&mut Mutation<'_, 'c>) -> Result<R>,
    ) -> Result<R> {
        const { assert!(!is_ara_s(T::NAME), "ara writes this table itself: an app reads it") }
        let plan = self.plan(TableRef::of::<T>())?;
        let state = &mut *self.state.borrow_mut();
        if plan.search.is_some() {
            state.searched.entry(TypeId::of::<T>()).or_insert_with(|| Arc::clone(&plan));
        }
        mutate(&mut state.writing.mutation(&plan)).map_err(|error| error.of_table(T::NAME))
    }

    /// Fails where the transaction is over. SQLite rolls it back itself when the disk is full, say, and
    /// what is written after that would be committed at once.
    pub(crate) fn check_open(&self) -> Result<()> {
        if self.connection.is_autocommit() { Err(Error::Broken) } else { Ok(()) }
    }

    /// The plan of a table, which is made ready if it is not. Every read and write asks for it.
    pub(crate) fn plan(&self, table: TableRef) -> Result<Arc<Plan>> {
        self.check_open()?;
        if let Some(plan) = self.plans.get(table) {
            return Ok(plan);
        }
        let state = &mut *self.state.borrow_mut();
        if let Some(plan) = state.plans.get(&table.ty) {
            return Ok(Arc::clone(plan));
        }
        let plan = Arc::new(self.first_use(table.def, state)?);
        state.plans.insert(table.ty, Arc::clone(&plan));
        Ok(plan)
    }

    /// Makes a table ready that was not used yet. That only adds to what is there.
    fn first_use(&self, def: &'static TableDef, state: &mut State<'c>) -> Result<Plan> {
        if let Some(plan) = look(self.connection, def)?
            && has_indexes(self.connection, def)?
        {
            return Ok(plan);
        }
        // Part of a table must not stay if the rest of it cannot be made, and the app goes on.
        let savepoint = Savepoint::begin(self.connection)?;
        let mut growth = Growth::default();
        let writing = &mut state.writing;
        mend_tables(&mut writing.recorder, Some(&stored_table_name(def)), &mut growth)?;
        if !growth.is_empty() {
            writing.touch_everything();
        }
        let plan = grow(&mut writing.recorder, def, &mut growth)?;
        savepoint.release()?;
        growth.tell();
        Ok(plan)
    }
}

/// What is done after it is undone again, unless it is released.
pub(crate) struct Savepoint<'c>(Option<&'c Connection>);

impl<'c> Savepoint<'c> {
    pub(crate) fn begin(connection: &'c Connection) -> Result<Self> {
        connection.execute_batch("SAVEPOINT ara")?;
        Ok(Self(Some(connection)))
    }

    pub(crate) fn release(mut self) -> Result<()> {
        match self.0.take() {
            Some(connection) => Ok(connection.execute_batch("RELEASE ara")?),
            None => Ok(()),
        }
    }
}

impl Drop for Savepoint<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            // Fails where SQLite has rolled back the whole transaction already.
            let _ = connection.execute_batch("ROLLBACK TO ara; RELEASE ara");
        }
    }
}

/// Reads one row by its id.
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

impl Source for Transaction<'_> {
    fn read(
        &self,
        tables: &[TableRef],
        read: &mut dyn FnMut(Reading<'_>) -> Result<()>,
    ) -> Result<()> {
        for table in tables {
            let plan = self.plan(*table)?;
            if table.is_searched {
                plan.refresh_search(self.connection)?;
            }
        }
        read(Reading { connection: self.connection, is_private: false })
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open && !self.connection.is_autocommit() {
            // Nothing can be done about an error here: SQLite has rolled back, or will when the
            // file is closed.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
