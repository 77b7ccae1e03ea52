//! What wakes the threads of a session.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What the threads of a session wait for.
#[derive(Debug, Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the threads are to end.
    is_over: bool,
    /// Whether something was committed here.
    is_commit: bool,
    /// Whether a round was asked for: by the app, or by the relay, which has news.
    is_asked: bool,
    /// Whether the last round succeeded, so that the relay can be listened to.
    is_online: bool,
}

/// Why a thread was woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wake {
    /// It is to end.
    Over,
    /// A round is to be made: it was asked for, or it is time.
    Asked,
    /// Something was committed here.
    Commit,
}

impl Signal {
    /// Lets the threads end.
    pub(super) fn end(&self) {
        self.set(|state| state.is_over = true);
    }

    /// Begins anew, before the threads start.
    pub(super) fn begin(&self) {
        self.set(|state| *state = State { is_asked: true, ..State::default() });
    }

    pub(super) fn commit(&self) {
        self.set(|state| state.is_commit = true);
    }

    /// Asks for a round.
    pub(super) fn ask(&self) {
        self.set(|state| state.is_asked = true);
    }

    /// Says whether the last round succeeded.
    pub(super) fn set_online(&self, is_online: bool) {
        self.set(|state| state.is_online = is_online);
    }

    /// Says that the relay no longer tells of news, and asks for a round, which finds out why.
    pub(super) fn lost(&self) {
        self.set(|state| {
            state.is_online = false;
            state.is_asked = true;
        });
    }

    pub(super) fn is_online(&self) -> bool {
        self.lock().is_online
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Waits for a reason to make a round. Commits wait until `earliest`, and with or without a reason it is time at
    /// `retry`.
    pub(super) fn wait(&self, earliest: Instant, retry: Option<Instant>) -> Wake {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return Wake::Over;
            }
            let now = Instant::now();
            if state.is_asked || retry.is_some_and(|retry| retry <= now) {
                // What was committed until now goes along.
                (state.is_asked, state.is_commit) = (false, false);
                return Wake::Asked;
            }
            if state.is_commit && earliest <= now {
                state.is_commit = false;
                return Wake::Commit;
            }
            let due = state.is_commit.then_some(earliest);
            state = self.wait_until(state, due.into_iter().chain(retry).min());
        }
    }

    /// Waits until the last round has succeeded. Returns `false` if the thread is to end.
    pub(super) fn wait_online(&self) -> bool {
        let mut state = self.lock();
        while !state.is_online && !state.is_over {
            state = self.wait_until(state, None);
        }
        !state.is_over
    }

    /// Waits until a time, or until the thread is to end.
    pub(super) fn pause(&self, until: Instant) {
        let mut state = self.lock();
        while !state.is_over && Instant::now() < until {
            state = self.wait_until(state, Some(until));
        }
    }

    fn wait_until<'a>(
        &self,
        state: MutexGuard<'a, State>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, State> {
        match until {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                let waited = self.changed.wait_timeout(state, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    fn set(&self, set: impl FnOnce(&mut State)) {
        set(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_round_is_made_when_it_is_asked_for_or_due() {
        let (signal, now) = (Signal::default(), Instant::now());
        signal.begin();
        assert_eq!(signal.wait(now, None), Wake::Asked);
        signal.commit();
        assert_eq!(signal.wait(now, None), Wake::Commit);
        assert_eq!(signal.wait(now, Some(now)), Wake::Asked);
        // A commit waits, but not for a round that is asked for.
        signal.commit();
        signal.ask();
        assert_eq!(signal.wait(now + LONG, None), Wake::Asked);
        let soon = Instant::now() + Duration::from_millis(5);
        assert_eq!(signal.wait(now + LONG, Some(soon)), Wake::Asked);
        assert!(Instant::now() >= soon);
        signal.commit();
        signal.end();
        assert_eq!(signal.wait(now, Some(now)), Wake::Over);
    }

    #[test]
    fn who_listens_waits_for_a_round_that_succeeded() {
        let signal = Signal::default();
        signal.set_online(true);
        assert!(signal.wait_online());
        signal.lost();
        assert_eq!(signal.wait(Instant::now(), None), Wake::Asked);
        let woken = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| signal.wait_online());
            signal.end();
            signal.pause(Instant::now() + LONG);
            waiting.join().expect("does not panic")
        });
        assert!(!woken);
    }
}
