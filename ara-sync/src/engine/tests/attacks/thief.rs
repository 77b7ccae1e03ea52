//! Who holds a device, until it is removed and after.

use std::sync::Arc;

use ara::prelude::*;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::sync::SyncRequest;

use crate::engine::base::Engine;
use crate::engine::tests::attacks::forger::asking;
use crate::engine::tests::world::{Todo, URL, World, converge, settings};
use crate::fault::Fault;
use crate::random::Random;
use crate::state::Alarm;

#[test]
fn whom_it_let_in_is_named_and_goes_with_it() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("laptop");
    let mut thief = world.join(&mut laptop);
    let mut second = world.join(&mut thief);
    let mut third = world.join(&mut second);
    let words = SecretKeys::generate(&mut Random::seeded(9001));
    third.engine.set_recovery(&words).unwrap();
    converge(&mut [&mut laptop, &mut thief, &mut second, &mut third]);
    let [first, middle, last] = [&thief, &second, &third].map(|device| device.engine.own_key());
    let told = laptop.alarms();
    for (device, by) in [(middle, first), (last, middle)] {
        assert!(told.contains(&Alarm::DeviceAdded { device: device.into(), by: by.into() }));
    }
    assert!(told.contains(&Alarm::RecoveryWordsSet { by: last.into() }));
    let plan = laptop.engine.removal_plan(first);
    let mut expected = vec![middle, last, words.public().member()];
    expected.sort_unstable();
    assert_eq!(plan.let_in, expected);
    // One removal puts all of them out.
    let records = laptop.engine.access.records().len();
    laptop.engine.remove(&[&[first], &plan.let_in[..]].concat()).unwrap();
    assert_eq!(laptop.engine.access.records().len(), records + 1);
    assert_eq!(laptop.engine.members().iter().count(), 1);
    for device in [&mut thief, &mut second, &mut third] {
        device.write("planted");
        assert!(matches!(device.try_sync(), Err(Fault::Stopped)));
        assert!(device.alarms().contains(&Alarm::Removed));
    }
    laptop.sync();
    assert_eq!(laptop.titles(), ["laptop"]);
}

#[test]
fn whom_it_let_in_by_way_of_one_that_is_gone_is_named_too() {
    let world = World::new();
    let mut laptop = world.found();
    let mut thief = world.join(&mut laptop);
    let mut middle = world.join(&mut thief);
    let mut hidden = world.join(&mut middle);
    middle.engine.leave().unwrap();
    converge(&mut [&mut laptop, &mut thief, &mut hidden]);
    let plan = laptop.engine.removal_plan(thief.engine.own_key());
    assert_eq!(plan.let_in, [hidden.engine.own_key()]);
    let out = [&[thief.engine.own_key()], &plan.let_in[..]].concat();
    laptop.engine.remove(&out).unwrap();
    hidden.write("planted");
    assert!(matches!(hidden.try_sync(), Err(Fault::Stopped)));
    laptop.sync();
    assert_eq!(laptop.titles(), Vec::<String>::new());
}

#[test]
fn who_is_out_reads_nothing_that_is_written_from_then_on() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("before");
    let mut phone = world.join(&mut laptop);
    let mut thief = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone, &mut thief]);
    let keys = Arc::clone(&thief.keys);
    let held = thief.engine.members().epoch_keys(&keys).unwrap();
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    laptop.write("after");
    phone.write("after too");
    converge(&mut [&mut laptop, &mut phone]);
    // The relay tells it nothing but how it was removed.
    let request = SyncRequest { budget: 1 << 20, ..asking(&laptop) };
    assert!(matches!(
        thief.relay().sync(&request, &keys),
        Err(Fault::Refused(ara_protocol::message::Refusal::Unknown))
    ));
    assert!(thief.relay().events(laptop.engine.space(), &keys).is_err());
    assert!(matches!(thief.try_sync(), Err(Fault::Stopped)));
    assert_eq!(thief.titles(), ["before"]);
    // With the whole of the relay's disk in its hands, it opens nothing of it.
    let members = laptop.engine.members();
    assert!(members.epoch_keys(&keys).is_err());
    let answer = laptop.relay().sync(
        &SyncRequest {
            cursor: ara_protocol::Cursor::start(laptop.engine.space()),
            slots_seen: 0,
            ..request
        },
        &laptop.keys,
    );
    let answer = answer.unwrap();
    let newest = members.epoch();
    assert!(held.get(newest).is_none());
    let mut sealed_after = 0;
    for entry in &answer.entries {
        let Some(head) = super::forger::head_of(entry) else { continue };
        if head.header().epoch == newest {
            sealed_after += 1;
            assert!(head.open_bounds(held.newest()).is_err());
        }
    }
    assert!(sealed_after >= 2);
    for slot in &answer.slots {
        let slot = ara_protocol::slot::Slot::read(slot).unwrap();
        assert!(held.get(slot.epoch()).is_none_or(|key| slot.open(key).is_ok()));
    }
}

#[test]
fn a_copy_of_its_file_does_not_bring_it_back() {
    let world = World::new();
    let mut laptop = world.found();
    let mut thief = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut thief]);
    // Its file from before the removal, opened again afterwards.
    let copy = world.copy(&thief.db);
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    let keys = Arc::clone(&thief.keys);
    let opened = Engine::open(&copy, keys, URL, world.net.connect(), settings("Copy"));
    let mut engine = opened.unwrap().unwrap();
    copy.create(Todo::draft().title("planted")).unwrap();
    assert!(matches!(engine.round(&|| false, &mut |_| {}), Err(Fault::Stopped)));
    laptop.sync();
    assert_eq!(laptop.titles(), Vec::<String>::new());
}
