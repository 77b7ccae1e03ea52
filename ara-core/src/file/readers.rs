//! The connections that read.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::file::identity::{AtPath, Identity};
use crate::file::open::open_another;
use crate::file::read_only::{FileStamp, open_read_only, stamp};

/// Connections that only read. Each sees the last commit when a statement starts, and waits for
/// nobody: the file is in WAL mode.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// Which file the path led to when it was opened.
    identity: Option<Identity>,
    /// It led elsewhere once. What is at the path is not written any more, even if the file comes back.
    is_moved: AtomicBool,
    settings: ReaderSettings,
    idle: Mutex<Idle>,
}

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReaderSettings {
    /// How long a connection waits for another program.
    pub(crate) busy_timeout: Duration,
    /// How many connections are kept when nobody reads.
    pub(crate) keep: usize,
    /// Nothing is written, whoever asks.
    pub(crate) is_read_only: bool,
}

/// The connections that nobody uses. Each read moves one out and in, and a connection is large.
type Idle = Vec<(Box<Connection>, FileStamp)>;

impl Readers {
    /// Reads the database that `first` is a connection to.
    pub(crate) fn new(path: PathBuf, first: Connection, settings: ReaderSettings) -> Result<Self> {
        Self::with((only_reading(first)?, None), path, settings)
    }

    /// Reads a file that must not change.
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
            identity: Identity::of(&path),
            is_moved: AtomicBool::new(false),
            path,
            settings,
            idle: Mutex::new(vec![(Box::new(first.0), first.1)]),
        })
    }

    /// Opens a connection that can write. In WAL mode `synchronous=NORMAL` is safe from corruption; a
    /// power failure can take the last transactions. It has room for the pages that a transaction of
    /// many rows touches: SQLite's usual 2 MB would have it write and read them again and again.
    pub(crate) fn open_writer(&self) -> Result<Connection> {
        const KIBIBYTES: i64 = 16 << 10;
        let (connection, _) =
            self.open(|| Ok((open_another(&self.path, self.settings.busy_timeout)?, None)))?;
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "cache_size", -KIBIBYTES)?;
        Ok(connection)
    }

    /// Opens one more connection to the file that was opened first.
    fn open(
        &self,
        open: impl FnOnce() -> Result<(Connection, FileStamp)>,
    ) -> Result<(Connection, FileStamp)> {
        let connection = open();
        self.refuse_if_moved()?;
        connection
    }

    /// Refuses where the path no longer leads to the file that was opened.
    pub(crate) fn refuse_if_moved(&self) -> Result<()> {
        if !self.is_moved() && self.look() == AtPath::SameFile {
            return Ok(());
        }
        self.is_moved.store(true, Ordering::Relaxed);
        Err(Error::Replaced { path: self.path.clone() })
    }

    /// Whether it was seen that the path no longer leads to the file.
    pub(crate) fn is_moved(&self) -> bool {
        self.is_moved.load(Ordering::Relaxed)
    }

    /// What the path leads to now.
    pub(crate) fn look(&self) -> AtPath {
        self.identity.map_or(AtPath::SameFile, |identity| identity.look(&self.path))
    }

    /// Opens a connection that reads, for as long as its stamp is the file's.
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

    /// The state of the file, if a connection opened now would not notice that it changes.
    pub(crate) fn stamp(&self) -> FileStamp {
        if self.settings.is_read_only { stamp(&self.path) } else { None }
    }

    /// Lends a connection, which `read` has to itself.
    pub(crate) fn with_one<R>(&self, read: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        // The last one used has the warmest cache.
        let idle = self.idle().pop();
        let (connection, state) = match idle {
            // A connection that locks nothing is good as long as the file is the same.
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

/// What changes when another connection commits.
pub(crate) fn data_version(connection: &Connection) -> Result<i64> {
    let mut ask = connection.prepare_cached("PRAGMA data_version")?;
    Ok(ask.query_row([], |row| row.get(0))?)
}

fn only_reading(connection: Connection) -> Result<Connection> {
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
