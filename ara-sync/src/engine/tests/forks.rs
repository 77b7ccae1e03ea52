//! Nodes under which two files wrote.

use ara::prelude::*;

use crate::engine::tests::world::{Todo, World, converge, settings};

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
