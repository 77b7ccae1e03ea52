//! Segments that cannot be merged.

use ara_protocol::message::Endpoint;
use ara_protocol::message::segments::PartsAnswer;
use ara_protocol::message::sync::{Entry, SyncAnswer};

use crate::engine::tests::net::Net;
use crate::engine::tests::world::{World, converge};
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
