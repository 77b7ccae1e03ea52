//! What takes the place of segments that do not count, or hold what was forgotten.

use ara::prelude::*;

use crate::engine::tests::world::{Todo, World, converge};
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
fn bytes_at_relay(world: &World, device: &mut crate::engine::tests::world::Device) -> u64 {
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
    let count = |device: &crate::engine::tests::world::Device| {
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
