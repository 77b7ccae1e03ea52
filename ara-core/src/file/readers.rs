//! The pool of connections that read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::file::at_path::{AtPath, OpenFile};
use crate::file::checks::is_key_of;
use crate::file::cipher::{FileKey, Key};
use crate::file::log_length::LogLength;
use crate::file::log_mark::log_of;
use crate::file::open::open_another;
use crate::file::read_only::{FileStamp, open_read_only, stamp};

/// A pool of connections that only read. As the file is in WAL mode, each sees the last commit when a
/// statement starts, and never waits for the writer.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// What opens further connections.
    key: Mutex<FileKey>,
    /// The file that was at the path when it was opened.
    file: Option<OpenFile>,
    /// Whether the path once led elsewhere. Then nothing is written any more, even if the file comes back.
    is_moved: AtomicBool,
    settings: ReaderSettings,
    /// The write-ahead log, which the writer keeps short.
    pub(crate) log: LogLength,
    pool: Mutex<Pool>,
    /// Wakes a thread that waits for a connection.
    returned: Condvar,
}

/// Which connections there are.
#[derive(Debug, Default)]
struct Pool {
    /// Those that nobody uses.
    idle: Vec<Idle>,
    /// How many are lent.
    lent: usize,
    /// How many of these are lent to code that may call that of the app.
    private: usize,
    /// How many are lent in all, those included that do not count.
    all_lent: usize,
    /// Whether none is to be lent, as the key of the file is being changed.
    is_shut: bool,
    /// How many threads wait for one. To wake nobody would cost as much as half a read.
    waiting: usize,
}

/// An idle connection. It is boxed, as a connection is large and each read moves one out and in.
type Idle = (Box<Connection>, FileStamp);

/// A connection that is lent.
struct Loan<'r> {
    readers: &'r Readers,
    /// `None` until it is opened.
    connection: Option<Idle>,
    is_private: bool,
    /// Whether it counts among those of the pool.
    is_counted: bool,
}

/// How a file is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReaderSettings {
    /// How long a connection waits for a lock.
    pub(crate) busy_timeout: Duration,
    /// How many connections there are at most, 1 at least.
    pub(crate) most: usize,
    /// Whether the database was opened by [`Options::read_only`](crate::Options::read_only).
    pub(crate) is_read_only: bool,
}

/// How many idle connections are kept.
const KEPT: usize = 8;

impl Readers {
    /// Creates the pool of a database, from a connection to it.
    pub(crate) fn new(
        path: PathBuf,
        key: FileKey,
        first: Connection,
        settings: ReaderSettings,
    ) -> Result<Self> {
        Self::with((only_reading(first)?, None), path, key, settings)
    }

    /// Creates the pool of a file that is opened read-only.
    pub(crate) fn read_only(
        path: PathBuf,
        key: Option<&Key>,
        settings: ReaderSettings,
    ) -> Result<Self> {
        let key = FileKey::of(&path, key)?;
        let (first, stamp) = open_read_only(&path, &key, settings.busy_timeout)?;
        Self::with((only_reading(first)?, stamp), path, key, settings)
    }

    fn with(
        first: (Connection, FileStamp),
        path: PathBuf,
        key: FileKey,
        settings: ReaderSettings,
    ) -> Result<Self> {
        Ok(Self {
            key: Mutex::new(key),
            file: OpenFile::of(&path),
            is_moved: AtomicBool::new(false),
            log: LogLength::new(log_of(&path), settings.busy_timeout),
            path,
            settings,
            pool: Mutex::new(Pool { idle: vec![(Box::new(first.0), first.1)], ..Pool::default() }),
            returned: Condvar::new(),
        })
    }

