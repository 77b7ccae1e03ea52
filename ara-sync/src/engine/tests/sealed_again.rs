//! What takes the place of segments that do not count, or hold what was forgotten.

mod away;
mod causes;
mod cost;
mod killed;
mod lied_about;
mod raced;
mod settled;

use ara::prelude::*;
use ara_protocol::message::Endpoint;

use crate::engine::base::Outcome;
use crate::engine::settings::Settings;
use crate::engine::tests::net::Moment;
use crate::engine::tests::sealed_again::settled::assert_no_complaints;
use crate::engine::tests::world::{Device, Todo, World, converge, settings};
use crate::state::Alarm;

#[test]
fn what_a_removed_device_sealed_is_sealed_again() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    for at in 0..5 {
        phone.write(&format!("phone {at}"));
        phone.sync();
        laptop.write(&format!("laptop {at}"));
        laptop.sync();
    }
    laptop.engine.remove(&[phone.engine.own_key()]).unwrap();
    let outcome = laptop.sync();
    assert!(outcome.sent > 0);
    // The tablet has read nothing of it before it hears of the removal.
    tablet.sync();
    converge(&mut [&mut laptop, &mut tablet]);
    assert_eq!(tablet.titles().len(), 10);
    assert_eq!(laptop.sync().sent, 0);
    let mut late = world.join(&mut tablet);
    converge(&mut [&mut laptop, &mut tablet, &mut late]);
    assert_eq!(late.titles().len(), 10);
    assert_eq!(late.alarms(), []);
}

#[test]
fn what_a_device_sends_after_its_removal_counts_for_nobody() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    laptop.engine.remove(&[phone.engine.own_key()]).unwrap();
    phone.write("too late");
    assert!(phone.try_sync().is_err());
    laptop.sync();
    assert_eq!(laptop.titles(), Vec::<String>::new());
}

#[test]
fn the_one_that_removed_may_be_gone() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    phone.write("phone");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    laptop.engine.remove(&[phone.engine.own_key()]).unwrap();
    tablet.sync();
    let mut late = world.join(&mut tablet);
    late.sync();
    assert_eq!(late.titles(), ["phone"]);
}

#[test]
fn who_seals_again_less_than_others_know_makes_nobody_doubt_the_relay() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    phone.write("known to all");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    phone.write("known to the laptop");
    phone.sync();
    // It tells the others what it has read.
    laptop.sync();
    world.wait(100);
    laptop.sync();
    laptop.engine.remove(&[phone.engine.own_key()]).unwrap();
    assert!(tablet.sync().sent > 0);
    assert_eq!(tablet.titles(), ["known to all"]);
    assert!(!tablet.alarms().contains(&Alarm::Withheld));
    let mut late = world.join(&mut tablet);
    late.sync();
    assert_eq!(late.alarms(), []);
    converge(&mut [&mut laptop, &mut tablet, &mut late]);
    assert_eq!(late.titles(), ["known to all", "known to the laptop"]);
}

/// Returns how many bytes all parts of the relay have together.
fn bytes_at_relay(world: &World, device: &mut Device) -> u64 {
    let _ = world;
    device.sync().used.unwrap().0
}

#[test]
fn what_is_forgotten_leaves_the_relay() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("stays");
    laptop.sync();
    let secret = super::bulk::noise(300_000, 5);
    let todo = laptop.db.create(Todo::draft().title("goes").notes(&*secret)).unwrap();
    laptop.sync();
    laptop.write("later");
    converge(&mut [&mut laptop, &mut phone]);
    let before = bytes_at_relay(&world, &mut laptop);
    laptop.db.delete(todo).unwrap();
    assert!(laptop.db.forget(todo).unwrap());
    converge(&mut [&mut laptop, &mut phone]);
    let after = bytes_at_relay(&world, &mut laptop);
    assert!(after + 200_000 < before, "{before} {after}");
    assert_eq!(phone.db.history(todo).unwrap().len(), laptop.db.history(todo).unwrap().len());
    assert_eq!((laptop.sync().sent, phone.sync().sent), (0, 0));
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
    assert_eq!(late.titles(), ["later", "stays"]);
    assert_eq!(late.sync().sent, 0);
}

