//! The database.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::catalog::shape::columns_in_file;
use crate::database::ahead::Ahead;
use crate::database::options::Options;
use crate::database::source::{Reading, Source};
use crate::database::transaction::{Transaction, get};
use crate::database::writer::{Outcome, Writer, this_thread};
use crate::error::{Error, Result};
use crate::file::open::{Location, open};
use crate::file::readers::Readers;
use crate::growth::failure::SchemaFailure;
use crate::growth::grow::{has_indexes, look};
use crate::growth::searches::is_made;
use crate::growth::wanted::Wanted;
use crate::log::meta;
use crate::model::app_schema::Schema;
use crate::model::table::{Create, Table, Update};
use crate::model::table_ref::TableRef;
use crate::names::stored_table_name;
use crate::rows::plan::Plan;
use crate::rows::plans::Plans;
use crate::value::{Id, Timestamp};
use crate::watch::watches::Watches;

/// A database: one SQLite file, and the tables of the app in it.
///
/// Clones are handles to the same database, for other threads: any number read at once, one writes,
/// and readers do not wait for the writer. Other processes may use the file meanwhile.
///
/// A table is made the first time it is used, and columns and indexes that its struct has gained are
/// added then, and its search is made: that is a write, even if what uses it is a query. [`ensure`](Self::ensure) does it
/// beforehand, and also drops the indexes that a struct has lost.
#[derive(Clone)]
pub struct Database(pub(crate) Arc<Shared>);

/// What the handles of a database share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) writer: Mutex<Writer>,
    /// The thread that holds the writer, or 0.
    pub(crate) writing: AtomicU64,
    /// `None` for a database in memory, which only the writer's connection can see.
    pub(crate) readers: Option<Readers>,
    pub(crate) plans: Plans,
    pub(crate) watches: Arc<Watches>,
    pub(crate) ahead: Arc<Ahead>,
}

