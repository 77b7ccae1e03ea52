//! The connection that writes, and who holds it.

use std::cell::Cell;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use crate::entropy::Entropy;
use crate::error::{Error, Result};
use crate::journal::Journal;

/// What only one transaction uses at a time.
pub(crate) struct Writer {
    /// `None` until the first write: an app that only reads opens the file once.
    pub(crate) connection: Option<Connection>,
    pub(crate) entropy: Entropy,
    pub(crate) journal: Option<KnownJournal>,
}

/// A journal, and what SQLite's `data_version` was: it changes when another connection commits.
pub(crate) struct KnownJournal {
    pub(crate) data_version: i64,
    pub(crate) journal: Journal,
}

/// Begins a transaction that writes, and reads where the log stands if others wrote. Whether nobody
/// else did.
pub(crate) fn begin(
    connection: &Connection,
    known: Option<KnownJournal>,
) -> Result<(i64, Journal, bool)> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let look = || {
        let data_version = data_version(connection)?;
        match known {
            Some(known) if known.data_version == data_version => {
                Ok((data_version, known.journal, true))
            }
            _ => Ok((data_version, Journal::load(connection)?, false)),
        }
    };
    look().inspect_err(|_: &Error| {
        let _ = connection.execute_batch("ROLLBACK");
    })
}

/// What changes when another connection commits.
pub(crate) fn data_version(connection: &Connection) -> Result<i64> {
    let mut ask = connection.prepare_cached("PRAGMA data_version")?;
    Ok(ask.query_row([], |row| row.get(0))?)
}

/// The writer, held by this thread.
pub(crate) struct HeldWriter<'a> {
    pub(crate) guard: MutexGuard<'a, Writer>,
    pub(crate) writing: &'a AtomicU64,
}

impl Drop for HeldWriter<'_> {
    fn drop(&mut self) {
        self.writing.store(0, Ordering::Relaxed);
    }
}

/// A number of this thread's own, never 0.
pub(crate) fn this_thread() -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static THIS: Cell<u64> = Cell::new(THREADS.fetch_add(1, Ordering::Relaxed));
    }
    THIS.with(Cell::get)
}
