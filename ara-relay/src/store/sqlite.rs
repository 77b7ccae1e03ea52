//! The store in a file of SQLite, or in memory.
//!
//! The file is in WAL mode and written through to the disk at each commit. Jobs that wait for each other share
//! commits.

mod access;
mod backup;
mod group;
mod log;
mod mailboxes;
mod mending;
mod opened;
mod parts;
mod reader;
mod schema;
mod slots;
mod state;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rusqlite::Connection;

pub use self::backup::{BackupError, Earlier};
pub use self::reader::SqliteReader;

use crate::store::batch::locked;
use crate::store::error::{Result, StoreError};
use crate::store::sqlite::group::Group;
use crate::store::sqlite::opened::OpenedFile;
use crate::store::{Ending, Job, Store, Topic};

/// How many connections that read are kept open.
const MOST_READERS: usize = 64;

/// How many pages of the file are given back at once.
const PAGES_AT_ONCE: u32 = 1024;

/// How long who reads may keep a relay that stops from putting all into the file.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(2);

/// How many things are told that are wrong with a file.
const MOST_FAULTS: usize = 100;

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
    /// They end before the writer does, which puts everything into the file if it is the last one.
    readers: Readers,
    writer: Group,
    /// The version of the file's data when it was asked for the last time.
    version: AtomicI64,
}

/// Where reads happen.
#[derive(Debug)]
enum Readers {
    /// Of a file, each on a connection of its own.
    File { file: OpenedFile, idle: Mutex<Vec<Connection>> },
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
    /// Returns [`StoreError::NotAStore`], [`StoreError::Newer`] or [`StoreError::NotWhole`] if that is what the file is,
    /// [`StoreError::ForeignLog`] if the write-ahead log of another file lies beside it, and [`StoreError::Failed`] if it
    /// cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self::over(path, schema::open(path)?))
    }

    /// Opens the store in a file that is one already, of this version.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and returns [`StoreError::Empty`] or [`StoreError::Older`] if that is what the file is.
    pub fn existing(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self::over(path, schema::open_existing(path)?))
    }

    fn over(path: &Path, writer: Connection) -> Self {
        let readers = Readers::File { file: OpenedFile::at(path), idle: Mutex::default() };
        Self { readers, writer: Group::new(writer), version: AtomicI64::default() }
    }

    /// Makes a store in memory.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::Failed`] if there is no memory for it.
    pub fn memory() -> Result<Self> {
        let writer = Group::new(schema::in_memory()?);
        Ok(Self { readers: Readers::Memory, writer, version: AtomicI64::default() })
    }

    /// Returns how many transactions were committed so far.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Writes a copy of the store, as it is now, into a file, which has its name once it is whole. Others read and write
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// Returns [`BackupError::AlreadyThere`] or [`BackupError::NoBackup`] if there is a file that is not to be replaced,
    /// and the other errors if the store cannot be read or the copy not be written.
    pub fn back_up(&self, path: impl AsRef<Path>, earlier: Earlier) -> Result<(), BackupError> {
        backup::back_up(path.as_ref(), earlier, |name| match &self.readers {
            Readers::Memory => self.writer.alone(|connection| copy_into(connection, name)),
            Readers::File { file, .. } => copy_into(&file.reader()?, name),
        })
    }

    /// Looks at the file, or at what is in memory, on a connection that waits for nobody who writes.
    fn look<T: Default>(&self, look: fn(&Connection) -> Result<T>) -> Result<T> {
        let Readers::File { file, .. } = &self.readers else {
            let mut seen = T::default();
            self.writer.alone(|connection| {
                seen = look(connection)?;
                Ok(())
            })?;
            return Ok(seen);
        };
        look(&file.reader()?)
    }

    /// Returns how many bytes the write-ahead log of the file has.
    fn size_of_log(&self) -> u64 {
        let Readers::File { file, .. } = &self.readers else { return 0 };
        let mut log = file.path().to_owned().into_os_string();
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
        let Readers::File { file, idle } = &self.readers else { return self.writer.run(job) };
        let reader = locked(idle).pop();
        let reader = reader.map_or_else(|| file.reader(), Ok)?;
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
        self.writer.alone(|connection| checkpoint(connection).map(|_| ()))
    }

    fn rest(&self) -> Result<()> {
        if let Readers::File { idle, .. } = &self.readers {
            locked(idle).clear();
        }
        // What was written goes into the file that was opened, wherever that is now.
        let place = self.check_place();
        let rested = self.writer.alone(|connection| {
            if state::put_to_rest(connection)? {
                return Ok(());
            }
            connection.busy_timeout(PATIENCE_AT_THE_END)?;
            if checkpoint(connection)? {
                return Ok(());
            }
            let reason = "somebody reads the file, so its end stays in the -wal beside it";
            Err(StoreError::Failed { reason: reason.to_owned() })
        });
        place.and(rested)
    }

    fn check_place(&self) -> Result<()> {
        match &self.readers {
            Readers::File { file, .. } => file.check(),
            Readers::Memory => Ok(()),
        }
    }

    fn shrink(&self) -> Result<()> {
        self.writer.alone(|connection| {
            Ok(connection.execute_batch(&format!("PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))?)
        })
    }

    fn faults(&self) -> Result<Vec<String>> {
        self.look(faults)
    }

    fn size(&self) -> Result<u64> {
        Ok(self.look(size)?.saturating_add(self.size_of_log()))
    }
}

/// Writes what a connection sees into a file, in the place of what is there.
fn copy_into(connection: &Connection, name: &str) -> Result<()> {
    let emptied = std::fs::write(name, []);
    emptied.map_err(|error| StoreError::Failed { reason: error.to_string() })?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(state::unreadable)?;
    Ok(())
}

/// Puts what was committed into the file, and returns whether it was all.
fn checkpoint(connection: &Connection) -> Result<bool> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let is_kept_from_it: bool = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(!is_kept_from_it)
}

/// Returns what SQLite finds wrong with a file.
fn faults(connection: &Connection) -> Result<Vec<String>> {
    let mut query = connection.prepare(&format!("PRAGMA integrity_check({MOST_FAULTS})"))?;
    let told = query.query_map([], |row| row.get::<_, String>(0))?;
    let told = told.collect::<rusqlite::Result<Vec<_>>>().map_err(state::unreadable)?;
    Ok(told.into_iter().filter(|told| told != "ok").collect())
}

/// Returns how many bytes a file has.
fn size(connection: &Connection) -> Result<u64> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (pages, each) = (pragma("page_count")?, pragma("page_size")?);
    Ok(pages.saturating_mul(each).unsigned_abs())
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
