//! A member that lies, as a stolen device can before it is removed.

use ara::prelude::*;
use ara_core::NodePoint;
use ara_protocol::keys::Label;
use ara_protocol::message::sync::{PushOutcome, SyncRequest};
use ara_protocol::segment::{Bounds, Point};
use ara_protocol::slot::{Slot, SlotContent};
use ara_protocol::{Cursor, NodeId, RecordHash};

use crate::engine::tests::attacks::forger::{Forger, asking, chain_of, changes_of, node_of};
use crate::engine::tests::world::{Device, Todo, World, converge, settings};
use crate::random::Random;
use crate::state::Alarm;
use crate::state::segments::{node_point, sealed_point};

fn three() -> (World, Device, Device, Device) {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut liar = world.join(&mut laptop);
    for at in 0..6 {
        laptop.write(&format!("laptop {at}"));
        laptop.sync();
    }
    converge(&mut [&mut laptop, &mut phone, &mut liar]);
    (world, laptop, phone, liar)
}

/// Asserts that all of the laptop is there for who knew it and for who comes later, once the liar is out.
#[track_caller]
fn assert_heals(world: &World, laptop: &mut Device, phone: &mut Device, liar: &Device) {
    let rows = laptop.titles().len() + 2;
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    laptop.write("later");
    phone.write("phone");
    converge(&mut [laptop, phone]);
    let mut late = world.join(phone);
    converge(&mut [laptop, phone, &mut late]);
    assert_eq!(late.titles().len(), rows, "{:?}", late.titles());
    for device in [&*laptop, phone, &late] {
        let bad = |alarm: &Alarm| {
            matches!(
                alarm,
                Alarm::Withheld
                    | Alarm::Incomplete { .. }
                    | Alarm::NotOpened { .. }
                    | Alarm::Refused { .. }
            )
        };
        assert!(!device.alarms().iter().any(bad), "{:?}", device.alarms());
    }
}

#[test]
fn where_it_says_to_stand_raises_an_alarm_only_until_it_stands_somewhere_else() {
    let (world, mut laptop, mut phone, mut liar) = three();
    let lies = [
        (Cursor { number: u64::MAX >> 1, chain: [1; 32] }, None),
        (Cursor { number: 2, chain: [1; 32] }, None),
        (Cursor { number: 0, chain: [1; 32] }, None),
        (Cursor::start(laptop.engine.space()), Some(RecordHash::from_bytes([2; 32]))),
    ];
    for (cursor, access) in lies {
        let mut forger = Forger::of(&liar);
        forger.stood.cursor = cursor;
        forger.stood.access = access.unwrap_or(forger.stood.access);
        liar.write("lies");
        let node = node_of(&liar);
        let chain = chain_of(&liar, node).segments;
        let last = chain.last().map(|last| (last.id, last.bounds.unwrap().to));
        let after = last.map_or(NodePoint::default(), |(_, to)| node_point(to));
        let sealed = forger.seal(&changes_of(&liar.db, node, after), last.map(|(id, _)| id), &[]);
        assert_eq!(forger.push(&liar, &[&sealed]), PushOutcome::Taken);
        phone.sync();
        laptop.sync();
        assert!(phone.alarms().contains(&Alarm::Withheld), "{cursor:?}");
        // It tells the truth the next time.
        liar.sync();
        liar.write("true");
        liar.sync();
        converge(&mut [&mut laptop, &mut phone, &mut liar]);
        assert!(!phone.alarms().contains(&Alarm::Withheld), "{cursor:?}");
    }
    // Or it is out.
    let mut forger = Forger::of(&liar);
    forger.stood.cursor.number = 1 << 40;
    liar.write("lies");
    let node = node_of(&liar);
    let last = chain_of(&liar, node).segments.pop().unwrap();
    let after = node_point(last.bounds.unwrap().to);
    let sealed = forger.seal(&changes_of(&liar.db, node, after), Some(last.id), &[]);
    assert_eq!(forger.push(&liar, &[&sealed]), PushOutcome::Taken);
    phone.sync();
    assert!(phone.alarms().contains(&Alarm::Withheld));
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    assert!(!phone.alarms().contains(&Alarm::Withheld));
    assert!(!laptop.alarms().contains(&Alarm::Withheld));
    drop(world);
}

