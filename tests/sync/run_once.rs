//! Syncing in the app's own thread.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, Connection};

use crate::device::{
    App, Device, LONG, add, has_alarm, incompressible, is_failing, titles, wait_for, wait_sent,
};
use crate::test_relay::{Mode, TestRelay};

fn soon() -> Instant {
    Instant::now() + LONG
}

#[test]
fn it_sends_and_receives_without_a_thread() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_sent(&phone.session);
    let Device { db, session } = phone;
    drop(session);
    add(&laptop.db, "one");
    wait_sent(&laptop.session);
    add(&db, "two");
    let session = db.sync::<App>(relay.url()).device_name("Phone").open().unwrap();
    assert_eq!(session.status().connection, Connection::Paused);
    laptop.session.pause();
    relay.asked();
    session.run_once(soon()).unwrap();
    assert_eq!(titles(&db), ["one", "two"]);
    let status = session.status();
    assert!(status.last_success.is_some() && status.bytes_to_send == 0);
    assert_eq!(status.connection, Connection::Paused);
    assert!(!relay.asked().contains(&"/v1/events".to_owned()));
    laptop.session.resume().unwrap();
    wait_for(&laptop.db, &["one", "two"]);
    // It may go on in the background.
    session.resume().unwrap();
    add(&laptop.db, "three");
    wait_for(&db, &["one", "three", "two"]);
}

#[test]
fn a_deadline_is_kept_and_the_next_call_goes_on() {
    let relay = TestRelay::start();
    let db = Database::memory().unwrap();
    add(&db, "one");
    let session = db.sync::<App>(relay.url()).open().unwrap();
    let error = session.run_once(Instant::now()).unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed), "{error}");
    session.run_once(soon()).unwrap();
    assert_eq!(session.status().bytes_to_send, 0);
}

#[test]
fn a_relay_that_never_answers_is_given_up_at_the_deadline() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(url).open().unwrap();
    let begun = Instant::now();
    let error = session.run_once(begun + Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_failure_is_returned_and_told() {
    let relay = TestRelay::start();
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(relay.url()).open().unwrap();
    relay.set_mode(Mode::Gone);
    let error = session.run_once(soon()).unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    assert!(is_failing(&session.status()));
    relay.come_back();
    session.run_once(soon()).unwrap();
    assert_eq!(session.status().connection, Connection::Paused);
}

#[test]
fn a_full_relay_is_not_asked_again_and_again() {
    let relay = TestRelay::with_quota(20_000);
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(relay.url()).open().unwrap();
    session.run_once(soon()).unwrap();
    add(&db, &incompressible(60_000, 1));
    relay.asked();
    let error = session.run_once(soon()).unwrap_err();
    assert!(matches!(error, Error::RelayFull { .. }), "{error}");
    assert!(relay.asked().len() < 20);
    relay.change(|options| options.quota = 1 << 30);
    session.run_once(soon()).unwrap();
    assert_eq!(session.status().bytes_to_send, 0);
}

#[test]
fn a_relay_with_a_full_disk_is_told_and_gets_all_once_it_has_room() {
    let relay = TestRelay::start();
    let db = Database::memory().unwrap();
    let session = db.sync::<App>(relay.url()).open().unwrap();
    session.run_once(soon()).unwrap();
    add(&db, "one");
    relay.fill_disk();
    relay.asked();
    let error = session.run_once(soon()).unwrap_err();
    assert!(matches!(error, Error::RelayDiskFull), "{error}");
    assert!(relay.asked().len() < 20);
    let status = session.status();
    assert!(has_alarm(&status, |alarm| matches!(alarm, Alarm::RelayDiskFull)), "{status:?}");
    assert!(status.bytes_to_send > 0);
    let error = session.invite().unwrap_err();
    assert!(matches!(error, Error::RelayDiskFull), "{error}");
    relay.change(|_| {});
    session.run_once(soon()).unwrap();
    let status = session.status();
    assert!(status.bytes_to_send == 0 && status.alarms.is_empty(), "{status:?}");
}

#[test]
fn it_works_beside_the_threads() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    add(&laptop.db, "one");
    laptop.session.run_once(soon()).unwrap();
    assert_eq!(laptop.session.status().bytes_to_send, 0);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
}
