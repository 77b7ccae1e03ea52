//! Pairings that one of the two sides ends.

use std::sync::mpsc::channel;
use std::thread;

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, JoinRequest, Joining, join};

use crate::device::{App, Device, LONG, add, has_alarm, names, wait_for, wait_until};
use crate::test_relay::TestRelay;

/// A phone that shows its digits to a laptop.
fn pair(laptop: &Device, relay: &TestRelay) -> (JoinRequest, Joining) {
    let invitation = laptop.session.invite().unwrap();
    let begun = join(relay.url(), invitation.code()).device_name("Phone");
    let joining = thread::spawn(move || begun.begin().unwrap());
    let request = invitation.wait(LONG).unwrap();
    (request, joining.join().unwrap())
}

fn is_failed(error: &Error, reason: &str) -> bool {
    matches!(error, Error::PairingFailed { .. }) && error.to_string().contains(reason)
}

#[test]
fn an_invitation_is_cancelled_and_its_code_is_told_to_be_over() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let [one, other] = [laptop.session.invite().unwrap(), laptop.session.invite().unwrap()];
    let (cancel, code) = (one.cancel_handle(), one.code().to_owned());
    let waiting = thread::spawn(move || one.wait(LONG));
    cancel.cancel();
    let error = waiting.join().unwrap().unwrap_err();
    assert!(is_failed(&error, "cancelled"), "{error}");
    let error = join(relay.url(), code).begin().unwrap_err();
    assert!(matches!(error, Error::PairingCode { .. }), "{error}");
    // The other one goes on.
    let joining = join(relay.url(), other.code());
    let joining = thread::spawn(move || joining.begin());
    other.wait(LONG).unwrap().refuse().unwrap();
    joining.join().unwrap().unwrap();
}

#[test]
fn who_waits_for_an_invitation_that_is_cancelled_is_told() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let joining = join(relay.url(), invitation.code());
    relay.asked();
    let joining = thread::spawn(move || joining.begin());
    // The first box is there once the second one is asked for.
    relay.wait_asked_often("/v1/mailbox", 2);
    invitation.cancel_handle().cancel();
    let error = invitation.wait(LONG).unwrap_err();
    assert!(is_failed(&error, "cancelled"), "{error}");
    let error = joining.join().unwrap().unwrap_err();
    assert!(is_failed(&error, "ended"), "{error}");
}

#[test]
fn joining_is_cancelled_and_the_other_side_is_told() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let invitation = laptop.session.invite().unwrap();
    let joining = join(relay.url(), invitation.code());
    let cancel = joining.cancel_handle();
    relay.asked();
    let joining = thread::spawn(move || joining.begin());
    relay.wait_asked_often("/v1/mailbox", 2);
    cancel.cancel();
    let error = joining.join().unwrap().unwrap_err();
    assert!(is_failed(&error, "cancelled"), "{error}");
    let error = invitation.wait(LONG).unwrap_err();
    assert!(is_failed(&error, "ended"), "{error}");
}

#[test]
fn who_waits_to_be_let_in_can_give_up_and_is_not_let_in_then() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let (mut request, joining) = pair(&laptop, &relay);
    let (digits, cancel) = (joining.digits(), joining.cancel_handle());
    let (tell, ended) = channel();
    thread::spawn(move || tell.send(joining.finish::<App>(&Database::memory().unwrap()).err()));
    cancel.cancel();
    let error = ended.recv_timeout(LONG).unwrap().unwrap();
    assert!(is_failed(&error, "cancelled"), "{error}");
    let error = request.accept(&digits).unwrap_err();
    assert!(is_failed(&error, "ended"), "{error}");
    assert_eq!(laptop.devices(), ["Laptop"]);
    request.refuse().unwrap();
}

#[test]
fn who_says_no_is_no_member() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    // Before the digits were typed.
    let (mut request, joining) = pair(&laptop, &relay);
    let digits = joining.digits();
    joining.refuse().unwrap();
    let error = request.accept(&digits).unwrap_err();
    assert!(is_failed(&error, "ended"), "{error}");
    assert_eq!(laptop.devices(), ["Laptop"]);
    // And after that.
    let (mut request, joining) = pair(&laptop, &relay);
    request.accept(&joining.digits()).unwrap();
    assert_eq!(laptop.devices(), ["Laptop", "Phone"]);
    joining.refuse().unwrap();
    let status = wait_until(&laptop.session, |status| names(status) == ["Laptop"]);
    let has_left =
        |alarm: &Alarm| matches!(alarm, Alarm::DeviceRemoved { device, by } if device == by);
    assert!(has_alarm(&status, has_left), "{status:?}");
}

#[test]
fn who_was_let_in_and_never_came_has_a_name_and_a_mark() {
    let relay = TestRelay::start();
    let laptop = Device::first(&relay);
    let (mut request, joining) = pair(&laptop, &relay);
    request.accept(&joining.digits()).unwrap();
    drop(joining);
    let came = |device: &Device| -> Vec<_> {
        let status = device.session.status();
        status.devices.iter().map(|device| (device.name.clone(), device.has_come)).collect()
    };
    let [is_here, never_came] = [("Laptop".to_owned(), true), ("Phone".to_owned(), false)];
    let mut devices = came(&laptop);
    devices.sort();
    assert_eq!(devices, [is_here.clone(), never_came]);
    let lost = laptop.session.status().devices.into_iter().find(|device| !device.has_come);
    laptop.session.remove_device(lost.unwrap().id).unwrap();
    assert_eq!(came(&laptop), [is_here]);
    // Who comes has come.
    add(&laptop.db, "one");
    let phone = laptop.let_in_new(&relay, "Phone");
    wait_for(&phone.db, &["one"]);
    wait_until(&laptop.session, |status| status.devices.iter().all(|device| device.has_come));
}
