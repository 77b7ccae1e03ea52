//! Relays that are gone, full, or none.

use std::time::{Duration, Instant};

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, Connection};

use crate::device::{
    App, Device, LONG, add, has_alarm, incompressible, is_failing, titles, wait_for, wait_sent,
    wait_until,
};
use crate::test_relay::{Mode, TestRelay};

#[test]
fn work_goes_on_without_a_relay_and_is_sent_later() {
    let relay = TestRelay::start();
    relay.set_mode(Mode::Gone);
    let laptop = Device::first(&relay);
    let status = wait_until(&laptop.session, is_failing);
    assert!(matches!(status.error(), Some(Error::Relay { .. })), "{status:?}");
    add(&laptop.db, "one");
    let error = laptop.session.invite().unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    // It comes back by itself.
    relay.come_back();
    wait_sent(&laptop.session);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
}

#[test]
fn a_connection_that_is_lost_is_made_again() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_sent(&laptop.session);
    for round in 0..3 {
        relay.set_mode(Mode::Serving);
        add(&phone.db, &format!("{round}"));
    }
    wait_for(&laptop.db, &["0", "1", "2"]);
}

#[test]
fn a_request_that_is_cut_off_is_made_again() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    wait_sent(&laptop.session);
    let phone = laptop.let_in_new(&relay, "Phone");
    for requests in 0..6 {
        relay.vanish_after(requests);
        add(&laptop.db, &format!("{requests}"));
        while laptop.session.run_once(Instant::now() + LONG).is_ok() {}
        relay.come_back();
        laptop.session.sync_now();
        phone.session.sync_now();
        let expected: Vec<_> = (0..=requests).map(|number| number.to_string()).collect();
        wait_for(&phone.db, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn a_relay_that_never_answers_is_told_and_the_app_goes_on() {
    let relay = TestRelay::start();
    relay.set_mode(Mode::Silent);
    let db = Database::memory().unwrap();
    let builder = db.sync::<App>(relay.url()).device_name("Laptop");
    let session = builder.patience(Duration::from_millis(200)).start().unwrap();
    let laptop = Device { db, session };
    let status = wait_until(&laptop.session, is_failing);
    let told = status.error().unwrap().to_string();
    assert!(told.contains("did not answer in time"), "{told}");
    add(&laptop.db, "one");
    assert_eq!(titles(&laptop.db), ["one"]);
    let error = laptop.session.invite().unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    // It tries again by itself.
    relay.come_back();
    wait_sent(&laptop.session);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
}

#[test]
fn a_relay_that_tells_of_news_without_end_is_asked_now_and_then() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_sent(&laptop.session);
    phone.session.pause();
    relay.asked();
    relay.set_mode(Mode::Flooding);
    relay.wait_asked("/v1/events");
    relay.asked();
    let begun = Instant::now();
    // Back to back they take a few milliseconds.
    relay.wait_asked_often("/v1/sync", 8);
    assert!(begun.elapsed() >= Duration::from_millis(500), "{:?}", begun.elapsed());
    // What is news all the same arrives.
    phone.session.resume().unwrap();
    add(&phone.db, "one");
    add(&laptop.db, "two");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["one", "two"]);
    }
}

#[test]
fn a_session_that_waits_for_an_answer_ends_at_once() {
    // Far less than the 45 seconds after which a request fails by itself.
    const SOON: Duration = Duration::from_secs(15);
    let relay = TestRelay::start();
    relay.set_mode(Mode::Silent);
    let laptop = Device::first(&relay);
    relay.wait_asked("/v1/challenge");
    let begun = Instant::now();
    add(&laptop.db, "one");
    laptop.session.pause();
    assert_eq!(laptop.session.status().connection, Connection::Paused);
    assert_eq!(relay.asked(), ["/v1/challenge"]);
    laptop.session.resume().unwrap();
    relay.wait_asked("/v1/challenge");
    let Device { db, session } = laptop;
    drop(session);
    // Who calls it and waits is freed by the deadline.
    let session = db.sync::<App>(relay.url()).open().unwrap();
    let error = session.run_once(Instant::now() + Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, Error::DeadlinePassed), "{error}");
    assert!(begun.elapsed() < SOON);
    assert_eq!(titles(&db), ["one"]);
}

#[test]
fn what_is_no_relay_is_told() {
    let relay = TestRelay::start();
    for (status, page) in [
        (200, "<html>Please log in</html>"),
        (500, "Internal error"),
        (404, ""),
        (200, "\x01\x00\x00"),
        (302, "elsewhere"),
    ] {
        relay.set_mode(Mode::Portal(status, page.to_owned()));
        let db = Database::memory().unwrap();
        let session = db.sync::<App>(relay.url()).start().unwrap();
        let told = wait_until(&session, is_failing);
        let error = told.error().unwrap();
        assert!(matches!(error, Error::Relay { .. }), "{error}");
        assert!(error.to_string().contains("no relay"), "{status} {page}: {error}");
        let error = ara::sync::join(relay.url(), "K7QP-3MTX-9WDR-2HVC").begin().unwrap_err();
        assert!(error.to_string().contains("no relay"), "{error}");
    }
}

#[test]
fn a_relay_that_is_full_takes_the_rest_once_there_is_room() {
    const SMALL: u64 = 20_000;
    let relay = TestRelay::with_quota(SMALL);
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "small");
    wait_for(&phone.db, &["small"]);
    let large = incompressible(60_000, 1);
    add(&laptop.db, &large);
    let is_full = |alarm: &Alarm| matches!(alarm, Alarm::Full { .. });
    let status = wait_until(&laptop.session, |status| has_alarm(status, is_full));
    assert!(status.bytes_to_send > 0);
    // It still hears of the others.
    add(&phone.db, "phone");
    wait_until(&laptop.session, |_| titles(&laptop.db).contains(&"phone".to_owned()));
    relay.change(|options| options.quota = 1 << 30);
    laptop.session.sync_now();
    wait_for(&phone.db, &[&large, "phone", "small"]);
    wait_until(&laptop.session, |status| !has_alarm(status, is_full));
}

#[test]
fn without_a_release_nothing_is_newer_than_the_app() {
    let db = Database::memory().unwrap();
    let begun = || db.sync::<App>("http://127.0.0.1:9").refuse_newer();
    for error in [begun().start().unwrap_err(), begun().open().unwrap_err()] {
        assert!(matches!(error, Error::NothingReleased), "{error}");
    }
    // It is in no space by that, and its file is free.
    assert!(db.space().unwrap().is_none());
    db.sync::<App>(" http://127.0.0.1:9\n").open().unwrap();
}
