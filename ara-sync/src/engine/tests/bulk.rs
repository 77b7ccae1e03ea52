//! Large and many changes.

use ara::prelude::*;

use crate::engine::settings::Settings;
use crate::engine::tests::world::{Todo, World, converge, settings};
use crate::state::Alarm;

#[test]
fn many_changes_go_in_few_segments() {
    let world = World::new();
    let mut laptop = world.found();
    let notes = "some text that is like other text ".repeat(10);
    for batch in 0..20 {
        laptop
            .db
            .transaction(|tx| {
                for at in 0..200 {
                    tx.create(Todo::draft().title(format!("{batch} {at}")).notes(&*notes))?;
                }
                Ok(())
            })
            .unwrap();
    }
    let outcome = laptop.sync();
    assert!((2..10).contains(&outcome.sent), "{outcome:?}");
    assert_eq!(laptop.engine.bytes_to_send().unwrap(), 0);
    let mut phone = world.join(&mut laptop);
    let mut seen = vec![];
    let outcome = phone.engine.round(&|| false, &mut |progress| seen.push(progress.read)).unwrap();
    assert_eq!(outcome.received, 4000);
    assert!(seen.is_sorted() && seen.last() == Some(&laptop.engine.place.cursor.number));
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn a_round_that_is_stopped_goes_on_where_it_was() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    for at in 0..30 {
        laptop.write(&format!("{at} {}", noise(200_000, at)));
        laptop.sync();
    }
    let mut rounds = 0;
    while phone.titles().len() < 30 {
        let asked = std::cell::Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) > 0;
        phone.engine.round(&stop, &mut |_| {}).unwrap();
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 1, "one request brought all");
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn a_transaction_that_is_larger_than_a_part_is_staged() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("before");
    laptop
        .db
        .transaction(|tx| {
            for at in 0..12 {
                tx.create(Todo::draft().title("large").notes(noise(300_000, at)))?;
            }
            Ok(())
        })
        .unwrap();
    laptop.write("after");
    laptop.sync();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 14);
}

/// Returns text that does not become smaller by compression.
pub(super) fn noise(length: usize, seed: u64) -> String {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let letter = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'0' + (state >> 58) as u8)
    };
    (0..length).map(letter).collect()
}

#[test]
fn a_log_that_was_compacted_is_sent_as_it_is() {
    let world = World::new();
    let mut laptop = world.found();
    let todo = laptop.write("0");
    for at in 1..30 {
        laptop.db.update(Todo::patch(todo).title(format!("{at}"))).unwrap();
    }
    laptop.sync();
    for at in 30..60 {
        laptop.db.update(Todo::patch(todo).title(format!("{at}"))).unwrap();
    }
    let vector = laptop.db.version_vector().unwrap();
    assert!(laptop.db.compact(&[vector]).unwrap().dropped_changes > 0);
    let mut phone = world.join(&mut laptop);
    phone.sync();
    assert_eq!(phone.titles(), ["29"]);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles(), ["59"]);
    assert_eq!((laptop.alarms(), phone.alarms()), (vec![], vec![]));
}

#[test]
fn a_transaction_that_is_too_large_is_told_and_stops_its_node_until_it_is_smaller() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let small = Settings { most_changes: 1_000_000, ..settings("Laptop") };
    world.reopen_with(&mut laptop, small);
    converge(&mut [&mut laptop, &mut phone]);
    laptop.write("before");
    let large = laptop.db.transaction(|tx| {
        let notes = |at| noise(300_000, at);
        (0..5).map(|at| tx.create(Todo::draft().title("large").notes(notes(at)))).collect()
    });
    let large: Vec<Id<Todo>> = large.unwrap();
    laptop.write("after");
    laptop.sync();
    let own = laptop.db.node().unwrap();
    let is_told = |alarm: &Alarm| match alarm {
        Alarm::NotSent { node, reason } => *node == own && reason.contains("compact"),
        _ => false,
    };
    assert!(laptop.alarms().iter().any(is_told), "{:?}", laptop.alarms());
    // What comes before it is sent, and what others write is read.
    phone.write("phone");
    phone.sync();
    assert_eq!(phone.titles(), ["before", "phone"]);
    laptop.sync();
    assert!(laptop.titles().contains(&"phone".to_owned()));
    assert!(laptop.alarms().iter().any(is_told));
    for id in large {
        laptop.db.update(Todo::patch(id).notes(None::<String>)).unwrap();
    }
    let vector = laptop.db.version_vector().unwrap();
    laptop.db.compact(&[vector]).unwrap();
    // It takes a while to find out, so it is not tried at once.
    laptop.sync();
    assert_eq!(phone.sync().received, 0);
    world.wait(60 * 60);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 8);
    assert!(!laptop.alarms().iter().any(is_told));
}
