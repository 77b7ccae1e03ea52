//! Jobs that wait for the same commit.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A transaction that several jobs share.
#[derive(Debug)]
pub(super) struct Batch<E> {
    outcome: Mutex<Option<Result<(), E>>>,
    is_over: Condvar,
}

impl<E> Default for Batch<E> {
    fn default() -> Self {
        Self { outcome: Mutex::new(None), is_over: Condvar::new() }
    }
}

impl<E: Clone> Batch<E> {
    /// Tells all who wait how it ended.
    pub(super) fn end(&self, outcome: Result<(), E>) {
        *locked(&self.outcome) = Some(outcome);
        self.is_over.notify_all();
    }

    /// Waits until it has ended.
    pub(super) fn wait(&self) -> Result<(), E> {
        let mut outcome = locked(&self.outcome);
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            outcome = self.is_over.wait(outcome).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Locks also what a panic has left: what is guarded here is valid at every step.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
