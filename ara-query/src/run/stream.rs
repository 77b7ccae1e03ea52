//! Watches as streams, for async apps.

use std::pin::Pin;
use std::task::{Context, Poll};

use ara_core::{Error, Result, Until};
use futures_core::Stream;

use crate::run::watch::Watch;

/// Gives the newest result at once, then each newer one. The stream ends when the database is closed.
///
/// The query runs in the task that polls, and blocks its thread while it reads. A query that reads much
/// should be watched by [`recv`](Watch::recv) in a thread for blocking work.
impl<O> Stream for Watch<O> {
    type Item = Result<Vec<O>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.newest(|| Until::Woken(context.waker())) {
            Ok(Some(rows)) => Poll::Ready(Some(Ok(rows))),
            Ok(None) => Poll::Pending,
            Err(Error::Closed) => Poll::Ready(None),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }
}
