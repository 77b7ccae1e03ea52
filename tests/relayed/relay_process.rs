//! The relay: a process that serves a file until it is killed.

use std::env;
use std::future::pending;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ara_relay::{Relay, RelayOptions, Server, ServerOptions, SqliteStore, now_seconds};
use support::{Outcome, There, child};
use tokio::net::TcpListener;

/// Where the process is told how many bytes a space may have, and by which URLs it is called, each after a `|`.
const OPTIONS: &str = "ARA_TEST_RELAY";

/// The process.
#[test]
fn relay() -> Outcome {
    let (Some(file), Ok(options)) = (child::file(), env::var(OPTIONS)) else { return Ok(()) };
    let mut options = options.split('|');
    let quota = options.next().there()?.parse()?;
    let origins = options.map(str::to_owned).collect();
    let ahead = Arc::new(AtomicU64::new(0));
    let told = Arc::clone(&ahead);
    let clock = Arc::new(move || now_seconds() + ahead.load(Ordering::SeqCst));
    // It is told how far its clock is ahead, and ends with its parent.
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            told.store(line.parse().unwrap(), Ordering::SeqCst);
            child::tell("later");
        }
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let options = RelayOptions { origins, quota, clock, ..RelayOptions::default() };
        let relay = Arc::new(Relay::new(SqliteStore::open(file)?, options)?);
        child::tell(&listener.local_addr()?.to_string());
        Server::new(relay, ServerOptions::default()).serve(listener, pending()).await?;
        Ok(())
    })
}

/// A relay that runs. It is killed when this is dropped.
pub struct RelayProcess {
    child: Child,
    told: Box<dyn Iterator<Item = String>>,
    pub address: SocketAddr,
}

impl RelayProcess {
    /// Starts a relay for spaces of so many bytes, which is called by these URLs.
    pub fn start(file: &Path, quota: u64, origins: &[String]) -> Self {
        let mut command = child::command("relay_process::relay", file).unwrap();
        let options = [&[quota.to_string()], origins].concat().join("|");
        let mut child = command.env(OPTIONS, options).spawn().unwrap();
        let mut told = Box::new(child::told(&mut child));
        let address = told.next().expect("it begins to listen");
        Self { child, told, address: address.parse().unwrap() }
    }

    /// Sets its clock ahead by so many seconds.
    pub fn set_ahead(&mut self, seconds: u64) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{seconds}").unwrap();
        assert_eq!(self.told.next().as_deref(), Some("later"));
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
