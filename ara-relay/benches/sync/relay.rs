//! The relay, as it is shipped, in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A relay that is running.
pub struct Relay {
    process: Child,
    pub url: String,
    file: PathBuf,
}

impl Relay {
    /// Starts a relay that keeps its data in a folder. Devices may call it by other URLs, too.
    pub fn start(folder: &Path, origins: &[&str]) -> Self {
        let file = folder.join("relay.db");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ara-relay"));
        command.args(["--listen", "127.0.0.1:0", "--admit", "open", "--log", "warn", "--data"]);
        command.arg(&file);
        command.args(origins.iter().flat_map(|origin| ["--origin", *origin]));
        let mut process = command.stdout(Stdio::piped()).spawn().expect("the relay starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("the output is a pipe");
        BufReader::new(output).read_line(&mut line).expect("the relay says that it is ready");
        let url = line.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.expect("the relay says where it is").to_owned();
        Self { process, url, file }
    }

    /// Returns how large the relay's file is, with all that was committed in it.
    pub fn size_of_file(&self) -> u64 {
        let file = rusqlite::Connection::open(&self.file).expect("the file of a relay opens");
        let moved = file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        assert_eq!(moved, Ok(0), "nobody writes into it");
        fs::metadata(&self.file).expect("the file of a relay is there").len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
