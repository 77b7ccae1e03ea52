//! The handle of a session.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ara_core::Result;

use crate::session::shared::Shared;
use crate::session::threads::Threads;
use crate::state::Alarm;
use crate::status::{Connection, Status, StatusWatch};

/// A database that is being synced, in the background, until this is dropped.
///
/// [`start`](crate::SyncBuilder::start) makes it. It has two threads: one sends what was committed and takes over what
/// is new at the relay, the other listens to the relay. When nothing happens, both wait. Dropping the session ends
/// them at once, and leaves the rest for the next session, which loses nothing.
///
/// A file has one session at a time.
///
/// ```no_run
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: Option<String> }
/// ara::schema! { App: Todo }
///
/// let db = Database::open("todo.db")?;
/// let session = db.sync::<App>("https://relay.example").device_name("Laptop").start()?;
/// db.create(Todo::draft().title("Buy milk"))?;          // is sent a moment later
/// for device in session.status().devices {
///     println!("{} with version {}", device.name, device.app_version);
/// }
/// # Ok::<(), ara::Error>(())
/// ```
pub struct Session {
    pub(super) shared: Arc<Shared>,
    threads: Mutex<Option<Threads>>,
}

impl Session {
    /// A session without threads.
    pub(super) fn paused(shared: Shared) -> Self {
        shared.set_connection(Connection::Paused);
        Self { shared: Arc::new(shared), threads: Mutex::new(None) }
    }

    /// Returns how sync stands: whether the relay is connected or why not, what is to be sent, the devices, and what
    /// the user should hear of. It costs nothing.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::clone(&self.shared.status.get())
    }

    /// Watches the status: the [`StatusWatch`] gives it now, and again whenever it has changed. It ends with the session.
    pub fn watch_status(&self) -> StatusWatch {
        StatusWatch::new(Arc::clone(&self.shared.status))
    }

    /// Asks the relay for news now, and sends what is to be sent, without waiting for the next attempt after a failure.
    /// It returns at once: the [status](Self::status) tells what comes of it. A session that is paused stays so.
    pub fn sync_now(&self) {
        self.shared.signal.ask();
    }

    /// Ends the threads until [`resume`](Self::resume) is called, for example while a connection costs money. What is
    /// committed meanwhile is sent later.
    pub fn pause(&self) {
        let mut threads = self.threads();
        if let Some(running) = threads.take() {
            running.stop(&self.shared);
        }
        // What the app asks for is still sent.
        self.shared.cutoff.reopen();
        self.shared.stream_cutoff.reopen();
        self.shared.set_connection(Connection::Paused);
    }

    /// Goes on after [`pause`](Self::pause). It does nothing if the session is not paused.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Io`](ara_core::Error::Io) if the system gives no thread, and
    /// [common errors](ara_core::Database#common-errors).
    pub fn resume(&self) -> Result<()> {
        let mut threads = self.threads();
        if threads.is_none() {
            self.shared.set_connection(Connection::Connecting);
            *threads = Some(Threads::start(&self.shared)?);
        }
        Ok(())
    }

    /// Sends and receives in this thread until nothing is left, or until a deadline. A phone calls it in the time that
    /// it is given in the background, on a session that is [opened](crate::SyncBuilder::open) without threads.
    ///
    /// # Errors
    ///
    /// Returns [`Error::DeadlinePassed`](ara_core::Error::DeadlinePassed) if that is not enough: what was done until
    /// then counts, and the next call goes on from there. Returns the errors that the [status](Self::status) tells of if
    /// the relay cannot be used, such as [`Error::Relay`](ara_core::Error::Relay), or [`Error::SpaceClosed`](ara_core::Error::SpaceClosed);
    /// [`Error::RelayFull`](ara_core::Error::RelayFull) or [`Error::RelayDiskFull`](ara_core::Error::RelayDiskFull) if it has
    /// no room for what is to be sent, while all that is new there was received; and [common errors](ara_core::Database#common-errors).
    pub fn run_once(&self, deadline: Instant) -> Result<()> {
        let until = Until::begin(&self.shared, deadline);
        let result = self.shared.finish_rounds(Some(deadline));
        drop(until);
        if self.threads().is_none() {
            self.shared.set_paused_unless_failing();
        }
        result
    }

    /// Takes an alarm out of the [status](Self::status), once the user has heard of it. One whose cause goes on comes
    /// back.
    ///
    /// # Errors
    ///
    /// Returns [common errors](ara_core::Database#common-errors).
    pub fn dismiss(&self, alarm: &Alarm) -> Result<()> {
        self.shared.with_engine(|engine| engine.dismiss(alarm))
    }

    /// Ends the threads and pairings for good.
    pub(super) fn stop(&self) {
        self.shared.pairing_cutoff.shut();
        if let Some(running) = self.threads().take() {
            running.stop(&self.shared);
        }
        self.shared.cutoff.reopen();
    }

    fn threads(&self) -> MutexGuard<'_, Option<Threads>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A deadline of requests, until it is dropped, also by a panic.
struct Until<'s>(&'s Shared);

impl<'s> Until<'s> {
    fn begin(shared: &'s Shared, deadline: Instant) -> Self {
        shared.cutoff.set_deadline(Some(deadline));
        Self(shared)
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.cutoff.set_deadline(None);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(running) = self.threads().take() {
            running.stop(&self.shared);
        }
        self.shared.cutoff.shut();
        self.shared.pairing_cutoff.shut();
        self.shared.status.end();
        self.shared.release();
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
