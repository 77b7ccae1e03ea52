//! Bringing everything back by the words.

use std::sync::Arc;

use ara_protocol::keys::SecretKeys;

use crate::engine::recovery::Recovery;
use crate::engine::tests::world::{Device, OTHER_URL, URL, World, converge, settings};
use crate::random::Random;
use crate::state::Alarm;

#[test]
fn words_bring_all_back_and_shut_out_who_is_not_confirmed() {
    let world = World::new();
    let words = || SecretKeys::generate(&mut Random::seeded(99));
    let mut laptop = world.found();
    let mut thief = world.join(&mut laptop);
    laptop.engine.set_recovery(&words()).unwrap();
    laptop.write("laptop");
    thief.write("also counted until its removal");
    converge(&mut [&mut laptop, &mut thief]);
    let connect = world.net.connect();
    let mut found = Recovery::find(&Arc::new(words()), URL, &connect).unwrap();
    let recovery = found.pop().unwrap();
    assert_eq!((found.len(), recovery.space()), (0, laptop.engine.space()));
    let mut names: Vec<_> =
        recovery.devices().unwrap().into_iter().map(|device| device.said.unwrap().name).collect();
    names.sort();
    assert_eq!(names, ["Laptop", "Phone"]);
    let (db, keys) = (world.database(), world.keys());
    let confirmed = [laptop.engine.own_key()];
    let engine = recovery.finish(&db, Arc::clone(&keys), settings("New"), &confirmed).unwrap();
    let mut new = Device { db, engine, keys };
    new.sync();
    assert_eq!(new.titles(), ["also counted until its removal", "laptop"]);
    assert!(thief.try_sync().is_err());
    converge(&mut [&mut laptop, &mut new]);
    assert_eq!(laptop.engine.members().iter().count(), 3);
    let key = new.engine.own_key();
    let by = words().public().member();
    assert!(laptop.alarms().contains(&Alarm::DeviceAdded { device: key.into(), by: by.into() }));
    let other = Arc::new(SecretKeys::generate(&mut Random::seeded(98)));
    assert!(Recovery::find(&other, URL, &connect).unwrap().is_empty());
}

#[test]
fn words_find_a_space_by_the_relay_that_it_has_left() {
    let world = World::new();
    let words = Arc::new(world.keys());
    let mut laptop = world.found();
    laptop.engine.set_recovery(&words).unwrap();
    laptop.write("laptop");
    laptop.sync();
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.sync();
    let mut new = by_words(&world, &words, URL);
    assert_eq!(new.engine.url(), OTHER_URL);
    converge(&mut [&mut new, &mut laptop]);
    assert_eq!(new.titles(), ["laptop"]);
    // It comes back, and no device was there since.
    laptop.engine.move_to(URL, "").unwrap();
    let mut newest = by_words(&world, &words, OTHER_URL);
    assert_eq!(newest.engine.url(), URL);
    converge(&mut [&mut newest, &mut new, &mut laptop]);
    assert_eq!(newest.titles(), ["laptop"]);
}

/// Makes a device that comes by the words, and keeps all others.
fn by_words(world: &World, words: &Arc<SecretKeys>, url: &str) -> Device {
    let mut found = Recovery::find(words, url, &world.net.connect()).unwrap();
    let recovery = found.pop().unwrap();
    let (db, keys) = (world.database(), world.keys());
    let kept: Vec<_> = recovery.devices().unwrap().iter().map(|device| device.key).collect();
    let engine = recovery.finish(&db, Arc::clone(&keys), settings("New"), &kept).unwrap();
    Device { db, engine, keys }
}
