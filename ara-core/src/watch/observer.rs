//! Noticing what others commit to the file: other processes, and other databases that this process opened.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::file::read_only::FileStamp;
use crate::file::readers::{Readers, data_version};
use crate::rows::touched::Touched;
use crate::watch::host::Host;
use crate::watch::log_position::LogPosition;
use crate::watch::own_writes::OwnWrites;

/// The least time between two looks while no query is watched: who listens to commits passes them on to others, and an
/// app that does nothing should let the processor rest.
const LISTENING: Duration = Duration::from_secs(1);

/// An observer of a file, which checks it for commits from a thread of its own until it is stopped.
#[derive(Debug)]
pub(crate) struct Observer {
    /// `None` once the observer is stopped. Stopping closes the connection but does not wait for the
    /// observer's thread, which may be about to run the app's code.
    probe: Mutex<Option<Probe>>,
    own: Mutex<OwnWrites>,
    pace: Mutex<Pace>,
    changed: Condvar,
}

/// How its thread goes on.
#[derive(Debug, Default)]
struct Pace {
    is_stopped: bool,
    /// Whether a query is watched.
    is_watched: bool,
}

/// The connection that checks the file, and what it saw last.
#[derive(Debug)]
struct Probe {
    connection: Box<Connection>,
    stamp: FileStamp,
    /// SQLite's `data_version`, which changes when another connection commits.
    data_version: i64,
    log: LogPosition,
    /// Whether the last check failed.
    has_failed: bool,
}

/// What others have touched.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) touched: Touched,
    /// Whether local tables may have been touched, which the change log does not tell.
    pub(crate) local: bool,
}

