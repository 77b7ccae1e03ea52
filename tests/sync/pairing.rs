//! Letting devices in.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use ara::Error;
use ara::prelude::*;
use ara::sync::{Joining, join};

use crate::device::{
    App, Device, LONG, Place, add, names, titles, wait_for, wait_sent, wait_until,
};
use crate::test_relay::{Mode, TestRelay};

const SHORT: Duration = Duration::from_millis(50);

/// Begins to join in another thread.
fn begin(url: String, code: &str) -> thread::JoinHandle<ara::Result<Joining>> {
    let code = code.to_owned();
    thread::spawn(move || join(url, code).device_name("Phone").timeout(LONG).begin())
}

#[test]
fn an_empty_database_gets_all_rows_and_the_devices_know_each_other() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    add(&laptop.db, "Buy milk");
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["Buy milk"]);
    add(&phone.db, "Make tea");
    wait_for(&laptop.db, &["Buy milk", "Make tea"]);
    for device in [&laptop, &phone] {
        let status = wait_until(&device.session, |status| names(status) == ["Laptop", "Phone"]);
        let this: Vec<_> = status.devices.iter().filter(|device| device.is_this).collect();
        assert_eq!(this.len(), 1);
        assert_eq!(status.this_device(), Some(this[0]));
    }
}

#[test]
fn rows_are_brought_along() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    add(&laptop.db, "laptop");
    let db = Database::memory().unwrap();
    add(&db, "phone");
    let phone = laptop.let_in(db, &relay, "Phone");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["laptop", "phone"]);
    }
}

#[test]
fn the_qr_code_names_the_relay_too() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    assert_eq!(invitation.code().len(), 19);
    let payload = invitation.qr().payload().to_owned();
    assert!(payload.ends_with(&relay.url()));
    let joining = begin(String::new(), &payload);
    let mut request = invitation.wait(LONG).unwrap();
    assert_eq!(request.name(), "Phone");
    let joining = joining.join().unwrap().unwrap();
    request.accept(&joining.digits().replace(' ', "")).unwrap();
    let db = Database::memory().unwrap();
    let phone = joining.finish::<App>(&db).unwrap();
    wait_until(&phone, |status| names(status) == ["Laptop", "Phone"]);
}

#[test]
fn the_relay_of_the_qr_code_counts_until_the_app_names_another() {
    let [relay, usual, other] = [(); 3].map(|()| TestRelay::start());
    for given in [usual.url(), String::new()] {
        let place = Place::new();
        let laptop = Device::first(&relay);
        let invitation = laptop.session.invite().unwrap();
        let joining = begin(given, invitation.qr().payload());
        let mut request = invitation.wait(LONG).unwrap();
        let joining = joining.join().unwrap().unwrap();
        request.accept(&joining.digits()).unwrap();
        wait_sent(&joining.finish::<App>(&place.open()).unwrap());
        // The app starts again, with its usual relay.
        for _ in 0..2 {
            let phone = Device::start(place.open(), &usual, "Phone");
            assert_eq!(wait_sent(&phone.session).relay, relay.url());
        }
        let phone = Device::start(place.open(), &usual, "Phone");
        phone.session.start_over().unwrap();
        wait_until(&phone.session, |status| names(status) == ["Phone"] && status.is_up_to_date());
        drop(phone);
        let phone = Device::start(place.open(), &usual, "Phone");
        assert_eq!(wait_sent(&phone.session).relay, relay.url());
        drop(phone);
        for _ in 0..2 {
            let phone = Device::start(place.open(), &other, "Phone");
            assert_eq!(wait_sent(&phone.session).relay, other.url());
        }
        let phone = Device::start(place.open(), &usual, "Phone");
        assert_eq!(wait_sent(&phone.session).relay, usual.url());
    }
}

#[test]
fn wrong_digits_may_be_typed_twice() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let joining = begin(relay.url(), &invitation.code().to_lowercase());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap().unwrap();
    let digits = joining.digits();
    let wrong = if digits == "000 000" { "000 001" } else { "000 000" };
    let left = |result| match result {
        Err(Error::PairingDigits { tries_left, .. }) => tries_left,
        other => panic!("{other:?}"),
    };
    assert_eq!(left(request.accept("12")), 3);
    assert_eq!(left(request.accept(wrong)), 2);
    assert_eq!(left(request.accept(wrong)), 1);
    request.accept(&digits).unwrap();
    // The same again does nothing.
    request.accept(&digits).unwrap();
    let phone = joining.finish::<App>(&Database::memory().unwrap()).unwrap();
    wait_sent(&phone);
}

