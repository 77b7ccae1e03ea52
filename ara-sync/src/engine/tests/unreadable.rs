//! Segments that cannot be merged.

use ara_core::{AppSchema, Schema, TableRef};
use ara_protocol::message::Endpoint;
use ara_protocol::message::segments::{HeadsAnswer, PartsAnswer};
use ara_protocol::message::sync::{Entry, SyncAnswer};

use crate::engine::settings::Settings;
use crate::engine::tests::net::Net;
use crate::engine::tests::world::{Todo, World, converge, settings};
use crate::state::Alarm;

/// Damages the parts of one segment, wherever they are asked for.
fn damage(net: &Net, number: u64) {
    let mut damaged = vec![];
    net.tamper(move |endpoint, content| match endpoint {
        Endpoint::Sync => {
            let mut answer = SyncAnswer::read(content).unwrap();
            for entry in &mut answer.entries {
                if let Entry::Whole { number: at, part, .. } = entry
                    && *at == number
                {
                    damaged.clone_from(part);
                    part[40] ^= 1;
                }
            }
            *content = answer.to_bytes().unwrap();
        }
        Endpoint::Parts => {
            let mut answer = PartsAnswer::read(content).unwrap();
            for part in answer.parts.iter_mut().filter(|part| **part == damaged) {
                part[40] ^= 1;
            }
            *content = answer.to_bytes().unwrap();
        }
        _ => {}
    });
}

#[test]
fn a_damaged_segment_stops_its_node_only_until_it_is_whole() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    laptop.write("one");
    laptop.sync();
    let number = laptop.engine.place.cursor.number;
    laptop.write("two");
    laptop.sync();
    phone.write("phone");
    phone.sync();
    damage(&world.net, number);
    tablet.sync();
    assert_eq!(tablet.titles(), ["phone"]);
    let node = laptop.db.node().unwrap();
    assert_eq!(tablet.alarms(), [Alarm::NotOpened { node }]);
    laptop.write("three");
    laptop.sync();
    tablet.write("tablet");
    tablet.sync();
    assert_eq!(tablet.titles(), ["phone", "tablet"]);
    world.net.behave();
    world.reopen(&mut tablet);
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(tablet.titles().len(), 5);
    assert_eq!(tablet.alarms(), []);
}

/// The schema of the app in its second version.
struct Newer;

impl Schema for Newer {
    const APP: Option<&'static AppSchema> =
        Some(&AppSchema { name: "Newer", version: 2, app_version: "2.0" });
    const TABLES: &'static [TableRef] = &[TableRef::of::<Todo>()];
}

fn of_version(schema_version: u32) -> Settings {
    Settings { refuse_newer: true, schema_version, ..settings("Careful") }
}

#[test]
fn what_a_newer_schema_wrote_waits_for_the_update() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let (db, keys) = (world.database(), world.keys());
    let mut tablet = world.join_with(&mut laptop, db, keys, of_version(1));
    laptop.write("before");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    laptop.db.ensure::<Newer>().unwrap();
    laptop.write("after");
    laptop.sync();
    phone.sync();
    phone.write("phone");
    phone.sync();
    let node = laptop.db.node().unwrap();
    for _ in 0..2 {
        tablet.sync();
        assert_eq!(tablet.titles(), ["before", "phone"]);
        assert_eq!(tablet.alarms(), [Alarm::Held { node, by: None }]);
        // Later segments of the node wait, too, also where the app starts anew.
        laptop.write("later");
        laptop.sync();
        world.reopen_with(&mut tablet, of_version(1));
    }
    // Others go on without it.
    tablet.write("tablet");
    tablet.sync();
    world.reopen_with(&mut tablet, of_version(2));
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(tablet.titles().len(), 6);
    assert_eq!(tablet.alarms(), []);
}

/// Lets a device read a log in which the parts of two segments are swapped.
#[test]
fn parts_that_are_swapped_are_not_taken() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    laptop.write("one");
    laptop.sync();
    laptop.write("two");
    laptop.sync();
    world.net.tamper(|endpoint, content| match endpoint {
        Endpoint::Sync => {
            let mut answer = SyncAnswer::read(content).unwrap();
            if let [Entry::Whole { part: one, .. }, Entry::Whole { part: other, .. }, ..] =
                answer.entries.as_mut_slice()
            {
                std::mem::swap(one, other);
            }
            *content = answer.to_bytes().unwrap();
        }
        Endpoint::Parts => *content = PartsAnswer { parts: vec![] }.to_bytes().unwrap(),
        _ => {}
    });
    phone.sync();
    assert_eq!(phone.titles(), Vec::<String>::new());
    let node = laptop.db.node().unwrap();
    assert_eq!(phone.alarms(), [Alarm::NotOpened { node }]);
    world.net.behave();
    world.reopen(&mut phone);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.alarms(), []);
}

#[test]
fn a_segment_that_the_relay_leaves_out_is_told_and_read_once_it_is_there() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    for title in ["one", "two", "three"] {
        laptop.write(title);
        laptop.sync();
    }
    // It says that the second one was replaced, and shows nothing in its place.
    let cursor = phone.engine.place.cursor;
    world.net.tamper(move |endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            if let [Entry::Whole { head: one, .. }, Entry::Whole { head: two, .. }, ..] =
                answer.entries.as_slice()
            {
                let id = |head: &[u8]| ara_protocol::segment::Head::read(head).unwrap().id();
                let to = cursor.after(id(one)).after(id(two));
                answer.entries[1] = Entry::Skip { to };
            }
            *content = answer.to_bytes().unwrap();
        }
        if endpoint == Endpoint::Heads {
            let mut answer = HeadsAnswer::read(content).unwrap();
            answer.entries.retain(|entry| entry.number() != cursor.number + 2);
            *content = answer.to_bytes().unwrap();
        }
    });
    phone.sync();
    assert_eq!(phone.titles(), ["one"]);
    let node = laptop.db.node().unwrap();
    assert_eq!(phone.alarms(), [Alarm::Incomplete { node }]);
    // A node is told apart from others, and what was passed over is read once it is shown.
    world.net.behave();
    let mut tablet = world.join(&mut laptop);
    tablet.write("tablet");
    tablet.sync();
    phone.sync();
    assert_eq!(phone.titles(), ["one", "tablet", "three", "two"]);
    assert!(!phone.alarms().contains(&Alarm::Incomplete { node }));
}