impl Database {
    /// Opens the database in this file, and makes the file if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] if the path cannot be opened, [`Error::NotADatabase`],
    /// [`Error::ForeignDatabase`] and [`Error::NewerFormat`] for a file that is not ara's, or not of
    /// this version, which is left untouched, and [`Error::Corrupt`] for one that is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Options::default().open(path)
    }

    /// Makes a database in memory, which goes with its last handle.
    ///
    /// # Errors
    ///
    /// What SQLite refuses: there is hardly anything.
    pub fn memory() -> Result<Self> {
        Options::default().memory()
    }

    /// Opens a database with options.
    pub fn options() -> Options {
        Options::default()
    }

    pub(crate) fn with(options: Options, place: Location) -> Result<Self> {
        let mut entropy = options.entropy();
        let (connection, readers, may_wait) = match place {
            Location::File(path) if options.read_only => {
                (None, Some(Readers::read_only(path, options.reader_settings())?), false)
            }
            place => {
                let (first, may_wait) = open(&place, options.busy_timeout, &mut entropy)?;
                match place {
                    Location::Memory => (Some(first), None, may_wait),
                    Location::File(path) => (
                        None,
                        Some(Readers::new(path, first, options.reader_settings())?),
                        may_wait,
                    ),
                }
            }
        };
        Ok(Self(Arc::new(Shared {
            options,
            writer: Mutex::new(Writer { connection, entropy, journal: None }),
            writing: AtomicU64::new(0),
            readers,
            plans: Plans::default(),
            watches: Arc::default(),
            ahead: Arc::new(Ahead::new(may_wait)),
        })))
    }

    /// Makes the file hold all that the structs of a schema declare, in one transaction. The schema is
    /// one that `ara::schema!` names, or a single table.
    ///
    /// It may run at any time, and need not run at all: a table is made when it is first used. But it
    /// does more than that first use, which only adds:
    ///
    /// - Indexes and searches follow the structs both ways: those of ara's that no struct declares any more are
    ///   dropped. No data is touched.
    /// - What another program dropped is made again, and filled from the change log: see
    ///   [`schema_drift`](Self::schema_drift).
    /// - What `ara::schema!` names is written into the history: see `ara::SchemaHistory`.
    ///
    /// A schema that was ensured before costs one read, as long as nobody changes the schema of the
    /// file. What fails is kept: see [`schema_failures`](Self::schema_failures).
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for a table that ara did not make, [`Error::TooManyColumns`], and what SQLite
    /// refuses. Nothing is changed then.
    pub fn ensure<S: Schema>(&self) -> Result<()> {
        self.make(&Wanted::of::<S>())
    }

    /// Creates a row: the id it got.
    ///
    /// # Errors
    ///
    /// [`Error::Rule`] for a value that breaks a rule, [`Error::Exists`] for an id that a row has
    /// already, and what SQLite refuses. Nothing is written then.
    pub fn create<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        self.transaction(|tx| tx.create(row))
    }

    /// Creates rows in one transaction: their ids, in the order of the rows.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create); no row is created then.
    pub fn create_all<C: Create>(
        &self,
        rows: impl IntoIterator<Item = C>,
    ) -> Result<Vec<Id<C::Table>>> {
        self.transaction(|tx| tx.create_all(rows))
    }

    /// Creates a row, or, where its id exists, writes the columns that it sets into that row; a
    /// deleted row is restored. Only a new row gets what its [counters](crate::Counter) begin with.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), but for [`Error::Exists`].
    pub fn upsert<C: Create>(&self, row: C) -> Result<Id<C::Table>> {
        self.transaction(|tx| tx.upsert(row))
    }

    /// Changes a row. Whether it was there: a deleted row is not.
    ///
    /// # Errors
    ///
    /// [`Error::Rule`] for a value that breaks a rule, and what SQLite refuses. Nothing is written
    /// then.
    pub fn update<U: Update>(&self, patch: U) -> Result<bool> {
        self.transaction(|tx| tx.update(patch))
    }

    /// Deletes a row, which stays as a tombstone: [`restore`](Self::restore) brings it back.
    /// Whether it was there.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn delete<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.transaction(|tx| tx.delete(id))
    }

    /// Brings a deleted row back. Whether the row is there now: an id that never was is not.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn restore<T: Table>(&self, id: Id<T>) -> Result<bool> {
        self.transaction(|tx| tx.restore(id))
    }

    /// The row with this id, unless it is deleted.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn get<T: Table>(&self, id: Id<T>) -> Result<Option<T::Row>> {
        let plan = self.plan(TableRef::of::<T>())?;
        self.with_reader(|reading| get::<T>(reading.connection, &plan, id))
    }

    /// Runs a closure whose writes are one: all of them are committed when it returns `Ok`, and none
    /// if it returns an error or panics.
    ///
    /// The closure holds the only writer, so it uses the transaction it is given, not the database.
    ///
    /// # Errors
    ///
    /// What the closure returns, [`Error::InsideTransaction`] within another transaction,
    /// [`Error::Replaced`] if the file was moved, deleted or replaced since it was opened, and what SQLite
    /// refuses.
    pub fn transaction<R>(&self, run: impl FnOnce(&Transaction<'_>) -> Result<R>) -> Result<R> {
        self.try_transaction(run)
    }

    /// As [`transaction`](Self::transaction), with an error type of the closure's own.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    pub fn try_transaction<R, E: From<Error>>(
        &self,
        run: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        self.0.refuse_if_read_only()?;
        let mut writer = self.0.lock_writer()?;
        let written = self.0.write(&mut writer.guard, run);
        // Whom it wakes or tells may be the app's own code.
        drop(writer);
        self.tell(written)
    }

    /// Tells of a transaction when it is over.
    pub(crate) fn tell<R, E>(&self, written: Outcome<R, E>) -> Result<R, E> {
        let Outcome { result, failures } = written;
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

impl Options {
    /// As [`Database::open`].
    ///
    /// # Errors
    ///
    /// As [`Database::open`].
    pub fn open(self, path: impl AsRef<Path>) -> Result<Database> {
        Database::with(self, Location::file(path.as_ref())?)
    }

    /// As [`Database::memory`].
    ///
    /// # Errors
    ///
    /// As [`Database::memory`].
    pub fn memory(self) -> Result<Database> {
        Database::with(self, Location::Memory)
    }
}

impl Shared {
    fn refuse_if_read_only(&self) -> Result<()> {
        if self.options.read_only { Err(Error::OpenedReadOnly) } else { Ok(()) }
    }

    pub(crate) fn refuse_inside_transaction(&self) -> Result<()> {
        // A thread finds its own mark if it holds the writer, and can miss nobody else's.
        if self.writing.load(Ordering::Relaxed) == this_thread() {
            return Err(Error::InsideTransaction);
        }
        Ok(())
    }

    pub(crate) fn with_reader<R>(&self, read: impl FnOnce(Reading<'_>) -> Result<R>) -> Result<R> {
        match &self.readers {
            Some(readers) => {
                self.refuse_inside_transaction()?;
                readers.with_one(|connection| read(Reading { connection, is_private: true }))
            }
            None => {
                let mut writer = self.lock_writer()?;
                let connection = self.writing_connection(&mut writer.guard.connection)?;
                read(Reading { connection, is_private: false })
            }
        }
    }
}

impl Database {
    pub(crate) fn with_reader<R>(&self, read: impl FnOnce(Reading<'_>) -> Result<R>) -> Result<R> {
        self.apply_what_is_due();
        self.0.with_reader(read)
    }

    /// Has what was committed so far on the disk, also if the power fails. The file's usual setting leaves
    /// that to the next checkpoint.
    pub(crate) fn make_durable(&self) -> Result<()> {
        if self.0.readers.is_none() || self.0.options.read_only {
            return Ok(());
        }
        let mut writer = self.0.lock_writer()?;
        let connection = self.0.writing_connection(&mut writer.guard.connection)?;
        self.0.refuse_if_moved()?;
        // A commit is synced together with all that stand before it in the write-ahead log.
        connection.pragma_update(None, "synchronous", "full")?;
        let synced = meta::count_up(connection, meta::SYNCED);
        connection.pragma_update(None, "synchronous", "normal")?;
        synced
    }

    /// Now, by the clock of the options.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis((self.0.options.clock)())
    }

    /// Keeps failures in the file, if they are to be kept and it can be written, and tells the app of
    /// them. The app's code may use the database.
    pub(crate) fn report(&self, failures: &[SchemaFailure], keep: bool) {
        let write = || -> Result<()> {
            self.0.refuse_if_read_only()?;
            let mut writer = self.0.lock_writer()?;
            let connection = self.0.writing_connection(&mut writer.guard.connection)?;
            failures.iter().try_for_each(|failure| failure.record(connection))
        };
        if keep {
            // Where that fails, what failed before it is the error to be told.
            let _ = write();
        }
        if let Some(hook) = &self.0.options.on_schema_failure {
            failures.iter().for_each(|failure| hook(failure));
        }
    }

    /// The plan of a table, which is made ready if it is not.
    pub(crate) fn plan(&self, table: TableRef) -> Result<Arc<Plan>> {
        if let Some(plan) = self.0.plans.get(table) {
            return Ok(plan);
        }
        match self.look(table)? {
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

    /// Brings the search of a table up to date with what another program wrote.
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

    /// The plan of a table that is in the file as its struct declares it: no work for the writer.
    fn look(&self, table: TableRef) -> Result<Option<Arc<Plan>>> {
        let plan = self.with_reader(|Reading { connection, .. }| {
            let plan = look(connection, table.def)?;
            // Who only reads can do without indexes.
            Ok(match plan {
                Some(_) if !self.0.options.read_only && !has_indexes(connection, table.def)? => {
                    None
                }
                plan => plan,
            })
        })?;
        let plan = plan.map(Arc::new);
        self.0.plans.keep(plan.iter().map(|plan| (table.ty, Arc::clone(plan))));
        Ok(plan)
    }
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
        self.with_reader(read)
    }

    fn watchable(&self) -> Option<&Database> {
        Some(self)
    }
}

/// The last handle is gone: nobody can commit any more.
impl Drop for Shared {
    fn drop(&mut self) {
        self.watches.close();
        self.bring_along_if_moved();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("options", &self.0.options).finish_non_exhaustive()
    }
}
