//! Leaving a space, and where it is.

use std::fs;

use ara::Error;
use ara::prelude::*;
use ara::sync::Alarm;

use crate::device::{
    App, Device, Place, add, has_alarm, is_failing, is_stopped, names, titles, wait_for, wait_sent,
    wait_until,
};
use crate::test_relay::{Mode, TestRelay};

#[test]
fn who_leaves_keeps_its_rows_and_founds_a_space_of_its_own() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::first(&relay);
    let phone = laptop.let_in(place.open(), &relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    let Device { db, session } = phone;
    session.leave().unwrap();
    assert!(!place.keys().exists());
    wait_until(&laptop.session, |status| names(status) == ["Laptop"]);
    add(&laptop.db, "two");
    wait_sent(&laptop.session);
    assert_eq!(titles(&db), ["one"]);
    let alone = Device::start(db, &relay, "Phone");
    add(&alone.db, "three");
    wait_sent(&alone.session);
    assert_eq!(alone.devices(), ["Phone"]);
    assert_eq!(titles(&laptop.db), ["one", "two"]);
}

#[test]
fn without_a_relay_nobody_leaves() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::first(&relay);
    let phone = laptop.let_in(place.open(), &relay, "Phone");
    relay.set_mode(Mode::Gone);
    let Device { db, session } = phone;
    let error = session.leave().unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    assert!(error.to_string().contains("`leave_without_relay`"), "{error}");
    relay.come_back();
    add(&db, "still here");
    let _phone = Device::start(db, &relay, "Phone");
    laptop.session.sync_now();
    wait_for(&laptop.db, &["still here"]);
}

#[test]
fn who_leaves_a_relay_that_is_gone_for_good_keeps_its_rows_and_goes_on_elsewhere() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::first(&relay);
    let phone = laptop.let_in(place.open(), &relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    relay.set_mode(Mode::Gone);
    let Device { db, session } = phone;
    add(&db, "two");
    let error = db.sync::<App>(relay.url()).leave_without_relay().unwrap_err();
    assert!(matches!(error, Error::SyncedAlready), "{error}");
    assert!(session.leave().is_err());
    db.sync::<App>(relay.url()).leave_without_relay().unwrap();
    assert!(!place.keys().exists());
    // Once more, it does nothing.
    db.sync::<App>(relay.url()).leave_without_relay().unwrap();
    assert_eq!(titles(&db), ["one", "two"]);
    let other = TestRelay::start();
    let alone = Device::start(db, &other, "Phone");
    add(&alone.db, "three");
    let tablet = alone.let_in_new(&other, "Tablet");
    wait_for(&tablet.db, &["one", "three", "two"]);
    assert_eq!(titles(&laptop.db), ["one"]);
    // The others count it as theirs until one removes it, and hear nothing of it.
    relay.come_back();
    wait_until(&laptop.session, |status| !is_failing(status) && names(status).len() == 2);
}

#[test]
fn who_has_lost_its_keys_leaves_without_them() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    wait_sent(&laptop.session);
    drop(laptop);
    fs::remove_file(place.keys()).unwrap();
    let db = place.open();
    let error = db.sync::<App>(relay.url()).open().unwrap_err();
    assert!(matches!(error, Error::KeysMissing), "{error}");
    db.sync::<App>(relay.url()).leave_without_relay().unwrap();
    let laptop = Device::start(db, &relay, "Laptop");
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
}

#[test]
fn all_devices_follow_to_another_relay() {
    let [old, new] = [TestRelay::start(), TestRelay::start()];
    let laptop = Device::first(&old);
    let phone = laptop.let_in_new(&old, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    laptop.session.change_relay(&new.url()).unwrap();
    for device in [&laptop, &phone] {
        wait_until(&device.session, |status| status.relay == new.url() && status.is_up_to_date());
    }
    assert!(has_alarm(&phone.session.status(), |alarm| matches!(alarm, Alarm::Moved { .. })));
    // The old one is not needed any more.
    old.set_mode(Mode::Gone);
    add(&phone.db, "two");
    wait_for(&laptop.db, &["one", "two"]);
    let tablet = phone.let_in_new(&new, "Tablet");
    wait_for(&tablet.db, &["one", "two"]);
    // The URL of the old one leads to the new one in the next session, too.
    let Device { db, session } = phone;
    drop(session);
    let phone = Device::start(db, &old, "Phone");
    assert_eq!(wait_sent(&phone.session).relay, new.url());
    let spaces = [&laptop, &phone].map(|device| device.db.space().unwrap().unwrap());
    assert_eq!(spaces[0], spaces[1]);
    assert_eq!(spaces[0].relay, new.url());
    phone.session.leave().unwrap();
    assert_eq!(phone.db.space().unwrap(), None);
}

#[test]
fn what_is_no_url_is_no_relay() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let error = laptop.session.change_relay("relay.example").unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    let error = laptop.db.sync::<App>("relay.example").start().unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
}

