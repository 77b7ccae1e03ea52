//! A device that was removed and writes on, with code of its own and with the relay's help.

use std::sync::Arc;

use ara::prelude::*;
use ara_core::{Database, NodePoint};
use ara_protocol::message::Endpoint;
use ara_protocol::message::sync::{PushOutcome, SyncAnswer};
use ara_protocol::segment::Sealed;
use ara_protocol::slot::{Slot, SlotContent};

use crate::engine::tests::attacks::forger::{Forger, chain_of, changes_of, inject, lie, node_of};
use crate::engine::tests::world::{Device, Todo, World, converge};
use crate::fault::Fault;
use crate::state::Alarm;
use crate::state::segments::node_point;

/// A laptop and a phone that know of the removal, and the thief, who has the keys and all the data.
struct Case {
    world: World,
    laptop: Device,
    phone: Device,
    thief: Device,
    forger: Forger,
}

fn case() -> Case {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("laptop");
    let mut phone = world.join(&mut laptop);
    let mut thief = world.join(&mut laptop);
    phone.write("phone");
    thief.write("thief");
    converge(&mut [&mut laptop, &mut phone, &mut thief]);
    let forger = Forger::of(&thief);
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    Case { world, laptop, phone, thief, forger }
}

/// Returns a database that writes under the node of the laptop, whose seed is the first one.
fn impostor(laptop: &Device) -> Database {
    let db = Database::options().seed(1).memory().unwrap();
    for at in 0..5 {
        db.create(Todo::draft().title("planted").notes(format!("{at}"))).unwrap();
    }
    assert_eq!(db.node().unwrap(), laptop.db.node().unwrap());
    db
}

impl Case {
    /// What the thief seals under a node: its changes after what is sealed of it.
    fn forged(&mut self, db: &Database, of: ara_protocol::NodeId) -> Sealed {
        let chain = chain_of(&self.thief, of);
        let last = chain.segments.last();
        let after =
            last.and_then(|last| last.bounds).map_or(NodePoint::default(), |it| node_point(it.to));
        self.forger.seal(&changes_of(db, of, after), last.map(|last| last.id), &[])
    }

    /// Asserts that the relay does not take it, and that nothing comes of it where the relay shows it all the same.
    #[track_caller]
    fn assert_counts_for_nobody(&mut self, sealed: Sealed) {
        assert!(matches!(
            self.forger_push(&sealed),
            Err(()) | Ok(PushOutcome::OtherEpoch | PushOutcome::Conflict)
        ));
        let before = self.phone.titles();
        // Something true comes after it, so that the log that is shown joins the true one again.
        self.laptop.write("true 1");
        self.laptop.sync();
        self.laptop.write("true 2");
        self.laptop.sync();
        // It has told what it has.
        self.world.wait(10);
        assert_eq!(self.laptop.sync().tell_in, None);
        let at = self.phone.engine.place.cursor;
        inject(&self.world, at, &[sealed]);
        let _ = self.phone.try_sync();
        assert!(!self.phone.titles().contains(&"planted".to_owned()));
        assert!(before.iter().all(|title| self.phone.titles().contains(title)));
        self.world.net.behave();
        self.phone.write("after");
        self.phone.sync();
        self.laptop.sync();
        self.world.reopen(&mut self.phone);
        converge(&mut [&mut self.laptop, &mut self.phone]);
        assert_eq!(self.phone.titles().len(), 6, "{:?}", self.phone.titles());
        assert!(!self.phone.titles().contains(&"planted".to_owned()));
        let mut late = self.world.join(&mut self.phone);
        converge(&mut [&mut self.laptop, &mut self.phone, &mut late]);
        assert!(!late.titles().contains(&"planted".to_owned()));
    }

    fn forger_push(&self, sealed: &Sealed) -> Result<PushOutcome, ()> {
        let request = ara_protocol::message::sync::SyncRequest {
            pushes: vec![vec![ara_protocol::message::sync::PushedSegment {
                head: sealed.head.as_bytes().to_vec(),
                part: sealed.parts.first().cloned(),
            }]],
            ..super::forger::asking(&self.phone)
        };
        // Not even a member can bring it for the thief.
        let brought = self.phone.relay().sync(&request, &self.phone.keys);
        assert!(!brought.unwrap().pushes.contains(&PushOutcome::Taken));
        let asked = self.phone.relay().sync(&request, &self.forger.keys);
        asked.map(|answer| answer.pushes[0]).map_err(|fault| {
            assert!(matches!(fault, Fault::Refused(_)));
        })
    }
}

#[test]
fn what_it_writes_under_its_own_node_counts_for_nobody() {
    let mut case = case();
    let node = node_of(&case.thief);
    case.thief.write("planted");
    let db = case.thief.db.clone();
    let sealed = case.forged(&db, node);
    case.assert_counts_for_nobody(sealed);
}

#[test]
fn what_it_backdates_counts_for_nobody() {
    let mut case = case();
    // Its clock shows a day before the removal, and the segment says that it stood where all was well.
    case.world.wait(-86_400);
    let node = node_of(&case.thief);
    case.thief.write("planted");
    case.world.wait(86_400);
    case.forger.stood.cursor = ara_protocol::Cursor::start(case.thief.engine.space());
    let db = case.thief.db.clone();
    let sealed = case.forged(&db, node);
    case.assert_counts_for_nobody(sealed);
}

