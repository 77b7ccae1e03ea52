//! A connection whose other side has to take what it is sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How many bytes of an answer the other side has to take within the patience, if there are so many.
const PACE: usize = 128 << 10;

/// A connection that ends if the other side takes nothing for some time, or so little that it would hold an answer for hours.
pub(super) struct Patience<S> {
    stream: S,
    patience: Duration,
    /// When it ends, while the other side does not take all that is there.
    ending: Option<Pin<Box<Sleep>>>,
    /// How much it has taken meanwhile.
    taken: usize,
}

impl<S> Patience<S> {
    pub(super) const fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, ending: None, taken: 0 }
    }

    /// Counts what was taken, and ends what is pending, if it was for too long.
    fn bounded(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = polled {
            self.taken = self.taken.saturating_add(count);
            if self.taken >= PACE {
                self.begin_anew();
            }
        }
        if polled.is_ready() {
            return polled;
        }
        let patience = self.patience;
        let ending = self.ending.get_or_insert_with(|| Box::pin(sleep(patience)));
        ending.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn begin_anew(&mut self) {
        self.ending = None;
        self.taken = 0;
    }

    /// What is flushed was taken, as far as can be seen here.
    fn flushed(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        if polled.is_ready() {
            self.begin_anew();
        }
        self.bounded(context, polled.map_ok(|()| 0)).map_ok(drop)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.bounded(context, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.bounded(context, polled)
    }

    /// Otherwise each answer would be copied behind its head.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.flushed(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(context);
        self.flushed(context, polled)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn who_takes_nothing_is_left() {
        let (here, there) = tokio::io::duplex(4);
        let mut stream = Patience::new(here, Duration::from_millis(1));
        stream.write_all(b"four").await.unwrap();
        let error = stream.write_all(b"more").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(there);
    }

    /// Has the other side take so many bytes at a time, each time after a part of the patience.
    async fn write(length: usize, at_once: usize) -> io::Result<()> {
        let (here, mut there) = tokio::io::duplex(4);
        let mut stream = Patience::new(here, Duration::from_secs(60));
        let reading = tokio::spawn(async move {
            let mut bytes = vec![0; at_once];
            loop {
                sleep(Duration::from_secs(20)).await;
                if there.read_exact(&mut bytes).await.is_err() {
                    return;
                }
            }
        });
        let written = async {
            stream.write_all(&vec![0; length]).await?;
            stream.flush().await
        };
        let written = written.await;
        reading.abort();
        written
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_a_byte_at_a_time_is_left_and_who_is_slow_is_not() {
        assert_eq!(write(PACE, 1).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        write(PACE * 4, PACE / 2).await.unwrap();
    }
}
