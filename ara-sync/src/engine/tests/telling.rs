//! What devices tell of themselves, and when.

use std::sync::{Arc, Mutex};

use ara_protocol::keys::MemberKey;
use ara_protocol::message::sync::{SyncAnswer, SyncRequest};
use ara_protocol::message::{Endpoint, SignedRequest};
use ara_protocol::slot::Slot;

use crate::engine::tests::net::{Mishap, Net};
use crate::engine::tests::world::{Device, World, converge};

/// Counts the slots that a device sends from now on.
fn count_slots(net: &Net, device: MemberKey) -> Arc<Mutex<usize>> {
    let count = Arc::<Mutex<usize>>::default();
    let counted = Arc::clone(&count);
    net.twist(move |endpoint, body, answer| {
        if endpoint == Endpoint::Sync {
            let request = SignedRequest::read(body).unwrap();
            let request = SyncRequest::read(request.content()).unwrap();
            let slot = Slot::read(&request.slot).ok();
            *counted.lock().unwrap() +=
                usize::from(slot.is_some_and(|slot| slot.author() == device));
        }
        answer
    });
    count
}

/// Returns whether one device has heard that another has all that it has.
fn knows_all_of(device: &mut Device, other: &Device) -> bool {
    device.sync();
    let devices = device.engine.devices().unwrap();
    let said = devices.into_iter().find(|said| said.key == other.engine.own_key()).unwrap().said;
    said.unwrap().vector == other.db.version_vector().unwrap()
}

/// Returns two devices that have told all, a while ago, and how many slots the laptop has sent since.
fn quiet() -> (World, Device, Device, Arc<Mutex<usize>>) {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("first");
    converge(&mut [&mut laptop, &mut phone]);
    world.wait(100);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!((laptop.sync().tell_in, phone.sync().tell_in), (None, None));
    world.wait(100);
    let count = count_slots(&world.net, laptop.engine.own_key());
    (world, laptop, phone, count)
}

#[test]
fn the_first_commit_after_a_while_is_told_at_once_and_those_after_it_together() {
    let (world, mut laptop, mut phone, count) = quiet();
    laptop.write("one");
    assert_eq!(laptop.sync().tell_in, None);
    assert_eq!(*count.lock().unwrap(), 1);
    assert!(knows_all_of(&mut phone, &laptop));
    for at in 0..4 {
        laptop.write(&format!("{at}"));
        let tell_in = laptop.sync().tell_in.unwrap();
        assert!((8_000..10_000).contains(&tell_in), "{tell_in}");
        assert!(!knows_all_of(&mut phone, &laptop));
    }
    assert_eq!(*count.lock().unwrap(), 1);
    world.wait(10);
    assert_eq!(laptop.sync().tell_in, None);
    assert_eq!(*count.lock().unwrap(), 2);
    assert!(knows_all_of(&mut phone, &laptop));
    // Nothing is left to tell.
    world.wait(100);
    world.net.sent();
    assert_eq!((laptop.sync().tell_in, world.net.sent().len()), (None, 1));
    assert_eq!(*count.lock().unwrap(), 2);
}

#[test]
fn commits_that_go_on_are_told_every_ten_seconds() {
    let (world, mut laptop, _, count) = quiet();
    for at in 0..35 {
        laptop.write(&format!("{at}"));
        laptop.sync();
        world.wait(1);
    }
    assert_eq!(*count.lock().unwrap(), 4);
}

#[test]
fn who_has_no_time_later_tells_at_once() {
    let (_world, mut laptop, mut phone, count) = quiet();
    for at in 0..2 {
        laptop.write(&format!("{at}"));
        laptop.sync();
    }
    assert!(!knows_all_of(&mut phone, &laptop));
    // What was sent before is told also if nothing is sent now.
    laptop.engine.tell_at_once();
    assert_eq!(laptop.sync().tell_in, None);
    assert!(knows_all_of(&mut phone, &laptop));
    laptop.write("more");
    laptop.engine.tell_at_once();
    assert_eq!(laptop.sync().tell_in, None);
    assert!(knows_all_of(&mut phone, &laptop));
    assert_eq!(*count.lock().unwrap(), 3);
    // It holds for one round.
    laptop.write("and more");
    assert!(laptop.sync().tell_in.is_some());
}

#[test]
fn what_is_not_told_yet_is_told_after_the_app_was_started_again() {
    let (world, mut laptop, mut phone, _) = quiet();
    for at in 0..2 {
        laptop.write(&format!("{at}"));
        laptop.sync();
    }
    world.reopen(&mut laptop);
    assert!(laptop.sync().tell_in.is_some());
    world.wait(10);
    world.reopen(&mut laptop);
    assert_eq!(laptop.sync().tell_in, None);
    assert!(knows_all_of(&mut phone, &laptop));
}

#[test]
fn what_is_new_of_a_device_is_told_at_once() {
    let (world, mut laptop, mut phone, count) = quiet();
    laptop.write("one");
    laptop.sync();
    world.reopen_with(&mut laptop, super::world::settings("Desk"));
    assert_eq!(laptop.sync().tell_in, None);
    assert_eq!(*count.lock().unwrap(), 2);
    phone.sync();
    for device in [&laptop, &phone] {
        let devices = device.engine.devices().unwrap();
        assert!(devices.iter().any(|device| device.said.as_ref().unwrap().name == "Desk"));
    }
}

#[test]
fn a_slot_whose_answer_was_lost_is_told_again() {
    let (world, mut laptop, mut phone, count) = quiet();
    laptop.write("one");
    world.net.plan(0, Mishap::AnswerLost);
    assert!(laptop.try_sync().is_err());
    assert_eq!(*count.lock().unwrap(), 1);
    // The number was given away, and the relay says so.
    assert_eq!(laptop.sync().tell_in, Some(0));
    assert_eq!(laptop.sync().tell_in, None);
    assert!(knows_all_of(&mut phone, &laptop));
    assert_eq!(laptop.titles(), ["first", "one"]);
}

#[test]
fn a_relay_that_does_not_take_what_is_told_is_not_asked_again_and_again() {
    let (world, mut laptop, mut phone, _) = quiet();
    world.net.tamper(|endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            (answer.took_slot, answer.slots) = (false, vec![]);
            *content = answer.to_bytes().unwrap();
        }
    });
    laptop.write("one");
    for _ in 0..3 {
        assert_eq!(laptop.sync().tell_in, None);
    }
    world.net.behave();
    world.wait(100);
    for _ in 0..2 {
        laptop.sync();
    }
    assert!(knows_all_of(&mut phone, &laptop));
}
