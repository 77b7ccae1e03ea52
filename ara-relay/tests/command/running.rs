//! Relays that run, as they are shipped.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

/// The command, without what the environment of the test says.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ara-relay"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ARA_RELAY_")) {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// A relay that runs, and what it said when it was ready. It is killed when this is dropped.
pub struct Running {
    child: Child,
    pub said: String,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        let running = Self { child, said };
        if running.said.is_empty() {
            panic!("{}", running.ended());
        }
        running
    }

    /// Starts one on a store.
    pub fn on(store: &str) -> Self {
        Self::start(command(&["--listen", "127.0.0.1:0", "--store", store, "--log", "warn"]))
    }

    /// The address that follows a word of what it said.
    pub fn address(&self, after: &str) -> String {
        let (_, rest) = self.said.split_once(after).unwrap();
        rest.chars()
            .take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter))
            .collect()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address("http://"))
    }

    pub fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Ends the relay as an administrator does, and returns what it logged, if that is piped.
    pub fn stop(self) -> String {
        self.stop_by("-TERM")
    }

    pub fn stop_by(mut self, signal: &str) -> String {
        self.signal(signal);
        assert!(self.child.wait().unwrap().success());
        self.ended()
    }

    /// What one has logged that has ended.
    fn ended(mut self) -> String {
        let mut logged = String::new();
        if let Some(mut log) = self.child.stderr.take() {
            log.read_to_string(&mut logged).unwrap();
        }
        logged
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, if the test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
