//! The to-do example with several devices: programs that talk to each other through a relay, and to users who type.
//!
//! It takes the example with the feature `sync`: `cargo build --features sync --example todo`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use ara_relay::{Admission, Relay, RelayOptions, SqliteStore, loopback_origins, serve};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::example_todo::User;

/// How long a program may take to say what it is expected to say.
const PATIENCE: Duration = Duration::from_secs(60);

/// A relay in this process, until it is dropped.
struct TestRelay {
    _runtime: Runtime,
    url: String,
}

impl TestRelay {
    fn start() -> Self {
        Self::with(Admission::Open)
    }

    /// Starts one that has nothing, and founds spaces for some.
    fn with(admission: Admission) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let port = listener.local_addr().expect("has an address").port();
        let origins = loopback_origins(port);
        let options = RelayOptions { origins, admission, ..RelayOptions::default() };
        let store = SqliteStore::memory().expect("a store");
        let relay = Arc::new(Relay::new(store, options).expect("a relay"));
        runtime.spawn(serve(listener, relay, std::future::pending()));
        Self { _runtime: runtime, url: format!("http://127.0.0.1:{port}") }
    }
}

/// A command that runs while the test goes on. It is killed when this is dropped.
struct Running {
    program: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Running {
    fn start(user: &User, args: &[&str]) -> Self {
        let mut command = user.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = command.spawn().expect("the example starts");
        let input = program.stdin.take().expect("is piped");
        let output = BufReader::new(program.stdout.take().expect("is piped"));
        let (tell, lines) = channel();
        thread::spawn(move || {
            // The test may have ended.
            output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        Self { program, input, lines }
    }

    /// Waits for a line that begins so, and returns the rest of it.
    fn says(&self, start: &str) -> String {
        let mut said = Vec::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("`{start}` was not said, but: {said:#?}");
            };
            if let Some(rest) = line.strip_prefix(start) {
                return rest.to_owned();
            }
            said.push(line);
        }
    }

    fn is_told(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it reads");
    }

    /// Ends it by Enter.
    fn end(mut self) {
        self.is_told("");
        assert!(self.program.wait().expect("was started").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Lets a phone in, by the code that the laptop shows. Digits that are wrong are asked for again.
fn let_in(laptop: &mut Running, phone: &User, relay: &TestRelay) -> Running {
    let code = laptop.says("code: ");
    let mut joining = Running::start(phone, &["pair", &relay.url, &code]);
    let digits = joining.says("digits: ");
    laptop.says("todo wants in");
    laptop.is_told("12");
    laptop.says("the digits are not those of the joining device");
    laptop.is_told(&digits);
    laptop.says("todo is in");
    joining.is_told("y");
    joining
}

#[test]
fn two_lists_become_one() {
    let (relay, laptop, phone) = (TestRelay::start(), User::new(), User::new());
    laptop.tells(&["add", "(A) Buy milk due:2026-11-30"]);
    phone.tells(&["add", "Water the plants"]);

    let mut on_laptop = Running::start(&laptop, &["sync", &relay.url]);
    let on_phone = let_in(&mut on_laptop, &phone, &relay);
    on_phone.says("+ (A) ");
    on_laptop.says("+ ");
    laptop.tells(&["done", "1"]);
    on_phone.says("+ x (A) ");
    phone.tells(&["rm", "1"]);
    on_laptop.says("- 2");
    assert_eq!(laptop.tells(&["export"]), phone.tells(&["export"]));

    let devices = laptop.tells(&["devices"]);
    assert_eq!(devices.matches("\ntodo  this year's  2").count(), 2, "{devices}");
    assert_eq!(devices.matches("this one").count(), 1, "{devices}");
    on_laptop.end();
    on_phone.end();
    assert!(laptop.log_holds() && phone.log_holds());
}

#[test]
fn last_years_app_keeps_what_it_does_not_know() {
    let (relay, laptop, phone) = (TestRelay::start(), User::new(), User::new());
    laptop.tells(&["--last-year", "add", "Ring the landlord"]);
    let mut on_laptop = Running::start(&laptop, &["--last-year", "sync", &relay.url]);
    let_in(&mut on_laptop, &phone, &relay).end();
    on_laptop.end();

    let phone_syncs = || phone.tells(&["sync", &relay.url, "--once"]);
    phone_syncs();
    assert!(phone.line(1).is_some_and(|line| line.contains("Ring the landlord")));
    phone.tells(&["edit", "1", "(B) Ring the landlady due:2026-11-30"]);
    phone_syncs();
    let told = laptop.tells(&["--last-year", "sync", &relay.url, "--once"]);
    assert!(told.starts_with("- Ring the landlord\n+ Ring the landlady\n"), "{told}");
    laptop.tells(&["--last-year", "done", "1"]);
    laptop.tells(&["--last-year", "sync", &relay.url, "--once"]);
    phone_syncs();

    let all = "x (B) Ring the landlady due:2026-11-30\n";
    assert_eq!(phone.tells(&["export"]), all);
    // The laptop's app is updated.
    assert_eq!(laptop.tells(&["export"]), all);
    assert!(laptop.log_holds() && phone.log_holds());
}

#[test]
fn words_bring_the_list_back() {
    let (relay, laptop, new) = (TestRelay::start(), User::new(), User::new());
    laptop.tells(&["add", "Buy milk"]);
    laptop.tells(&["sync", &relay.url, "--once"]);
    let words = laptop.tells(&["words", &relay.url]);

    let mut recovering = Running::start(&new, &["recover", &relay.url, "--once"]);
    for line in words.lines() {
        recovering.is_told(line);
    }
    recovering.says("Do you still have todo?");
    recovering.is_told("n");
    recovering.says("up to date");
    assert!(recovering.program.wait().expect("was started").success());
    assert_eq!(new.tells(&["export"]), laptop.tells(&["export"]));
    let output = laptop.run(&["sync", &relay.url, "--once"]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told.contains(
            "\n! this device was removed from the space, so sync has stopped; what is here stays\n"
        ),
        "{told}"
    );
}

#[test]
fn who_does_not_confirm_gets_nothing() {
    let (relay, laptop, phone) = (TestRelay::start(), User::new(), User::new());
    let on_laptop = Running::start(&laptop, &["sync", &relay.url]);
    let code = on_laptop.says("code: ");
    let mut joining = Running::start(&phone, &["pair", &relay.url, &code]);
    joining.says("Type them on the other device");
    joining.is_told("");
    assert_eq!(joining.program.wait().expect("was started").code(), Some(2));
    assert!(!phone.path("todo.db").exists());
    on_laptop.end();
}

#[test]
fn a_relay_that_was_lost_is_told_once_and_given_the_token_that_it_wants() {
    let (lost, laptop) = (TestRelay::start(), User::new());
    laptop.tells(&["add", "Buy milk"]);
    laptop.tells(&["sync", &lost.url, "--once"]);
    let devices = laptop.tells(&["devices"]);
    let space = devices.lines().last().and_then(|line| line.strip_prefix("space "));
    let space = space.expect("the space is shown, by which an operator knows it");
    assert_eq!(space.len(), 32, "{devices}");

    let relay = TestRelay::with(Admission::Token(vec!["friend".to_owned()]));
    let sync = ["sync", &relay.url, "--once"];
    let output = laptop.run(&sync);
    let [told, error] = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
    assert!(told.contains("! the relay was put back or wiped"), "{told}");
    assert!(told.contains("TODO_TOKEN") && error.contains("ask whoever runs the relay"), "{error}");
    let mut with_token = laptop.command(&sync);
    let output = with_token.env("TODO_TOKEN", "friend").output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("! the relay was put back"), "{told}");
    // The user has seen it.
    let told = laptop.tells(&sync);
    assert!(!told.contains('!') && told.contains("up to date"), "{told}");
    assert!(laptop.tells(&["devices"]).contains(space));
}

#[test]
fn what_cannot_be_synced_says_why() {
    let (relay, user) = (TestRelay::start(), User::new());
    assert!(user.tells(&["sync", "--help"]).contains("todo sync [RELAY]"));
    for (args, code, message) in [
        (&["devices"] as &[&str], 2, "todo.db is not synced yet"),
        (&["words"], 2, "todo.db is not synced yet"),
        (&["leave"], 2, "todo.db is not synced yet"),
        (&["pair"], 2, "todo pair [RELAY] CODE"),
        (&["sync", "--twice"], 2, "no option `--twice`"),
        (&["sync", "--once", "--invite"], 2, "leave one of them out"),
        (&["pair", &relay.url, "no code"], 1, "the code to join a space cannot be used"),
        (&["pair", &relay.url, "K7QP-3MTX-9WDR-2HVC"], 1, "the code to join a space"),
        (&["recover", &relay.url], 1, "the recovery words cannot be used"),
    ] {
        let output = user.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
        assert!(error.starts_with("todo: ") && error.contains(message), "{args:?}: {error}");
    }
    assert!(!user.path("todo.db").exists());
    // Nothing listens at this port any more.
    let url = relay.url.clone();
    drop(relay);
    let (code, error) = user.fails(&["sync", &url, "--once"]);
    assert!(code == 1 && error.contains("it cannot be reached"), "{error}");
}
