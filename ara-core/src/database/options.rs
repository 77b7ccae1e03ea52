//! The options with which a database is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::file::cipher::Key;
use crate::file::readers::ReaderSettings;
use crate::growth::failure::SchemaFailure;
use crate::log::clock::system_millis;
use crate::log::entropy::Entropy;
use crate::value::Timestamp;

type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A callback that the app sets for schemas that could not be ensured.
type Hook = Arc<dyn Fn(&SchemaFailure) + Send + Sync>;

/// Options with which to open a database, returned by [`Database::options`](crate::Database::options).
///
/// A test that sets the clock and the seed writes the same bytes each time it runs:
///
/// ```
/// use ara::{Database, Timestamp};
///
/// let db = Database::options().clock(|| Timestamp::from_millis(1_700_000_000_000)).seed(7).memory()?;
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Clone)]
pub struct Options {
    pub(crate) busy_timeout: Duration,
    pub(crate) readers: usize,
    pub(crate) clock: Clock,
    pub(crate) read_only: bool,
    pub(crate) watch_interval: Duration,
    pub(crate) on_schema_failure: Option<Hook>,
    pub(crate) key: Option<Key>,
    seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: 32,
            clock: Arc::new(system_millis),
            read_only: false,
            watch_interval: Duration::from_millis(50),
            on_schema_failure: None,
            key: None,
            seed: None,
        }
    }
}

impl Options {
    /// Sets how long to wait for a lock that another process holds, and how long a read of a database in memory waits
    /// for the transaction of another thread. The default is 5 seconds.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// Sets how many connections for reading are open at most. The default is 32. Up to 8 of them stay open
    /// while nobody reads; each takes two file descriptors.
    ///
    /// If more threads read at once, the others wait for a connection. Code of the app that is called with each row
    /// may read as well, or wait for another thread that does: once half of the connections are lent, rows
    /// are collected before that code is called.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Sets the clock. The default is that of the system.
    ///
    /// It may show any time, and jump: who writes a row after having seen it wins over what he saw, whatever
    /// the clocks show. A time before 1970 is taken for 1970, and one after the year 4199 for that.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(move || now().millis());
        self
    }

    /// Sets a seed from which the ids of rows and of the device are derived, for tests. Two databases with
    /// the same seed generate the same ids.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Opens an existing file without ever writing to it: the file is not claimed for this device, nor
    /// converted, nor recovered. A write returns [`Error::OpenedReadOnly`], and a query of a table that is
    /// not in the file as its struct declares it returns [`Error::NotMade`].
    ///
    /// Other processes may write the file meanwhile. If none does, no file is created beside it.
    ///
    /// Where a version of the app has written what no writer has worked out or indexed since, as that version does not
    /// know the columns that replace others, or a search, this is done for each query. Such a search reads all rows.
    ///
    /// ```
    /// use ara::{Database, Error};
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("todo.db");
    /// Database::open(&path)?.create(Todo::draft().title("Buy milk"))?;
    ///
    /// let db = Database::options().read_only().open(&path)?;
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// let refused = db.create(Todo::draft().title("Make tea"));
    /// assert!(matches!(refused, Err(Error::OpenedReadOnly)));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// [`Error::OpenedReadOnly`]: crate::Error::OpenedReadOnly
    /// [`Error::NotMade`]: crate::Error::NotMade
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sets the key of the file, by which all that is in it is encrypted on the disk: with the feature `encryption`.
    ///
    /// A new file is encrypted from the beginning. An existing one must have been: see
    /// [`backup_with_key`](crate::Database::backup_with_key), which encrypts what is in a file that is not. The key is not
    /// in the file, and who loses it loses what is there. A database in memory has no key, and needs none.
    ///
    /// ```
    /// use ara::{Database, Error, Key};
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("todo.db");
    /// let key = Key::passphrase("correct horse battery staple");
    /// drop(Database::options().key(key.clone()).open(&path)?);
    ///
    /// assert!(Database::options().key(key).open(&path).is_ok());
    /// assert!(matches!(Database::open(&path), Err(Error::Encrypted { .. })));
    /// let other = Database::options().key(Key::random()?).open(&path);
    /// assert!(matches!(other, Err(Error::WrongKey { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    #[cfg(feature = "encryption")]
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Sets how often the file is checked for commits of other processes while a query is watched. The
    /// default is 50 milliseconds. Commits of this database are noticed at once.
    #[must_use]
    pub fn watch_interval(mut self, interval: Duration) -> Self {
        self.watch_interval = interval;
        self
    }

    /// Sets a callback that is called when a schema cannot be ensured, besides the error that is returned.
    /// An app can report the failure to its developers there. The callback may use the database.
    ///
    /// ```
    /// use ara::Database;
    ///
    /// let db = Database::options()
    ///     .on_schema_failure(|failure| eprintln!("{}: {}", failure.schema, failure.reason))
    ///     .memory()?;
    /// # Ok::<(), ara::Error>(())
    /// ```
    #[must_use]
    pub fn on_schema_failure(
        mut self,
        hook: impl Fn(&SchemaFailure) + Send + Sync + 'static,
    ) -> Self {
        self.on_schema_failure = Some(Arc::new(hook));
        self
    }

    /// Returns the options that concern the connections for reading.
    pub(crate) fn reader_settings(&self) -> ReaderSettings {
        let Self { busy_timeout, readers, read_only, .. } = *self;
        ReaderSettings { busy_timeout, most: readers.max(1), is_read_only: read_only }
    }

    /// Returns the source of random bytes: the seed, or the system.
    pub(crate) fn entropy(&self) -> Entropy {
        self.seed.map_or_else(Entropy::system, Entropy::Seeded)
    }

    /// Returns the source of random bytes for sync. Of a seed, it gives others than [`entropy`](Self::entropy) does.
    pub(crate) fn sync_entropy(&self) -> Entropy {
        let seeded = |seed: u64| Entropy::Seeded(xxh3_64_with_seed(b"sync", seed));
        self.seed.map_or_else(Entropy::system, seeded)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("busy_timeout", &self.busy_timeout)
            .field("readers", &self.readers)
            .field("read_only", &self.read_only)
            .field("watch_interval", &self.watch_interval)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
