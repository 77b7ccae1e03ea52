//! Whose turn it is to use the one connection of a database in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread waits at most before it looks again, as it may have missed that it was woken.
const PAUSE: Duration = Duration::from_millis(5);

/// Those who wait to read a database in memory. They try to lock the writer, so that they can give up, and would
/// hardly ever get it if those who write did not let them go first.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    reading: AtomicUsize,
    gate: Mutex<()>,
    woken: Condvar,
}

impl Turns {
    /// Calls a function again and again until it returns something, for this long at most.
    pub(crate) fn wait_to_read<R>(
        &self,
        at_most: Duration,
        mut take: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        if let Some(taken) = take() {
            return Some(taken);
        }
        self.reading.fetch_add(1, Ordering::Relaxed);
        let start = Instant::now();
        let taken = loop {
            match take() {
                None if start.elapsed() < at_most => self.pause(),
                taken => break taken,
            }
        };
        self.reading.fetch_sub(1, Ordering::Relaxed);
        self.wake();
        taken
    }

    /// Lets those go first who wait to read, unless that takes long.
    pub(crate) fn let_readers_first(&self) {
        let start = Instant::now();
        while self.are_readers_waiting() && start.elapsed() < PAUSE {
            self.pause();
        }
    }

    /// Wakes all who wait, if somebody waits to read.
    pub(crate) fn wake_readers(&self) {
        if self.are_readers_waiting() {
            self.wake();
        }
    }

    fn are_readers_waiting(&self) -> bool {
        self.reading.load(Ordering::Relaxed) > 0
    }

    fn wake(&self) {
        let _gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.woken.notify_all();
    }

    fn pause(&self) {
        let gate = self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.woken.wait_timeout(gate, PAUSE);
    }
}
