//! Who may use the engine next.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets what the app calls go before rounds, which may be many.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// How many calls wait.
    waiting: Mutex<usize>,
    none_waits: Condvar,
}

impl Turns {
    /// Takes what is shared for a call of the app.
    pub(super) fn first<T>(&self, take: impl FnOnce() -> T) -> T {
        *self.lock() += 1;
        let taken = take();
        *self.lock() -= 1;
        self.none_waits.notify_all();
        taken
    }

    /// Takes what is shared for a round, once no call waits.
    pub(super) fn last<T>(&self, take: impl FnOnce() -> T) -> T {
        let mut waiting = self.lock();
        while *waiting > 0 {
            waiting = self.none_waits.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        drop(waiting);
        take()
    }

    /// Returns whether a call waits, so that a round should give way.
    pub(super) fn are_wanted(&self) -> bool {
        *self.lock() > 0
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
