//! Removing devices.

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, DeviceId};

use crate::device::{
    Device, add, has_alarm, is_stopped, names, titles, wait_for, wait_sent, wait_until,
};
use crate::test_relay::{Mode, TestRelay};

/// Returns the id of a device, once its name is known.
fn id_of(device: &Device, name: &str) -> DeviceId {
    let has_it = |it: &&ara::sync::Device| it.name == name;
    let status = wait_until(&device.session, |status| status.devices.iter().any(|it| has_it(&it)));
    status.devices.iter().find(has_it).unwrap().id
}

#[test]
fn a_device_that_is_removed_stops_and_is_told_why() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    add(&phone.db, "before");
    wait_for(&laptop.db, &["before"]);
    laptop.session.remove_device(id_of(&laptop, "Phone")).unwrap();
    wait_until(&laptop.session, |status| names(status) == ["Laptop"]);
    let status = wait_until(&phone.session, is_stopped);
    assert!(matches!(status.error(), Some(Error::RemovedFromSpace)), "{status:?}");
    assert!(has_alarm(&status, |alarm| *alarm == Alarm::Removed));
    // What it writes is its own, and it hears nothing.
    add(&phone.db, "after");
    add(&laptop.db, "secret");
    wait_sent(&laptop.session);
    phone.session.sync_now();
    wait_until(&phone.session, is_stopped);
    assert_eq!(titles(&phone.db), ["after", "before"]);
    assert_eq!(titles(&laptop.db), ["before", "secret"]);
}

#[test]
fn who_was_removed_can_be_let_in_again() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    laptop.session.remove_device(id_of(&laptop, "Phone")).unwrap();
    wait_until(&phone.session, is_stopped);
    add(&phone.db, "alone");
    let Device { db, session } = phone;
    drop(session);
    let phone = laptop.let_in(db, &relay, "Phone");
    add(&laptop.db, "together");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["alone", "together"]);
    }
}

#[test]
fn the_plan_tells_whom_a_device_let_in() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    let tablet = phone.let_in_new(&relay, "Tablet");
    add(&tablet.db, "one");
    wait_for(&laptop.db, &["one"]);
    let [of_phone, of_tablet] = ["Phone", "Tablet"].map(|name| id_of(&laptop, name));
    // Also those of a device that it let in are its own.
    tablet.session.new_recovery_words().unwrap();
    wait_until(&laptop.session, |status| status.has_recovery_words);
    for device in [of_phone, of_tablet] {
        assert!(laptop.session.removal_plan(device).unwrap().made_the_words);
    }
    phone.session.new_recovery_words().unwrap();
    let by_phone = id_of(&laptop, "Phone");
    wait_until(&laptop.session, |status| {
        has_alarm(status, |alarm| *alarm == Alarm::RecoveryWordsSet { by: by_phone.into() })
    });
    let plan = laptop.session.removal_plan(of_phone).unwrap();
    assert_eq!((plan.device, plan.let_in.as_slice()), (of_phone, &[of_tablet][..]));
    assert!(plan.made_the_words);
    let alone = laptop.session.removal_plan(of_tablet).unwrap();
    assert!(alone.let_in.is_empty() && !alone.made_the_words);
    laptop.session.remove_devices(&[of_phone, of_tablet]).unwrap();
    for device in [&phone, &tablet] {
        wait_until(&device.session, is_stopped);
    }
    assert_eq!(laptop.devices(), ["Laptop"]);
    let unknown = laptop.session.removal_plan(of_phone).unwrap_err();
    assert!(matches!(unknown, Error::NoSuchDevice), "{unknown}");
}

#[test]
fn a_device_that_is_out_already_is_removed_once_more_with_success() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    let tablet = laptop.let_in_new(&relay, "Tablet");
    let [of_phone, of_tablet] = ["Phone", "Tablet"].map(|name| id_of(&laptop, name));
    // The tablet does not hear that the laptop is faster.
    id_of(&tablet, "Phone");
    tablet.session.pause();
    laptop.session.remove_device(of_phone).unwrap();
    tablet.session.remove_device(of_phone).unwrap();
    wait_until(&phone.session, is_stopped);
    laptop.session.remove_devices(&[of_phone, of_tablet]).unwrap();
    // What is known to be out takes no relay.
    relay.set_mode(Mode::Gone);
    laptop.session.remove_devices(&[of_tablet, of_phone]).unwrap();
    let stranger = TestRelay::start();
    let stranger = id_of(&Device::start(Database::memory().unwrap(), &stranger, "Other"), "Other");
    let unknown = laptop.session.remove_devices(&[of_phone, stranger]).unwrap_err();
    assert!(matches!(unknown, Error::NoSuchDevice), "{unknown}");
}

#[test]
fn without_a_relay_nobody_is_removed() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    let id = id_of(&laptop, "Phone");
    relay.set_mode(Mode::Gone);
    let error = laptop.session.remove_device(id).unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    relay.come_back();
    add(&phone.db, "still here");
    phone.session.sync_now();
    laptop.session.sync_now();
    wait_for(&laptop.db, &["still here"]);
}

#[test]
fn the_others_hear_of_every_change() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let phone = laptop.let_in_new(&relay, "Phone");
    let tablet = laptop.let_in_new(&relay, "Tablet");
    wait_until(&phone.session, |status| tells(status, "Tablet was let in by Laptop"));
    wait_until(&tablet.session, |status| status.devices.len() == 3);
    let status = phone.session.status();
    let own = status.this_device().unwrap().added_by;
    laptop.session.remove_device(id_of(&laptop, "Tablet")).unwrap();
    let status = wait_until(&phone.session, |status| {
        has_alarm(status, |alarm| matches!(alarm, Alarm::DeviceRemoved { .. }))
    });
    assert!(has_alarm(&status, |alarm| {
        matches!(alarm, Alarm::DeviceRemoved { by, .. } if *by == own)
    }));
    // Who is out is told by the name that was last heard of it.
    assert!(tells(&status, "Tablet was removed by Laptop"), "{:?}", status.alarms);
    wait_until(&tablet.session, is_stopped);
    assert!(tells(&tablet.session.status(), "this device was removed by Laptop"));
    laptop.session.leave().unwrap();
    let status = wait_until(&phone.session, |status| tells(status, "Laptop has left"));
    for alarm in &status.alarms {
        phone.session.dismiss(alarm).unwrap();
    }
    assert_eq!(phone.session.status().alarms, []);
}

/// Returns whether an alarm reads so.
fn tells(status: &ara::sync::Status, text: &str) -> bool {
    status.alarms.iter().any(|alarm| alarm.to_string() == text)
}
