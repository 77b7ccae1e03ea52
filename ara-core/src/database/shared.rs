//! What the handles of a database share, and how they borrow its connections.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::database::Database;
use crate::database::attached::Attached;
use crate::database::options::Options;
use crate::database::source::Reading;
use crate::database::turns::Turns;
use crate::database::writer::{Writer, this_thread};
use crate::error::{Error, Result};
use crate::file::open::{Location, open, open_in_memory};
use crate::file::readers::Readers;
use crate::log::entropy::Entropy;
use crate::rows::plans::Plans;
use crate::rows::texts::Documents;
use crate::value::Timestamp;
use crate::watch::watches::Watches;

/// What the handles of a database share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) writer: Mutex<Writer>,
    /// The [number](this_thread) of the thread that holds the writer, or 0.
    pub(crate) writing: AtomicU64,
    /// Who waits to read a database in memory.
    pub(crate) turns: Turns,
    /// `None` for a database in memory, which only the writer's connection can see.
    pub(crate) readers: Option<Readers>,
    pub(crate) plans: Plans,
    pub(crate) watches: Arc<Watches>,
    pub(crate) attached: Attached,
    /// What sync draws its keys from, so that the writer need not be locked for it.
    pub(crate) sync_entropy: Mutex<Entropy>,
}

impl Shared {
    /// Opens a database.
    pub(crate) fn open(options: Options, location: Location) -> Result<Self> {
        let mut entropy = options.entropy();
        let (connection, readers) = match location {
            Location::Memory => (Some(open_in_memory(options.busy_timeout, &mut entropy)?), None),
            Location::File(path) => {
                let (key, settings) = (options.key.as_ref(), options.reader_settings());
                let readers = if options.read_only {
                    Readers::read_only(path, key, settings)?
                } else {
                    let (first, key) = open(&path, key, options.busy_timeout, &mut entropy)?;
                    Readers::new(path, key, first, settings)?
                };
                (None, Some(readers))
            }
        };
        let sync_entropy = Mutex::new(options.sync_entropy());
        Ok(Self {
            options,
            writer: Mutex::new(Writer {
                connection,
                entropy,
                documents: Documents::default(),
                journal: None,
                is_purge_due: false,
            }),
            writing: AtomicU64::new(0),
            turns: Turns::default(),
            readers,
            plans: Plans::default(),
            watches: Arc::default(),
            attached: Attached::default(),
            sync_entropy,
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
                readers.with_one(|connection, is_private| read(Reading { connection, is_private }))
            }
            None => {
                let mut writer = self.lock_writer_to_read()?;
                let connection = self.writing_connection(&mut writer.guard.connection)?;
                read(Reading { connection, is_private: false })
            }
        }
    }
}

impl Drop for Shared {
    /// Closes the watches, as nobody can commit any more once the last handle is gone, and the file.
    fn drop(&mut self) {
        self.watches.close();
        self.bring_along_if_moved();
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let (Some(connection), Some(readers)) = (&writer.connection, &self.readers) {
            readers.log.before_close(connection);
        }
    }
}

impl Database {
    /// Lends a connection for reading.
    pub(crate) fn with_reader<R>(&self, read: impl FnOnce(Reading<'_>) -> Result<R>) -> Result<R> {
        self.0.with_reader(read)
    }

    /// Lends a connection to what calls the app's code while it reads, to tell it the progress, for example. In
    /// a database in memory, that code must not use the database.
    pub(crate) fn with_private_reader<R>(
        &self,
        read: impl FnOnce(Reading<'_>) -> Result<R>,
    ) -> Result<R> {
        let Some(readers) = &self.0.readers else { return self.with_reader(read) };
        self.0.refuse_inside_transaction()?;
        readers.with_private(|connection, is_private| read(Reading { connection, is_private }))
    }

    /// Flushes all commits to the disk, so that they survive a power failure. The synchronous mode in
    /// which ara writes leaves that to the next checkpoint.
    pub(crate) fn make_durable(&self) -> Result<()> {
        match &self.0.readers {
            Some(readers) if !self.0.options.read_only => {
                readers.refuse_if_moved()?;
                readers.log.flush()
            }
            _ => Ok(()),
        }
    }

    /// Returns the current time by the clock of the options.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millis((self.0.options.clock)())
    }
}
