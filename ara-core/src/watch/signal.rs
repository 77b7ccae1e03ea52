//! Waking who waits for something to be touched.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Instant;

/// The mark of one watch: whether what it reads was touched since it read it last.
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
}

/// What became of waiting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It was marked; the mark is taken away.
    Marked,
    /// The time is over.
    NotMarked,
    /// It will never be marked again.
    Closed,
}

impl Signal {
    /// It is marked from the start: nothing was read yet.
    pub(crate) fn new() -> Self {
        let state = State { is_marked: true, is_closed: false, waker: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Marks it, and wakes who waits. Who waits may be the app's own code: hold no lock.
    pub(crate) fn mark(&self) {
        self.change(|state| !std::mem::replace(&mut state.is_marked, true));
    }

    /// Ends all waiting, now and later. As [`mark`](Self::mark).
    pub(crate) fn close(&self) {
        self.change(|state| !std::mem::replace(&mut state.is_closed, true));
    }

    fn change(&self, change: impl FnOnce(&mut State) -> bool) {
        let mut state = self.state();
        if !change(&mut state) {
            return;
        }
        let waker = state.waker.take();
        drop(state);
        self.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until it is marked: without a time, for ever.
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

    /// Looks whether it is marked. If it is not, the waker is woken once it is.
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
