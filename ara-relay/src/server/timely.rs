//! What is asked of the store and has to be answered in time, as whoever asks has other means to find out more.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Does something that may block, and returns `None` if that takes too long, or breaks off. It goes on then, and nobody
/// hears how it ended.
pub(super) async fn in_time<T: Send + 'static>(
    patience: Duration,
    job: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    timeout(patience, spawn_blocking(job)).await.ok()?.ok()
}
