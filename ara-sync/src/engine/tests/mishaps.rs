//! Requests that get lost, at every step.

use crate::engine::tests::net::Mishap;
use crate::engine::tests::world::{World, converge};
use crate::state::Alarm;

/// Lets two devices do a bit of everything, with a mishap after so many requests. Returns whether it happened.
fn run(after: usize, mishap: Mishap) -> bool {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("first");
    laptop.sync();
    let mut phone = world.join(&mut laptop);
    phone.sync();
    let mut tablet = world.join(&mut laptop);
    tablet.sync();
    let gone = tablet.write("tablet");
    tablet.sync();
    world.net.plan(after, mishap);
    let _ = laptop.try_sync();
    laptop.write("laptop");
    let _ = laptop.try_sync();
    world.reopen(&mut laptop);
    phone.write("phone");
    let _ = phone.try_sync();
    while laptop.engine.remove(&[tablet.engine.own_key()]).is_err()
        && laptop.engine.members().get(tablet.engine.own_key()).is_some()
    {}
    phone.db.delete(gone).ok();
    let _ = phone.try_sync();
    phone.db.forget(gone).ok();
    let _ = phone.try_sync();
    let _ = laptop.try_sync();
    let has_happened = !world.net.is_planned();
    converge(&mut [&mut laptop, &mut phone]);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
    assert_eq!((laptop.sync().sent, phone.sync().sent), (0, 0), "{after} {mishap:?}");
    assert!(laptop.alarms().len() < 3, "{:?}", laptop.alarms());
    has_happened
}

#[test]
fn words_that_nobody_was_shown_are_told() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    laptop.engine.set_recovery(&world.keys()).unwrap();
    let before = laptop.engine.members().recovery().unwrap().keys().member();
    laptop.sync();
    assert_eq!(laptop.alarms(), []);
    // The relay takes new ones, and the app hears of a failure.
    world.net.plan(0, Mishap::AnswerLost);
    assert!(laptop.engine.set_recovery(&world.keys()).is_err());
    laptop.sync();
    assert_ne!(laptop.engine.members().recovery().unwrap().keys().member(), before);
    assert_eq!(laptop.alarms(), [Alarm::RecoveryWordsSet { by: laptop.engine.own_key().into() }]);
}

#[test]
fn whatever_request_is_lost_all_arrives_in_the_end() {
    for mishap in [Mishap::Lost, Mishap::AnswerLost, Mishap::Twice] {
        let mut after = 0;
        while run(after, mishap) {
            after += 1;
        }
        assert!(after > 10, "{after}");
    }
}
