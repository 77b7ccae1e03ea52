//! Bringing everything back by the words.

use std::sync::Arc;

use ara_protocol::keys::SecretKeys;

use crate::engine::recovery::Recovery;
use crate::engine::tests::world::{Device, URL, World, converge, settings};
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
    assert!(laptop.alarms().contains(&Alarm::DeviceAdded { device: key, by }));
    let other = Arc::new(SecretKeys::generate(&mut Random::seeded(98)));
    assert!(Recovery::find(&other, URL, &connect).unwrap().is_empty());
}
