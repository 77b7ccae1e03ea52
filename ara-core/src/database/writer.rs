//! The connection that writes, and the thread that holds it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{MutexGuard, PoisonError, TryLockError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::database::purge::{Vacuum, purge};
use crate::database::shared::Shared;
use crate::database::transaction::Transaction;
use crate::database::turns::Turns;
use crate::error::{Error, Result};
use crate::file::log_length::LogLength;
use crate::file::open::set_busy_timeout;
use crate::file::readers::{data_version, schema_version};
use crate::growth::failure::SchemaFailure;
use crate::growth::own_tables::mend_own_tables;
use crate::log::entropy::Entropy;
use crate::log::journal::Journal;
use crate::log::recorder::Recorder;
use crate::rows::texts::Documents;
use crate::rows::touched::Touched;
use crate::trace::{event, span};

/// What one transaction at a time uses.
pub(crate) struct Writer {
    /// `None` until the first write, so that an app which only reads opens no second connection.
    pub(crate) connection: Option<Connection>,
    pub(crate) entropy: Entropy,
    /// The texts that were edited last.
    pub(crate) documents: Documents,
    pub(crate) journal: Option<KnownJournal>,
    /// Whether the `-wal` still had values of forgotten rows after the last transaction.
    pub(crate) is_purge_due: bool,
}

/// A journal, and the `data_version` of SQLite at which it was read. If that is still the same, no other
/// connection has committed, and the journal is up to date.
pub(crate) struct KnownJournal {
    pub(crate) data_version: i64,
    /// SQLite's `schema_version` then. This database itself may have changed the schema since.
    pub(crate) schema_version: i64,
    pub(crate) journal: Journal,
}

/// What a transaction begins with.
struct Begun {
    known: KnownJournal,
    /// Whether no other connection has written since the last transaction.
    is_next: bool,
    /// Whether another one may have changed the schema of the file.
    is_schema_new: bool,
}

/// How a transaction ended. [`Database::announce`](crate::Database::announce) makes it known once nobody
/// holds the writer.
pub(crate) struct Outcome<R, E> {
    pub(crate) result: Result<(R, Option<Touched>), E>,
    /// The schemas that could not be ensured.
    pub(crate) failures: Vec<SchemaFailure>,
}

impl Shared {
    /// Locks the writer, and waits for whoever holds it.
    pub(crate) fn lock_writer(&self) -> Result<HeldWriter<'_>> {
        self.refuse_inside_transaction()?;
        let guard = {
            let _wait = span!("wait");
            if self.readers.is_none() {
                self.turns.let_readers_first();
            }
            self.writer.lock().unwrap_or_else(PoisonError::into_inner)
        };
        Ok(self.held(guard))
    }

    /// Locks the writer of a database in memory to read, as only its connection sees the rows. A transaction may wait
    /// for a thread that reads, so nobody waits for it longer than for a lock of a file.
    pub(crate) fn lock_writer_to_read(&self) -> Result<HeldWriter<'_>> {
        self.refuse_inside_transaction()?;
        let _wait = span!("wait");
        let take = || match self.writer.try_lock() {
            Ok(guard) => Some(self.held(guard)),
            Err(TryLockError::Poisoned(poisoned)) => Some(self.held(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        };
        let taken = self.turns.wait_to_read(self.options.busy_timeout, take);
        taken.ok_or(Error::BusyInMemory)
    }

    fn held<'a>(&'a self, guard: MutexGuard<'a, Writer>) -> HeldWriter<'a> {
        self.writing.store(this_thread(), Ordering::Relaxed);
        let turns = self.readers.is_none().then_some(&self.turns);
        HeldWriter { guard, writing: &self.writing, _release: Release(turns) }
    }

    /// Runs a closure in a transaction.
    pub(crate) fn write<R, E: From<Error>>(
        &self,
        writer: &mut Writer,
        run: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
    ) -> Outcome<R, E> {
        let mut failures = Vec::new();
        let result = self.write_or_fail(writer, run, &mut failures);
        Outcome { result, failures }
    }

    /// Does the work of [`write`](Self::write). Failures are collected also if it returns an error.
    fn write_or_fail<R, E: From<Error>>(
        &self,
        writer: &mut Writer,
        run: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
        failures: &mut Vec<SchemaFailure>,
    ) -> Result<(R, Option<Touched>), E> {
        let _span = span!("write");
        let Writer { connection: held, entropy, documents: kept, journal: known, is_purge_due } =
            writer;
        // They are kept if the transaction is committed, and not if it fails or panics.
        let mut documents = std::mem::take(kept);
        let connection = self.writing_connection(held)?;
        let patience = self.options.busy_timeout;
        let begun = begin(connection, known.take(), entropy, patience);
        let begun = begun.map_err(|error| self.with_reason(error))?;
        let Begun {
            known: KnownJournal { data_version, schema_version, journal }, is_next, ..
        } = begun;
        let wall = (self.options.clock)();
        let recorder = Recorder::new(connection, journal.clone(), (wall, entropy.salt()?));
        *known = Some(KnownJournal { data_version, schema_version, journal });
        let Self { plans, watches, .. } = self;
        if !is_next {
            watches.meet_others();
        }
        if begun.is_schema_new {
            plans.forget();
        }
        let random_and_texts = (entropy, &mut documents);
        let transaction = Transaction::new(connection, plans, watches, recorder, random_and_texts);
        let result = run(&transaction);
        *failures = transaction.take_failures();
        let result = result.and_then(|result| {
            self.refuse_if_moved()?;
            let committed = transaction.commit()?;
            event!(DEBUG, "committed", changes = committed.changes);
            if let Some(log) = self.log() {
                log.after_commit(connection);
            }
            *known =
                Some(KnownJournal { journal: committed.journal, data_version, schema_version });
            if committed.has_dropped_indexes {
                plans.forget();
            }
            if !committed.plans.is_empty() {
                plans.keep(committed.plans);
            }
            if committed.has_removed_values || *is_purge_due || !is_next {
                // What is left to be done is noted in the file, and the next one who begins to write does it.
                *is_purge_due = purge((connection, self.log()), Vacuum::IfSmall).unwrap_or(false);
            }
            Ok((result, committed.touched))
        });
        if result.is_ok() {
            *kept = documents;
        }
        if self.is_moved() {
            self.bring_along(held, is_next);
        }
        result
    }

    /// Returns what keeps the write-ahead log short. A database in memory has none.
    pub(crate) fn log(&self) -> Option<&LogLength> {
        self.readers.as_ref().map(|readers| &readers.log)
    }

    /// Replaces an error of a file whose key was changed by one that says so.
    fn with_reason(&self, error: Error) -> Error {
        match &self.readers {
            Some(readers) => readers.with_reason(error),
            None => error,
        }
    }

    /// Returns the connection that writes, which the first call opens.
    pub(crate) fn writing_connection<'a>(
        &self,
        held: &'a mut Option<Connection>,
    ) -> Result<&'a Connection> {
        if self.is_moved() {
            self.refuse_if_moved()?;
        }
        let connection = match (held.take(), &self.readers) {
            (Some(connection), _) => connection,
            (None, Some(readers)) => readers.open_writer()?,
            // A database in memory, which has no readers, keeps its connection from the start.
            (None, None) => return Err(Error::Corrupt),
        };
        Ok(held.insert(connection))
    }
}