#[test]
fn what_it_writes_under_the_node_of_another_counts_for_nobody() {
    let mut case = case();
    let node = node_of(&case.laptop);
    let db = impostor(&case.laptop);
    let last = chain_of(&case.thief, node).segments.pop().unwrap().id;
    let sealed = case.forger.seal(&changes_of(&db, node, NodePoint::default()), Some(last), &[]);
    case.assert_counts_for_nobody(sealed);
}

#[test]
fn what_it_puts_in_the_place_of_others_takes_nothing_from_them() {
    for of_phone in [false, true] {
        let mut case = case();
        let node = node_of(if of_phone { &case.phone } else { &case.laptop });
        let chain = chain_of(&case.phone, node);
        let replaces: Vec<_> = chain.segments.iter().map(|segment| segment.id).collect();
        let db = case.thief.db.clone();
        let sealed =
            case.forger.seal(&changes_of(&db, node, NodePoint::default()), None, &replaces);
        case.assert_counts_for_nobody(sealed);
    }
}

#[test]
fn what_it_puts_in_the_place_of_other_nodes_takes_nothing_from_them() {
    let mut case = case();
    let own = node_of(&case.thief);
    let others = [node_of(&case.laptop), node_of(&case.phone)];
    let replaces: Vec<_> = others
        .iter()
        .flat_map(|node| chain_of(&case.phone, *node).segments)
        .map(|segment| segment.id)
        .collect();
    assert!(replaces.len() > 1);
    let db = case.thief.db.clone();
    let sealed = case.forger.seal(&changes_of(&db, own, NodePoint::default()), None, &replaces);
    case.assert_counts_for_nobody(sealed);
}

#[test]
fn who_leaves_cannot_go_on_behind_an_end_that_the_relay_makes_up() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    let mut thief = world.join(&mut laptop);
    thief.write("before");
    converge(&mut [&mut laptop, &mut phone, &mut thief]);
    let mut forger = Forger::of(&thief);
    let node = node_of(&thief);
    let last = chain_of(&thief, node).segments.pop().unwrap();
    let (db, keys) = (thief.db.clone(), Arc::clone(&thief.keys));
    thief.engine.leave().unwrap();
    // The phone hears of it, and is told of a log in which there is room for all that the thief may come to write.
    lie(&world, |_, answer| answer.end.number = 1 << 40, |_, _| {});
    assert!(phone.try_sync().is_err());
    world.net.behave();
    phone.sync();
    db.create(Todo::draft().title("planted")).unwrap();
    forger.keys = keys;
    let planted = changes_of(&db, node, node_point(last.bounds.unwrap().to));
    let sealed = forger.seal(&planted, Some(last.id), &[]);
    inject(&world, phone.engine.place.cursor, &[sealed]);
    let _ = phone.try_sync();
    assert_eq!(phone.titles(), ["before"]);
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles(), ["before"]);
}

#[test]
fn its_slot_is_no_slot_any_more() {
    let mut case = case();
    let content = SlotContent { name: "Laptop".to_owned(), ..SlotContent::default() };
    let keys = case.forger.members.epoch_keys(&case.forger.keys).unwrap();
    let space = case.forger.members.space();
    let slot = Slot::seal(
        &content,
        space,
        u64::MAX,
        &case.forger.keys,
        keys.newest(),
        &mut case.forger.random,
    );
    let slot = slot.unwrap().as_bytes().to_vec();
    case.world.net.tamper(move |endpoint, content| {
        if endpoint == Endpoint::Sync {
            let mut answer = SyncAnswer::read(content).unwrap();
            answer.slots.push(slot.clone());
            answer.newest_slot += 1;
            *content = answer.to_bytes().unwrap();
        }
    });
    case.phone.sync();
    case.world.net.behave();
    assert_eq!(case.phone.engine.devices().unwrap().len(), 2);
    converge(&mut [&mut case.laptop, &mut case.phone]);
}

#[test]
fn it_cannot_come_back_by_a_record() {
    let case = case();
    let (world, mut laptop, mut phone) = (case.world, case.laptop, case.phone);
    let thief = case.thief;
    let mut forger = case.forger;
    // By the members that it knew it is one, and it makes records in their name: a new device, another removal.
    let device = world.keys();
    let records = [
        forger.members.add(&forger.keys, &device.public(), &mut forger.random).unwrap(),
        forger
            .members
            .remove(&forger.keys, &[laptop.engine.own_key()], &mut forger.random)
            .unwrap(),
        forger.members.rotate(&forger.keys, &mut forger.random).unwrap(),
        forger.members.move_to(&forger.keys, "https://evil.example").unwrap(),
    ];
    for record in records {
        // The relay takes none of them.
        let request = ara_protocol::message::access::AccessRequest {
            space: laptop.engine.space(),
            after: None,
            cursor: laptop.engine.place.cursor,
            admission: String::new(),
            records: vec![record.as_bytes().to_vec()],
        };
        let answer = phone.relay().access(&request, &forger.keys).unwrap();
        assert!(!answer.are_taken);
        // Who knows of the removal does not believe a relay that shows one, and stops.
        let mut victim = world.join(&mut laptop);
        let count = victim.engine.members().iter().count();
        let bytes = record.as_bytes().to_vec();
        lie(&world, move |_, answer| answer.records = vec![bytes.clone()], |_, _| {});
        assert!(matches!(victim.try_sync(), Err(Fault::Stopped)));
        assert!(victim.alarms().contains(&Alarm::AccessForked));
        assert_eq!(victim.engine.members().iter().count(), count);
        assert!(victim.engine.members().get(thief.engine.own_key()).is_none());
        world.net.behave();
    }
    converge(&mut [&mut laptop, &mut phone]);
}