#[test]
fn a_key_that_it_wraps_wrongly_is_told_and_the_next_right_one_is_enough() {
    let (world, mut laptop, mut phone, mut liar) = three();
    let rotated = liar.engine.members().rotate(&liar.keys, &mut Random::seeded(5)).unwrap();
    // What it wraps for the phone is nothing.
    let mut bytes = rotated.as_bytes().to_vec();
    let key = phone.engine.own_key();
    let at = bytes.windows(32).rposition(|window| window == key.as_bytes()).unwrap() + 32;
    bytes[at + 40] ^= 1;
    bytes.truncate(bytes.len() - 64);
    let signature = liar.keys.sign(Label::Record, &bytes);
    bytes.extend(signature.as_bytes());
    assert!(
        liar.engine.ask_access(Some(liar.engine.members().head()), vec![bytes]).unwrap().are_taken
    );
    phone.write("waits");
    for _ in 0..2 {
        let failed = phone.try_sync().unwrap_err();
        assert!(failed.to_string().contains("cannot open"), "{failed}");
        world.reopen_with(&mut phone, settings("Phone"));
    }
    assert!(phone.engine.rotate().is_err());
    // Who can open it shuts the liar out, and with it goes the wrong key.
    laptop.sync();
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    assert!(laptop.titles().contains(&"waits".to_owned()));
    assert!(liar.try_sync().is_err());
}

#[test]
fn what_it_says_in_its_slot_raises_an_alarm_and_changes_nothing() {
    let (world, mut laptop, mut phone, liar) = three();
    let mut forger = Forger::of(&liar);
    let keys = forger.members.epoch_keys(&liar.keys).unwrap();
    let node = *node_of(&laptop).as_bytes();
    let vectors = [
        // What no device has, of a node that is known and of one that is not, and what is no vector.
        phone
            .db
            .version_vector()
            .unwrap()
            .with_point(node, NodePoint { number: 1 << 40, digest: 7 })
            .to_bytes(),
        phone
            .db
            .version_vector()
            .unwrap()
            .with_point([9; 16], NodePoint { number: 1, digest: 7 })
            .to_bytes(),
        vec![0xff; 500],
    ];
    for (at, vector) in vectors.into_iter().enumerate() {
        let content =
            SlotContent { name: "\u{202e}Laptop".to_owned(), vector, ..SlotContent::default() };
        let slot = Slot::seal(
            &content,
            laptop.engine.space(),
            u64::MAX - 9 + at as u64,
            &liar.keys,
            keys.newest(),
            &mut forger.random,
        );
        let slot = slot.unwrap().as_bytes().to_vec();
        let request = SyncRequest { slot, ..asking(&liar) };
        liar.relay().sync(&request, &liar.keys).unwrap();
        world.net.sent();
        phone.sync();
        assert!(world.net.sent().len() < 10);
        assert_eq!(phone.alarms().contains(&Alarm::Withheld), at < 2);
        assert_eq!(phone.titles().len(), 6);
        laptop.sync();
    }
    assert_heals(&world, &mut laptop, &mut phone, &liar);
}

#[test]
fn wrong_bounds_are_found_and_name_the_node() {
    let (world, mut laptop, mut phone, liar) = three();
    let mut forger = Forger::of(&liar);
    let node = node_of(&laptop);
    let last = chain_of(&liar, node).segments.pop().unwrap();
    let end = last.bounds.unwrap().to;
    let changes = changes_of(&liar.db, node, NodePoint::default()).to_bytes();
    // It says to have what the laptop has not even written.
    let bounds = Bounds { from: end, to: Point { number: end.number + 100, digest: 7 } };
    let sealed = forger.seal_as((&changes, bounds), (node, Some(last.id), &[]));
    assert_eq!(forger.push(&liar, &[&sealed]), PushOutcome::Taken);
    laptop.write("not hindered here");
    let told = Alarm::Refused { node: laptop.db.node().unwrap(), reason: String::new() };
    for device in [&mut laptop, &mut phone] {
        device.sync();
        let is_told = device
            .alarms()
            .iter()
            .any(|alarm| std::mem::discriminant(alarm) == std::mem::discriminant(&told));
        assert!(is_told, "{:?}", device.alarms());
    }
    assert_eq!(phone.titles().len(), 6);
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 7);
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
    assert!(late.alarms().is_empty());
}

