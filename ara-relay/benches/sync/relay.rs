//! The relay, as it is shipped, in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use ara_measure::Usage;

/// A relay that is running.
pub struct Relay {
    process: Child,
    pub url: String,
    file: Option<PathBuf>,
}

/// The URL of a PostgreSQL in which the relay keeps its data, instead of in a file.
const POSTGRES: &str = "ARA_BENCH_POSTGRES";

impl Relay {
    /// Starts a relay that keeps its data in a folder. Devices may call it by other URLs, too.
    pub fn start(folder: &Path, origins: &[&str]) -> Self {
        let database = std::env::var_os(POSTGRES).filter(|url| !url.is_empty());
        let file = folder.join("relay.db");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ara-relay"));
        command.args(["--listen", "127.0.0.1:0", "--admit", "open", "--log", "warn"]);
        command.env("ARA_RELAY_STORE", database.as_deref().unwrap_or(file.as_os_str()));
        command.args(origins.iter().flat_map(|origin| ["--origin", *origin]));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the relay starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("the output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("the relay says that it is ready");
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.expect("the relay says where it is").to_owned();
        Self { process, url, file: database.is_none().then_some(file) }
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

    /// Returns how large the relay's file is, with all that was committed in it, if it has one.
    pub fn size_of_file(&self) -> Option<u64> {
        let path = self.file.as_ref()?;
        let file = rusqlite::Connection::open(path).expect("the file of a relay opens");
        let moved = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        assert_eq!(moved, Ok(0), "nobody writes into it");
        Some(fs::metadata(path).expect("the file of a relay is there").len())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