#[test]
fn what_is_deleted_at_the_relay_stays_with_the_devices() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    laptop.session.delete_at_relay().unwrap();
    for device in [&laptop, &phone] {
        let status = wait_until(&device.session, is_stopped);
        assert!(matches!(status.error(), Some(Error::SpaceDeleted)), "{status:?}");
        assert!(has_alarm(&status, |alarm| matches!(alarm, Alarm::DeletedAtRelay { .. })));
        assert_eq!(titles(&device.db), ["one"]);
    }
    // It is told in the next session, too, and leaving goes on alone.
    let Device { db, session } = phone;
    drop(session);
    let phone = Device::start(db, &relay, "Phone");
    wait_until(&phone.session, is_stopped);
}

#[test]
fn a_deleted_space_does_not_hold_a_file_whose_keys_are_lost() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    laptop.session.delete_at_relay().unwrap();
    drop(laptop);
    fs::remove_file(place.keys()).unwrap();
    let db = place.open();
    let error = db.sync::<App>(relay.url()).open().unwrap_err();
    assert!(matches!(error, Error::KeysMissing), "{error}");
    assert!(error.to_string().contains("`leave_without_relay`"), "{error}");
    db.sync::<App>(relay.url()).leave_without_relay().unwrap();
    let laptop = Device::start(db, &relay, "Laptop");
    wait_sent(&laptop.session);
    assert_eq!(titles(&laptop.db), ["one"]);
}

#[test]
fn a_space_is_founded_anew_and_the_others_join_it_with_their_rows() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    let phone = laptop.let_in_new(&relay, "Phone");
    let tablet = laptop.let_in_new(&relay, "Tablet");
    add(&laptop.db, "one");
    for device in [&phone, &tablet] {
        wait_for(&device.db, &["one"]);
    }
    laptop.session.new_recovery_words().unwrap();
    wait_until(&laptop.session, |status| status.has_recovery_words && status.is_up_to_date());
    phone.session.pause();
    add(&phone.db, "two");
    laptop.session.start_over().unwrap();
    let status =
        wait_until(&laptop.session, |status| names(status) == ["Laptop"] && status.is_up_to_date());
    // The words are those of the old space.
    assert!(!status.has_recovery_words);
    // Who stays in the old space hears that the laptop has left it.
    let status = wait_until(&tablet.session, |status| names(status) == ["Phone", "Tablet"]);
    let has_left =
        |alarm: &Alarm| matches!(alarm, Alarm::DeviceRemoved { device, by } if device == by);
    assert!(has_alarm(&status, has_left), "{status:?}");
    let Device { db, session } = phone;
    drop(session);
    let phone = laptop.let_in(db, &relay, "Phone");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["one", "two"]);
    }
    // The keys are those of the new space.
    let Device { db, session } = laptop;
    drop((db, session));
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&phone.db, "three");
    wait_for(&laptop.db, &["one", "three", "two"]);
    assert_eq!(titles(&tablet.db), ["one"]);
}

#[test]
fn a_relay_that_wants_a_token_gets_it() {
    let relay = TestRelay::with_token("friend");
    let db = Database::memory().unwrap();
    add(&db, "one");
    for token in ["", "foe"] {
        let session = db.sync::<App>(relay.url()).admission(token).start().unwrap();
        let status = wait_until(&session, is_failing);
        assert!(matches!(status.error(), Some(Error::AdmissionNeeded)), "{status:?}");
    }
    let builder = db.sync::<App>(relay.url()).device_name("Laptop").admission("friend");
    let laptop = Device { session: builder.start().unwrap(), db };
    wait_sent(&laptop.session);
    // Who joins needs none.
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
}
