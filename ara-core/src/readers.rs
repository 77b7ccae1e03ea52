//! The connections that read.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::file::{file_identity, open_another};

/// Connections that only read. Each sees the last commit when a statement starts, and waits for
/// nobody: the file is in WAL mode.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// Which file the path led to when it was opened.
    identity: Option<String>,
    busy_timeout: Duration,
    /// How many are kept when nobody reads.
    keep: usize,
    idle: Mutex<Idle>,
}

/// The connections that nobody uses. Each read moves one out and in, and a connection is large.
type Idle = Vec<Box<Connection>>;

impl Readers {
    /// Reads the database that `first` is a connection to.
    pub(crate) fn new(
        path: PathBuf,
        first: Connection,
        busy_timeout: Duration,
        keep: usize,
    ) -> Result<Self> {
        let idle = Mutex::new(vec![Box::new(only_reading(first)?)]);
        let identity = file_identity(&path);
        Ok(Self { path, identity, busy_timeout, keep, idle })
    }

    /// Opens a connection that can write. In WAL mode `synchronous=NORMAL` is safe from corruption; a
    /// power failure can take the last transactions. It has room for the pages that a transaction of
    /// many rows touches: SQLite's usual 2 MB would have it write and read them again and again.
    pub(crate) fn open_writer(&self) -> Result<Connection> {
        const KIBIBYTES: i64 = 16 << 10;
        let connection = self.open()?;
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "cache_size", -KIBIBYTES)?;
        Ok(connection)
    }

    /// Opens one more connection to the file that was opened first.
    fn open(&self) -> Result<Connection> {
        let connection = open_another(&self.path, self.busy_timeout);
        if file_identity(&self.path) != self.identity {
            return Err(Error::Replaced { path: self.path.clone() });
        }
        connection
    }

    /// Lends a connection, which `read` has to itself.
    pub(crate) fn with<R>(&self, read: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        // The last one used has the warmest cache.
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Box::new(only_reading(self.open()?)?),
        };
        let result = read(&connection);
        let mut idle = self.idle();
        if idle.len() < self.keep {
            idle.push(connection);
        }
        result
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Idle> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn only_reading(connection: Connection) -> Result<Connection> {
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}
