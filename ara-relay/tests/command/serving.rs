//! The command, as whoever runs a relay starts and stops it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::running::{Running, command};

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Asks what is refused, as a device does.
fn post(address: &str, headers: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("POST /v1/sync HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}");
    write!(stream, "{head}Content-Length: 0\r\n\r\n").unwrap();
    let mut answer = vec![];
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400"));
}

/// The command, whose log is read.
fn logging(arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command.stderr(Stdio::piped());
    command
}

fn in_folder(folder: &Path) -> Command {
    logging(&["--listen", "127.0.0.1:0", "--store", folder.to_str().unwrap()])
}

#[test]
fn it_says_where_it_listens_and_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(in_folder(folder.path()));
    let file = folder.path().join("ara-relay.db");
    let address = relay.address("http://");
    let expected =
        format!("ara-relay listens on http://{address} and keeps its data in {}", file.display());
    assert_eq!(relay.said, format!("{expected}, a new store\n"));
    assert!(file.exists());
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    for beside in ["ara-relay.db", "ara-relay.db-wal", "ara-relay.db.lock"] {
        let mode = std::fs::metadata(folder.path().join(beside)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{beside}");
    }
    let log = relay.stop();
    // Colours are for a terminal.
    assert!(log.contains("the relay stops") && !log.contains('\u{1b}'), "{log}");
    // What it kept is opened again.
    let again = Running::start(in_folder(folder.path()));
    assert!(!again.said.contains("new"), "{}", again.said);
    again.stop_by("-INT");
}

#[test]
fn the_environment_sets_each_option() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = logging(&[]);
    command
        .env("ARA_RELAY_LISTEN", "127.0.0.1:0")
        .env("ARA_RELAY_STORE", folder.path())
        .env("ARA_RELAY_METRICS", "127.0.0.1:0")
        .env("ARA_RELAY_ORIGIN", "https://relay.example")
        .env("ARA_RELAY_TOKEN", "one,two")
        .env("ARA_RELAY_BEHIND_PROXY", "true")
        .env("ARA_RELAY_LOG", "off");
    let relay = Running::start(command);
    let metrics = get(&relay.address("metrics are at http://"), "/metrics");
    assert!(metrics.contains("ara_relay_connections"));
    assert_eq!(relay.stop(), "");
}

#[test]
fn a_variable_that_is_empty_counts_as_not_set() {
    let folder = tempfile::tempdir().unwrap();
    let all = ["LISTEN", "STORE", "STORE_CONNECTIONS", "ORIGIN", "ADMIT", "TOKEN", "QUOTA", "RATE"];
    let more = ["NEW_SPACES", "BEHIND_PROXY", "CONNECTIONS", "CONNECTIONS_EACH", "METRICS", "LOG"];
    let last = ["LIMIT_THIS_MACHINE", "PATIENCE", "TO"];
    let empty = |command: &mut Command| {
        for name in all.iter().chain(&more).chain(&last) {
            command.env(format!("ARA_RELAY_{name}"), "");
        }
    };
    let mut served = in_folder(folder.path());
    empty(&mut served);
    assert!(Running::start(served).stop().contains("the relay stops"));
    let mut copied = command(&["admin", "copy", "--store", folder.path().to_str().unwrap()]);
    empty(&mut copied);
    let error = String::from_utf8(copied.output().unwrap().stderr).unwrap();
    assert!(error.contains("--to <STORE>"), "{error}");
}

#[test]
fn a_switch_is_set_by_whatever_means_yes() {
    let folder = tempfile::tempdir().unwrap();
    let start = |value: &str| {
        let mut command = in_folder(folder.path());
        command.args(["--admit", "open"]).env("ARA_RELAY_BEHIND_PROXY", value);
        command
    };
    for (value, is_set) in [("1", true), ("true", true), ("yes", true), ("0", false), ("no", false)]
    {
        let relay = Running::start(start(value));
        post(&relay.address("http://"), "");
        assert_eq!(relay.stop().contains("X-Forwarded-For"), is_set, "{value}");
    }
    let output = start("perhaps").output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("perhaps"), "{error}");
}