#[test]
fn values_that_arrive_after_their_row_was_forgotten_leave_the_relay_too() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let todo = laptop.write("goes");
    converge(&mut [&mut laptop, &mut phone]);
    laptop.db.delete(todo).unwrap();
    assert!(laptop.db.forget(todo).unwrap());
    // The phone has not heard of it.
    let secret = super::bulk::noise(300_000, 6);
    phone.db.update(Todo::patch(todo).notes(&*secret)).unwrap();
    phone.sync();
    let before = phone.sync().used.unwrap().0;
    converge(&mut [&mut laptop, &mut phone]);
    let after = bytes_at_relay(&world, &mut laptop);
    assert!(after + 200_000 < before, "{before} {after}");
    assert_eq!((laptop.sync().sent, phone.sync().sent), (0, 0));
}

#[test]
fn many_small_segments_become_a_large_one() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    for at in 0..150 {
        laptop.write(&format!("{at}"));
        laptop.sync();
        if at == 30 {
            // It has read some of what becomes one.
            phone.sync();
        }
    }
    let node = ara_protocol::NodeId::from_bytes(laptop.db.node().unwrap().into_bytes());
    let count = |device: &Device| {
        let rows = device.db.sync_read(|sync| crate::state::segments::of_node(sync, node));
        rows.unwrap().unwrap().len()
    };
    assert!(count(&laptop) < 64, "{}", count(&laptop));
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(phone.titles().len(), 150);
    assert_eq!((count(&phone), count(&tablet)), (count(&laptop), count(&laptop)));
    assert_eq!(phone.alarms().len(), 1);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut tablet, &mut late]);
}

/// Lets a phone send as many small segments as are just not united, of which a laptop reads some, and then unite them.
fn united_unread(world: &World, laptop: &mut Device, phone: &mut Device) {
    let tiny = Settings { most_changes: 1_500, ..settings("Phone") };
    world.reopen_with(phone, tiny);
    for count in [40, 23] {
        for at in 0..count {
            phone.write(&super::bulk::noise(100, at));
        }
        assert_eq!(phone.sync().sent, count);
        if count == 40 {
            laptop.sync();
        }
    }
    world.reopen(phone);
    phone.write("the last");
    assert_eq!(phone.sync().sent, 2);
}

#[test]
fn who_removes_a_device_has_merged_what_it_sealed_again() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    united_unread(&world, &mut laptop, &mut phone);
    assert_eq!(laptop.titles().len(), 40);
    laptop.engine.remove(&[phone.engine.own_key()]).unwrap();
    assert_eq!(laptop.titles().len(), 64);
    let mut late = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut late]);
    assert_eq!(late.titles().len(), 64);
}

#[test]
fn what_was_united_comes_with_the_requests_that_read_the_log() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    united_unread(&world, &mut laptop, &mut phone);
    for at in 0..10 {
        phone.write(&format!("after {at}"));
        phone.sync();
    }
    let mut late = world.join(&mut phone);
    for device in [&mut laptop, &mut late] {
        world.net.sent();
        device.sync();
        assert_eq!(device.titles().len(), 74);
        let sent = world.net.sent();
        // The second one tells what the device has.
        assert!(sent.len() <= 2 && sent.iter().all(|it| *it == Endpoint::Sync), "{sent:?}");
    }
}

#[test]
fn who_deletes_a_space_at_the_relay_has_merged_what_was_sealed_again() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    united_unread(&world, &mut laptop, &mut phone);
    laptop.engine.delete_at_relay().unwrap();
    assert_eq!(laptop.titles().len(), 64);
}

/// Lets a phone forget a row while a device is being told what holds it.
#[track_caller]
fn replaced_on_the_way(length: usize, is_by_heads: bool) {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    let write = laptop.db.transaction(|tx| {
        tx.create(Todo::draft().title("stays").notes(super::bulk::noise(length, 1)))?;
        tx.create(Todo::draft().title("goes").notes(super::bulk::noise(length, 2)))
    });
    let row = write.unwrap();
    laptop.sync();
    phone.sync();
    if is_by_heads {
        tablet.engine.begin_anew(false, &mut Outcome::default()).unwrap();
    }
    phone.db.delete(row).unwrap();
    phone.db.forget(row).unwrap();
    world.net.interrupt((0, Moment::Answered), move || {
        assert!(phone.sync().sent > 0);
    });
    tablet.sync();
    assert!(!world.net.is_to_interrupt());
    tablet.sync();
    assert_eq!(tablet.titles(), ["stays"]);
    assert_no_complaints(&tablet);
}

#[test]
fn what_is_replaced_before_its_parts_are_fetched_is_no_alarm_and_comes() {
    replaced_on_the_way(2_000_000, false);
    replaced_on_the_way(2_000_000, true);
    replaced_on_the_way(10, true);
}
