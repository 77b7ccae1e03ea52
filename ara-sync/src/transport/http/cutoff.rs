//! Ending requests from outside: at a deadline, or at once.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::HttpTransport;
use crate::transport::TransportError;

/// How long a request may take at most. On the slowest line, the largest answer takes less. A relay that sends byte after
/// byte does not hold up the app's calls for longer.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What ends the requests of a session. All clones are one.
#[derive(Clone, Default)]
pub(crate) struct Cutoff(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// What ends these requests too.
    parent: Option<Cutoff>,
    deadline: Mutex<Option<Instant>>,
    /// Whether nothing may be sent any more.
    is_shut: AtomicBool,
    /// How many requests are being sent or answered.
    in_flight: AtomicUsize,
    transports: Mutex<Vec<Weak<HttpTransport>>>,
}

impl Cutoff {
    /// Makes one for some of the requests that this one ends.
    pub(crate) fn child(&self) -> Self {
        Self(Arc::new(Shared { parent: Some(self.clone()), ..Shared::default() }))
    }

    /// Sets the time by which each request must have ended.
    pub(crate) fn set_deadline(&self, deadline: Option<Instant>) {
        *self.0.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// Returns how long a request may take.
    pub(super) fn left(&self) -> Result<Duration, TransportError> {
        if self.is_shut() {
            return Err(TransportError::Unreachable { reason: "sync was stopped".to_owned() });
        }
        let deadline = *self.0.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(deadline) = deadline else { return Ok(LONGEST) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(TransportError::TimedOut) } else { Ok(left.min(LONGEST)) }
    }

    /// Ends all requests and streams that are open now, and lets no others be sent.
    pub(crate) fn shut(&self) {
        self.0.is_shut.store(true, Ordering::SeqCst);
        let transports = self.transports().clone();
        transports.iter().filter_map(Weak::upgrade).for_each(|transport| transport.cut());
    }

    /// Lets requests be sent again.
    pub(crate) fn reopen(&self) {
        self.0.is_shut.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_shut(&self) -> bool {
        let is_parent_shut = self.0.parent.as_ref().is_some_and(Self::is_shut);
        is_parent_shut || self.0.is_shut.load(Ordering::SeqCst)
    }

    /// Returns whether a request is under way. After [`shut`](Self::shut), this is one that looks up a name or connects.
    pub(crate) fn is_busy(&self) -> bool {
        self.0.in_flight.load(Ordering::SeqCst) > 0
    }

    /// Counts a request until this is dropped.
    pub(super) fn count(&self) -> InFlight<'_> {
        self.0.in_flight.fetch_add(1, Ordering::SeqCst);
        InFlight(&self.0.in_flight)
    }

    pub(super) fn register(&self, transport: &Arc<HttpTransport>) {
        let mut transports = self.transports();
        transports.retain(|transport| transport.strong_count() > 0);
        transports.push(Arc::downgrade(transport));
        drop(transports);
        if let Some(parent) = &self.0.parent {
            parent.register(transport);
        }
    }

    fn transports(&self) -> std::sync::MutexGuard<'_, Vec<Weak<HttpTransport>>> {
        self.0.transports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way.
pub(super) struct InFlight<'c>(&'c AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Cutoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cutoff")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_some_requests_ends_with_that_of_all() {
        let all = Cutoff::default();
        let [one, other] = [all.child(), all.child()];
        one.shut();
        assert_eq!([&all, &one, &other].map(Cutoff::is_shut), [false, true, false]);
        one.reopen();
        all.shut();
        assert_eq!([&all, &one, &other].map(Cutoff::is_shut), [true; 3]);
    }

    #[test]
    fn no_request_takes_for_ever() {
        let cutoff = Cutoff::default();
        assert_eq!(cutoff.left(), Ok(LONGEST));
        cutoff.set_deadline(Some(Instant::now() + 2 * LONGEST));
        assert_eq!(cutoff.left(), Ok(LONGEST));
        cutoff.set_deadline(Some(Instant::now() + LONGEST / 2));
        assert!(cutoff.left().is_ok_and(|left| left <= LONGEST / 2));
        cutoff.set_deadline(Some(Instant::now()));
        assert_eq!(cutoff.left(), Err(TransportError::TimedOut));
    }
}
