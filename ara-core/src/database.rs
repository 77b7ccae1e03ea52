//! The handles that an app holds: databases, transactions and subscriptions, and the writer behind them.

pub(crate) mod attached;
pub(crate) mod ensure;
pub(crate) mod first_use;
pub(crate) mod forget;
pub(crate) mod fresh;
pub(crate) mod indexed_for_now;
pub(crate) mod moved_file;
pub(crate) mod options;
pub(crate) mod purge;
pub(crate) mod shared;
pub(crate) mod shown_in_views;
pub(crate) mod source;
pub(crate) mod subscription;
#[cfg(feature = "text")]
pub(crate) mod text_edit;
#[cfg(feature = "text")]
pub(crate) mod text_watch;
pub(crate) mod transaction;
pub(crate) mod turns;
pub(crate) mod up_to_date;
pub(crate) mod writer;
#[cfg(test)]
pub(crate) mod written;

use crate::file::open::Location;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::database::options::Options;
use crate::database::shared::Shared;
use crate::database::source::Reading;
use crate::database::transaction::{Transaction, get};
use crate::database::writer::Outcome;
use crate::error::{Error, Result};
use crate::growth::wanted::Wanted;
use crate::model::app_schema::Schema;
use crate::model::table::{Column, Create, Table, Update};
use crate::model::table_ref::TableRef;
use crate::value::Id;

/// A database: one SQLite file that holds the app's tables.
///
/// A clone is another handle to the same database, for another thread. Any number of threads read at
/// once, one writes, and readers do not wait for the writer. Other processes may use the file meanwhile.
///
/// The first use of a table creates it, adds the columns and indexes that its struct has gained, and
/// builds its search index. That is a write, even if a query causes it. [`ensure`](Self::ensure) does the
/// same beforehand, and also drops indexes that no struct declares any more.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String, done: bool }
///
/// let db = Database::memory()?;
/// let milk = db.create(Todo::draft().title("Buy milk").done(false))?;
/// assert!(db.update(Todo::patch(milk).done(true))?);
/// assert_eq!(db.get(milk)?.and_then(|todo| todo.done), Some(true));
/// # Ok::<(), ara::Error>(())
/// ```
///
/// # Common errors
///
/// The `# Errors` section of a method names the errors that are particular to it. These can occur
/// wherever a method uses the file, and no section repeats them:
///
/// | Error | When |
/// |---|---|
/// | [`Error::Busy`] | Another process, or another database opened on the same file, holds a lock for longer than the [busy timeout](Options::busy_timeout). |
/// | [`Error::BusyInMemory`] | A database in [memory](Database::memory) is read, and the transaction of another thread goes on for longer than the busy timeout. |
/// | [`Error::Corrupt`] | The file is damaged. |
/// | [`Error::DiskFull`] | A write finds no space left. |
/// | [`Error::Io`] | The system cannot read or write the file. |
/// | [`Error::TooManyOpenFiles`] | The process, or the system, may not open another file. |
/// | [`Error::ReadOnly`] | The file or its folder does not allow writing. |
/// | [`Error::WrongKey`] | The key of the file was changed since it was opened: see `change_key`, with the feature `encryption`. |
/// | [`Error::Replaced`] | The file was moved, deleted or replaced since it was opened, and a write, or a new connection, would use it. |
/// | [`Error::InsideTransaction`] | The closure of [`transaction`](Self::transaction) uses the database instead of the transaction that it is given, or a closure uses it that is called while a method holds the writer, to be told the progress of [`vacuum_with`](Self::vacuum_with), for example. |
/// | [`Error::OpenedReadOnly`] | A method writes, and the database was opened by [`Options::read_only`]. |
/// | [`Error::Sqlite`] | SQLite reports anything else. |
///
/// A method that names a table also uses it, possibly for the first time, and so can return:
///
/// | Error | When |
/// |---|---|
/// | [`Error::Shape`] | Something else has the table's name, or another program dropped or renamed the table or a column of it. |
/// | [`Error::TooManyColumns`] | The table would have more columns than SQLite allows. |
/// | [`Error::NotMade`] | The table, or a part of it, is not in the file yet, and the database was opened by [`Options::read_only`]. |
#[derive(Clone)]
pub struct Database(pub(crate) Arc<Shared>);

