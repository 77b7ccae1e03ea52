//! The relay over HTTP.
//!
//! Each request is read whole, and then answered on a thread for what blocks; so no connection waits for another one,
//! however slow that is. What waits, for news or for a box of a mailbox, takes no thread.

mod body;
mod connections;
mod events;
mod handling;
mod looking;
mod metrics;
mod notices;
mod patience;
mod room;
mod shares;
#[cfg(test)]
mod tests;
mod timely;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::relay::Relay;
use crate::server::connections::Accepting;
use crate::server::metrics::Metrics;
use crate::server::notices::Notices;
use crate::server::room::Room;
use crate::server::shares::Shares;

/// How a server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerOptions {
    /// After how long without news a stream of events tells that it is still there.
    pub heartbeat: Duration,
    /// How long a client may take for the head of a request, and may leave a connection unused.
    pub head_patience: Duration,
    /// How long a client may take for the body of a request.
    pub body_patience: Duration,
    /// How long a client may take nothing of an answer, or less than 128 KB of it.
    pub write_patience: Duration,
    /// How long requests that are running may take when the server stops.
    pub stop_patience: Duration,
    /// How long the store may take to tell whether it works, and how much is in it.
    pub store_patience: Duration,
    /// How often what has expired is dropped.
    pub tidy_every: Duration,
    /// How often is looked for what others wrote who share the store, in case that it was not told.
    pub look_every: Duration,
    /// How many connections there may be at once. More wait.
    pub most_connections: usize,
    /// How many of them one address may have. More are closed. Behind a reverse proxy it is how many requests and streams
    /// of events of one address there may be at once, of which more are refused.
    pub most_connections_of_one: usize,
    /// Whether who runs on the same machine is limited as others are, where no reverse proxy is before the server.
    pub limits_this_machine: bool,
    /// Whether a reverse proxy stands before the server, which says in `X-Forwarded-For` from where a request came.
    pub is_behind_proxy: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(25),
            head_patience: Duration::from_secs(60),
            body_patience: Duration::from_secs(60),
            write_patience: Duration::from_secs(60),
            stop_patience: Duration::from_secs(10),
            // Prometheus waits for 10.
            store_patience: Duration::from_secs(9),
            tidy_every: Duration::from_secs(60 * 60),
            look_every: Duration::from_secs(1),
            most_connections: 4096,
            most_connections_of_one: 256,
            limits_this_machine: false,
            is_behind_proxy: false,
        }
    }
}

/// A server.
///
/// ```
/// use std::sync::Arc;
///
/// use ara_relay::{Relay, RelayOptions, Server, ServerOptions, SqliteStore, loopback_origins};
/// use tokio::net::TcpListener;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let origins = loopback_origins(listener.local_addr()?.port());
/// let options = RelayOptions { origins, ..RelayOptions::default() };
/// let relay = Arc::new(Relay::new(SqliteStore::memory()?, options)?);
///
/// let server = Server::new(relay, ServerOptions::default());
/// server.serve(listener, async { /* returns when the server is to stop */ }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    shared: Arc<Shared>,
}

/// What all requests share.
struct Shared {
    relay: Arc<Relay>,
    options: ServerOptions,
    notices: Arc<Notices>,
    metrics: Metrics,
    /// What each address asks at once, behind a reverse proxy.
    turns: Arc<Shares>,
    bodies: Room,
    answers: Room,
    /// Whether it was told that the reverse proxy names no addresses.
    has_warned_of_unnamed: AtomicBool,
    /// Whether the server stops, so that what waits does not wait any longer.
    stopping: watch::Sender<bool>,
}

impl Shared {
    /// Tells once that a request came of which the reverse proxy does not say from where.
    fn warn_of_unnamed(&self) {
        if !self.has_warned_of_unnamed.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a request came without the header X-Forwarded-For, or with an address in it that cannot be read: have the \
                 reverse proxy set it, or else all devices count as one address, and share its limits"
            );
        }
    }
}

impl Server {
    /// Makes a server of a relay.
    #[must_use]
    pub fn new(relay: Arc<Relay>, options: ServerOptions) -> Self {
        let notices = Arc::<Notices>::default();
        let told = Arc::downgrade(&notices);
        relay.on_news(move |topic| {
            if let Some(notices) = told.upgrade() {
                notices.tell(topic);
            }
        });
        let metrics = Metrics::new(relay.store());
        let (stopping, _) = watch::channel(false);
        let shared = Shared {
            relay,
            options,
            notices,
            metrics,
            turns: Shares::new(options.most_connections_of_one),
            bodies: Room::default(),
            answers: Room::default(),
            has_warned_of_unnamed: AtomicBool::new(false),
            stopping,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Answers requests, until `stop` returns. Then it takes no more, and ends those that are running.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener has no address.
    pub async fn serve(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let router = handling::router(self.shared.clone());
        let tidying = tokio::spawn(tidy(self.shared.clone()));
        let looking = tokio::spawn(looking::look(self.shared.clone()));
        let accepting = Accepting { shared: self.shared.clone(), router };
        let served = accepting.run(listener, stop).await;
        tidying.abort();
        looking.abort();
        served
    }

    /// Answers Prometheus at `/metrics`, until `stop` returns.
    ///
    /// # Errors
    ///
    /// Returns an error if the listener has no address.
    pub async fn serve_metrics(
        &self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let router = metrics::router(self.shared.clone());
        Accepting { shared: self.shared.clone(), router }.run(listener, stop).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

/// Answers requests to a relay, until `stop` returns.
///
/// # Errors
///
/// Returns an error if the listener has no address.
pub async fn serve(
    listener: TcpListener,
    relay: Arc<Relay>,
    stop: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    Server::new(relay, ServerOptions::default()).serve(listener, stop).await
}

/// Drops what has expired, now and then.
async fn tidy(shared: Arc<Shared>) {
    loop {
        let relay = shared.relay.clone();
        match tokio::task::spawn_blocking(move || relay.tidy()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "what has expired cannot be dropped"),
            Err(_) => tracing::error!("dropping what has expired broke off"),
        }
        tokio::time::sleep(shared.options.tidy_every).await;
    }
}
