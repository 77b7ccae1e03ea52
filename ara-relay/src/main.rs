//! `ara-relay`: the relay of ara's sync, as a server.

mod args;
mod command;
mod files;
mod lock;
mod place;
mod size;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use ara_relay::store::StoreError;
use ara_relay::{Relay, RelayOptions, Server};
use args::{Arguments, Command, Level};
use place::{Place, Purpose, open};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tracing::level_filters::LevelFilter;

/// How many requests are answered at the same time. More wait.
const MOST_THREADS: usize = 64;

/// How long what blocks may take when the relay stops.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let arguments = Arguments::read();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(has_colours())
        .with_max_level(filter(arguments.log))
        .with_target(false)
        .init();
    if let Some(Command::Admin(admin)) = &arguments.command {
        let done = arguments.place().and_then(|place| command::run(admin, place));
        return match done {
            Ok(true) => ExitCode::SUCCESS,
            // What was found is written already.
            Ok(false) => ExitCode::FAILURE,
            Err(error) => failed(&error),
        };
    }
    let runtime =
        Builder::new_multi_thread().enable_all().max_blocking_threads(MOST_THREADS).build();
    let ended = runtime.context("the runtime cannot be started").and_then(|runtime| {
        let ended = runtime.block_on(run(&arguments));
        // What is dropped in the background can go on later.
        runtime.shutdown_timeout(PATIENCE);
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Returns whether the log is read on a terminal, by somebody who has nothing against colours.
fn has_colours() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
}

/// Whatever is logged, whoever started it is told why it did not do it.
fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("ara-relay: {error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: &Arguments) -> Result<()> {
    let place = arguments.place()?;
    let admission = arguments.admission().map_err(|reason| anyhow!(reason))?;
    let listener = listen(arguments.listen).await?;
    let address = listener.local_addr().context("the listener has no address")?;
    let origins = arguments.origins(address).map_err(|reason| anyhow!(reason))?;
    if let Some(doubt) = arguments.doubt() {
        tracing::warn!("{doubt}");
    }
    let metrics = match arguments.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };

    // Others may open the store, such as who looks into it. A file has one relay.
    let _lock = match &place {
        Place::File(file) => Some(lock::lock(file)?),
        Place::Postgres(_) => None,
    };
    let (store, kept) = open(place, arguments.store_connections, Purpose::Fill)?;
    let options = RelayOptions {
        origins,
        admission,
        quota: arguments.quota,
        rate: arguments.rate(),
        new_spaces: arguments.new_spaces(),
        ..RelayOptions::default()
    };
    let relay = Arc::new(Relay::over(store.clone(), options)?);
    let connections = files::connections(arguments.connections);
    if connections < arguments.connections {
        tracing::warn!(
            connections,
            "the system lets the relay open too few files for --connections: raise its limit"
        );
    }
    let server = Server::new(relay, arguments.server(connections));
    // Who reads the line may stop the relay at once.
    let mut signals = Signals::new().context("signals cannot be received")?;
    let told = ready(&address.to_string(), &kept, metrics.as_ref());
    let told = told.context("a listener has no address")?;
    print(&told).context("the standard output cannot be written")?;

    let (stopping, stop) = watch::channel(false);
    tokio::spawn(async move {
        signals.wait().await;
        tracing::info!("the relay stops");
        stopping.send_replace(true);
    });
    let serving = server.serve(listener, wait_for(stop.clone()));
    match metrics {
        Some(metrics) => {
            tokio::try_join!(serving, server.serve_metrics(metrics, wait_for(stop)))?;
        }
        None => serving.await?,
    }
    match store.rest() {
        Ok(()) => {}
        Err(error @ StoreError::Replaced) => {
            tracing::warn!(%error, "what was written since is not in the file that is there now");
        }
        Err(error) => {
            tracing::warn!(%error, "the file alone is not whole: what lies beside it belongs to it");
        }
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("it cannot listen on {address}"))
}

/// Returns the line that says that the relay is ready.
fn ready(address: &str, kept: &str, metrics: Option<&TcpListener>) -> io::Result<String> {
    let mut line = format!("ara-relay listens on http://{address} and keeps its data in {kept}");
    if let Some(metrics) = metrics {
        let _ = write!(line, "; metrics are at http://{}/metrics", metrics.local_addr()?);
    }
    Ok(line)
}

fn print(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

/// Waits until the relay is to stop.
async fn wait_for(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stops| *stops).await;
}

/// The signals by which a relay is stopped.
#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    /// From now on they do not end the process.
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]))
    }

    async fn wait(&mut self) {
        let Self([terminate, interrupt]) = self;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}

/// The signal by which a relay is stopped.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(&mut self) {
        // If it cannot be received, the relay is ended by whoever started it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

const fn filter(level: Level) -> LevelFilter {
    match level {
        Level::Off => LevelFilter::OFF,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    }
}
