//! The thread that makes rounds.

use std::time::{Duration, Instant};

use ara_protocol::message::Refusal;

use crate::engine::base::Outcome;
use crate::fault::{self, Fault};
use crate::session::backoff::pause;
use crate::session::shared::{AFTER_ANOTHER, Shared};
use crate::session::signal::Wake;

/// The least time from the beginning of one round to that of the next, if only commits ask for it: a burst of them
/// is sent together. The first one after a while is sent at once.
const BETWEEN_COMMITS: Duration = Duration::from_millis(10);

/// How often the status is told how much is to be sent, while it cannot be.
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// After how long a relay that had no room is tried again. A commit does so too.
const WHEN_FULL: Duration = Duration::from_secs(300);

/// When the next round is due.
struct Pace {
    /// Before this, commits wait.
    earliest: Instant,
    /// At this time, one is made without a reason.
    retry: Option<Instant>,
    /// At this time, one is made that tells what this device has sent.
    tell: Option<Instant>,
    /// How many have failed in a row.
    failures: u32,
}

/// Makes rounds whenever there is a reason to, until the session ends.
pub(super) fn run(shared: &Shared) {
    let mut pace = Pace { earliest: Instant::now(), retry: None, tell: None, failures: 0 };
    loop {
        match shared.signal.wait(pace.earliest, pace.due()) {
            Wake::Over => return,
            Wake::Commit if !shared.has_to_send() => continue,
            Wake::Commit if !shared.signal.is_online() => {
                pace.earliest = Instant::now() + BETWEEN_LOOKS;
                continue;
            }
            Wake::Commit | Wake::Asked => {}
        }
        pace.earliest = Instant::now() + BETWEEN_COMMITS;
        let tells = pace.tell.is_some_and(|at| at <= Instant::now());
        let result = shared.round(&|| shared.signal.is_over(), tells);
        pace.note(&result, shared);
        shared.signal.set_online(result.is_ok());
    }
}

impl Pace {
    /// Returns when a round is made without a reason.
    fn due(&self) -> Option<Instant> {
        self.retry.into_iter().chain(self.tell).min()
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
                Some(Instant::now() + pause(self.failures, shared.chance()).max(asked_for))
            }
        };
    }
}
