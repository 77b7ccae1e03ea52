//! Files that were put back: the database's, or the relay's.

use std::fs;

use ara::Error;
use ara::prelude::*;
use ara::sync::Alarm;

use crate::device::{App, Device, Place, add, has_alarm, wait_for, wait_sent, wait_until};
use crate::test_relay::TestRelay;

#[test]
fn a_backup_with_the_keys_gets_back_what_came_after() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    let backup = place.folder().join("backup.db");
    laptop.db.backup(&backup).unwrap();
    add(&laptop.db, "two");
    add(&phone.db, "three");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["one", "three", "two"]);
    }
    wait_sent(&laptop.session);
    drop(laptop);
    Database::restore_backup(&backup, place.file()).unwrap();
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "four");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["four", "one", "three", "two"]);
        assert!(
            device
                .session
                .status()
                .alarms
                .iter()
                .all(|alarm| matches!(alarm, Alarm::DeviceAdded { .. }))
        );
    }
}

#[test]
fn a_backup_from_before_the_keys_were_replaced_goes_on_with_the_new_ones() {
    let (relay, place, copy) = (TestRelay::start(), Place::new(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    wait_sent(&laptop.session);
    drop(laptop);
    for file in fs::read_dir(place.folder()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.folder().join(file.file_name())).unwrap();
    }
    let db = copy.open();
    let backup = copy.folder().join("backup.db");
    db.backup(&backup).unwrap();
    let copied = Device::start(db, &relay, "Copy");
    let status = wait_until(&copied.session, |status| {
        has_alarm(status, |alarm| *alarm == Alarm::KeysReplaced) && status.is_up_to_date()
    });
    let id = status.this_device().map(|device| device.id);
    drop(copied);
    Database::restore_backup(&backup, copy.file()).unwrap();
    let copied = Device::start(copy.open(), &relay, "Copy");
    add(&copied.db, "two");
    let status = wait_sent(&copied.session);
    assert_eq!(status.this_device().map(|device| device.id), id);
    assert_eq!(status.devices.len(), 2);
    let laptop = Device::start(place.open(), &relay, "Laptop");
    wait_for(&laptop.db, &["one", "two"]);
}

#[test]
fn a_backup_without_the_keys_says_so() {
    let (relay, place, other) = (TestRelay::start(), Place::new(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    wait_sent(&laptop.session);
    laptop.db.backup(other.file()).unwrap();
    let db = other.open();
    let error = db.sync::<App>(relay.url()).start().unwrap_err();
    assert!(matches!(error, Error::KeysMissing), "{error}");
    // It joins as a new device.
    let _other = laptop.let_in(db, &relay, "Other");
    add(&laptop.db, "two");
    wait_for(&other.open(), &["one", "two"]);
}

#[test]
fn keys_without_the_database_bring_everything_back() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let laptop = Device::start(place.open(), &relay, "Laptop");
    add(&laptop.db, "one");
    let id = wait_sent(&laptop.session).this_device().map(|device| device.id);
    drop(laptop);
    for file in fs::read_dir(place.folder()).unwrap() {
        let path = file.unwrap().path();
        if path != place.keys() {
            fs::remove_file(path).unwrap();
        }
    }
    let laptop = Device::start(place.open(), &relay, "Laptop");
    wait_for(&laptop.db, &["one"]);
    assert_eq!(wait_sent(&laptop.session).this_device().map(|device| device.id), id);
}

#[test]
fn a_relay_that_was_put_back_is_filled_again() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    wait_sent(&laptop.session);
    wait_sent(&phone.session);
    let backup = relay.back_up();
    add(&laptop.db, "two");
    wait_for(&phone.db, &["one", "two"]);
    phone.session.pause();
    relay.go_on_with(&backup, |_| {});
    laptop.session.sync_now();
    wait_until(&laptop.session, |status| {
        has_alarm(status, |alarm| *alarm == Alarm::RelayWentBack) && status.is_up_to_date()
    });
    phone.session.resume().unwrap();
    add(&phone.db, "three");
    wait_for(&laptop.db, &["one", "three", "two"]);
    let tablet = laptop.let_in_new(&relay, "Tablet");
    wait_for(&tablet.db, &["one", "three", "two"]);
}

#[test]
fn a_relay_that_was_wiped_is_filled_again() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    relay.wipe();
    laptop.session.sync_now();
    phone.session.sync_now();
    add(&phone.db, "two");
    wait_for(&laptop.db, &["one", "two"]);
    wait_until(&laptop.session, |status| has_alarm(status, |alarm| *alarm == Alarm::RelayWentBack));
    let tablet = laptop.let_in_new(&relay, "Tablet");
    wait_for(&tablet.db, &["one", "two"]);
}