    /// Opens a connection that can write.
    ///
    /// In WAL mode, `synchronous=NORMAL` cannot corrupt the file, but a power failure can lose the last
    /// transactions. The cache is larger than SQLite's default of 2 MB, so that a transaction of many rows
    /// does not write out and read back the same pages again and again.
    pub(crate) fn open_writer(&self) -> Result<Connection> {
        const KIBIBYTES: i64 = 32 << 10;
        let (mut connection, _) = self
            .open(|key| Ok((open_another(&self.path, key, self.settings.busy_timeout)?, None)))?;
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "cache_size", -KIBIBYTES)?;
        self.log.watch(&mut connection)?;
        Ok(connection)
    }

    /// Opens a connection, and makes sure that it is to the file that was opened first.
    fn open(
        &self,
        open: impl FnOnce(&FileKey) -> Result<(Connection, FileStamp)>,
    ) -> Result<(Connection, FileStamp)> {
        let connection = open(&self.key());
        self.refuse_if_moved()?;
        connection
    }

    /// Returns the path at which the file was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
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
        let (connection, stamp) = self.open(|key| {
            if self.settings.is_read_only {
                open_read_only(&self.path, key, self.settings.busy_timeout)
            } else {
                Ok((open_another(&self.path, key, self.settings.busy_timeout)?, None))
            }
        })?;
        Ok((Box::new(only_reading(connection)?), stamp))
    }

    /// Returns what opens the file.
    pub(crate) fn key(&self) -> FileKey {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces an error that an encrypted file gives by [`Error::WrongKey`] if another process has changed its key, so
    /// that its pages look damaged. SQLCipher then takes the file for one that is read-only.
    pub(crate) fn with_reason(&self, error: Error) -> Error {
        const ANY: i32 = 1;
        let may_be =
            matches!(error, Error::Corrupt | Error::ReadOnly | Error::Sqlite { code: ANY, .. });
        let key = self.key();
        if may_be && !key.is_none() && !is_key_of(&self.path, &key) {
            return Error::WrongKey { path: self.path.clone() };
        }
        error
    }

    /// Lends no connection any more, waits until none is lent, and changes the key. Then all connections are new.
    ///
    /// Code of the app that holds a connection may wait for a thread that wants one. So this does not wait for ever.
    #[cfg(feature = "encryption")]
    pub(crate) fn change_key(
        &self,
        change: impl FnOnce(&FileKey) -> Result<FileKey>,
    ) -> Result<()> {
        self.pool().is_shut = true;
        let lent =
            self.returned.wait_timeout_while(self.pool(), self.settings.busy_timeout, |pool| {
                pool.all_lent > 0
            });
        let mut pool = lent.unwrap_or_else(PoisonError::into_inner).0;
        let is_free = pool.all_lent == 0;
        if is_free {
            pool.idle.clear();
        }
        drop(pool);
        let changed = if is_free { change(&self.key()) } else { Err(Error::Busy) };
        let changed = changed.map(|key| {
            *self.key.lock().unwrap_or_else(PoisonError::into_inner) = key;
        });
        self.pool().is_shut = false;
        self.returned.notify_all();
        changed
    }

    /// Returns the stamp that a connection opened now would have.
    pub(crate) fn stamp(&self) -> FileStamp {
        if self.settings.is_read_only { stamp(&self.path) } else { None }
    }

    /// Lends `read` a connection that nobody else uses meanwhile, and tells it whether it may call the app's code
    /// then. If all are lent, this waits for one.
    ///
    /// The app's code may read, or wait for another thread that does. So only half of the connections
    /// are lent to what may call it: the others always come back.
    pub(crate) fn with_one<R>(
        &self,
        read: impl FnOnce(&Connection, bool) -> Result<R>,
    ) -> Result<R> {
        let mut pool = self.pool();
        while pool.is_shut || pool.lent >= self.settings.most {
            pool = self.wait(pool);
        }
        let is_private = pool.private < self.settings.most / 2;
        self.lend(pool, is_private, true)?.read(read)
    }

    /// Lends `read` a connection with which it may call the app's code in any case. If too many are lent
    /// for that, it is one more.
    pub(crate) fn with_private<R>(
        &self,
        read: impl FnOnce(&Connection, bool) -> Result<R>,
    ) -> Result<R> {
        let mut pool = self.pool();
        while pool.is_shut {
            pool = self.wait(pool);
        }
        let is_counted = pool.private < self.settings.most / 2 && pool.lent < self.settings.most;
        self.lend(pool, true, is_counted)?.read(read)
    }

    /// Waits until a connection is returned.
    fn wait<'p>(&self, mut pool: MutexGuard<'p, Pool>) -> MutexGuard<'p, Pool> {
        pool.waiting += 1;
        let mut pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        pool.waiting -= 1;
        pool
    }

    fn lend(
        &self,
        mut pool: MutexGuard<'_, Pool>,
        is_private: bool,
        is_counted: bool,
    ) -> Result<Loan<'_>> {
        pool.all_lent += 1;
        if is_counted {
            pool.lent += 1;
            pool.private += usize::from(is_private);
        }
        // The connection that was used last has the warmest cache.
        let idle = pool.idle.pop();
        drop(pool);
        let mut loan = Loan { readers: self, connection: None, is_private, is_counted };
        loan.connection = Some(match idle {
            Some((_, state @ Some(_))) if state != stamp(&self.path) => self.open_reader()?,
            Some(idle) => idle,
            None => self.open_reader()?,
        });
        Ok(loan)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loan<'_> {
    fn read<R>(&self, read: impl FnOnce(&Connection, bool) -> Result<R>) -> Result<R> {
        match &self.connection {
            Some((connection, _)) => {
                read(connection, self.is_private).map_err(|error| self.readers.with_reason(error))
            }
            None => Err(Error::Corrupt),
        }
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        // What a panic has interrupted may have left the connection in a state of its own.
        let mut connection = self.connection.take().filter(|_| !thread::panicking());
        let mut pool = self.readers.pool();
        pool.all_lent -= 1;
        if self.is_counted {
            pool.lent -= 1;
            pool.private -= usize::from(self.is_private);
        }
        if pool.idle.len() < KEPT.min(self.readers.settings.most) {
            pool.idle.extend(connection.take());
        }
        let (is_awaited, is_shut) = (pool.waiting > 0, pool.is_shut);
        drop(pool);
        if is_shut {
            self.readers.returned.notify_all();
        } else if is_awaited {
            self.readers.returned.notify_one();
        }
        // Only now is a connection closed that is not kept, as that takes a while.
    }
}

/// Returns SQLite's `data_version`, which changes when another connection commits.
pub(crate) fn data_version(connection: &Connection) -> Result<i64> {
    let mut ask = connection.prepare_cached("PRAGMA data_version")?;
    Ok(ask.query_row([], |row| row.get(0))?)
}

/// Returns SQLite's `schema_version`, which changes with each table that any connection creates, changes or drops.
pub(crate) fn schema_version(connection: &Connection) -> Result<i64> {
    let mut ask = connection.prepare_cached("PRAGMA schema_version")?;
    Ok(ask.query_row([], |row| row.get(0))?)
}

/// Makes a connection refuse to write.
fn only_reading(connection: Connection) -> Result<Connection> {
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