/// Begins a transaction that writes. If others have written, the journal is read again, and what they did to
/// ara's own tables is mended.
fn begin(
    connection: &Connection,
    known: Option<KnownJournal>,
    entropy: &mut Entropy,
    patience: Duration,
) -> Result<Begun> {
    {
        let _wait = span!("wait");
        take_lock(connection, patience)?;
    }
    let look = || {
        let data_version = data_version(connection)?;
        let before = match known {
            Some(known) if known.data_version == data_version => {
                return Ok(Begun { known, is_next: true, is_schema_new: false });
            }
            known => known.map(|known| known.schema_version),
        };
        let schema_version = schema_version(connection)?;
        let is_schema_new = before != Some(schema_version);
        if is_schema_new {
            mend_own_tables(connection)?;
        }
        let journal = Journal::load_or_begin(connection, entropy)?;
        let known = KnownJournal { data_version, schema_version, journal };
        Ok(Begun { known, is_next: false, is_schema_new })
    };
    look().inspect_err(|_: &Error| {
        let _ = connection.execute_batch("ROLLBACK");
    })
}

/// Begins a transaction, for which this waits until no other process or database writes.
///
/// SQLite would sleep for longer the longer it waits, up to 100 milliseconds, and miss the pauses that a
/// compaction makes for others.
fn take_lock(connection: &Connection, patience: Duration) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(1);
    let mut begin = connection.prepare_cached("BEGIN IMMEDIATE")?;
    set_busy_timeout(connection, Duration::ZERO)?;
    let start = Instant::now();
    let begun = loop {
        match begin.execute([]).map_err(Error::from) {
            Err(Error::Busy) if start.elapsed() < patience => sleep(PAUSE),
            begun => break begun,
        }
    };
    set_busy_timeout(connection, patience)?;
    begun.map(drop)
}

/// Pauses between two transactions of work that takes many. Locks are not fair: without a pause, who waits would
/// hardly ever be the one that gets it.
pub(crate) fn let_others_write() {
    sleep(Duration::from_millis(2));
}

/// The writer, locked by this thread.
pub(crate) struct HeldWriter<'a> {
    pub(crate) guard: MutexGuard<'a, Writer>,
    writing: &'a AtomicU64,
    /// Dropped after the guard.
    _release: Release<'a>,
}

/// Tells those who wait to read a database in memory that the writer was released.
struct Release<'a>(Option<&'a Turns>);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        if let Some(turns) = self.0 {
            turns.wake_readers();
        }
    }
}

impl Drop for HeldWriter<'_> {
    fn drop(&mut self) {
        self.writing.store(0, Ordering::Relaxed);
    }
}

/// Returns a number that no other thread has, and that is never 0.
pub(crate) fn this_thread() -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static THIS: Cell<u64> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed));
    }
    THIS.with(Cell::get)
}
