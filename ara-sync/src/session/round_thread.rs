//! The thread that makes rounds.

use std::time::{Duration, Instant};

use ara_protocol::message::Refusal;

use crate::engine::base::Outcome;
use crate::fault::{self, Fault};
use crate::session::backoff::pause_at_least;
use crate::session::shared::{AFTER_ANOTHER, Shared};
use crate::session::signal::{Earliest, Wake};

/// The least time from the beginning of one round to that of the next, if only commits ask for it: a burst of them
/// is sent together. The first one after a while is sent at once.
const BETWEEN_COMMITS: Duration = Duration::from_millis(10);

/// How often the status is told how much is to be sent, while it cannot be.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// After how long a relay that had no room is tried again. A commit does so too.
const WHEN_FULL: Duration = Duration::from_secs(300);

/// How many rounds in a row may bring nothing, though the relay told of news, before the next one has to wait.
const MOST_IN_VAIN: u32 = 4;

/// How long it has to wait then. Each further one waits twice as long, and at most as long as the last constant says.
const AFTER_SOME_IN_VAIN: Duration = Duration::from_millis(50);
const AFTER_MANY_IN_VAIN: Duration = Duration::from_secs(5);

/// When the next round is due.
struct Pace {
    earliest: Earliest,
    /// How many rounds in a row brought nothing, though the relay told of news.
    in_vain: u32,
    /// At this time, one is made without a reason.
    retry: Option<Instant>,
    /// At this time, one is made that tells what this device has sent.
    tell: Option<Instant>,
    /// How many have failed in a row.
    failures: u32,
}

/// Makes rounds whenever there is a reason to, until the session ends.
pub(super) fn run(shared: &Shared) {
    let now = Instant::now();
    let earliest = Earliest { commit: now, news: now };
    let mut pace = Pace { earliest, in_vain: 0, retry: None, tell: None, failures: 0 };
    loop {
        let wake = shared.signal.wait(pace.earliest, pace.due());
        match wake {
            Wake::Over => return,
            Wake::Commit if !shared.has_to_send() => continue,
            Wake::Commit if !shared.signal.is_online() => {
                pace.earliest.commit = Instant::now() + BETWEEN_LOOKS;
                continue;
            }
            Wake::Commit | Wake::News | Wake::Asked => {}
        }
        let begun = Instant::now();
        pace.earliest.commit = begun + BETWEEN_COMMITS;
        let tells = pace.tell.is_some_and(|at| at <= begun);
        let result = shared.round(&|| shared.signal.is_over(), tells);
        pace.note(&result, shared);
        let is_any = result.as_ref().is_ok_and(Outcome::is_any_news);
        pace.earliest.news = begun + pace.before_news(wake == Wake::News, is_any);
        shared.signal.set_online(result.is_ok());
    }
}

impl Pace {
    /// Returns when a round is made without a reason.
    fn due(&self) -> Option<Instant> {
        self.retry.into_iter().chain(self.tell).min()
    }

    /// Notes whether a round brought anything, and returns how long after its beginning news wait: not at all, unless the
    /// relay tells again and again of news that there are not.
    fn before_news(&mut self, was_for_news: bool, is_any: bool) -> Duration {
        if is_any {
            self.in_vain = 0;
        } else if was_for_news {
            self.in_vain = self.in_vain.saturating_add(1);
        }
        match self.in_vain.checked_sub(MOST_IN_VAIN) {
            None => Duration::ZERO,
            Some(more) => {
                AFTER_SOME_IN_VAIN.saturating_mul(1 << more.min(16)).min(AFTER_MANY_IN_VAIN)
            }
        }
    }

    fn note(&mut self, result: &fault::Result<Outcome>, shared: &Shared) {
        let tell_in = result.as_ref().ok().and_then(|outcome| outcome.tell_in);
        self.tell = tell_in.map(|millis| Instant::now() + Duration::from_millis(millis));
        self.retry = match result {
            Ok(outcome) if outcome.is_complete => {
                self.failures = 0;
                // There may be room later.
                shared.is_full().then(|| Instant::now() + WHEN_FULL)
            }
            // It gave way, or the relay had no more to give at once.
            Ok(outcome) if outcome.sent > 0 || outcome.received > 0 => Some(Instant::now()),
            Err(Fault::Stopped) => None,
            Err(Fault::Overtaken) => Some(Instant::now() + AFTER_ANOTHER),
            result => {
                self.failures = self.failures.saturating_add(1);
                let asked_for = match result {
                    Err(Fault::Refused(Refusal::Limited { retry_after })) => {
                        Duration::from_secs((*retry_after).into())
                    }
                    _ => Duration::ZERO,
                };
                let pause = pause_at_least(asked_for, self.failures, shared.chance());
                Some(Instant::now() + pause)
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_wait_only_after_many_that_were_none() {
        let now = Instant::now();
        let earliest = Earliest { commit: now, news: now };
        let mut pace = Pace { earliest, in_vain: 0, retry: None, tell: None, failures: 0 };
        let mut waits = |count, was_for_news, is_any| -> Vec<u128> {
            let waits = (0..count).map(|_| pace.before_news(was_for_news, is_any).as_millis());
            waits.collect()
        };
        assert_eq!(waits(5, true, false), [0, 0, 0, 50, 100]);
        // Rounds for other reasons leave it as it is, unless they bring something.
        assert_eq!(waits(2, false, false), [100, 100]);
        assert_eq!(waits(1, true, true), [0]);
        assert_eq!(waits(3, true, false), [0, 0, 0]);
        assert_eq!(waits(1, false, true), [0]);
        assert_eq!(waits(40, true, false).last(), Some(&5000));
    }
}