#[test]
fn digits_that_are_wrong_three_times_end_it() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let joining = begin(relay.url(), invitation.code());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap().unwrap();
    let digits = joining.digits();
    let wrong = if digits == "000 000" { "000 001" } else { "000 000" };
    for _ in 0..3 {
        request.accept(wrong).unwrap_err();
    }
    // The device is told at once.
    let error = joining.finish::<App>(&Database::memory().unwrap()).unwrap_err();
    assert!(matches!(error, Error::PairingFailed { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    let refused = request.accept(&digits).unwrap_err();
    assert!(matches!(refused, Error::PairingDigits { tries_left: 0, .. }), "{refused}");
    wait_until(&laptop.session, |status| names(status) == ["Laptop"]);
    request.refuse().unwrap();
}

#[test]
fn who_is_refused_is_told_and_its_database_stays_free() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let joining = begin(relay.url(), invitation.code());
    invitation.wait(LONG).unwrap().refuse().unwrap();
    let db = Database::memory().unwrap();
    let error = joining.join().unwrap().unwrap().finish::<App>(&db).unwrap_err();
    assert!(matches!(error, Error::PairingFailed { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    add(&db, "mine");
    let alone = Device::start(db, &relay, "Phone");
    wait_sent(&alone.session);
    assert_eq!(alone.devices(), ["Phone"]);
}

#[test]
fn nobody_waits_for_ever() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let code = invitation.code().to_owned();
    let error = invitation.wait(SHORT).unwrap_err();
    assert!(matches!(error, Error::PairingTimedOut), "{error}");
    // Who uses the code after that is told so.
    let error = join(relay.url(), code).begin().unwrap_err();
    assert!(matches!(error, Error::PairingCode { .. }), "{error}");
    assert!(error.to_string().contains("no more"), "{error}");
    let code = laptop.session.invite().unwrap().code().to_owned();
    // The mailbox is there, and nobody answers.
    let error = join(relay.url(), code).timeout(SHORT).begin().unwrap_err();
    assert!(matches!(error, Error::PairingTimedOut), "{error}");
    // The other device takes its time with the digits.
    let invitation = laptop.session.invite().unwrap();
    let code = invitation.code().to_owned();
    let url = relay.url();
    let joining = thread::spawn(move || {
        join(url, code).timeout(Duration::from_millis(1500)).begin().unwrap()
    });
    let _request = invitation.wait(LONG).unwrap();
    let error = joining.join().unwrap().finish::<App>(&Database::memory().unwrap()).unwrap_err();
    assert!(matches!(error, Error::PairingTimedOut), "{error}");
}

#[test]
fn a_code_that_nobody_shows_is_told() {
    let relay = TestRelay::start();
    let error = join(relay.url(), "K7QP-3MTX-9WDR-2HVC").begin().unwrap_err();
    assert!(matches!(error, Error::PairingCode { .. }), "{error}");
    let error = join(relay.url(), "K7QP-3MTX").begin().unwrap_err();
    assert!(matches!(error, Error::PairingCode { .. }), "{error}");
    assert!(!error.to_string().contains("K7QP"), "{error}");
    assert!(relay.asked().iter().filter(|path| *path == "/v1/mailbox").count() == 1);
}

#[test]
fn who_saw_the_code_and_is_first_does_not_know_the_digits() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let thief = begin(relay.url(), invitation.code());
    let code = invitation.code().to_owned();
    let mut request = invitation.wait(LONG).unwrap();
    let thief = thief.join().unwrap().unwrap();
    // The phone comes second.
    let error = join(relay.url(), code).device_name("Phone").begin().unwrap_err();
    assert!(matches!(error, Error::PairingFailed { .. }), "{error}");
    assert!(error.to_string().contains("somebody else"), "{error}");
    let shown_on_the_phone = if thief.digits() == "123 456" { "123 457" } else { "123 456" };
    request.accept(shown_on_the_phone).unwrap_err();
    request.refuse().unwrap();
    let stolen = Database::memory().unwrap();
    assert!(thief.finish::<App>(&stolen).is_err());
    assert!(titles(&stolen).is_empty());
}

#[test]
fn two_invitations_are_two_codes() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let [one, other] = [laptop.session.invite().unwrap(), laptop.session.invite().unwrap()];
    assert_ne!(one.code(), other.code());
    // One is dropped, and does not matter to the other.
    drop(one);
    let joining = begin(relay.url(), other.code());
    let mut request = other.wait(LONG).unwrap();
    let joining = joining.join().unwrap().unwrap();
    request.accept(&joining.digits()).unwrap();
    wait_sent(&joining.finish::<App>(&Database::memory().unwrap()).unwrap());
}

#[test]
fn a_network_that_is_cut_is_overcome() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    add(&laptop.db, "Buy milk");
    wait_sent(&laptop.session);
    let invitation = laptop.session.invite().unwrap();
    let joining = begin(relay.url(), invitation.code());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap().unwrap();
    let digits = joining.digits();
    // The member cannot reach the relay: nobody is let in, and it may be tried again.
    relay.set_mode(Mode::Gone);
    let error = request.accept(&digits).unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    let db = Database::memory().unwrap();
    let waiting = {
        let db = db.clone();
        thread::spawn(move || joining.finish::<App>(&db))
    };
    relay.come_back();
    request.accept(&digits).unwrap();
    let _phone = waiting.join().unwrap().unwrap();
    wait_for(&db, &["Buy milk"]);
}

