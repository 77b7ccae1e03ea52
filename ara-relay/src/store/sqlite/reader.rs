//! A file that is only read: a copy, or the store of a relay, which may run.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use rusqlite::{Connection, ErrorCode};

use crate::store::batch::locked;
use crate::store::error::{Result, StoreError};
use crate::store::sqlite::backup::{self, BackupError, Earlier};
use crate::store::sqlite::{copy_into, faults, read_with, schema, size, state};
use crate::store::{Job, Store, Topic};

/// How often a job is repeated since the file has changed under it.
const MOST_TRIES: usize = 10;

/// A store in a file of SQLite that is only read. Neither the file nor anything beside it is changed, so it can be in a
/// folder into which nobody may write.
///
/// ```
/// use ara_relay::SqliteStore;
/// use ara_relay::store::sqlite::SqliteReader;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("relay.db");
///
/// drop(SqliteStore::open(&path)?);
/// let store = SqliteReader::open(&path)?;
/// assert_eq!(ara_relay::admin::all(&store)?, []);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteReader {
    path: PathBuf,
    kept: Mutex<Option<(Use, Connection)>>,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Others may have it open, or what was written last is beside it: SQLite's locks keep still what is read.
    Shared,
    /// Nobody has it open, and it looks like this. Locks would need files beside it, so it is read without, and once more
    /// if it looks different then.
    Unused { changed: SystemTime, size: u64 },
}

impl SqliteReader {
    /// Opens the store in a file.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError::NotAStore`], [`StoreError::Empty`], [`StoreError::Newer`], [`StoreError::Older`] or
    /// [`StoreError::NotWhole`] if that is what the file is, [`StoreError::ForeignLog`] or [`StoreError::LogUnreadable`]
    /// if its write-ahead log is in the way, and [`StoreError::Failed`] if it cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        state::refuse_foreign_log(&path)?;
        let reader = Self { path, kept: Mutex::default() };
        reader.with(state::check)?;
        Ok(reader)
    }

    /// Writes a copy of the store, as it is now, into a file, which has its name once it is whole. Others read and write
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// Returns [`BackupError::AlreadyThere`] or [`BackupError::NoBackup`] if there is a file that is not to be replaced,
    /// and the other errors if the store cannot be read or the copy not be written.
    pub fn back_up(&self, path: impl AsRef<Path>, earlier: Earlier) -> Result<(), BackupError> {
        backup::back_up(path.as_ref(), earlier, |name| {
            self.with(|connection| copy_into(connection, name))
        })
    }

    /// Runs something on a connection. It runs once more if the file was changed under it.
    fn with<T>(&self, mut job: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        let mut kept = locked(&self.kept);
        for _ in 0..MOST_TRIES {
            let found = self.found()?;
            let connection = match kept.take() {
                Some((before, connection)) if before == found => connection,
                _ => self.connect(found)?,
            };
            let outcome = job(&connection);
            if found == Use::Shared || self.found()? == found {
                *kept = Some((found, connection));
                return outcome;
            }
        }
        Err(StoreError::BrokeOff)
    }

    fn connect(&self, found: Use) -> Result<Connection> {
        if found != Use::Shared {
            return schema::open_unused(&self.path);
        }
        let connection = schema::open_reader(&self.path)?;
        let first = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        first.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                StoreError::LogUnreadable { log: state::log_of(&self.path) }
            }
            _ => state::unreadable(error),
        })?;
        Ok(connection)
    }

    fn found(&self) -> Result<Use> {
        let failed = |error: std::io::Error| StoreError::Failed { reason: error.to_string() };
        let is_shared = ["-wal", "-journal"]
            .iter()
            .any(|ending| !state::is_empty(&state::beside(&self.path, ending)))
            || state::beside(&self.path, "-shm").exists();
        if is_shared {
            return Ok(Use::Shared);
        }
        let file = fs::metadata(&self.path).map_err(failed)?;
        Ok(Use::Unused { changed: file.modified().map_err(failed)?, size: file.len() })
    }
}

impl Store for SqliteReader {
    fn read(&self, job: Job<'_>) -> Result<()> {
        self.with(|connection| read_with(connection, job))
    }

    fn write(&self, _about: Option<Topic>, _job: Job<'_>) -> Result<()> {
        Err(StoreError::ReadOnly)
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn shrink(&self) -> Result<()> {
        Err(StoreError::ReadOnly)
    }

    fn faults(&self) -> Result<Vec<String>> {
        self.with(faults)
    }

    fn size(&self) -> Result<u64> {
        self.with(size)
    }
}
