//! What a screen shows.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use ara::prelude::*;
use ara::sync::Connection;
use futures_core::Stream;

use crate::device::{
    App, Device, LONG, Todo, add, incompressible, is_failing, wait_for, wait_sent, wait_until,
};
use crate::test_relay::{Mode, TestRelay};

#[test]
fn it_tells_what_is_to_be_sent_and_when_it_was() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let before = wait_sent(&laptop.session);
    assert_eq!((before.bytes_to_send, before.relay), (0, relay.url()));
    assert!(before.quota.is_some_and(|quota| quota.used > 0 && quota.used < quota.limit));
    relay.set_mode(Mode::Gone);
    wait_until(&laptop.session, is_failing);
    add(&laptop.db, "one");
    let waiting = wait_until(&laptop.session, |status| status.bytes_to_send > 0);
    assert!(!waiting.is_up_to_date());
    relay.come_back();
    laptop.session.sync_now();
    let after = wait_sent(&laptop.session);
    assert!(after.last_success >= before.last_success);
}

#[test]
fn each_device_tells_of_itself() {
    let relay = TestRelay::start();
    let db = Database::memory().unwrap();
    let builder = db.sync::<App>(relay.url()).device_name("Laptop").app_version("2.0 beta");
    let laptop = Device { session: builder.start().unwrap(), db };
    let phone = laptop.let_in_new(&relay, "Phone");
    let is_told = |status: &ara::sync::Status| {
        status.devices.iter().any(|it| it.name == "Laptop" && it.last_heard.is_some())
    };
    let status = wait_until(&phone.session, is_told);
    let of_laptop = status.devices.iter().find(|device| device.name == "Laptop").unwrap();
    assert_eq!(of_laptop.app_version, "2.0 beta");
    assert!(!of_laptop.is_this);
    assert_eq!(of_laptop.added_by, of_laptop.id);
    let own = status.this_device().unwrap();
    // The version of the package, as nothing else was said.
    assert_eq!((own.app_version.as_str(), own.added_by), (env!("CARGO_PKG_VERSION"), of_laptop.id));
}

#[test]
fn a_watch_ends_with_the_session() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let mut watch = laptop.session.watch_status();
    assert!(watch.recv().is_some());
    drop(laptop);
    while watch.recv().is_some() {}
    assert!(watch.recv().is_none());
}

#[test]
fn a_large_first_sync_tells_its_progress() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    for seed in 0..24 {
        add(&laptop.db, &incompressible(400_000, seed));
    }
    wait_sent(&laptop.session);
    let phone = laptop.let_in_new(&relay, "Phone");
    let watched = phone.session.watch_status().wait_until(LONG, |status| {
        status.progress.is_some_and(|progress| progress.received < progress.total)
    });
    assert!(watched.is_some());
    let done = wait_sent(&phone.session);
    assert_eq!(done.progress, None);
    assert_eq!(phone.db.query::<Todo>().count().unwrap(), 24);
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn it_is_a_stream_too() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    wait_sent(&laptop.session);
    let woken = Arc::new(Woken::default());
    let waker = Arc::clone(&woken).into();
    let mut context = Context::from_waker(&waker);
    let mut watch = laptop.session.watch_status();
    while let Poll::Ready(status) = Pin::new(&mut watch).poll_next(&mut context) {
        assert!(status.is_some());
    }
    laptop.session.pause();
    assert!(woken.0.load(Ordering::SeqCst) > 0);
    let status = match Pin::new(&mut watch).poll_next(&mut context) {
        Poll::Ready(Some(status)) => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status.connection, Connection::Paused);
    laptop.session.resume().unwrap();
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&phone.db, "one");
    wait_for(&laptop.db, &["one"]);
}

/// A waker of an app that panics.
struct Panicking;

impl Wake for Panicking {
    fn wake(self: Arc<Self>) {
        panic!("the app's waker");
    }
}

#[test]
fn a_panic_of_the_app_within_sync_is_told_and_sync_can_go_on() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_sent(&laptop.session);
    wait_sent(&phone.session);
    let mut watch = laptop.session.watch_status();
    let waker = Arc::new(Panicking).into();
    let mut context = Context::from_waker(&waker);
    while Pin::new(&mut watch).poll_next(&mut context).is_ready() {}
    // What arrives changes the status in a thread of sync.
    add(&phone.db, "one");
    let is_told = |status: &ara::sync::Status| {
        status.error().is_some_and(|error| error.to_string().contains("panicked"))
    };
    wait_until(&laptop.session, is_told);
    laptop.session.pause();
    laptop.session.resume().unwrap();
    add(&phone.db, "two");
    wait_for(&laptop.db, &["one", "two"]);
    add(&laptop.db, "three");
    wait_for(&phone.db, &["one", "three", "two"]);
}

#[test]
fn a_long_first_upload_is_told_while_it_goes_on() {
    const LARGE: usize = 900_000;
    let relay = TestRelay::start();
    let db = Database::memory().unwrap();
    for seed in 0..12 {
        add(&db, &incompressible(LARGE, seed));
    }
    let builder = db.sync::<App>(relay.url()).device_name("Laptop");
    let session = builder.open().unwrap();
    let to_send = session.status().bytes_to_send;
    let most = 12 * LARGE as u64;
    assert!(to_send > most / 2 && to_send < most * 2, "{to_send}");
    let mut watch = session.watch_status();
    session.resume().unwrap();
    let mut told = vec![];
    while let Some(status) = watch.recv().filter(|status| !status.is_up_to_date()) {
        if let Some(sending) = status.sending {
            assert_eq!(status.connection, Connection::Connected);
            assert_eq!(sending.total, sending.sent + status.bytes_to_send);
            told.push(sending.sent);
        }
    }
    assert!(!told.is_empty() && told.is_sorted(), "{told:?}");
    assert_eq!(session.status().sending, None);
}
