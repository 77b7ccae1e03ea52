//! Syncular's client pushes rows to syncular's server, and another client pulls them: each in a process of its own, by
//! HTTP over loopback.
//!
//! Its server is written in TypeScript, and is not in the registry. What is there is the crate `syncular-authority`, which
//! does in Rust what the server does, for one database in SQLite. Here it gets an HTTP server around it.

mod client;
mod rows;
mod server;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve", file] => server::serve(file),
        ["push", file, url, count] => client::push(file, url, number(count)),
        ["pull", file, url, count] => client::pull(file, url, number(count)),
        [count] => compare(number(count)),
        _ => panic!("how many rows?"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("this program has a path"))
}

/// Prints what both clients measured.
fn compare(count: usize) {
    let folder = tempfile::tempdir().expect("a folder for files");
    let file = folder.path().join("server.db");
    let mut server =
        this_program().arg("serve").arg(&file).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut url = String::new();
    let output = server.stdout.take().expect("the output is a pipe");
    BufReader::new(output).read_line(&mut url).expect("the server says where it is");
    let before = size(&file);
    for task in ["push", "pull"] {
        let path = folder.path().join(task);
        let mut client = this_program();
        client.arg(task).arg(path).args([url.trim(), &count.to_string()]);
        assert!(client.status().expect("it runs").success(), "a client failed");
        if task == "push" {
            let stored = (size(&file) - before) as f64 / count as f64;
            println!("bytes {stored:.1} bytes on the relay's disk, a change in bulk");
        }
    }
    let _ = server.kill();
    let _ = server.wait();
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).expect("the file of the server is there").len()
}
