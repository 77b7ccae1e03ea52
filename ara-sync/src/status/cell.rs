//! The status as it changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::status::Status;

/// Holds the newest status, and wakes who waits for it to change.
#[derive(Debug)]
pub(crate) struct StatusCell {
    pub(super) held: Mutex<Held>,
    pub(super) changed: Condvar,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) status: Arc<Status>,
    /// How often it has changed.
    pub(super) version: u64,
    /// Whether the session has ended.
    pub(super) is_over: bool,
    /// How many watches there were.
    pub(super) watches: u64,
    /// Tasks that wait for a change, by the number of their watch.
    pub(super) wakers: BTreeMap<u64, Waker>,
}

impl StatusCell {
    pub(crate) fn new(status: Status) -> Self {
        let status = Arc::new(status);
        let wakers = BTreeMap::new();
        let held = Held { status, version: 1, is_over: false, watches: 0, wakers };
        Self { held: Mutex::new(held), changed: Condvar::new() }
    }

    /// Returns the newest status.
    pub(crate) fn get(&self) -> Arc<Status> {
        Arc::clone(&self.lock().status)
    }

    /// Changes the status. Nobody is woken if it stays as it is.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Status)) {
        let mut held = self.lock();
        let mut status = Status::clone(&held.status);
        change(&mut status);
        if status == *held.status {
            return;
        }
        held.status = Arc::new(status);
        held.version += 1;
        self.wake(held);
    }

    /// Says that the status will not change any more.
    pub(crate) fn end(&self) {
        let mut held = self.lock();
        held.is_over = true;
        self.wake(held);
    }

    fn wake(&self, mut held: MutexGuard<'_, Held>) {
        let wakers = std::mem::take(&mut held.wakers);
        drop(held);
        self.changed.notify_all();
        wakers.into_values().for_each(Waker::wake);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