impl Observer {
    /// Creates an observer that sees what is committed from now on.
    pub(crate) fn new(readers: &Readers) -> Result<Self> {
        Ok(Self {
            probe: Mutex::new(Some(Probe::open(readers)?)),
            own: Mutex::default(),
            pace: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    /// Starts a thread that calls `look` after each interval until the observer is stopped. While no query is watched,
    /// it takes its time.
    pub(crate) fn start(
        self: &Arc<Self>,
        interval: Duration,
        mut look: impl FnMut() + Send + 'static,
    ) -> Result<thread::JoinHandle<()>> {
        let observer = Arc::clone(self);
        let interval = interval.max(Duration::from_millis(1));
        thread::Builder::new()
            .name("ara watch".to_owned())
            .spawn(move || {
                while !observer.is_stopped_after(interval) {
                    look();
                }
            })
            .map_err(|error| Error::Io { reason: error.to_string() })
    }

    /// Says whether a query is watched.
    pub(crate) fn set_watched(&self, is_watched: bool) {
        self.pace().is_watched = is_watched;
        self.changed.notify_all();
    }

    /// Waits for the interval, and returns whether the observer is stopped.
    fn is_stopped_after(&self, interval: Duration) -> bool {
        let begun = Instant::now();
        let mut pace = self.pace();
        loop {
            let left = pace.interval(interval).saturating_sub(begun.elapsed());
            if pace.is_stopped || left.is_zero() {
                return pace.is_stopped;
            }
            let waited = self.changed.wait_timeout(pace, left);
            pace = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Closes its connection, and has the thread end.
    pub(crate) fn stop(&self) {
        drop(self.probe().take());
        self.pace().is_stopped = true;
        self.changed.notify_all();
    }

    /// Returns the record of this database's own writes.
    pub(crate) fn own(&self) -> MutexGuard<'_, OwnWrites> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends the connection, or returns [`Error::Closed`] if the observer is stopped.
    pub(crate) fn with<R>(&self, with: impl FnOnce(&mut Connection) -> Result<R>) -> Result<R> {
        self.probe().as_mut().map_or(Err(Error::Closed), |probe| with(&mut probe.connection))
    }

    /// Opens its connection anew, as the key of the file was changed. What others have committed since the last check,
    /// it does not see any more.
    #[cfg(feature = "encryption")]
    pub(crate) fn reopen(&self, readers: &Readers) -> Result<()> {
        if let Some(probe) = self.probe().as_mut() {
            *probe = Probe::open(readers)?;
        }
        Ok(())
    }

    /// Checks the file, and returns what others have touched since the last check.
    pub(crate) fn look<H: Host>(&self, host: &Weak<H>) -> Option<Seen> {
        // If this becomes the last handle, it must be dropped after the lock below is released: dropping it
        // stops the observer, which takes that lock.
        let mut handle = None;
        let mut probe = self.probe();
        let probe = probe.as_mut()?;
        match probe.look(self, host, &mut handle) {
            Ok(seen) => {
                probe.has_failed = false;
                seen
            }
            // The watches are woken once: their queries meet the error too, if it lasts, and return it.
            Err(_) if std::mem::replace(&mut probe.has_failed, true) => None,
            Err(_) => Some(Seen { touched: Touched::everything(), local: true }),
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn probe(&self) -> MutexGuard<'_, Option<Probe>> {
        self.probe.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Returns the time between two looks, if it would be this one for a watch.
    fn interval(&self, interval: Duration) -> Duration {
        if self.is_watched { interval } else { interval.max(LISTENING) }
    }
}

impl Probe {
    /// Opens a connection, which sees what is committed from now on.
    fn open(readers: &Readers) -> Result<Self> {
        let (connection, stamp) = readers.open_reader()?;
        let (data_version, log) = state(&connection, None)?;
        Ok(Self { connection, stamp, data_version, log, has_failed: false })
    }

    /// Checks the file. A handle that this needs is left in `handle`, so that the caller decides when to drop
    /// it.
    fn look<H: Host>(
        &mut self,
        observer: &Observer,
        host: &Weak<H>,
        handle: &mut Option<Arc<H>>,
    ) -> Result<Option<Seen>> {
        if self.stamp.is_some() {
            *handle = host.upgrade();
            return self.look_at_stamp(handle.as_deref());
        }
        if data_version(&self.connection)? == self.data_version {
            return Ok(None);
        }
        let snapshot = self.connection.unchecked_transaction()?;
        let (data_version, log) = state(&snapshot, Some(&self.log))?;
        // This database announces a commit before it commits. So all of its own changes in the snapshot
        // are announced by now.
        let mut own = observer.own();
        let gaps = own.gaps(self.log.last());
        if own.has_made(log.state()) {
            self.log.move_to(log.state());
        }
        let (has_committed, has_met_others) = own.take_commits();
        own.forget(log.last());
        drop(own);
        let mut touched = log.since(&self.log, &gaps, &snapshot)?;
        drop(snapshot);
        // A commit of others may have written local tables, which the log does not show. If it is unclear
        // whether there was one, the host knows.
        let local = if !touched.is_empty() || has_met_others || !has_committed {
            Some(true)
        } else {
            *handle = host.upgrade();
            handle.as_deref().map_or(Some(false), Host::others_wrote)
        };
        // Others have committed, but not by ara. Nothing tells what they wrote.
        touched.everything |=
            local == Some(true) && touched.is_empty() && log.is_same_beside(&self.log);
        self.log = log;
        match local {
            None => observer.own().meet_commit(),
            Some(_) => self.data_version = data_version,
        }
        let local = local == Some(true);
        Ok((local || !touched.is_empty()).then_some(Seen { touched, local }))
    }

    /// Checks the file's stamp, as a connection without locks does not notice commits.
    fn look_at_stamp<H: Host>(&mut self, host: Option<&H>) -> Result<Option<Seen>> {
        let Some(readers) = host.and_then(Host::readers) else {
            return Ok(None);
        };
        if readers.stamp() == self.stamp {
            return Ok(None);
        }
        *self = Self::open(readers)?;
        Ok(Some(Seen { touched: Touched::everything(), local: true }))
    }
}

/// Returns the `data_version` and the position in the log. `known` is an earlier one, if there is one.
fn state(connection: &Connection, known: Option<&LogPosition>) -> Result<(i64, LogPosition)> {
    Ok((data_version(connection)?, LogPosition::load(connection, known)?))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::Database;

    #[test]
    fn the_thread_looks_until_it_is_stopped() -> std::result::Result<(), Box<dyn std::error::Error>>
    {
        let folder = tempfile::tempdir()?;
        let db = Database::open(folder.path().join("app.db"))?;
        let readers = db.0.readers.as_ref().ok_or("is a file")?;
        let observer = Arc::new(Observer::new(readers)?);
        observer.set_watched(true);
        let (tell, told) = channel();
        let thread = observer.start(Duration::ZERO, move || {
            let _ = tell.send(());
        })?;
        told.recv_timeout(Duration::from_secs(60))?;
        observer.stop();
        thread.join().map_err(|_| "panicked")?;
        assert!(observer.look(&Arc::downgrade(&db.0)).is_none());
        assert!(matches!(observer.with(|_| Ok(())), Err(Error::Closed)));
        Ok(())
    }

    #[test]
    fn who_listens_only_is_told_later() {
        let [often, seldom] = [Duration::from_millis(50), LISTENING * 5];
        let pace = |is_watched| Pace { is_watched, ..Pace::default() };
        assert_eq!([often, seldom].map(|it| pace(true).interval(it)), [often, seldom]);
        assert_eq!([often, seldom].map(|it| pace(false).interval(it)), [LISTENING, seldom]);
    }
}
