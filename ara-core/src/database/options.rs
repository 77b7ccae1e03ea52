//! How a database is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::file::readers::ReaderSettings;
use crate::growth::failure::SchemaFailure;
use crate::log::clock::system_millis;
use crate::log::entropy::Entropy;
use crate::value::Timestamp;

type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the app does with a schema that could not be ensured.
type Hook = Arc<dyn Fn(&SchemaFailure) + Send + Sync>;

/// How a database is opened, where [`Database::open`](crate::Database::open) is not enough.
///
/// A test can fix the time and the randomness, and so repeat itself to the byte:
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
    seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: 8,
            clock: Arc::new(system_millis),
            read_only: false,
            watch_interval: Duration::from_millis(50),
            on_schema_failure: None,
            seed: None,
        }
    }
}

impl Options {
    /// How long a write waits while another process writes. 5 seconds, unless it is set.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How many connections are kept open for reading when nobody reads. 8, unless it is set; as
    /// many more as there are threads that read at once are opened for as long as they do.
    #[must_use]
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Where the time comes from. The system's clock, unless it is set.
    ///
    /// A clock that ran ahead and came back is noticed where it shows a time after 18 November 2026: one that
    /// shows an earlier time did not come back, its battery is empty. So what is written then goes on to be
    /// dated after all that was written before.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(move || now().millis());
        self
    }

    /// Makes the ids of rows and of the device follow from a seed. For tests: two databases of one
    /// seed make the same ids.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Opens a file that is there to be read, and writes nothing: the file is not claimed for this
    /// device, not converted, not recovered. Every write is [`Error::OpenedReadOnly`], and a query of a
    /// table that is not in the file as its struct declares it is [`Error::NotMade`].
    ///
    /// What was dated ahead is not applied when its time comes, until somebody has opened the file to write.
    ///
    /// The file may be in use meanwhile. Where it is not, nothing is left beside it either.
    ///
    /// [`Error::OpenedReadOnly`]: crate::Error::OpenedReadOnly
    /// [`Error::NotMade`]: crate::Error::NotMade
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// How often, while a query is watched, the file is looked at for what other processes have
    /// committed. 50 milliseconds, unless it is set. What this process commits is known at once.
    #[must_use]
    pub fn watch_interval(mut self, interval: Duration) -> Self {
        self.watch_interval = interval;
        self
    }

    /// What to do when a schema cannot be ensured, beside returning the error: to tell the app's
    /// makers, say. It may use the database.
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

    pub(crate) fn reader_settings(&self) -> ReaderSettings {
        let Self { busy_timeout, readers, read_only, .. } = *self;
        ReaderSettings { busy_timeout, keep: readers, is_read_only: read_only }
    }

    pub(crate) fn entropy(&self) -> Entropy {
        self.seed.map_or_else(Entropy::system, Entropy::Seeded)
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
