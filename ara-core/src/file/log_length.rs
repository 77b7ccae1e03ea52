//! How long the write-ahead log gets.
//!
//! SQLite moves the log into the file from time to time and begins it anew, but does not shorten it: it would stay
//! as long as a large transaction, or somebody who read for long, has made it.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::hooks::Wal;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};

use crate::error::{Error, Result};
use crate::file::log_mark::note_place;
use crate::file::open::set_busy_timeout;

/// After how many pages the log is moved into the file, as far as nobody reads it any more.
const MOVED: u32 = 1000;

/// From how many pages on the log is also shortened, which is tried more often.
const LONG: u32 = 4 * MOVED;

/// How long a commit then waits for those who read the log. Without this, there may never be a moment at which
/// nobody does.
const PATIENCE: Duration = Duration::from_millis(1);

/// Keeps the write-ahead log of a file short, and marked. Only who holds the writer uses it.
#[derive(Debug)]
pub(crate) struct LogLength {
    path: PathBuf,
    /// How many pages the log had after the last commit, or 0 if none followed since this was read.
    committed: Arc<AtomicU32>,
    /// How many it had when this was read last, 0 before the first commit, and the most there is if the log has
    /// to be marked.
    seen: AtomicU32,
    /// From how many on it is moved into the file.
    next: AtomicU32,
    /// How long the connection waits for a lock otherwise.
    busy_timeout: Duration,
}

impl LogLength {
    /// Begins for the log at a path, of which nothing is known.
    pub(crate) fn new(path: PathBuf, busy_timeout: Duration) -> Self {
        Self {
            path,
            committed: Arc::default(),
            seen: AtomicU32::new(0),
            next: AtomicU32::new(MOVED),
            busy_timeout,
        }
    }

    /// Flushes the log to the disk. What is not in it any more is on the disk, as SQLite flushes the file before
    /// it begins another log.
    ///
    /// This writes nothing, and so it also works on a full disk.
    pub(crate) fn flush(&self) -> Result<()> {
        let flushed = File::options().write(true).open(&self.path).and_then(|log| log.sync_data());
        flushed.map_err(|error| Error::Io { reason: format!("the write-ahead log: {error}") })
    }

    /// Makes a connection tell its commits, and leave the log to this.
    pub(crate) fn watch(&self, connection: &mut Connection) -> Result<()> {
        const BYTES_OF_A_PAGE: u32 = 4096;
        let committed = Arc::clone(&self.committed);
        connection.wal_hook(Some(move |_: &mut Wal, pages| {
            committed.store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        }))?;
        connection.pragma_update(None, "journal_size_limit", LONG * BYTES_OF_A_PAGE)?;
        Ok(())
    }

    /// Does what is due after a commit. What fails is tried again after another one.
    pub(crate) fn after_commit(&self, connection: &Connection) {
        let pages = self.committed.swap(0, Ordering::Relaxed);
        if pages == 0 {
            return;
        }
        let seen = self.seen.swap(pages, Ordering::Relaxed);
        let is_new = seen == 0 || pages <= seen;
        if is_new {
            self.next.store(MOVED, Ordering::Relaxed);
        }
        let is_due = pages >= self.next.load(Ordering::Relaxed);
        if is_new || is_due {
            let _ = set_busy_timeout(connection, PATIENCE);
            self.mark(connection);
            if is_due {
                let (mode, step) = if pages < LONG {
                    (CheckpointMode::PASSIVE, MOVED)
                } else {
                    (CheckpointMode::TRUNCATE, MOVED / 4)
                };
                self.next.store(pages.saturating_add(step), Ordering::Relaxed);
                let _ = connection.wal_checkpoint_v2(DEFAULT_NAME, mode);
            }
            let _ = set_busy_timeout(connection, self.busy_timeout);
        }
    }

    /// Moves the whole log into the file and empties it. Returns whether it is empty, which it is not if somebody
    /// reads an earlier state of the file.
    pub(crate) fn empty(&self, connection: &Connection) -> Result<bool> {
        set_busy_timeout(connection, PATIENCE)?;
        self.mark(connection);
        let is_busy = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], is_busy);
        set_busy_timeout(connection, self.busy_timeout)?;
        Ok(is_busy? == 0)
    }

    /// Marks the log before the connection is closed, which may move it into the file.
    pub(crate) fn before_close(&self, connection: &Connection) {
        if self.seen.load(Ordering::Relaxed) > 0 {
            let _ = set_busy_timeout(connection, PATIENCE);
            self.mark(connection);
        }
    }

    fn mark(&self, connection: &Connection) {
        let marked = note_place(connection, &self.path);
        let pages = self.committed.swap(0, Ordering::Relaxed);
        let is_marked = marked.is_ok() && pages > self.seen.load(Ordering::Relaxed);
        self.seen.store(if is_marked { pages } else { u32::MAX }, Ordering::Relaxed);
    }
}
