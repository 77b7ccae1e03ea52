//! The signal that wakes whoever waits for a watch.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

use crate::watch::listener::Listener;

/// The mark of one watch, set when a commit touches what it reads and cleared by a wait.
#[derive(Debug)]
pub(crate) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    is_marked: bool,
    is_closed: bool,
    waker: Option<Waker>,
    /// What is called whenever the signal is marked, or closed.
    on_change: Option<Listener>,
}

/// The result of waiting for a signal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The signal was marked, and the mark is cleared.
    Marked,
    /// The signal was not marked in time.
    NotMarked,
    /// The signal is closed, and will not be marked again.
    Closed,
}

impl Signal {
    /// Creates a signal that is marked, as nothing was read yet.
    pub(crate) fn new() -> Self {
        let state = State { is_marked: true, is_closed: false, waker: None, on_change: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Marks the signal, and wakes whoever waits. This may run the app's code, so the caller must hold no
    /// lock.
    pub(crate) fn mark(&self) {
        self.change(|state| !std::mem::replace(&mut state.is_marked, true));
    }

    /// Closes the signal, which ends every wait, now and later. The caller must hold no lock.
    pub(crate) fn close(&self) {
        self.change(|state| !std::mem::replace(&mut state.is_closed, true));
    }

    /// Changes the state, and wakes whoever waits if `change` returns that it did.
    fn change(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut state = self.state();
        if !change(&mut state) {
            return;
        }
        let (waker, on_change) = (state.waker.take(), state.on_change.clone());
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
        if let Some(Listener(call)) = on_change {
            call();
        }
    }

    /// Calls a function whenever the signal is marked or closed, and at once if it is now.
    pub(crate) fn on_change(&self, listener: Listener) {
        let mut state = self.state();
        let is_changed = state.is_marked || state.is_closed;
        let replaced = state.on_change.replace(listener.clone());
        drop(state);
        // What the function owns is dropped without the lock.
        drop(replaced);
        if is_changed {
            (listener.0)();
        }
    }

    /// Waits until the signal is marked, or until a time, if there is one.
    pub(crate) fn wait(&self, until: Option<Instant>) -> Waited {
        let mut state = self.state();
        loop {
            if let Some(waited) = state.take() {
                return waited;
            }
            state = match until {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Waited::NotMarked;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Returns whether the signal is marked. If it is not, the waker will be woken when it is.
    pub(crate) fn poll(&self, waker: &Waker) -> Waited {
        let mut state = self.state();
        if let Some(waited) = state.take() {
            return waited;
        }
        match &mut state.waker {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        Waited::NotMarked
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the result of a wait that need not wait.
    fn take(&mut self) -> Option<Waited> {
        if self.is_closed {
            return Some(Waited::Closed);
        }
        std::mem::take(&mut self.is_marked).then_some(Waited::Marked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_marks_are_one() {
        let signal = Signal::new();
        signal.mark();
        signal.mark();
        assert_eq!(signal.wait(None), Waited::Marked);
        assert_eq!(signal.wait(Some(Instant::now())), Waited::NotMarked);
        signal.mark();
        signal.close();
        assert_eq!(signal.wait(None), Waited::Closed);
        assert_eq!(signal.wait(None), Waited::Closed);
    }
}
