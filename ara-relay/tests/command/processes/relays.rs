//! Several relays over one database, behind one address.

use std::fs::{File, read_to_string};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use support::proxy::Proxy;
use tempfile::TempDir;

use crate::running::{Running, command};

/// How many there are.
pub const RELAYS: usize = 3;

/// How long who balances the load waits for one that it asks how it does.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much of what a relay has logged is shown if the test fails.
const SHOWN: usize = 2000;

/// Several relays, and what stands before them.
pub struct Relays {
    pub proxy: Proxy,
    store: String,
    /// Those that were not killed.
    running: [Option<One>; RELAYS],
    /// How many were started, of which each has a log.
    started: usize,
    folder: TempDir,
}

struct One {
    relay: Running,
    is_halted: bool,
}

impl Relays {
    pub fn start(store: String) -> Self {
        let running = [const { None }; RELAYS];
        let (proxy, folder) = (Proxy::start(), tempfile::tempdir().unwrap());
        let mut relays = Self { proxy, store, running, started: 0, folder };
        relays.replace_killed();
        relays
    }

    fn start_one(&mut self, at: usize) {
        let log = self.folder.path().join(self.started.to_string());
        self.started += 1;
        let url = self.proxy.url();
        let mut command = command(&["--listen", "127.0.0.1:0", "--origin", &url, "--log", "warn"]);
        command.env("ARA_RELAY_STORE", &self.store).stderr(File::create(log).unwrap());
        self.running[at] = Some(One { relay: Running::start(command), is_halted: false });
    }

    /// Kills one. Nobody is told.
    pub fn kill(&mut self, at: usize) {
        self.running[at] = None;
    }

    /// Halts one. Who asks it waits until it is noticed that it does not answer, after which nobody is led to it.
    pub fn halt(&mut self, at: usize) {
        let running = self.running[at].as_mut().expect("it runs");
        running.relay.signal("-STOP");
        running.is_halted = true;
        assert!(!self.is_well(at));
        self.lead();
    }

    /// Has those go on that were halted.
    pub fn resume(&mut self) {
        for running in self.running.iter_mut().flatten().filter(|it| it.is_halted) {
            running.relay.signal("-CONT");
            running.is_halted = false;
        }
        self.lead();
    }

    /// Starts one in the place of each that was killed.
    pub fn replace_killed(&mut self) {
        for at in 0..RELAYS {
            if self.running[at].is_none() {
                self.start_one(at);
            }
        }
        self.lead();
    }

    /// Those that are neither killed nor halted.
    pub fn serving(&self) -> Vec<usize> {
        let serves = |at: &usize| self.running[*at].as_ref().is_some_and(|it| !it.is_halted);
        (0..RELAYS).filter(serves).collect()
    }

    fn address(&self, at: usize) -> Option<SocketAddr> {
        self.running[at].as_ref().map(|it| it.relay.address("http://").parse().unwrap())
    }

    fn lead(&self) {
        let serving = self.serving();
        let addresses: Vec<_> = serving.into_iter().filter_map(|at| self.address(at)).collect();
        self.proxy.lead_to(&addresses);
    }

    /// Asks one how it does, as who balances the load does.
    fn is_well(&self, at: usize) -> bool {
        let asked = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(self.address(at).unwrap())?;
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(stream, "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer.starts_with("HTTP/1.1 200"))
        };
        asked().unwrap_or(false)
    }
}

impl Drop for Relays {
    fn drop(&mut self) {
        for number in (0..self.started).filter(|_| thread::panicking()) {
            let log = read_to_string(self.folder.path().join(number.to_string()));
            let log = log.unwrap_or_default();
            let end: Vec<_> = log.chars().rev().take(SHOWN).collect();
            println!("relay {number}: {}", end.iter().rev().collect::<String>());
        }
    }
}