#[test]
fn a_pairing_goes_on_after_requests_that_got_lost() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    add(&laptop.db, "Buy milk");
    wait_sent(&laptop.session);
    relay.lose_answers_of_a_pairing();
    let invitation = laptop.session.invite().unwrap();
    let joining = begin(relay.url(), invitation.code());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap().unwrap();
    // Whoever asks for this can do so again.
    let accepted = request.accept(&joining.digits());
    assert!(matches!(accepted, Err(Error::Relay { .. })), "{accepted:?}");
    request.accept(&joining.digits()).unwrap();
    let db = Database::memory().unwrap();
    let _phone = joining.finish::<App>(&db).unwrap();
    wait_for(&db, &["Buy milk"]);
    assert_eq!(laptop.session.status().devices.len(), 2);
}

#[test]
fn invitations_that_nobody_uses_give_way_to_new_ones() {
    let clock = Arc::new(AtomicU64::new(1_700_000_000));
    let relay = TestRelay::start_with(|options| {
        let clock = Arc::clone(&clock);
        options.clock = Arc::new(move || clock.load(Ordering::SeqCst));
    });
    let laptop = Device::first(&relay);
    let invite = |_| {
        // Which is the oldest counts by seconds.
        clock.fetch_add(1, Ordering::SeqCst);
        laptop.session.invite().unwrap()
    };
    let mut invitations: Vec<_> = (0..10).map(invite).collect();
    let last = invitations.pop().unwrap();
    let joining = begin(relay.url(), last.code());
    let mut request = last.wait(LONG).unwrap();
    request.accept(&joining.join().unwrap().unwrap().digits()).unwrap();
    // The first one is over, and the third one is not.
    let error = begin(relay.url(), invitations[0].code()).join().unwrap().unwrap_err();
    assert!(matches!(error, Error::PairingCode { .. }), "{error}");
    let joining = begin(relay.url(), invitations[2].code());
    assert!(invitations.swap_remove(2).wait(LONG).is_ok());
    joining.join().unwrap().unwrap();
    let error = invitations.swap_remove(0).wait(LONG).unwrap_err();
    assert!(matches!(error, Error::PairingTimedOut), "{error}");
}

#[test]
fn pairing_ends_with_the_session() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let waiting = thread::spawn(move || invitation.wait(LONG));
    drop(laptop);
    let error = waiting.join().unwrap().unwrap_err();
    assert!(matches!(error, Error::PairingFailed { .. } | Error::Relay { .. }), "{error}");
}

#[test]
fn a_database_in_a_space_with_others_joins_no_other() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::first(&relay);
    let phone = laptop.let_in(place.open(), &relay, "Phone");
    let other = Device::first(&relay);
    let Device { db, session } = phone;
    drop(session);
    let keys = fs::read(place.keys()).unwrap();
    // It can be told before anything is sent.
    wait_sent(&other.session);
    relay.asked();
    let error = join(relay.url(), "K7QP-3MTX-9WDR-2HVC").begin_for(&db).unwrap_err();
    assert!(matches!(error, Error::InASpace), "{error}");
    assert!(error.to_string().contains("`leave_without_relay`"), "{error}");
    assert!(!relay.asked().iter().any(|path| path == "/v1/mailbox"));
    let invitation = other.session.invite().unwrap();
    let joining = begin(relay.url(), invitation.code());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap().unwrap();
    request.accept(&joining.digits()).unwrap();
    let error = joining.finish::<App>(&db).unwrap_err();
    assert!(matches!(error, Error::InASpace), "{error}");
    // The other space is rid of it, and it is still where it was.
    wait_until(&other.session, |status| names(status) == ["Laptop"]);
    assert_eq!(fs::read(place.keys()).unwrap(), keys);
    add(&db, "still there");
    let _phone = Device::start(db, &relay, "Phone");
    wait_for(&laptop.db, &["still there"]);
}

#[test]
fn a_database_that_is_alone_in_its_space_joins_another() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let alone = Device::start(Database::memory().unwrap(), &relay, "Phone");
    add(&alone.db, "mine");
    wait_sent(&alone.session);
    let Device { db, session } = alone;
    drop(session);
    let _phone = laptop.let_in(db, &relay, "Phone");
    wait_for(&laptop.db, &["mine"]);
    // Its old space is closed once everything is in the new one.
    relay.wait_asked("/v1/delete");
}
