//! The threads of a session.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ara_core::{CommitListener, Error, Result};

use crate::session::shared::Shared;
use crate::session::{events_thread, round_thread};

/// How long to wait for a thread that looks up a name or connects, which cannot be broken off. It ends by itself, soon
/// after, and touches nothing before it does.
const IN_THE_NETWORK: Duration = Duration::from_secs(1);

/// How long to wait for a thread that reads or writes the file. It ends at once, but on a machine with much to do.
const AT_THE_FILE: Duration = Duration::from_secs(20);

/// How often to look which of the two it is.
const LOOK: Duration = Duration::from_millis(100);

/// The threads of a session, and what tells them of commits.
#[derive(Debug)]
pub(super) struct Threads {
    _listener: CommitListener,
    running: Arc<Running>,
}

/// How many threads run.
#[derive(Debug, Default)]
struct Running {
    count: Mutex<usize>,
    ended: Condvar,
}

/// Counts a thread until it is dropped, also by a panic.
struct Counted(Arc<Running>);

impl Counted {
    fn new(running: &Arc<Running>) -> Self {
        *running.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self(Arc::clone(running))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.ended.notify_all();
    }
}

impl Threads {
    /// Starts the threads.
    pub(super) fn start(shared: &Arc<Shared>) -> Result<Self> {
        shared.signal.begin();
        let told = Arc::downgrade(shared);
        let listener = shared.database.on_commit(Arc::new(move || {
            if let Some(shared) = told.upgrade() {
                shared.note_commit();
            }
        }))?;
        let threads = Self { _listener: listener, running: Arc::default() };
        let started = threads.spawn("ara sync", shared, round_thread::run);
        let started = started.and_then(|()| threads.spawn("ara news", shared, events_thread::run));
        if let Err(error) = started {
            threads.stop(shared);
            return Err(error);
        }
        Ok(threads)
    }

    fn spawn(&self, name: &str, shared: &Arc<Shared>, run: fn(&Shared)) -> Result<()> {
        let counted = Counted::new(&self.running);
        let shared = Arc::clone(shared);
        let work = move || {
            // The app's key store and wakers are called in here.
            if panic::catch_unwind(AssertUnwindSafe(|| run(&shared))).is_err() {
                shared.tell_panic();
            }
            drop(shared);
            drop(counted);
        };
        let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
        spawned.map(drop).map_err(|error| Error::Io { reason: error.to_string() })
    }

    /// Ends the threads, and what they have sent.
    pub(super) fn stop(self, shared: &Shared) {
        shared.signal.end();
        shared.cutoff.shut();
        shared.stream_cutoff.shut();
        let begun = Instant::now();
        let mut count = self.running.count.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 {
            let is_connecting = shared.cutoff.is_busy() || shared.stream_cutoff.is_busy();
            let patience = if is_connecting { IN_THE_NETWORK } else { AT_THE_FILE };
            if begun.elapsed() >= patience {
                return;
            }
            let waited = self.running.ended.wait_timeout(count, LOOK);
            count = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