#[test]
fn bounds_at_the_ends_of_all_numbers_are_told_and_over_once_it_is_out() {
    for number in [u64::MAX, u64::MAX - 1, 1 << 63, (1 << 63) - 1, 1 << 62] {
        for of_laptop in [true, false] {
            let (world, mut laptop, mut phone, liar) = three();
            let mut forger = Forger::of(&liar);
            let node = if of_laptop { node_of(&laptop) } else { NodeId::from_bytes([9; 16]) };
            let last = chain_of(&liar, node).segments.pop();
            let end = last.as_ref().map_or(Point::default(), |last| last.bounds.unwrap().to);
            let changes = changes_of(&liar.db, node_of(&laptop), NodePoint::default()).to_bytes();
            let to = Point { number, digest: u64::MAX };
            for from in [end, Point { number: number - 1, digest: 7 }] {
                let bounds = Bounds { from, to };
                let last = chain_of(&liar, node).segments.pop();
                let previous = last.map(|last| last.id);
                let sealed = forger.seal_as((&changes, bounds), (node, previous, &[]));
                let _ = forger.push(&liar, &[&sealed]);
            }
            laptop.write("more");
            for device in [&mut laptop, &mut phone] {
                device.sync();
                let is_told = |alarm: &Alarm| matches!(alarm, Alarm::Refused { .. });
                assert!(device.alarms().iter().any(is_told), "{:?}", device.alarms());
            }
            // Other nodes go on.
            assert_eq!(phone.titles().len(), if of_laptop { 6 } else { 7 });
            assert_heals(&world, &mut laptop, &mut phone, &liar);
        }
    }
}

#[test]
fn wrong_changes_under_right_bounds_are_refused() {
    let (world, mut laptop, mut phone, liar) = three();
    // It seals what the laptop has written and not sent, with other changes.
    laptop.write("true");
    let node = node_of(&laptop);
    let last = chain_of(&liar, node).segments.pop().unwrap();
    let from = last.bounds.unwrap().to;
    let run = changes_of(&laptop.db, node, node_point(from)).runs_of_nodes().next().unwrap();
    let bounds = Bounds { from, to: sealed_point(run.to) };
    let twin = world.copy(&liar.db);
    twin.create(Todo::draft().title("planted")).unwrap();
    let own = NodeId::from_bytes(*twin.node().unwrap().as_bytes());
    let mut forger = Forger::of(&liar);
    for forged in [
        changes_of(&twin, own, NodePoint::default()).to_bytes(),
        changes_of(&liar.db, node, NodePoint::default()).to_bytes(),
        vec![],
        b"no changes at all".to_vec(),
    ] {
        let sealed = forger.seal_as((&forged, bounds), (node, Some(last.id), &[]));
        let world_before = phone.titles();
        if forger.push(&liar, &[&sealed]) == PushOutcome::Taken {
            phone.sync();
            let node = laptop.db.node().unwrap();
            let is_told = |alarm: &Alarm| match alarm {
                Alarm::Refused { node: of, .. } | Alarm::NotOpened { node: of } => *of == node,
                _ => false,
            };
            assert!(phone.alarms().iter().any(is_told), "{:?}", phone.alarms());
        }
        assert_eq!(phone.titles(), world_before);
    }
    laptop.sync();
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 7);
    assert!(!phone.titles().contains(&"planted".to_owned()));
    let mut late = world.join(&mut phone);
    converge(&mut [&mut laptop, &mut phone, &mut late]);
}

#[test]
fn what_covers_less_than_it_replaces_loses_nothing() {
    // The end, the beginning, the middle, and all but one of what is replaced is left out.
    for (from, to) in [(0, 2), (3, 4), (0, 1), (1, 4)] {
        let (world, mut laptop, mut phone, liar) = three();
        let node = node_of(&laptop);
        let mut chain = chain_of(&liar, node).segments;
        chain.truncate(4);
        let replaces: Vec<_> = chain.iter().map(|segment| segment.id).collect();
        let point = |at: usize| match at {
            0 => Point::default(),
            at => chain[at - 1].bounds.unwrap().to,
        };
        let bounds = Bounds { from: point(from), to: point(to) };
        let changes = liar
            .db
            .changes_of_node(*node.as_bytes(), node_point(bounds.from), Some(node_point(bounds.to)))
            .unwrap();
        let changes = changes.in_batches_of(1 << 20).next().unwrap().unwrap();
        let mut forger = Forger::of(&liar);
        let sealed = forger.seal(&changes, None, &replaces);
        assert_eq!(forger.push(&liar, &[&sealed]), PushOutcome::Taken);
        // Who comes before anybody has found out misses something, and is told so.
        let mut late = world.join(&mut laptop);
        late.sync();
        if late.titles().len() < 6 {
            let node = laptop.db.node().unwrap();
            assert!(late.alarms().contains(&Alarm::Incomplete { node }), "{from} {to}");
        }
        converge(&mut [&mut laptop, &mut phone, &mut late]);
        assert_eq!(late.titles().len(), 6, "{from} {to}");
        assert_eq!((laptop.sync().sent, phone.sync().sent), (0, 0));
        assert_heals(&world, &mut laptop, &mut phone, &liar);
    }
}
