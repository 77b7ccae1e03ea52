//! Who is in between, and sends again what it has seen.

use std::sync::{Arc, Mutex};

use ara_protocol::message::{Answer, Endpoint, Refusal};

use crate::engine::tests::attacks::forger::asking;
use crate::engine::tests::world::{Device, OTHER_URL, URL, World, converge};
use crate::fault::Fault;

type Seen = Arc<Mutex<Vec<(Endpoint, Vec<u8>)>>>;

/// Lets somebody see all requests.
fn watch(world: &World) -> Seen {
    let seen: Seen = Arc::default();
    let kept = Arc::clone(&seen);
    world.net.twist(move |endpoint, body, answer| {
        kept.lock().unwrap().push((endpoint, body.to_vec()));
        answer
    });
    seen
}

/// A bit of everything, seen by somebody.
fn life(world: &World) -> (Device, Device, Device, Seen) {
    let seen = watch(world);
    let mut laptop = world.found();
    laptop.write("laptop");
    laptop.sync();
    let mut phone = world.join(&mut laptop);
    let mut tablet = world.join(&mut laptop);
    tablet.write("tablet");
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    phone.write(&super::super::bulk::noise(2 << 20, 3));
    phone.sync();
    laptop.engine.remove(&[tablet.engine.own_key()]).unwrap();
    phone.write("phone");
    converge(&mut [&mut laptop, &mut phone]);
    world.net.behave();
    (laptop, phone, tablet, seen)
}

/// What a member sees of the space at the relay.
fn standing(device: &Device) -> (ara_protocol::Cursor, u64, u64) {
    let answer = device.relay().sync(&asking(device), &device.keys).unwrap();
    (answer.end, answer.used, answer.newest_slot)
}

#[test]
fn what_is_sent_again_changes_nothing() {
    let world = World::new();
    let (mut laptop, mut phone, tablet, seen) = life(&world);
    let before = standing(&laptop);
    let seen = seen.lock().unwrap();
    let kinds = [Endpoint::Sync, Endpoint::Access, Endpoint::Stage, Endpoint::Parts];
    assert!(kinds.iter().all(|kind| seen.iter().any(|(endpoint, _)| endpoint == kind)));
    let relay = world.net.relay(URL);
    for (endpoint, body) in seen.iter().rev().chain(seen.iter()) {
        let answer = relay.answer(*endpoint, body, None);
        assert!(answer.status == 200 || answer.status == 403, "{endpoint:?} {}", answer.status);
        // As another kind of request it is none at all.
        for other in Endpoint::ALL.into_iter().filter(|other| other != endpoint) {
            if *endpoint != Endpoint::Challenge && other != Endpoint::Challenge {
                assert_eq!(relay.answer(other, body, None).status, 401);
            }
        }
    }
    // What was staged and is a segment's by now may be staged again until it expires.
    let after = standing(&laptop);
    assert_eq!((after.0, after.2), (before.0, before.2));
    world.wait(25 * 60 * 60);
    relay.tidy().unwrap();
    assert_eq!(standing(&laptop), before);
    // Once the challenges have expired, it is not even looked at.
    for (endpoint, body) in seen.iter().filter(|(kind, _)| *kind != Endpoint::Challenge) {
        let answer = relay.answer(*endpoint, body, None);
        let refused = Answer::read(&answer.body).unwrap().outcome;
        assert_eq!(refused, Err(Refusal::ChallengeNeeded));
    }
    assert_eq!(standing(&laptop), before);
    assert!(laptop.engine.members().get(tablet.engine.own_key()).is_none());
    laptop.write("later");
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn what_was_sent_to_one_relay_counts_at_no_other() {
    let world = World::new();
    let (mut laptop, mut phone, _, seen) = life(&world);
    // One of another origin that has all that the first one has, even its key for challenges.
    world.back_up_relay("other");
    world.start_relay(OTHER_URL, "other");
    let other = world.net.relay(OTHER_URL);
    for (endpoint, body) in seen.lock().unwrap().iter() {
        if *endpoint != Endpoint::Challenge {
            assert_eq!(other.answer(*endpoint, body, None).status, 401, "{endpoint:?}");
        }
    }
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn a_deletion_that_is_sent_again_deletes_no_other_space() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("laptop");
    laptop.sync();
    world.start_relay(OTHER_URL, "other");
    laptop.engine.move_to(OTHER_URL, "").unwrap();
    laptop.sync();
    let seen = watch(&world);
    // The old relay is closed, and the new one must not be.
    let relay = crate::relay::Relay::new(URL, (world.net.connect())(URL).unwrap()).unwrap();
    let _ = relay.delete(laptop.engine.space(), &laptop.keys);
    world.net.behave();
    let other = world.net.relay(OTHER_URL);
    let seen = seen.lock().unwrap();
    assert!(seen.iter().any(|(endpoint, _)| *endpoint == Endpoint::Delete));
    for (_, body) in seen.iter().filter(|(endpoint, _)| *endpoint == Endpoint::Delete) {
        assert_eq!(other.answer(Endpoint::Delete, body, None).status, 401);
    }
    laptop.write("goes on");
    laptop.sync();
    let mut phone = world.found();
    phone.sync();
}

#[test]
fn an_answer_to_another_request_is_none_to_this_one() {
    let world = World::new();
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    laptop.write("laptop");
    converge(&mut [&mut laptop, &mut phone]);
    let answers: Arc<Mutex<Vec<ara_relay::RelayAnswer>>> = Arc::default();
    let kept = Arc::clone(&answers);
    world.net.twist(move |_, _, answer| {
        kept.lock().unwrap().push(answer.clone());
        answer
    });
    laptop.write("more");
    laptop.sync();
    world.back_up_relay("backup");
    world.put_relay_back("backup");
    phone.sync();
    let all = answers.lock().unwrap().clone();
    for old in all {
        world.net.twist(move |endpoint, _, answer| match endpoint {
            Endpoint::Challenge => answer,
            _ => old.clone(),
        });
        phone.write("phone");
        let synced = phone.try_sync();
        assert!(matches!(
            synced,
            Ok(_)
                | Err(Fault::Lied { .. }
                    | Fault::Protocol(_)
                    | Fault::NoRelay { .. }
                    | Fault::Refused(_))
        ));
        let titles = phone.titles();
        assert!(titles.contains(&"laptop".to_owned()) && titles.contains(&"more".to_owned()));
    }
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone]);
    assert!(!phone.engine.is_stopped().unwrap());
}
