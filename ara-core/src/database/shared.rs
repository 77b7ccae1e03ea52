//! What the handles of a database share, and how they borrow its connections.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use crate::database::Database;
use crate::database::options::Options;
use crate::database::source::Reading;
use crate::database::writer::{Writer, this_thread};
use crate::error::{Error, Result};
use crate::file::open::{Location, open};
use crate::file::readers::Readers;
use crate::log::meta;
use crate::rows::plans::Plans;
use crate::value::Timestamp;
use crate::watch::watches::Watches;

/// What the handles of a database share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) writer: Mutex<Writer>,
    /// The [number](this_thread) of the thread that holds the writer, or 0.
    pub(crate) writing: AtomicU64,
    /// `None` for a database in memory, which only the writer's connection can see.
    pub(crate) readers: Option<Readers>,
    pub(crate) plans: Plans,
    pub(crate) watches: Arc<Watches>,
}

impl Shared {
    /// Opens a database.
    pub(crate) fn open(options: Options, location: Location) -> Result<Self> {
        let mut entropy = options.entropy();
        let (connection, readers) = match location {
            Location::File(path) if options.read_only => {
                (None, Some(Readers::read_only(path, options.reader_settings())?))
            }
            location => {
                let first = open(&location, options.busy_timeout, &mut entropy)?;
                match location {
                    Location::Memory => (Some(first), None),
                    Location::File(path) => {
                        let readers = Readers::new(path, first, options.reader_settings())?;
                        (None, Some(readers))
                    }
                }
            }
        };
        Ok(Self {
            options,
            writer: Mutex::new(Writer { connection, entropy, journal: None }),
            writing: AtomicU64::new(0),
            readers,
            plans: Plans::default(),
            watches: Arc::default(),
        })
    }

    /// Returns [`Error::OpenedReadOnly`] if the database was opened to be read only.
    pub(crate) fn refuse_if_read_only(&self) -> Result<()> {
        if self.options.read_only { Err(Error::OpenedReadOnly) } else { Ok(()) }
    }

    /// Returns [`Error::InsideTransaction`] if this thread holds the writer, for which it would wait
    /// forever.
    pub(crate) fn refuse_inside_transaction(&self) -> Result<()> {
        // Relaxed is enough: a thread always sees its own store, and the number of another thread,
        // whether stale or not, is never equal to its own.
        if self.writing.load(Ordering::Relaxed) == this_thread() {
            return Err(Error::InsideTransaction);
        }
        Ok(())
    }

    /// Lends a connection for reading. A database in memory has only that of the writer.
    pub(crate) fn with_reader<R>(&self, read: impl FnOnce(Reading<'_>) -> Result<R>) -> Result<R> {
        match &self.readers {
            Some(readers) => {
                self.refuse_inside_transaction()?;
                readers.with_one(|connection| read(Reading { connection, is_private: true }))
            }
            None => {
                let mut writer = self.lock_writer()?;
                let connection = self.writing_connection(&mut writer.guard.connection)?;
                read(Reading { connection, is_private: false })
            }
        }
    }
}

impl Drop for Shared {
    /// Closes the watches, as nobody can commit any more once the last handle is gone.
    fn drop(&mut self) {
        self.watches.close();
        self.bring_along_if_moved();
    }
}

impl Database {
    /// Lends a connection for reading.
    pub(crate) fn with_reader<R>(&self, read: impl FnOnce(Reading<'_>) -> Result<R>) -> Result<R> {
        self.0.with_reader(read)
    }

    /// Flushes all commits to the disk, so that they survive a power failure. The synchronous mode in
    /// which ara writes leaves that to the next checkpoint.
    pub(crate) fn make_durable(&self) -> Result<()> {
        if self.0.readers.is_none() || self.0.options.read_only {
            return Ok(());
        }
        let mut writer = self.0.lock_writer()?;
        let connection = self.0.writing_connection(&mut writer.guard.connection)?;
        self.0.refuse_if_moved()?;
        // A commit in full synchronous mode flushes the whole write-ahead log, and so all commits before it.
        connection.pragma_update(None, "synchronous", "full")?;
        let synced = meta::count_up(connection, meta::SYNCED);
        connection.pragma_update(None, "synchronous", "normal")?;
        synced
    }

    /// Returns the current time by the clock of the options.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis((self.0.options.clock)())
    }
}
