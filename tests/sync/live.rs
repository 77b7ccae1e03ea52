//! What happens while devices are connected.

use std::env;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use ara::prelude::*;
use ara::sync::Connection;

use crate::device::{App, Device, Place, add, titles, wait_for, wait_sent, wait_until};
use crate::test_relay::TestRelay;

fn count(paths: &[String], path: &str) -> usize {
    paths.iter().filter(|asked| *asked == path).count()
}

#[test]
fn a_burst_of_commits_is_few_requests() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "000");
    wait_for(&phone.db, &["000"]);
    relay.asked();
    let all: Vec<_> = (0..300).map(|number| format!("{number:03}")).collect();
    for title in &all[1..] {
        add(&laptop.db, title);
    }
    wait_for(&phone.db, &all.iter().map(String::as_str).collect::<Vec<_>>());
    let asked = count(&relay.asked(), "/v1/sync");
    assert!(asked < 150, "{asked}");
}

#[test]
fn one_commit_takes_few_requests_and_then_there_is_silence() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    for device in [&laptop, &phone] {
        wait_until(&device.session, |status| status.devices.iter().all(|it| !it.name.is_empty()));
    }
    relay.asked();
    add(&laptop.db, "two");
    wait_for(&phone.db, &["one", "two"]);
    add(&phone.db, "three");
    wait_for(&laptop.db, &["one", "three", "two"]);
    let asked = relay.asked();
    assert!(asked.len() <= 16, "{asked:?}");
}

#[test]
fn a_session_that_is_paused_sends_nothing_until_it_goes_on() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_sent(&laptop.session);
    laptop.session.pause();
    laptop.session.pause();
    assert_eq!(laptop.session.status().connection, Connection::Paused);
    add(&laptop.db, "later");
    add(&phone.db, "now");
    wait_sent(&phone.session);
    assert_eq!(titles(&phone.db), ["now"]);
    assert_eq!(titles(&laptop.db), ["later"]);
    laptop.session.resume().unwrap();
    laptop.session.resume().unwrap();
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["later", "now"]);
    }
}

#[test]
fn dropping_a_session_waits_for_nobody() {
    // It takes connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(url).start().unwrap();
    let _held = silent.accept().unwrap();
    let begun = Instant::now();
    drop(session);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[test]
fn neither_does_one_that_listens_to_the_relay() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    wait_sent(&laptop.session);
    relay.wait_asked("/v1/events");
    let begun = Instant::now();
    drop(laptop.session);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn the_app_may_drop_the_database_before_the_session() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    let Device { db, session } = laptop;
    add(&db, "one");
    drop(db);
    wait_for(&phone.db, &["one"]);
    drop(session);
}

/// What another process is to sync: the folder and the relay.
const OTHER: &str = "ARA_TEST_OTHER_PROCESS";

#[test]
fn two_processes_that_sync_the_same_file_do_no_harm() {
    const ROWS: usize = 30;
    if let Ok(what) = env::var(OTHER) {
        // This is the other process.
        let (file, url) = what.split_once('|').unwrap();
        let db = Database::open(file).unwrap();
        let session = db.sync::<App>(url).device_name("Laptop").start().unwrap();
        for number in 0..ROWS {
            add(&db, &format!("other {number:02}"));
        }
        wait_until(&session, |status| status.last_success.is_some() && status.bytes_to_send == 0);
        return;
    }
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_sent(&laptop.session);
    let mut other = Command::new(env::current_exe().unwrap())
        .args(["--exact", "live::two_processes_that_sync_the_same_file_do_no_harm"])
        .env(OTHER, format!("{}|{}", place.file().display(), relay.url()))
        .spawn()
        .unwrap();
    for number in 0..ROWS {
        add(&laptop.db, &format!("own {number:02}"));
        add(&phone.db, &format!("phone {number:02}"));
    }
    assert!(other.wait().unwrap().success());
    let mut all: Vec<_> = ["own", "other", "phone"]
        .iter()
        .flat_map(|name| (0..ROWS).map(move |number| format!("{name} {number:02}")))
        .collect();
    all.sort();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    for device in [&laptop, &phone] {
        wait_for(&device.db, &all);
        assert!(device.db.verify().unwrap().holds());
        assert!(device.session.status().alarms.is_empty(), "{:?}", device.session.status());
    }
}