#[test]
fn a_proxy_that_is_not_told_of_or_tells_nothing_is_warned_of_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = |arguments: &[&str]| {
        let mut command = in_folder(folder.path());
        command.args(["--admit", "open", "--metrics", "127.0.0.1:0"]).args(arguments);
        Running::start(command)
    };
    let warnings = |log: &str| log.lines().filter(|line| line.contains("WARN")).count();
    let https = ["--origin", "https://relay.example"];
    let log = start(&https).stop();
    assert!(warnings(&log) == 1 && log.contains("add --behind-proxy"), "{log}");

    let relay = start(&[&https[..], &["--behind-proxy"]].concat());
    let address = relay.address("http://");
    // Who looks after the relay need not come through the proxy.
    get(&address, "/health");
    get(&relay.address("metrics are at http://"), "/metrics");
    post(&address, "X-Forwarded-For: 1.2.3.4\r\n");
    assert_eq!(warnings(&relay.stop()), 0);

    let relay = start(&[&https[..], &["--behind-proxy"]].concat());
    for headers in ["", "", "X-Forwarded-For: unknown\r\n"] {
        post(&relay.address("http://"), headers);
    }
    let log = relay.stop();
    assert!(warnings(&log) == 1 && log.contains("have the reverse proxy set it"), "{log}");
}

#[test]
fn one_that_others_can_reach_does_not_start_without_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    for (arguments, missing) in [
        (&["--listen", "0.0.0.0:0", "--origin", "http://a"][..], "who may found spaces"),
        (&["--listen", "0.0.0.0:0", "--admit", "open"], "--origin URL"),
        (&["--admit", "token", "--listen", "127.0.0.1:0"], "needs a --token"),
    ] {
        let output = command(&[arguments, &["--store", data]].concat()).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(missing), "{error}");
    }
    assert!(!folder.path().join("ara-relay.db").exists());
}

#[test]
fn a_second_one_does_not_start_with_the_same_data() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Running::start(in_folder(folder.path()));
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(folder.path().join("ara-relay.db"), &link).unwrap();
    for data in [folder.path(), &link] {
        let output = in_folder(data).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(error.contains("is used by another relay that runs"), "{error}");
    }
    assert!(get(&relay.address("http://"), "/health").starts_with("HTTP/1.1 200"));
    // The system gives it free, also after a relay that could not.
    drop(relay);
    Running::start(in_folder(folder.path())).stop();
}

#[test]
fn a_file_that_is_replaced_or_removed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (file, away, other) = (path("ara-relay.db"), path("away.db"), path("other.db"));
    std::fs::write(&other, "another one").unwrap();
    for is_replaced in [true, false] {
        let relay = Running::start(in_folder(folder.path()));
        let address = relay.address("http://");
        assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
        std::fs::rename(&file, &away).unwrap();
        if is_replaced {
            std::fs::rename(&other, &file).unwrap();
        }
        for _ in 0..2 {
            let told = get(&address, "/health");
            assert!(told.starts_with("HTTP/1.1 503"), "{told}");
            assert!(told.contains("was replaced or removed: stop the relay"), "{told}");
        }
        let log = relay.stop();
        assert_eq!(log.lines().filter(|line| line.contains("ERROR")).count(), 1, "{log}");
        assert_eq!(log.lines().filter(|line| line.contains("WARN")).count(), 1, "{log}");
        assert_eq!(log.matches("was replaced or removed").count(), 2, "{log}");
        // What was opened is whole, and goes on once it is in its place.
        std::fs::rename(&away, &file).unwrap();
    }
    let relay = Running::start(in_folder(folder.path()));
    assert!(get(&relay.address("http://"), "/health").starts_with("HTTP/1.1 200"));
    assert!(!relay.stop().contains("WARN"));
}

#[test]
fn what_it_cannot_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "my notes, which are not to be lost".repeat(200)).unwrap();
    let output = command(&["--listen", "127.0.0.1:0", "--store", file.to_str().unwrap()]).output();
    let error = String::from_utf8(output.unwrap().stderr).unwrap();
    assert!(error.contains("notes.txt: this is not a relay's store"), "{error}");
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("my notes"));
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn two_relays_keep_their_data_in_one_database() {
    let url = std::env::var("ARA_TEST_POSTGRES").unwrap();
    let start = || {
        let mut command = logging(&["--listen", "127.0.0.1:0"]);
        command.env("ARA_RELAY_STORE", &url);
        Running::start(command)
    };
    let relays = [start(), start()];
    for relay in relays {
        assert!(relay.said.contains("keeps its data in the PostgreSQL database"), "{}", relay.said);
        assert!(get(&relay.address("http://"), "/health").starts_with("HTTP/1.1 200"));
        assert!(relay.stop().contains("the relay stops"));
    }
}

#[test]
fn a_password_is_in_no_error() {
    for url in ["postgres://user:hidden@127.0.0.1:1/db", "postgres://user:hidden@a/b?sslmode=allow"]
    {
        let output = command(&["--listen", "127.0.0.1:0", "--store", url]).output().unwrap();
        assert!(!output.status.success());
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8(told).unwrap();
        assert!(!told.contains("hidden") && !told.is_empty(), "{told}");
    }
}