impl Options {
    /// Opens the database in a file with these options, like [`Database::open`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Database::open`]. With [`read_only`](Self::read_only) it also returns
    /// [`Error::Open`](crate::Error::Open) if there is no file.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Database> {
        let database = Database(Arc::new(Shared::open(self, Location::file(path.as_ref())?)?));
        // What fails here is tried again when the file is opened next.
        let _ = database.forget_what_was_told();
        Ok(database)
    }

    /// Creates a database in memory with these options, like [`Database::memory`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Database::memory`].
    pub fn memory(self) -> Result<Database> {
        Ok(Database(Arc::new(Shared::open(self, Location::Memory)?)))
    }
}

impl Database {
    /// Opens the database in a file, which is created if there is none.
    ///
    /// ```
    /// use ara::Database;
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("todo.db");
    /// let db = Database::open(&path)?;
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - Returns [`Error::Open`] if the path cannot be opened.
    /// - Returns [`Error::NotADatabase`] if the file is not a SQLite database, [`Error::Encrypted`],
    ///   [`Error::WrongKey`] or [`Error::NotEncrypted`] if it has another key than the options, or none,
    ///   [`Error::ForeignDatabase`] if another program created it, and [`Error::NewerFormat`] or [`Error::OlderFormat`] if another
    ///   version of ara wrote it, in a format that this version does not read. The file is left untouched
    ///   then.
    /// - Returns [`Error::Corrupt`] if the file is damaged, and other [common errors](Self#common-errors).
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Options::default().open(path)
    }

    /// Creates a database in memory, which is gone when its last handle is dropped.
    ///
    /// It has one connection, so a read waits while another thread is in a transaction, and is
    /// [`Error::BusyInMemory`] once it has waited for the [busy timeout](Options::busy_timeout). So a transaction of it
    /// must not wait for a thread that reads; one of a file may, as files are read while others write.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`] if the system provides no random bytes, and [`Error::Sqlite`] if SQLite cannot
    /// allocate the database.
    pub fn memory() -> Result<Self> {
        Options::default().memory()
    }

    /// Returns the options with which to open a database.
    pub fn options() -> Options {
        Options::default()
    }

    /// Brings the file up to date with the structs of a schema, in one transaction. The schema is one that
    /// `ara::schema!` names, or a single table.
    ///
    /// An app may call this at any time, or never, as the first use of a table creates it. But this does
    /// more than the first use, which only adds:
    ///
    /// - It drops indexes and search indexes of ara that no struct declares any more. No data is touched.
    /// - It creates what another program has dropped, and fills it from the change log: see
    ///   [`schema_drift`](Self::schema_drift).
    /// - It records a schema that `ara::schema!` names in the history: see `ara::SchemaHistory`.
    ///
    /// [`ensure_with`](Self::ensure_with) also works out what columns show that replace others, and tells its
    /// progress.
    ///
    /// If the schema is up to date already, this costs one read, as long as nobody changes the schema of
    /// the file. A failure is recorded: see [`schema_failures`](Self::schema_failures).
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.ensure::<Todo>()?;
    /// assert_eq!(db.schema()?.tables.len(), 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors), those of the first use of a table above all. The file
    /// is left unchanged then.
    pub fn ensure<S: Schema>(&self) -> Result<()> {
        self.make(&Wanted::of::<S>())
    }

    /// Creates a row, and returns its id.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rule`] if a value breaks a rule, [`Error::Exists`] if there is, or was, a row with
    /// this id, [`Error::Forgotten`] if it was [forgotten](Self::forget), [`Error::TooLarge`] if the row would be
    /// too large, and [common errors](Self#common-errors). The file is left unchanged then.
    pub fn create<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        self.transaction(|tx| tx.create(row))
    }

    /// Creates rows in one transaction, and returns their ids in the order of the rows.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`create`](Self::create). No row is created then.
    pub fn create_all<C: Create>(
        &self,
        rows: impl IntoIterator<Item = C>,
    ) -> Result<Vec<Id<C::Table>>> {
        self.transaction(|tx| tx.create_all(rows))
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
        self.transaction(|tx| tx.upsert(row))
    }

    /// Updates a row, and returns whether there was one. A deleted row counts as none.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Rule`] if a value breaks a rule, [`Error::TooLarge`] if the row would be too large, and
    /// [common errors](Self#common-errors). The file is left unchanged then.
    pub fn update<U: Update>(&self, patch: U) -> Result<bool> {
        self.transaction(|tx| tx.update(patch))
    }

    /// Clears a column of a row if this version of the app cannot read the value that is stored there, and
    /// returns whether it did.
    ///
    /// Nothing else overwrites such a value with nothing: an update that writes `None` where the app sees none
    /// changes nothing, so that an older version which saves a whole row keeps what newer ones wrote.
    /// [`unreadable`](https://docs.rs/ara/latest/ara/trait.Queries.html#tymethod.unreadable) tells whether there
    /// are such values. A value that the row lacks, because it would be too large with it, is one as well:
    /// [`set_aside`](Self::set_aside) tells of these.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// mod newer {
    ///     # use ara::prelude::*;
    ///     #[derive(Table)]
    ///     pub struct Todo { pub id: Id<Todo>, pub title: String, pub stars: Option<i64> }
    /// }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<u8> }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(newer::Todo::draft().title("Buy milk").stars(1000))?;
    /// let milk: Id<Todo> = Id::from_uuid(milk.uuid());
    /// assert_eq!(db.get(milk)?.expect("was just created").stars, None);
    ///
    /// db.update(Todo::patch(milk).stars(None))?; // the 1000 is still there
    /// assert!(db.clear_unreadable(milk, Todo::stars)?);
    /// assert!(!db.clear_unreadable(milk, Todo::stars)?);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn clear_unreadable<C: Column>(&self, id: Id<C::Table>, column: C) -> Result<bool> {
        self.transaction(|tx| tx.clear_unreadable(id, column))
    }

    /// Deletes a row, and returns whether there was one. A tombstone stays, so that
    /// [`restore`](Self::restore) can bring the row back.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn delete<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.transaction(|tx| tx.delete(id))
    }

    /// Restores a deleted row, and returns whether the row exists now. It does not if no row ever had
    /// this id.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn restore<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.transaction(|tx| tx.restore(id))
    }

    /// Returns the row with this id, or `None` if there is none or it is deleted.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn get<T: Table>(&self, id: Id<T>) -> Result<Option<T::Row>> {
        let table = TableRef::of::<T>();
        let plan = self.plan(table)?;
        let get = &mut |reading: Reading<'_>| get::<T>(reading.connection, &plan, id);
        self.read_up_to_date(&[table], get)
    }

    /// Runs a closure in a transaction. It is committed if the closure returns `Ok`, and rolled back if
    /// the closure returns an error or panics.
    ///
    /// The closure holds the only writer, so it must use the transaction that it is given, not the
    /// database.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.transaction(|tx| {
    ///     let tea = tx.create(Todo::draft().title("Make tea"))?;
    ///     tx.update(Todo::patch(tea).title("Make green tea"))
    /// })?;
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the closure, [`Error::Broken`] if the closure returns `Ok` although an earlier
    /// error rolled the transaction back or left the change log incomplete, and
    /// [common errors](Self#common-errors). The file is left unchanged then.
    pub fn transaction<R>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<R>) -> Result<R> {
        self.try_transaction(run)
    }

    /// Runs a closure in a transaction, like [`transaction`](Self::transaction), with an error type of the
    /// closure's own.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`transaction`](Self::transaction), converted into `E` unless the closure
    /// returned them.
    pub fn try_transaction<R, E: From<Error>>(
        &self,
        run: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        self.0.refuse_if_read_only()?;
        let mut writer = self.0.lock_writer()?;
        let outcome = self.0.write(&mut writer.guard, run);
        // What follows may run the app's own code, which must be able to lock the writer.
        drop(writer);
        self.announce(outcome)
    }

    /// Tells watches, and the app's hook, how a transaction ended, and returns its result. The caller must
    /// not hold the writer.
    pub(crate) fn announce<R, E>(&self, outcome: Outcome<R, E>) -> Result<R, E> {
        let Outcome { result, failures } = outcome;
        let result = result.map(|(result, touched)| {
            self.0.watches.tell(touched);
            result
        });
        if !failures.is_empty() {
            self.report(&failures, true);
        }
        result
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("options", &self.0.options).finish_non_exhaustive()
    }
}
