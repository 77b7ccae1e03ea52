//! The store in a file of SQLite, or in memory.
//!
//! The file is in WAL mode and written through to the disk at each commit. Jobs that wait for each other share
//! commits.

mod access;
mod group;
mod log;
mod mailboxes;
mod mending;
mod parts;
mod schema;
mod slots;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;

use crate::store::batch::locked;
use crate::store::error::{Result, StoreError};
use crate::store::sqlite::group::Group;
use crate::store::{Ending, Job, Store, Topic};

/// How many connections that read are kept open.
const MOST_READERS: usize = 64;

/// How many pages of the file are given back at once.
const PAGES_AT_ONCE: u32 = 1024;

/// A copy is made at once, and tells nobody how far it is.
const NO_PROGRESS: Option<fn(rusqlite::backup::Progress)> = None;

/// A store in SQLite.
///
/// ```
/// use ara_relay::store::sqlite::SqliteStore;
/// use ara_relay::store::Store;
///
/// let store = SqliteStore::memory()?;
/// store.read(&mut |transaction| {
///     assert_eq!(transaction.count_spaces()?, 0);
///     Ok(ara_relay::store::Ending::Keep)
/// })?;
/// # Ok::<(), ara_relay::store::StoreError>(())
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    writer: Group,
    readers: Readers,
    /// The version of the file's data when it was asked for the last time.
    version: AtomicI64,
}

/// Where reads happen.
#[derive(Debug)]
enum Readers {
    /// Of a file, each on a connection of its own.
    File { path: std::path::PathBuf, idle: Mutex<Vec<Connection>> },
    /// Of memory, on the one connection that there is.
    Memory,
}

/// A transaction.
struct Sqlite<'a>(&'a Connection);

impl SqliteStore {
    /// Opens the store in a file, and makes the file if it is not there.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::NotAStore`] or [`StoreError::Newer`] if the file is something else, and
    /// [`StoreError::Failed`] if it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let writer = schema::open(&path)?;
        let readers = Readers::File { path, idle: Mutex::default() };
        Ok(Self { writer: Group::new(writer), readers, version: AtomicI64::default() })
    }

    /// Makes a store in memory.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Failed`] if there is no memory for it.
    pub fn memory() -> Result<Self> {
        let writer = Group::new(schema::in_memory()?);
        Ok(Self { writer, readers: Readers::Memory, version: AtomicI64::default() })
    }

    /// Returns how many transactions were committed so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Writes a copy of the store, as it is now, into a file that is not there yet. Others read and write meanwhile.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Failed`] if the file is there, or cannot be written.
    pub fn back_up(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed {
            reason: format!("the copy cannot be written: {error}"),
        };
        schema::keep_from_others(path);
        let name = path.to_str().ok_or_else(|| failed(&"its name is no text"))?;
        let copy = |connection: &Connection| Ok(connection.execute("VACUUM INTO ?1", [name])?);
        match &self.readers {
            Readers::Memory => self.writer.alone(|connection| copy(connection).map(|_| ()))?,
            Readers::File { path, .. } => copy(&schema::open_reader(path)?).map(|_| ())?,
        }
        let written = std::fs::File::open(path).and_then(|file| file.sync_all());
        written.map_err(|error| failed(&error))
    }

    /// Returns how many bytes the write-ahead log of the file has.
    fn size_of_log(&self) -> u64 {
        let Readers::File { path, .. } = &self.readers else { return 0 };
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        // There is none before anything is written.
        std::fs::metadata(log).map_or(0, |log| log.len())
    }

    /// Writes a copy of the store into a file, for tests that put a relay back.
    #[doc(hidden)]
    pub fn backup_to(&self, path: impl AsRef<Path>) -> Result<()> {
        self.writer.alone(|connection| Ok(connection.backup("main", path, NO_PROGRESS)?))
    }

    /// Takes over what a copy holds, for tests that put a relay back.
    #[doc(hidden)]
    pub fn restore_from(&self, path: impl AsRef<Path>) -> Result<()> {
        self.writer.alone(|connection| Ok(connection.restore("main", path, NO_PROGRESS)?))
    }
}

impl Store for SqliteStore {
    fn read(&self, job: Job<'_>) -> Result<()> {
        let Readers::File { path, idle } = &self.readers else { return self.writer.run(job) };
        let reader = locked(idle).pop();
        let reader = reader.map_or_else(|| schema::open_reader(path), Ok)?;
        let result = read_with(&reader, job);
        let mut idle = locked(idle);
        if result.is_ok() && idle.len() < MOST_READERS {
            idle.push(reader);
        }
        result
    }

    fn write(&self, _about: Option<Topic>, job: Job<'_>) -> Result<()> {
        self.writer.run(job)
    }

    /// A relay and its operator's command may share a file.
    fn is_shared(&self) -> bool {
        matches!(self.readers, Readers::File { .. })
    }

    fn may_have_changed(&self) -> Result<bool> {
        if !self.is_shared() {
            return Ok(false);
        }
        let mut version = 0;
        self.writer.alone(|connection| {
            // It changes when another connection has committed, and those of this store only read.
            version = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
            Ok(())
        })?;
        Ok(self.version.swap(version, Ordering::Relaxed) != version)
    }

    fn vacuum(&self) -> Result<()> {
        let mut left = u32::MAX;
        loop {
            self.shrink()?;
            let before = left;
            self.writer.alone(|connection| {
                left = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
                Ok(())
            })?;
            if left == 0 || left == before {
                break;
            }
        }
        // What readers need of the log stays until they have ended.
        self.writer.alone(|connection| {
            Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
    }

    fn shrink(&self) -> Result<()> {
        self.writer.alone(|connection| {
            Ok(connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?)
        })
    }

    fn size(&self) -> Result<u64> {
        let mut size = 0;
        let count = |connection: &Connection| -> Result<i64> {
            let pragma =
                |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
            Ok(pragma("page_count")?.saturating_mul(pragma("page_size")?))
        };
        match &self.readers {
            Readers::Memory => self.writer.alone(|connection| {
                size = count(connection)?;
                Ok(())
            })?,
            Readers::File { path, .. } => size = count(&schema::open_reader(path)?)?,
        }
        Ok(size.unsigned_abs().saturating_add(self.size_of_log()))
    }
}

/// Runs a job in a transaction that sees one state.
fn read_with(reader: &Connection, job: Job<'_>) -> Result<()> {
    reader.prepare_cached("BEGIN")?.execute([])?;
    let result = job(&mut Sqlite(reader));
    reader.prepare_cached("ROLLBACK")?.execute([])?;
    result.map(|_| ())
}

/// Runs a job so that what it wrote can be undone without what was written before it.
fn write_with(writer: &Connection, job: Job<'_>) -> Result<()> {
    writer.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = job(&mut Sqlite(writer));
    if writer.is_autocommit() {
        // SQLite has rolled back all of it already, as where the disk is full.
        return result.map(|_| ());
    }
    if !matches!(result, Ok(Ending::Keep)) {
        writer.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    writer.prepare_cached("RELEASE job")?.execute([])?;
    result.map(|_| ())
}

/// Reads an id or a hash.
fn array<const N: usize>(bytes: Vec<u8>, what: &'static str) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| StoreError::Damaged { what })
}

/// Numbers are stored as SQLite's integers, which have a sign. None comes near its limit.
fn stored(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
