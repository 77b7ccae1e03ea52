//! Taking connections, and ending them.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::server::patience::Patience;
use crate::server::shares::{Share, Shares};
use crate::server::{ServerOptions, Shared};

/// How long to wait when no connection can be taken, as when there are no more file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// How many bytes of a request are read at once, and its head may have.
const MOST_READ: usize = 64 << 10;

/// How many bytes that are not on their way yet the system keeps of a connection. Without a limit it would take megabytes of
/// an answer over that nobody reads, and nobody would count them.
#[cfg(target_os = "linux")]
const MOST_UNSENT: u32 = 128 << 10;

/// In which header a reverse proxy says from where a request came.
const FORWARDED: &str = "x-forwarded-for";

/// From where a request came, if it is to be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer(pub(super) Option<IpAddr>);

/// Says that the reverse proxy does not name the address from which a request came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unnamed;

/// What takes connections.
pub(super) struct Accepting {
    pub(super) shared: Arc<Shared>,
    pub(super) router: Router,
}

impl Accepting {
    /// Takes connections until `stop` returns.
    pub(super) async fn run(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        listener.local_addr()?;
        let room = Arc::new(Semaphore::new(self.shared.options.most_connections));
        let shares = Shares::new(self.shared.options.most_connections_of_one);
        let running = GracefulShutdown::new();
        let taking = async {
            let mut fails = false;
            loop {
                let Ok(permit) = room.clone().acquire_owned().await else { return };
                match listener.accept().await {
                    Ok((stream, address)) => {
                        fails = false;
                        match shares.take(self.counted(address.ip()), 1) {
                            Some(share) => {
                                self.begin(stream, address, (permit, share), running.watcher());
                            }
                            // There may be thousands of them, so they are counted and not told.
                            None => self.shared.metrics.refused_connection(),
                        }
                    }
                    Err(error) => {
                        // That may go on for long, and is told once.
                        if !std::mem::replace(&mut fails, true) {
                            tracing::warn!(%error, "no connection can be taken");
                        }
                        sleep(PAUSE).await;
                    }
                }
            }
        };
        tokio::select! {
            () = taking => {}
            () = stop => {}
        }
        drop(listener);
        self.shared.stopping.send_replace(true);
        if timeout(self.shared.options.stop_patience, running.shutdown()).await.is_err() {
            tracing::warn!("some requests took too long to be ended");
        }
        Ok(())
    }

    /// Returns the address whose connections are counted. A reverse proxy has as many as it needs.
    fn counted(&self, address: IpAddr) -> Option<IpAddr> {
        let options = &self.shared.options;
        Some(address).filter(|address| !options.is_behind_proxy && options.limits(*address))
    }

    fn begin(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        room: (OwnedSemaphorePermit, Share),
        watcher: Watcher,
    ) {
        let options = self.shared.options;
        // News is small, and is not to wait for more.
        if let Err(error) = stream.set_nodelay(true).and_then(|()| bound_unsent(&stream)) {
            tracing::debug!(%error, "a connection is not as it should be");
        }
        let router = self.router.clone();
        let service =
            service_fn(move |request| answer(router.clone(), request, address.ip(), options));
        let stream = TokioIo::new(Patience::new(stream, options.write_patience));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // Answers are not to be kept by anybody, and no client reads their time.
            .auto_date_header(false)
            .header_read_timeout(options.head_patience)
            .max_buf_size(MOST_READ)
            .serve_connection(stream, service);
        let connection = watcher.watch(connection);
        let open = self.shared.metrics.connection();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop((room, open));
        });
    }
}

#[cfg(target_os = "linux")]
fn bound_unsent(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).set_tcp_notsent_lowat(MOST_UNSENT)
}

/// Elsewhere the system decides.
#[cfg(not(target_os = "linux"))]
const fn bound_unsent(_stream: &TcpStream) -> io::Result<()> {
    Ok(())
}

async fn answer(
    router: Router,
    request: hyper::Request<Incoming>,
    address: IpAddr,
    options: ServerOptions,
) -> Result<Response, Infallible> {
    let mut request: Request = request.map(Body::new);
    let named = if options.is_behind_proxy { named(&request) } else { None };
    if options.is_behind_proxy && named.is_none() {
        request.extensions_mut().insert(Unnamed);
    }
    request.extensions_mut().insert(peer(named, address, &options));
    router.oneshot(request).await
}

impl ServerOptions {
    /// Returns whether what comes from an address is limited, if no proxy says where it came from.
    fn limits(&self, address: IpAddr) -> bool {
        self.limits_this_machine || !address.to_canonical().is_loopback()
    }
}

impl Shared {
    /// Returns whose requests at the same time are counted. Without a proxy, each has a connection, and these are counted.
    pub(super) fn turn_of(&self, peer: Peer) -> Option<IpAddr> {
        peer.0.filter(|_| self.options.is_behind_proxy)
    }
}

/// Returns from where a request came, if it is to be limited: from the address that the proxy names, or that is connected.
fn peer(named: Option<IpAddr>, address: IpAddr, options: &ServerOptions) -> Peer {
    if options.is_behind_proxy {
        return Peer(Some(named.unwrap_or(address)));
    }
    Peer(Some(address).filter(|address| options.limits(*address)))
}

/// Returns the address that a reverse proxy names.
fn named(request: &Request) -> Option<IpAddr> {
    // The proxy adds the address that it sees behind what it was sent, which anybody may have made up.
    let last = request.headers().get_all(FORWARDED).iter().next_back()?;
    let last = last.to_str().ok()?.rsplit(',').next()?.trim();
    // Some proxies name the port, too.
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|named| named.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_who_connects_or_who_the_proxy_names() {
        let request = |headers: &[&str]| {
            let mut request = Request::new(Body::empty());
            for header in headers {
                request.headers_mut().append(FORWARDED, header.parse().unwrap());
            }
            request
        };
        let [here, there, named] =
            ["127.0.0.1", "1.2.3.4", "5.6.7.8"].map(|address| address.parse::<IpAddr>().unwrap());
        let options = |is_behind_proxy, limits_this_machine| ServerOptions {
            is_behind_proxy,
            limits_this_machine,
            ..ServerOptions::default()
        };
        let [alone, proxied, strict] =
            [options(false, false), options(true, false), options(false, true)];
        let peer = |request: &Request, address, options: &ServerOptions| {
            super::peer(super::named(request), address, options)
        };
        let forwarded = request(&["9.9.9.9, 5.6.7.8"]);
        assert_eq!(peer(&forwarded, here, &strict), Peer(Some(here)));
        assert_eq!(peer(&forwarded, here, &alone), Peer(None));
        assert_eq!(peer(&forwarded, there, &alone), Peer(Some(there)));
        assert_eq!(peer(&forwarded, here, &proxied), Peer(Some(named)));
        assert_eq!(peer(&request(&["9.9.9.9", "5.6.7.8"]), here, &proxied), Peer(Some(named)));
        assert_eq!(peer(&request(&["5.6.7.8:4711"]), here, &proxied), Peer(Some(named)));
        let v6 = Peer(Some("1:2::3".parse().unwrap()));
        assert_eq!(peer(&request(&["[1:2::3]:80"]), here, &proxied), v6);
        assert_eq!(peer(&request(&["9.9.9.9, 1:2::3"]), here, &proxied), v6);
        assert_eq!(peer(&request(&[]), there, &proxied), Peer(Some(there)));
        assert_eq!(peer(&request(&["nonsense"]), here, &proxied), Peer(Some(here)));
    }
}
