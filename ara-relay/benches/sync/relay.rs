//! The relay, as it is shipped, in a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ara_measure::Usage;

use crate::store::Store;

/// A relay that is running.
pub struct Relay {
    process: Child,
    pub url: String,
}

impl Relay {
    /// Starts a relay. Files are in a folder. Devices may call it by other URLs, too.
    pub fn start(folder: &Path, store: &Store, origins: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ara-relay"));
        command.args(["--listen", "127.0.0.1:0", "--admit", "open", "--log", "warn"]);
        store.with_name(folder, |name| command.env("ARA_RELAY_STORE", name));
        command.args(origins.iter().flat_map(|origin| ["--origin", *origin]));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the relay starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("the output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("the relay says that it is ready");
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.expect("the relay says where it is").to_owned();
        Self { process, url }
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        let address = self.url.strip_prefix("http://");
        address.and_then(|address| address.parse().ok()).expect("the URL has an address")
    }

    /// Returns what the relay has used so far, where the system tells it.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(self.process.id())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
