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
    /// Whether a round was asked for.
    is_asked: bool,
    /// Whether the relay has told of news.
    is_news: bool,
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
    /// The relay has news.
    News,
    /// Something was committed here.
    Commit,
}

/// Before when there is no round for a reason that can wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earliest {
    /// For commits.
    pub(super) commit: Instant,
    /// For what the relay tells of.
    pub(super) news: Instant,
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

    /// Says that the relay has news, and waits until a round is about to see them, which sees all that comes until then.
    pub(super) fn news(&self) {
        self.set(|state| state.is_news = true);
        let mut state = self.lock();
        while state.is_news && !state.is_over {
            state = self.wait_until(state, None);
        }
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

    /// Waits for a reason to make a round. Commits and news wait for their time, and with or without a reason it is time
    /// at `retry`.
    pub(super) fn wait(&self, earliest: Earliest, retry: Option<Instant>) -> Wake {
        let mut state = self.lock();
        loop {
            if state.is_over {
                return Wake::Over;
            }
            let now = Instant::now();
            let is_asked = state.is_asked || retry.is_some_and(|retry| retry <= now);
            if is_asked || state.is_news && earliest.news <= now {
                // What was committed or told of until now goes along.
                (state.is_asked, state.is_news, state.is_commit) = (false, false, false);
                self.changed.notify_all();
                return if is_asked { Wake::Asked } else { Wake::News };
            }
            if state.is_commit && earliest.commit <= now {
                state.is_commit = false;
                return Wake::Commit;
            }
            let commit = state.is_commit.then_some(earliest.commit);
            let news = state.is_news.then_some(earliest.news);
            state = self.wait_until(state, [commit, news, retry].into_iter().flatten().min());
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

    fn from(commit: Instant) -> Earliest {
        Earliest { commit, news: commit }
    }

    #[test]
    fn a_round_is_made_when_it_is_asked_for_or_due() {
        let (signal, now) = (Signal::default(), Instant::now());
        signal.begin();
        assert_eq!(signal.wait(from(now), None), Wake::Asked);
        signal.commit();
        assert_eq!(signal.wait(from(now), None), Wake::Commit);
        assert_eq!(signal.wait(from(now), Some(now)), Wake::Asked);
        // A commit waits, but not for a round that is asked for.
        signal.commit();
        signal.ask();
        assert_eq!(signal.wait(from(now + LONG), None), Wake::Asked);
        let soon = Instant::now() + Duration::from_millis(5);
        assert_eq!(signal.wait(from(now + LONG), Some(soon)), Wake::Asked);
        assert!(Instant::now() >= soon);
        signal.commit();
        signal.end();
        assert_eq!(signal.wait(from(now), Some(now)), Wake::Over);
    }

    #[test]
    fn who_tells_of_news_waits_until_a_round_sees_them() {
        let signal = Signal::default();
        let soon = Instant::now() + Duration::from_millis(5);
        std::thread::scope(|scope| {
            let telling = scope.spawn(|| signal.news());
            let earliest = Earliest { commit: soon + LONG, news: soon };
            assert_eq!(signal.wait(earliest, None), Wake::News);
            assert!(Instant::now() >= soon);
            telling.join().expect("does not panic");
            // A round that is asked for sees them too, and so does none once it is over.
            let telling = scope.spawn(|| signal.news());
            while !signal.lock().is_news {
                std::thread::yield_now();
            }
            signal.ask();
            assert_eq!(signal.wait(from(soon + LONG), None), Wake::Asked);
            telling.join().expect("does not panic");
            let telling = scope.spawn(|| signal.news());
            signal.end();
            telling.join().expect("does not panic");
        });
    }

    #[test]
    fn who_listens_waits_for_a_round_that_succeeded() {
        let signal = Signal::default();
        signal.set_online(true);
        assert!(signal.wait_online());
        signal.lost();
        assert_eq!(signal.wait(from(Instant::now()), None), Wake::Asked);
        let woken = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| signal.wait_online());
            signal.end();
            signal.pause(Instant::now() + LONG);
            waiting.join().expect("does not panic")
        });
        assert!(!woken);
    }
}
