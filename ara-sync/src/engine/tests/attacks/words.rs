//! Whoever runs the relay, against a device that has only the words.

use std::sync::Arc;

use ara_protocol::SpaceId;
use ara_protocol::access::{Members, Record};
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Endpoint;
use ara_protocol::message::access::{AccessAnswer, AccessRequest};

use crate::engine::recovery::Recovery;
use crate::engine::tests::attacks::forger::rewrite;
use crate::engine::tests::world::{Device, URL, World, converge, settings};
use crate::fault::Fault;
use crate::random::Random;

fn words() -> Arc<SecretKeys> {
    Arc::new(SecretKeys::generate(&mut Random::seeded(9099)))
}

fn found(world: &World) -> Vec<SpaceId> {
    let found = Recovery::find(&words(), URL, &world.net.connect()).unwrap();
    found.iter().map(Recovery::space).collect()
}

/// Lets the relay say that the words are those of a space, and show an access log for it.
fn pass_off(world: &World, space: SpaceId, log: Vec<Vec<u8>>) {
    world.net.twist(move |endpoint, body, answer| {
        if endpoint == Endpoint::Find {
            return rewrite(answer, |content| *content = space.as_bytes().to_vec());
        }
        let asked = ara_protocol::message::SignedRequest::read(body);
        let is_it = asked.is_ok_and(|asked| asked.space() == space);
        if endpoint != Endpoint::Access || !is_it || log.is_empty() {
            return answer;
        }
        let shown = AccessAnswer {
            are_taken: true,
            knows_after: true,
            head: None,
            records: log.clone(),
            is_more: false,
        };
        let challenge = ara_protocol::message::Answer::read(&answer.body).unwrap().challenge;
        let outcome = Ok(shown.to_bytes().unwrap());
        let body = ara_protocol::message::Answer { challenge, outcome }.to_bytes().unwrap();
        ara_relay::RelayAnswer { status: 200, body, ..answer }
    });
}

#[test]
fn a_space_that_does_not_name_the_words_is_not_theirs() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    laptop.engine.set_recovery(&words()).unwrap();
    let true_space = laptop.engine.space();
    assert_eq!(found(&world), [true_space]);
    // Another space, as it is, and as the relay says that its log is.
    let mut other = world.found();
    other.sync();
    let space = other.engine.space();
    pass_off(&world, space, vec![]);
    assert_eq!(found(&world), []);
    pass_off(&world, space, other.engine.access.records().to_vec());
    assert_eq!(found(&world), []);
    // The log of the true space, for another one.
    pass_off(&world, space, laptop.engine.access.records().to_vec());
    assert_eq!(found(&world), []);
    // Nothing at all.
    pass_off(&world, SpaceId::from_bytes([7; 16]), vec![vec![]]);
    assert_eq!(found(&world), []);
    world.net.behave();
    assert_eq!(found(&world), [true_space]);
}

#[test]
fn lists_that_never_end_do_not_keep_who_has_the_words() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    laptop.engine.set_recovery(&words()).unwrap();
    // More spaces than a relay tells, and a log of records that it makes up.
    let spaces: Vec<_> = (0..5000u128).flat_map(u128::to_be_bytes).collect();
    world.net.twist(move |endpoint, _, answer| match endpoint {
        Endpoint::Find => rewrite(answer, |content| content.clone_from(&spaces)),
        _ => answer,
    });
    world.net.sent();
    let told = Recovery::find(&words(), URL, &world.net.connect());
    assert!(matches!(told, Err(Fault::Lied { .. })));
    assert!(world.net.sent().len() < 10);
    let mut random = Random::seeded(1);
    let keys = SecretKeys::generate(&mut random);
    let mut pages = 0;
    world.net.twist(move |endpoint, _, answer| match endpoint {
        Endpoint::Access => rewrite(answer, |content| {
            pages += 1;
            let mut answer = AccessAnswer::read(content).unwrap();
            let record = Record::genesis(&keys, None, &mut random).unwrap();
            answer.records = vec![record.as_bytes().to_vec()];
            (answer.knows_after, answer.is_more) = (true, pages < 500);
            *content = answer.to_bytes().unwrap();
        }),
        _ => answer,
    });
    assert_eq!(found(&world), []);
    assert!(world.net.sent().len() < 200);
    world.net.behave();
    assert_eq!(found(&world), [laptop.engine.space()]);
}

