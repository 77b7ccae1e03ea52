//! The pool of connections that read.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::file::at_path::{AtPath, OpenFile};
use crate::file::open::open_another;
use crate::file::read_only::{FileStamp, open_read_only, stamp};

/// A pool of connections that only read. As the file is in WAL mode, each sees the last commit when a
/// statement starts, and never waits for the writer.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// The file that was at the path when it was opened.
    file: Option<OpenFile>,
    /// Whether the path once led elsewhere. Then nothing is written any more, even if the file comes back.
    is_moved: AtomicBool,
    settings: ReaderSettings,
    idle: Mutex<Idle>,
}

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReaderSettings {
    /// How long a connection waits for a lock.
    pub(crate) busy_timeout: Duration,
    /// How many idle connections are kept.
    pub(crate) keep: usize,
    /// Whether the database was opened by [`Options::read_only`](crate::Options::read_only).
    pub(crate) is_read_only: bool,
}

/// The idle connections. They are boxed, as a connection is large and each read moves one out and in.
type Idle = Vec<(Box<Connection>, FileStamp)>;

impl Readers {
    /// Creates the pool of a database, from a connection to it.
    pub(crate) fn new(path: PathBuf, first: Connection, settings: ReaderSettings) -> Result<Self> {
        Self::with((only_reading(first)?, None), path, settings)
    }

    /// Creates the pool of a file that is opened read-only.
    pub(crate) fn read_only(path: PathBuf, settings: ReaderSettings) -> Result<Self> {
        let (first, stamp) = open_read_only(&path, settings.busy_timeout)?;
        Self::with((only_reading(first)?, stamp), path, settings)
    }

    fn with(
        first: (Connection, FileStamp),
        path: PathBuf,
        settings: ReaderSettings,
    ) -> Result<Self> {
        Ok(Self {
            file: OpenFile::of(&path),
            is_moved: AtomicBool::new(false),
            path,
            settings,
            idle: Mutex::new(vec![(Box::new(first.0), first.1)]),
        })
    }

    /// Opens a connection that can write.
    ///
    /// In WAL mode, `synchronous=NORMAL` cannot corrupt the file, but a power failure can lose the last
    /// transactions. The cache is larger than SQLite's default of 2 MB, so that a transaction of many rows
    /// does not write out and read back the same pages again and again.
    ///
    /// The log beside the file grows while somebody reads for long, or one transaction is large. It is cut
    /// again by the first transaction that begins it anew.
    pub(crate) fn open_writer(&self) -> Result<Connection> {
        const KIBIBYTES: i64 = 32 << 10;
        const LONGEST_LOG: i64 = 16 << 20;
        let (connection, _) =
            self.open(|| Ok((open_another(&self.path, self.settings.busy_timeout)?, None)))?;
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "cache_size", -KIBIBYTES)?;
        connection.pragma_update(None, "journal_size_limit", LONGEST_LOG)?;
        Ok(connection)
    }

    /// Opens a connection, and makes sure that it is to the file that was opened first.
    fn open(
        &self,
        open: impl FnOnce() -> Result<(Connection, FileStamp)>,
    ) -> Result<(Connection, FileStamp)> {
        let connection = open();
        self.refuse_if_moved()?;
        connection
    }

    /// Returns [`Error::Replaced`] if the path no longer leads to the file that was opened.
    pub(crate) fn refuse_if_moved(&self) -> Result<()> {
        if !self.is_moved() && self.look() == AtPath::SameFile {
            return Ok(());
        }
        self.is_moved.store(true, Ordering::Relaxed);
        Err(Error::Replaced { path: self.path.clone() })
    }

    /// Returns whether an earlier check found that the path no longer leads to the file.
    pub(crate) fn is_moved(&self) -> bool {
        self.is_moved.load(Ordering::Relaxed)
    }

    /// Returns what is at the path now.
    pub(crate) fn look(&self) -> AtPath {
        self.file.map_or(AtPath::SameFile, |file| file.look(&self.path))
    }

    /// Opens a connection for reading. If it has a stamp, it is valid as long as that is the file's.
    pub(crate) fn open_reader(&self) -> Result<(Box<Connection>, FileStamp)> {
        let (connection, stamp) = self.open(|| {
            if self.settings.is_read_only {
                open_read_only(&self.path, self.settings.busy_timeout)
            } else {
                Ok((open_another(&self.path, self.settings.busy_timeout)?, None))
            }
        })?;
        Ok((Box::new(only_reading(connection)?), stamp))
    }

    /// Returns the stamp that a connection opened now would have.
    pub(crate) fn stamp(&self) -> FileStamp {
        if self.settings.is_read_only { stamp(&self.path) } else { None }
    }

    /// Lends `read` a connection that nobody else uses meanwhile.
    pub(crate) fn with_one<R>(&self, read: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        // The connection that was used last has the warmest cache.
        let idle = self.idle().pop();
        let (connection, state) = match idle {
            Some((_, state @ Some(_))) if state != stamp(&self.path) => self.open_reader()?,
            Some(idle) => idle,
            None => self.open_reader()?,
        };
        let result = read(&connection);
        let mut idle = self.idle();
        if idle.len() < self.settings.keep {
            idle.push((connection, state));
        }
        result
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns SQLite's `data_version`, which changes when another connection commits.
pub(crate) fn data_version(connection: &Connection) -> Result<i64> {
    let mut ask = connection.prepare_cached("PRAGMA data_version")?;
    Ok(ask.query_row([], |row| row.get(0))?)
}

/// Makes a connection refuse to write.
fn only_reading(connection: Connection) -> Result<Connection> {
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
