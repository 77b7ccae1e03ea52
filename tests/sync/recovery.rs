//! Bringing everything back by the recovery words.

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, recover};

use crate::device::{
    App, Device, Place, add, has_alarm, is_stopped, names, wait_for, wait_sent, wait_until,
};
use crate::test_relay::{Mode, TestRelay};

#[test]
fn the_words_bring_everything_back_on_a_new_device() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    add(&laptop.db, "one");
    let words = laptop.session.new_recovery_words().unwrap();
    assert_eq!(words.split(' ').count(), 24);
    assert_eq!(format!("{words:?}"), "RecoveryWords");
    assert!(wait_sent(&laptop.session).has_recovery_words);
    drop(laptop);

    let typed = words.to_uppercase().replace(' ', "\n");
    let recovery = recover(relay.url(), &typed).device_name("New").begin().unwrap();
    let devices = recovery.devices().unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].name, "Laptop");
    let db = Database::memory().unwrap();
    add(&db, "mine");
    let session = recovery.finish::<App>(&db).unwrap();
    wait_for(&db, &["mine", "one"]);
    // The device that was not confirmed is out.
    wait_until(&session, |status| names(status) == ["New"]);
}

#[test]
fn who_was_not_confirmed_is_out_also_if_the_recovery_broke_off_at_first() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::first(&relay);
    add(&laptop.db, "one");
    let words = laptop.session.new_recovery_words().unwrap();
    wait_sent(&laptop.session);
    let recover = || recover(relay.url(), &words).device_name("New").begin().unwrap();
    let recovery = recover();
    relay.lose_answer("/v1/access");
    recovery.finish::<App>(&place.open()).unwrap_err();
    // The app starts again, and asks for sync as if nothing had been: that is no way into the space.
    let new = Device::start(place.open(), &relay, "New");
    wait_sent(&new.session);
    assert_eq!(new.devices(), ["New"]);
    drop(new);
    let db = place.open();
    let session = recover().finish::<App>(&db).unwrap();
    wait_for(&db, &["one"]);
    wait_until(&session, |status| names(status) == ["New"]);
}

#[test]
fn devices_that_are_kept_stay() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&phone.db, "one");
    wait_for(&laptop.db, &["one"]);
    let words = laptop.session.new_recovery_words().unwrap();
    wait_until(&laptop.session, |status| names(status) == ["Laptop", "Phone"]);

    let mut recovery = recover(relay.url(), &words).device_name("New").begin().unwrap();
    let kept = recovery.devices().unwrap().into_iter().find(|device| device.name == "Phone");
    recovery.keep(kept.unwrap().id);
    let db = Database::memory().unwrap();
    let new = recovery.finish::<App>(&db).unwrap();
    wait_for(&db, &["one"]);
    wait_until(&new, |status| names(status) == ["New", "Phone"]);
    let status = wait_until(&laptop.session, is_stopped);
    assert!(matches!(status.error(), Some(Error::RemovedFromSpace)), "{status:?}");
    add(&phone.db, "two");
    wait_for(&db, &["one", "two"]);
}

#[test]
fn new_words_replace_the_old_ones_and_the_others_are_told() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    let old = laptop.session.new_recovery_words().unwrap();
    let new = laptop.session.new_recovery_words().unwrap();
    assert_ne!(*old, *new);
    let error = recover(relay.url(), &old).begin().unwrap_err();
    assert!(matches!(error, Error::RecoveryWords { word: None, .. }), "{error}");
    recover(relay.url(), &new).begin().unwrap();
    let is_told = |alarm: &Alarm| matches!(alarm, Alarm::RecoveryWordsSet { .. });
    let status = wait_until(&phone.session, |status| has_alarm(status, is_told));
    for alarm in status.alarms.iter().filter(|alarm| is_told(alarm)) {
        phone.session.dismiss(alarm).unwrap();
    }
    assert!(!has_alarm(&phone.session.status(), is_told));
}

#[test]
fn words_that_are_wrong_are_told_by_their_place() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let words = laptop.session.new_recovery_words().unwrap();
    let mut typed: Vec<_> = words.split(' ').collect();
    let refused = |words: &[&str]| recover(relay.url(), &words.join(" ")).begin().unwrap_err();
    typed[6] = "ara";
    let error = refused(&typed);
    assert!(matches!(error, Error::RecoveryWords { word: Some(7), .. }), "{error}");
    let error = refused(&typed[..5]);
    assert!(matches!(error, Error::RecoveryWords { word: None, .. }), "{error}");
    assert!(!error.to_string().contains(typed[0]), "{error}");
}

#[test]
fn without_a_relay_the_old_words_count() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let words = laptop.session.new_recovery_words().unwrap();
    relay.set_mode(Mode::Gone);
    let error = laptop.session.new_recovery_words().unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    let error = recover(relay.url(), &words).begin().unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    relay.come_back();
    recover(relay.url(), &words).begin().unwrap();
}