#[test]
fn a_space_cannot_be_founded_in_the_name_of_the_words() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    laptop.engine.set_recovery(&words()).unwrap();
    let consent = laptop.engine.access.records().last().unwrap().clone();
    // The relay founds a space, and knows the words' public keys.
    let evil = SecretKeys::generate(&mut Random::seeded(9100));
    let mut random = Random::seeded(9101);
    let genesis = Record::genesis(&evil, None, &mut random).unwrap();
    let members = Members::found(&genesis).unwrap();
    let space = members.space();
    // It can make them a device of its space, which is not what they are.
    let added = members.add(&evil, &words().public(), &mut random).unwrap();
    // It can use their consent to another space, or have other words consent.
    let theirs = SecretKeys::generate(&mut Random::seeded(9102));
    let other_words = members.set_recovery(&evil, &theirs, &mut random).unwrap();
    for last in [added.as_bytes().to_vec(), consent, other_words.as_bytes().to_vec()] {
        pass_off(&world, space, vec![genesis.as_bytes().to_vec(), last]);
        assert_eq!(found(&world), []);
    }
}

#[test]
fn an_old_past_is_shown_as_it_was_and_what_is_new_is_told_by_the_others() {
    let world = World::new();
    let mut laptop = world.found();
    let mut thief = world.join(&mut laptop);
    laptop.engine.set_recovery(&words()).unwrap();
    laptop.write("laptop");
    converge(&mut [&mut laptop, &mut thief]);
    world.back_up_relay("past");
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    laptop.write("after the removal");
    laptop.sync();
    let now = world.net.relay(URL);
    world.start_relay(URL, "past");
    let past = world.net.relay(URL);
    // The past is shown, in which the thief is a member. It is there to be confirmed, and it is not.
    let connect = world.net.connect();
    let recovery = Recovery::find(&words(), URL, &connect).unwrap().pop().unwrap();
    let devices = recovery.devices().unwrap();
    assert!(devices.iter().any(|device| device.key == thief.engine.own_key()));
    let (db, keys) = (world.database(), world.keys());
    let confirmed = [laptop.engine.own_key()];
    let engine = recovery.finish(&db, Arc::clone(&keys), settings("New"), &confirmed).unwrap();
    let mut new = Device { db, engine, keys };
    new.sync();
    assert_eq!(new.titles(), ["laptop"]);
    assert!(thief.try_sync().is_err());
    // The true relay knows another log, of which the new device is no part. It keeps what it has.
    drop(past);
    world.net.swap(URL, &now);
    assert!(new.try_sync().is_err());
    assert_eq!(new.titles(), ["laptop"]);
    laptop.sync();
    assert_eq!(laptop.titles(), ["after the removal", "laptop"]);
    // From there the words bring it all back.
    let recovery = Recovery::find(&words(), URL, &connect).unwrap().pop().unwrap();
    let (db, keys) = (world.database(), world.keys());
    let engine = recovery.finish(&db, Arc::clone(&keys), settings("New"), &confirmed).unwrap();
    let mut newer = Device { db, engine, keys };
    converge(&mut [&mut laptop, &mut newer]);
    assert_eq!(newer.titles(), ["after the removal", "laptop"]);
}

#[test]
fn words_that_were_replaced_bring_nothing_back() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.sync();
    laptop.engine.set_recovery(&words()).unwrap();
    let mut old = Recovery::find(&words(), URL, &world.net.connect()).unwrap();
    laptop.engine.set_recovery(&SecretKeys::generate(&mut Random::seeded(9103))).unwrap();
    laptop.write("written later");
    laptop.sync();
    assert_eq!(found(&world), []);
    // Neither does who has begun before.
    let recovery = old.pop().unwrap();
    assert!(recovery.devices().is_err());
    let (db, keys) = (world.database(), world.keys());
    let own = [laptop.engine.own_key()];
    assert!(recovery.finish(&db, keys, settings("New"), &own).is_err());
    assert_eq!(laptop.engine.members().iter().count(), 2);
    // Nor does a record of theirs that the relay brings along.
    let members = laptop.engine.members();
    assert!(members.add(&words(), &world.keys().public(), &mut Random::seeded(9104)).is_err());
    let request = AccessRequest {
        space: laptop.engine.space(),
        after: None,
        cursor: laptop.engine.place.cursor,
        admission: String::new(),
        records: vec![],
    };
    let shown = laptop.relay().access(&request, &words());
    assert!(shown.is_ok(), "who was let out may read how");
}
