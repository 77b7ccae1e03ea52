//! Nodes under which two files wrote.

use ara::prelude::*;

use crate::engine::tests::bulk::noise;
use crate::engine::tests::world::{Device, Todo, World, converge, settings};
use crate::state::Alarm;

#[test]
fn both_logs_of_a_node_that_forked_reach_all() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    // The tablet begins with changes under the laptop's node that the laptop never sees otherwise.
    laptop.write("both");
    let copied = world.copy(&laptop.db);
    let mut tablet = world.join_with(&mut laptop, copied, world.keys(), settings("Tablet"));
    laptop.write("laptop");
    tablet.write("tablet");
    laptop.sync();
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(phone.titles(), ["both", "laptop", "tablet"]);
    laptop.write("more");
    tablet.write("and more");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut late]);
    assert_eq!(late.titles().len(), 5);
}

#[test]
fn two_devices_that_seal_one_node_do_not_disturb_each_other() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    phone.sync();
    // Both know changes of a third database that no relay has seen.
    let stick = world.database();
    for at in 0..5 {
        stick.create(Todo::draft().title(format!("{at}"))).unwrap();
    }
    for device in [&laptop, &phone] {
        let known = device.db.version_vector().unwrap();
        for changes in stick.changes_since(&known).unwrap() {
            device.db.merge(&changes.unwrap()).unwrap();
        }
    }
    // Each believes that it stands at the end, and sends them.
    laptop.sync();
    phone.write("phone");
    phone.sync();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!((laptop.alarms().len(), phone.alarms().len()), (0, 0));
}

/// Makes a device whose node forked: a laptop and a tablet that begins as its copy, and both write.
fn fork(
    world: &World,
    phone: &mut Device,
    laptop: &mut Device,
    write: impl Fn(&Device, &str),
) -> Device {
    let copied = world.copy(&laptop.db);
    write(laptop, "laptop");
    write(phone, "phone");
    let tablet = world.join_with(laptop, copied, world.keys(), settings("Tablet"));
    write(&tablet, "tablet");
    tablet
}

#[test]
fn what_a_twin_wrote_travels_where_it_is_much_more() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("both");
    let mut tablet = fork(&world, &mut phone, &mut laptop, |device, title| {
        let count = if title == "tablet" { 40 } else { 1 };
        for at in 0..count {
            let notes = noise(300_000, at);
            device.db.create(Todo::draft().title(title).notes(notes)).unwrap();
        }
    });
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(phone.titles().len(), 43);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut late]);
    assert!(!laptop.alarms().iter().any(|alarm| matches!(alarm, Alarm::NotSent { .. })));
    assert_eq!(late.alarms(), []);
}

#[test]
fn what_a_twin_wrote_travels_where_the_relay_has_many_segments() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    // None of them is so small that they would be united.
    for at in 0..1_100 {
        laptop.write(&noise(12_000, at));
        laptop.sync();
    }
    let mut tablet = fork(&world, &mut phone, &mut laptop, |device, title| {
        device.write(title);
    });
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(phone.titles().len(), 1_103);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut late]);
}
