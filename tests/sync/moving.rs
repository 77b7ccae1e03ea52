//! Moving a space to another relay.

use std::thread;

use ara::Error;
use ara::prelude::*;
use ara::sync::{Alarm, Connection, join};

use crate::device::{
    App, Device, LONG, Place, add, has_alarm, is_failing, titles, wait_for, wait_sent, wait_until,
};
use crate::test_relay::{Mode, TestRelay};

#[test]
fn to_a_relay_that_wants_a_token_a_space_moves_with_it_or_not_at_all() {
    let [old, new] = [TestRelay::start(), TestRelay::with_token("friend")];
    let db = Database::memory().unwrap();
    // The token of the old relay is none of the new one's business.
    let builder = db.sync::<App>(old.url()).device_name("Laptop").admission("friend");
    let laptop = Device { session: builder.start().unwrap(), db };
    let phone = laptop.let_in_new(&old, "Phone");
    let error = laptop.session.change_relay(&new.url()).unwrap_err();
    assert!(matches!(error, Error::AdmissionNeeded), "{error}");
    let error = laptop.session.change_relay_with_token(&new.url(), "foe").unwrap_err();
    assert!(matches!(error, Error::AdmissionNeeded), "{error}");
    // Nothing has moved.
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    assert_eq!(wait_sent(&laptop.session).relay, old.url());
    laptop.session.change_relay_with_token(&new.url(), "friend").unwrap();
    // The new one has the space now, so that who follows needs no token.
    drop(laptop);
    wait_until(&phone.session, |status| status.relay == new.url() && status.is_up_to_date());
    let tablet = phone.let_in_new(&new, "Tablet");
    wait_for(&tablet.db, &["one"]);
}

#[test]
fn who_has_joined_fills_a_relay_that_lost_the_space_again_by_its_token() {
    let (relay, place) = (TestRelay::with_token("friend"), Place::new());
    let db = Database::memory().unwrap();
    add(&db, "one");
    let builder = db.sync::<App>(relay.url()).device_name("Laptop").admission("friend");
    let laptop = Device { session: builder.start().unwrap(), db };
    let invitation = laptop.session.invite().unwrap();
    let joining = join(relay.url(), invitation.code()).admission("friend");
    let joining = thread::spawn(move || joining.begin().unwrap());
    let mut request = invitation.wait(LONG).unwrap();
    let joining = joining.join().unwrap();
    request.accept(&joining.digits()).unwrap();
    let db = Database::memory().unwrap();
    let phone = joining.finish::<App>(&db).unwrap();
    wait_for(&db, &["one"]);
    drop(laptop);
    let admission = ara_relay::Admission::Token(vec!["friend".to_owned()]);
    relay.go_on_with(&place.file(), |options| options.admission = admission.clone());
    let went_back = |alarm: &Alarm| matches!(alarm, Alarm::RelayWentBack);
    wait_until(&phone, |status| has_alarm(status, went_back) && status.is_up_to_date());
}

#[test]
fn without_its_relay_a_space_does_not_move_and_each_device_has_a_way_on() {
    let [dead, new] = [TestRelay::start(), TestRelay::start()];
    let laptop = Device::first(&dead);
    let phone = laptop.let_in_new(&dead, "Phone");
    add(&laptop.db, "one");
    wait_for(&phone.db, &["one"]);
    dead.set_mode(Mode::Gone);
    let error = laptop.session.change_relay(&new.url()).unwrap_err();
    assert!(matches!(error, Error::Relay { .. }), "{error}");
    add(&phone.db, "two");
    wait_until(&phone.session, is_failing);
    let [laptop, phone] = [laptop, phone].map(|Device { db, session }| {
        drop(session);
        db.sync::<App>(dead.url()).leave_without_relay().unwrap();
        db
    });
    let laptop = Device::start(laptop, &new, "Laptop");
    let phone = laptop.let_in(phone, &new, "Phone");
    for device in [&laptop, &phone] {
        wait_for(&device.db, &["one", "two"]);
    }
}

#[test]
fn a_space_that_no_relay_has_is_left_without_one() {
    let (relay, place) = (TestRelay::start(), Place::new());
    let db = place.open();
    add(&db, "mine");
    let session = db.sync::<App>(relay.url()).open().unwrap();
    assert!(matches!(session.status().connection, Connection::Paused));
    session.leave().unwrap();
    assert_eq!(relay.asked(), [""; 0]);
    assert!(db.space().unwrap().is_none() && !place.keys().exists());
    assert_eq!(titles(&db), ["mine"]);
}
