//! A PostgreSQL that a test has for itself, and may stop.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What starts it, and runs a command meanwhile.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/postgres");

/// Tells where it is, and stops and starts it as it is told, until it is told nothing more.
const COMMAND: &str = r#"
    cd / && echo "$ARA_TEST_POSTGRES"
    while read -r action; do $ARA_TEST_POSTGRES_CONTROL $action </dev/null >&2; echo "$?"; done
"#;

/// How it is stopped: as if it crashed. What was committed is there once it is started.
const CRASH: &str = "--mode immediate stop";

/// A PostgreSQL. It ends when this is dropped.
pub struct Cluster {
    script: Child,
    told: BufReader<ChildStdout>,
    tell: Option<ChildStdin>,
    url: String,
}

impl Cluster {
    pub fn start() -> Self {
        let mut command = Command::new(SCRIPT);
        command.args(["sh", "-c", COMMAND]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = command.spawn().unwrap();
        let told = BufReader::new(script.stdout.take().unwrap());
        let tell = script.stdin.take();
        let mut cluster = Self { script, told, tell, url: String::new() };
        cluster.url = cluster.line();
        assert!(cluster.url.starts_with("postgres://"), "it does not start");
        cluster
    }

    /// Its URL. What is committed survives that it crashes, unlike in the other tests.
    pub fn url(&self) -> String {
        format!("{}?options=-csynchronous_commit%3Don", self.url)
    }

    /// Stops it as if it crashed, does something, and starts it.
    pub fn crash(&mut self, meanwhile: impl FnOnce()) {
        self.control(CRASH);
        meanwhile();
        self.control("start");
    }

    fn control(&mut self, action: &str) {
        writeln!(self.tell.as_mut().unwrap(), "{action}").unwrap();
        assert_eq!(self.line(), "0", "{action}");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It stops once it is told nothing more.
        self.tell = None;
        let _ = self.script.wait();
    }
}
