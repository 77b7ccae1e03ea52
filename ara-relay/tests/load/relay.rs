//! The relay, as it is shipped, in a process of its own.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::database::Database;

/// How long to wait for what should come soon.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where relays keep everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    File,
    Postgres,
}

/// What a relay has for itself to keep everything in, and what goes with it.
enum Kept {
    File(TempDir),
    Postgres(Database),
}

impl Kept {
    fn new(store: Store) -> Self {
        match store {
            Store::File => Self::File(tempfile::tempdir().unwrap()),
            Store::Postgres => Self::Postgres(Database::new()),
        }
    }

    fn store(&self) -> OsString {
        match self {
            Self::File(folder) => folder.path().into(),
            Self::Postgres(database) => database.url().into(),
        }
    }
}

/// A relay that runs. It is killed when this is dropped.
pub struct Relay {
    process: Child,
    pub address: SocketAddr,
    metrics: SocketAddr,
    _kept: Kept,
}

impl Relay {
    /// Starts a relay that limits who runs on this machine.
    pub fn strict(options: &[&str]) -> Self {
        Self::start(&[&["--limit-this-machine"], options].concat())
    }

    /// Starts a relay with options.
    pub fn start(options: &[&str]) -> Self {
        Self::over(Store::File, options)
    }

    /// Starts a relay over a store, with options.
    pub fn over(store: Store, options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ara-relay"));
        command.args(options);
        Self::run(command, Kept::new(store))
    }

    /// Starts a relay that may open so many files.
    pub fn with_files(files: u32, options: &[&str]) -> Self {
        let mut command = Command::new("sh");
        let script = format!("ulimit -n {files} && exec \"$0\" \"$@\"");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_ara-relay")]).args(options);
        Self::run(command, Kept::new(Store::File))
    }

    fn run(mut command: Command, kept: Kept) -> Self {
        let own = std::env::vars().filter(|(name, _)| name.starts_with("ARA_RELAY_"));
        for (name, _) in own {
            command.env_remove(name);
        }
        command
            .args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .args(["--admit", "open", "--log", "error"])
            .env("ARA_RELAY_STORE", kept.store());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let [address, metrics] = ["listens on http://", "metrics are at http://"].map(|before| {
            let (_, rest) = line.split_once(before).unwrap_or_else(|| panic!("{line:?}"));
            let end = rest.find(|letter: char| !letter.is_ascii_digit() && !".:".contains(letter));
            rest[..end.unwrap_or(rest.len())].parse().unwrap()
        });
        Self { process, address, metrics, _kept: kept }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns a figure of the metrics, or the sum of those whose labels contain a text.
    pub fn metric(&self, name: &str, label: &str) -> f64 {
        let mut stream = TcpStream::connect(self.metrics).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let figures = text.lines().filter_map(|line| {
            let (labelled, figure) = line.rsplit_once(' ')?;
            let (found, labels) = labelled.split_once('{').unwrap_or((labelled, ""));
            (found == name && labels.contains(label)).then(|| figure.parse::<f64>().unwrap())
        });
        figures.sum()
    }

    /// Returns how many connections are open. Those that ask for metrics count, too.
    pub fn connections(&self) -> usize {
        // This one.
        self.metric("ara_relay_connections", "") as usize - 1
    }

    /// Returns how many requests were answered by a status.
    pub fn answered(&self, status: u16) -> usize {
        self.metric("ara_relay_requests_total", &format!("status=\"{status}\"")) as usize
    }

    /// Returns how much memory the relay has, in bytes, and how much it had at most, where the system tells it.
    pub fn memory(&self) -> Option<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let figure = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
        };
        Some((figure("VmRSS:")?, figure("VmHWM:")?))
    }

    /// Waits until something holds.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
