//! Watching the status.

use std::fmt;
use std::iter::FusedIterator;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::status::Status;
use crate::status::cell::StatusCell;

/// The status of a session as it changes: see [`Session::watch_status`](crate::Session::watch_status).
///
/// The status of now is there at once, and each later one when it has changed. They do not queue up: a reader that is
/// slow gets the newest one. A loop over it blocks until the status changes, and ends with the session. With the feature
/// `stream` it is a `Stream`.
#[must_use = "a watch tells nothing until it is asked: call `recv`, or loop over it"]
pub struct StatusWatch {
    cell: Arc<StatusCell>,
    /// The number of this watch, by which its task is known.
    #[cfg_attr(not(feature = "stream"), expect(dead_code, reason = "only tasks are known by it"))]
    number: u64,
    /// The version that was given last.
    seen: u64,
}

impl StatusWatch {
    pub(crate) fn new(cell: Arc<StatusCell>) -> Self {
        let mut held = cell.lock();
        held.watches += 1;
        let number = held.watches;
        drop(held);
        Self { cell, number, seen: 0 }
    }

    /// Waits for the next status, and returns `None` once the session has ended.
    pub fn recv(&mut self) -> Option<Status> {
        self.wait(None)
    }

    /// Waits for the next status, and returns `None` if there is none within this time, or if the session has ended.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<Status> {
        // If the end lies beyond what an `Instant` can hold, it is never reached.
        self.wait(Instant::now().checked_add(timeout))
    }

    /// Waits until a status is as it should be, and returns it. Returns `None` if none was within this time, or if
    /// the session has ended.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # use std::time::Duration;
    /// # fn wait(session: &ara::sync::Session) -> ara::Result<()> {
    /// let minute = Duration::from_secs(60);
    /// if session.watch_status().wait_until(minute, |status| status.is_up_to_date()).is_none() {
    ///     println!("this takes longer than usual");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until(
        &mut self,
        timeout: Duration,
        mut is_right: impl FnMut(&Status) -> bool,
    ) -> Option<Status> {
        let end = Instant::now().checked_add(timeout);
        loop {
            let status = self.wait(end)?;
            if is_right(&status) {
                return Some(status);
            }
        }
    }

    fn wait(&mut self, end: Option<Instant>) -> Option<Status> {
        let mut held = self.cell.lock();
        loop {
            if held.version > self.seen {
                self.seen = held.version;
                return Some(Status::clone(&held.status));
            }
            if held.is_over {
                return None;
            }
            let changed = &self.cell.changed;
            held = match end {
                None => changed.wait(held).unwrap_or_else(PoisonError::into_inner),
                Some(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return None;
                    }
                    changed.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Returns the next status if it is there, or lets a task be woken by it.
    #[cfg(feature = "stream")]
    pub(super) fn poll(&mut self, waker: &std::task::Waker) -> std::task::Poll<Option<Status>> {
        use std::task::Poll;
        let mut held = self.cell.lock();
        if held.version > self.seen {
            self.seen = held.version;
            return Poll::Ready(Some(Status::clone(&held.status)));
        }
        if held.is_over {
            return Poll::Ready(None);
        }
        // A task is woken once, however often it asks.
        held.wakers.insert(self.number, waker.clone());
        Poll::Pending
    }
}

/// Waits for each status. A watch is no iterator itself, as it may be a `Stream`, whose methods have the same names.
impl IntoIterator for StatusWatch {
    type Item = Status;
    type IntoIter = Statuses;

    fn into_iter(self) -> Statuses {
        Statuses(self)
    }
}

/// The statuses of a [`StatusWatch`], one after the other. It blocks until the status changes, and ends with the session.
#[derive(Debug)]
pub struct Statuses(StatusWatch);

impl Iterator for Statuses {
    type Item = Status;

    fn next(&mut self) -> Option<Status> {
        self.0.recv()
    }
}

impl FusedIterator for Statuses {}

impl fmt::Debug for StatusWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusWatch").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::status::Connection;

    const NO_TIME: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(60);

    fn cell() -> Arc<StatusCell> {
        Arc::new(StatusCell::new(Status::new("http://a".to_owned())))
    }

    #[test]
    fn each_change_is_given_once_and_the_newest_counts() {
        let cell = cell();
        let mut watch = StatusWatch::new(Arc::clone(&cell));
        assert_eq!(watch.recv_timeout(NO_TIME).map(|status| status.bytes_to_send), Some(0));
        assert_eq!(watch.recv_timeout(NO_TIME), None);
        cell.update(|status| status.bytes_to_send = 0);
        assert_eq!(watch.recv_timeout(NO_TIME), None);
        cell.update(|status| status.bytes_to_send = 1);
        cell.update(|status| status.bytes_to_send = 2);
        assert_eq!(watch.recv_timeout(NO_TIME).map(|status| status.bytes_to_send), Some(2));
        assert_eq!(watch.recv_timeout(NO_TIME), None);
    }

    #[test]
    fn who_waits_is_woken_and_the_end_is_told() {
        let cell = cell();
        let mut watch = StatusWatch::new(Arc::clone(&cell));
        let waiting = thread::spawn(move || {
            let found = watch.wait_until(LONG, |status| status.connection == Connection::Connected);
            (found.is_some(), watch.into_iter().last())
        });
        cell.update(|status| status.connection = Connection::Connected);
        cell.end();
        assert_eq!(waiting.join().expect("does not panic"), (true, None));
    }

    #[cfg(feature = "stream")]
    #[test]
    fn it_is_a_stream() {
        use std::pin::Pin;
        use std::task::{Context, Poll, Waker};

        use futures_core::Stream;

        let cell = cell();
        let mut watch = StatusWatch::new(Arc::clone(&cell));
        let mut context = Context::from_waker(Waker::noop());
        let mut poll = || {
            let next = Pin::new(&mut watch).poll_next(&mut context);
            next.map(|status| status.map(|status| status.bytes_to_send))
        };
        assert_eq!(poll(), Poll::Ready(Some(0)));
        assert_eq!(poll(), Poll::Pending);
        assert_eq!(poll(), Poll::Pending);
        assert_eq!(cell.lock().wakers.len(), 1);
        cell.update(|status| status.bytes_to_send = 7);
        assert_eq!(poll(), Poll::Ready(Some(7)));
        cell.end();
        assert_eq!(poll(), Poll::Ready(None));
    }
}
