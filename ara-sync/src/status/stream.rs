//! A watch of the status as a stream, for async apps.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::status::{Status, StatusWatch};

/// Gives the status of now at once, then each newer one. The stream ends with the session.
impl Stream for StatusWatch {
    type Item = Status;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Status>> {
        self.poll(context.waker())
    }
}
