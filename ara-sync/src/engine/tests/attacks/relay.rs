//! A relay that lies.

use std::sync::{Arc, Mutex};

use ara::prelude::*;
use ara_protocol::Cursor;
use ara_protocol::access::Record;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::AccessAnswer;
use ara_protocol::message::segments::PartsAnswer;
use ara_protocol::message::sync::{Entry, SyncAnswer};
use ara_protocol::message::{Answer, Endpoint, Refusal, SignedRequest, SpaceRequest};
use ara_protocol::segment::{Bounds, Point};
use ara_relay::RelayAnswer;

use crate::engine::tests::attacks::forger::{
    Forger, chain_of, changes_of, head_of, hide, inject, lie, node_of, rewrite,
};
use crate::engine::tests::world::{Device, OTHER_URL, Todo, URL, World, converge, settings};
use crate::fault::Fault;
use crate::random::Random;
use crate::state::Alarm;

/// Two devices that have read all, and three segments of the first one that the second one has not.
fn two() -> (World, Device, Device) {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("before");
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    for at in 0..3 {
        laptop.write(&format!("laptop {at}"));
        laptop.sync();
    }
    // It has told what it has.
    world.wait(10);
    assert_eq!(laptop.sync().tell_in, None);
    (world, laptop, phone)
}

fn answered(outcome: Result<Vec<u8>, Refusal>, answer: &RelayAnswer) -> RelayAnswer {
    let challenge = Answer::read(&answer.body).unwrap().challenge;
    let status = outcome.as_ref().map_or_else(Refusal::status, |_| 200);
    let body = Answer { challenge, outcome }.to_bytes().unwrap();
    RelayAnswer { status, body, wait_seconds: 0 }
}

/// Asserts that all is well once the relay does what it should.
#[track_caller]
fn assert_heals(world: &World, laptop: &mut Device, phone: &mut Device) {
    world.net.behave();
    phone.write("after");
    // What is hidden is looked for again when a device tells something, the phone itself for example.
    world.wait(10);
    converge(&mut [laptop, phone]);
    assert_eq!(phone.titles().len(), 5);
    let bad = |alarm: &Alarm| {
        matches!(alarm, Alarm::Withheld | Alarm::Incomplete { .. } | Alarm::NotOpened { .. })
    };
    assert!(!phone.alarms().iter().any(bad), "{:?}", phone.alarms());
    assert!(!laptop.alarms().iter().any(bad), "{:?}", laptop.alarms());
}

#[test]
fn what_is_passed_over_is_missed_and_read_later() {
    let (world, mut laptop, mut phone) = two();
    let node = node_of(&laptop);
    let second = laptop.engine.place.cursor.number - 1;
    // The second of three, so that the third does not follow the first.
    let id =
        laptop.db.sync_read(|sync| crate::state::segments::of_node(sync, node)).unwrap().unwrap();
    let id = id.into_iter().find(|segment| segment.number == second).unwrap().id;
    hide(&world, phone.engine.space(), move |head| head.id() == id);
    phone.sync();
    assert_eq!(phone.titles(), ["before", "laptop 0"]);
    let node = laptop.db.node().unwrap();
    assert!(phone.alarms().contains(&Alarm::Incomplete { node }));
    // The node is looked at again when the app is started the next time, or there is more of it.
    world.reopen(&mut phone);
    assert_heals(&world, &mut laptop, &mut phone);
}

#[test]
fn the_newest_is_missed_once_another_device_tells_of_it() {
    let (world, mut laptop, mut phone) = two();
    let mut tablet = world.join(&mut laptop);
    tablet.sync();
    let node = node_of(&laptop);
    hide(&world, phone.engine.space(), move |head| head.header().node == node);
    // All of the laptop's is hidden, and the log looks as it should.
    phone.sync();
    assert_eq!(phone.titles(), ["before"]);
    assert!(phone.alarms().contains(&Alarm::Withheld));
    world.reopen(&mut phone);
    phone.sync();
    assert!(phone.alarms().contains(&Alarm::Withheld));
    assert_heals(&world, &mut laptop, &mut phone);
    assert_eq!(phone.titles().len(), 5);
}

#[test]
fn an_old_answer_is_no_new_one() {
    let (world, mut laptop, mut phone) = two();
    let old: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let kept = Arc::clone(&old);
    lie(
        &world,
        move |_, answer| *kept.lock().unwrap() = Some(answer.to_bytes().unwrap()),
        |_, _| {},
    );
    phone.sync();
    laptop.write("newer");
    laptop.sync();
    let first = old.lock().unwrap().take().unwrap();
    lie(&world, move |_, answer| *answer = SyncAnswer::read(&first).unwrap(), |_, _| {});
    let before = phone.titles();
    let _ = phone.try_sync();
    assert_eq!(phone.titles(), before);
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 5);
}

#[test]
fn segments_in_another_order_are_noticed() {
    let (world, mut laptop, mut phone) = two();
    let mut tablet = world.join(&mut laptop);
    tablet.write("tablet");
    tablet.sync();
    // Those of two nodes change their places, and the chain is made to fit.
    lie(
        &world,
        |request, answer| {
            if answer.entries.len() < 2 {
                return;
            }
            answer.entries.reverse();
            let mut at = request.cursor;
            for entry in &mut answer.entries {
                at = at.after(head_of(entry).unwrap().id());
                if let Entry::Whole { number, .. } | Entry::Head { number, .. } = entry {
                    *number = at.number;
                }
            }
            answer.end = at;
        },
        |_, _| {},
    );
    let _ = phone.try_sync();
    assert!(
        phone
            .titles()
            .iter()
            .all(|title| title == "before" || title == "tablet" || title.starts_with("laptop"))
    );
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone, &mut tablet]);
    assert_eq!(phone.titles().len(), 5);
    assert!(phone.alarms().contains(&Alarm::RelayWentBack));
    assert!(!phone.alarms().contains(&Alarm::Withheld));
}

#[test]
fn one_device_that_is_shown_the_past_comes_back() {
    let (world, mut laptop, mut phone) = two();
    phone.sync();
    world.back_up_relay("past");
    laptop.write("now");
    laptop.sync();
    phone.sync();
    let now = world.net.relay(URL);
    world.start_relay(URL, "past");
    let past = world.net.swap(URL, &now).unwrap();
    for at in 0..3 {
        world.net.swap(URL, &past);
        phone.write(&format!("phone {at}"));
        phone.sync();
        world.net.swap(URL, &now);
        laptop.write(&format!("more {at}"));
        laptop.sync();
    }
    assert!(phone.alarms().contains(&Alarm::RelayWentBack));
    assert!(phone.titles().contains(&"now".to_owned()));
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 4 + 1 + 6);
}

#[test]
fn two_devices_that_are_shown_two_access_logs_stop() {
    let (world, mut laptop, mut phone) = two();
    phone.sync();
    world.back_up_relay("other");
    let one = world.net.relay(URL);
    world.start_relay(URL, "other");
    let other = world.net.swap(URL, &one).unwrap();
    laptop.engine.add(&world.keys().public()).unwrap();
    laptop.write("laptop");
    laptop.sync();
    world.net.swap(URL, &other);
    phone.engine.add(&world.keys().public()).unwrap();
    phone.write("phone");
    phone.sync();
    // Whichever log both are shown from then on, the one that knows the other one stops.
    world.net.swap(URL, &one);
    assert!(matches!(phone.try_sync(), Err(Fault::Stopped)));
    assert!(phone.alarms().contains(&Alarm::AccessForked));
    laptop.sync();
    assert_eq!(phone.titles().len(), 5);
    assert_eq!(laptop.titles().len(), 5);
}

#[test]
fn a_device_that_it_invents_is_none() {
    let (world, mut laptop, phone) = two();
    let stranger = Arc::new(SecretKeys::generate(&mut Random::seeded(9005)));
    let members = phone.engine.members().clone();
    // It is no member, so it can only write records of another space.
    assert!(members.add(&stranger, &stranger.public(), &mut Random::seeded(9006)).is_err());
    let founded = Record::genesis(&stranger, None, &mut Random::seeded(9007)).unwrap();
    let theirs = ara_protocol::access::Members::found(&founded).unwrap();
    let added = theirs.add(&stranger, &world.keys().public(), &mut Random::seeded(9008)).unwrap();
    for forged in [added.as_bytes().to_vec(), founded.as_bytes().to_vec(), vec![], vec![1; 300]] {
        let keys = world.keys();
        let mut victim = world.join_with(&mut laptop, world.database(), keys, settings("Victim"));
        lie(&world, move |_, answer| answer.records.push(forged.clone()), |_, _| {});
        assert!(victim.try_sync().is_err());
        assert!(victim.alarms().contains(&Alarm::AccessForked));
        assert!(victim.engine.members().get(stranger.public().member()).is_none());
        world.net.behave();
        assert!(matches!(victim.try_sync(), Err(Fault::Stopped)));
    }
    laptop.sync();
}

#[test]
fn what_strangers_sealed_is_not_taken() {
    let (world, mut laptop, mut phone) = two();
    let mut stranger = Forger::of(&phone);
    let changes = {
        let db = world.database();
        db.create(Todo::draft().title("planted")).unwrap();
        let node = ara_protocol::NodeId::from_bytes(*db.node().unwrap().as_bytes());
        changes_of(&db, node, ara_core::NodePoint::default())
    };
    // Even if it knew the epoch.
    let space = stranger.members.space();
    let run = changes.runs_of_nodes().next().unwrap();
    let bounds = ara_protocol::segment::Bounds {
        from: crate::state::segments::sealed_point(run.from),
        to: crate::state::segments::sealed_point(run.to),
    };
    let keys = stranger.members.epoch_keys(&phone.keys).unwrap();
    let draft = ara_protocol::segment::Draft {
        space,
        node: ara_protocol::NodeId::from_bytes(run.node),
        previous: None,
        replaces: &[],
        bounds,
        stood: stranger.stood,
        changes: &changes.to_bytes(),
    };
    let sealed = draft.seal(&world.keys(), keys.newest(), &mut stranger.random).unwrap();
    inject(&world, phone.engine.place.cursor, &[sealed]);
    assert!(matches!(phone.try_sync(), Err(Fault::Lied { .. })));
    assert_eq!(phone.titles(), ["before"]);
    assert_heals(&world, &mut laptop, &mut phone);
}

#[test]
fn another_space_is_not_taken_for_this_one() {
    let (world, mut laptop, mut phone) = two();
    let mut other = world.found();
    other.write("of another space");
    other.sync();
    let mut of_other = Forger::of(&other);
    let node = node_of(&other);
    let sealed =
        of_other.seal(&changes_of(&other.db, node, ara_core::NodePoint::default()), None, &[]);
    inject(&world, phone.engine.place.cursor, &[sealed]);
    assert!(matches!(phone.try_sync(), Err(Fault::Lied { .. })));
    world.net.behave();
    // Its whole answers, too.
    let relay = other.relay();
    let mut asked = super::forger::asking(&other);
    (asked.slots_seen, asked.cursor, asked.budget) =
        (0, Cursor::start(other.engine.space()), 1 << 20);
    let answer = relay.sync(&asked, &other.keys).unwrap();
    lie(
        &world,
        move |_, honest| {
            let pushes = std::mem::take(&mut honest.pushes);
            *honest = SyncAnswer { pushes, ..answer.clone() };
        },
        |_, _| {},
    );
    assert!(phone.try_sync().is_err());
    assert_eq!(phone.titles(), ["before"]);
    assert_eq!(phone.engine.devices().unwrap().len(), 2);
    assert_heals(&world, &mut laptop, &mut phone);
}

#[test]
fn parts_and_heads_of_others_are_not_taken() {
    let (world, mut laptop, mut phone) = two();
    lie(
        &world,
        |_, answer| {
            if let [Entry::Whole { part: one, .. }, Entry::Whole { part: two, .. }, ..] =
                answer.entries.as_mut_slice()
            {
                std::mem::swap(one, two);
            }
        },
        |_, _| {},
    );
    // The true ones are fetched.
    phone.sync();
    assert_eq!(phone.titles().len(), 4);
    // Cut off, empty and endless ones are none.
    for parts in [vec![], vec![vec![]], vec![vec![7; 1 << 20]; 3]] {
        laptop.write("again");
        laptop.sync();
        let tampered = PartsAnswer { parts }.to_bytes().unwrap();
        world.net.twist(move |endpoint, _, answer| {
            let tampered = tampered.clone();
            rewrite(answer, |content| match endpoint {
                Endpoint::Parts => *content = tampered,
                Endpoint::Sync => {
                    let mut answer = SyncAnswer::read(content).unwrap();
                    for entry in &mut answer.entries {
                        if let Entry::Whole { number, head, .. } = entry.clone() {
                            *entry = Entry::Head { number, head };
                        }
                    }
                    *content = answer.to_bytes().unwrap();
                }
                _ => {}
            })
        });
        phone.sync();
        let node = laptop.db.node().unwrap();
        assert!(phone.alarms().contains(&Alarm::NotOpened { node }));
        world.net.behave();
        world.reopen(&mut phone);
        converge(&mut [&mut laptop, &mut phone]);
        assert_eq!(phone.alarms(), []);
    }
    assert_eq!(phone.titles().len(), 7);
}

#[test]
fn refusals_that_lie_do_no_harm() {
    let (world, mut laptop, mut phone) = two();
    let stranger = SecretKeys::generate(&mut Random::seeded(9005));
    let space = phone.engine.space();
    let tombstone = |keys: &SecretKeys, audience: &str, endpoint, space| {
        let content = SpaceRequest { space }.to_bytes();
        SignedRequest::sign(endpoint, audience, &[1; 40], &content, keys).unwrap()
    };
    let records: Vec<_> = phone.engine.access.records().to_vec();
    let elsewhere = ara_protocol::SpaceId::from_bytes([9; 16]);
    let deleted = |audience: &str, request, records: &[Vec<u8>]| Refusal::Deleted {
        audience: audience.to_owned(),
        request,
        records: records.to_vec(),
    };
    let lies = [
        // By a stranger, for another relay, of another kind, of another space, without its log.
        deleted(URL, tombstone(&stranger, URL, Endpoint::Delete, space), &records),
        deleted(OTHER_URL, tombstone(&laptop.keys, OTHER_URL, Endpoint::Delete, space), &records),
        deleted(URL, tombstone(&laptop.keys, OTHER_URL, Endpoint::Delete, space), &records),
        deleted(URL, tombstone(&laptop.keys, URL, Endpoint::Sync, space), &records),
        deleted(URL, tombstone(&laptop.keys, URL, Endpoint::Delete, elsewhere), &records),
        deleted(URL, tombstone(&laptop.keys, URL, Endpoint::Delete, space), &[]),
        Refusal::Moved,
        Refusal::Unknown,
        Refusal::ChallengeNeeded,
        Refusal::WrongSignature,
        Refusal::Full { used: 0, limit: 0 },
        Refusal::AdmissionNeeded,
        Refusal::Limited { retry_after: u32::MAX },
        Refusal::TooLarge,
        Refusal::Malformed,
        Refusal::UpdateNeeded,
        Refusal::Closed,
        Refusal::Busy,
        Refusal::DiskFull,
    ];
    for lie in lies {
        for of in [Some(Endpoint::Sync), None] {
            let told = lie.clone();
            world.net.twist(move |endpoint, _, answer| {
                if endpoint == Endpoint::Challenge || of.is_some_and(|of| of != endpoint) {
                    return answer;
                }
                answered(Err(told.clone()), &answer)
            });
            world.net.sent();
            let synced = phone.try_sync();
            assert!(synced.is_err() || !synced.unwrap().is_complete, "{lie:?}");
            assert!(world.net.sent().len() < 60, "{lie:?}");
            assert!(!phone.engine.is_stopped().unwrap(), "{lie:?}");
            // Where the relay says that it does not know the phone, that reads the log again.
            assert!(phone.titles().len() <= 4);
        }
    }
    assert_heals(&world, &mut laptop, &mut phone);
}

#[test]
fn a_removal_that_is_hidden_is_missed() {
    let (world, mut laptop, mut phone) = two();
    phone.sync();
    let thief = world.join(&mut laptop);
    phone.sync();
    laptop.engine.remove(&[thief.engine.own_key()]).unwrap();
    laptop.write("after the removal");
    laptop.sync();
    // The phone is not shown the record, and cannot open what was written from then on.
    let known = phone.engine.access.records().len();
    lie(&world, |_, answer| answer.records.clear(), |_, _| {});
    phone.sync();
    assert_eq!(phone.engine.access.records().len(), known);
    assert!(phone.alarms().contains(&Alarm::Withheld));
    assert_eq!(phone.titles().len(), 4);
    world.net.behave();
    phone.sync();
    assert_eq!(phone.titles().len(), 5);
    assert!(!phone.alarms().contains(&Alarm::Withheld));
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn no_lie_keeps_a_round_busy_for_ever() {
    type Lie = (&'static str, fn(&mut SyncAnswer));
    let lies: [Lie; 6] = [
        ("it never knows the cursor", |answer| {
            answer.knows_cursor = false;
            answer.entries.clear();
        }),
        ("it never knows the access log", |answer| {
            answer.knows_access = false;
            answer.records.clear();
        }),
        ("its end is always further on", |answer| answer.end.number += 1),
        ("it takes nothing", |answer| {
            answer.pushes.fill(ara_protocol::message::sync::PushOutcome::Conflict);
        }),
        ("it refuses all", |answer| {
            answer.pushes.fill(ara_protocol::message::sync::PushOutcome::Refused);
        }),
        ("it wants other epochs", |answer| {
            answer.pushes.fill(ara_protocol::message::sync::PushOutcome::OtherEpoch);
        }),
    ];
    for (what, change) in lies {
        let (world, mut laptop, mut phone) = two();
        phone.write("waits");
        lie(&world, move |_, answer| change(answer), |_, _| {});
        world.net.sent();
        *world.net.bytes.lock().unwrap() = 0;
        let _ = phone.try_sync();
        assert!(world.net.sent().len() < 60, "{what}");
        assert!(*world.net.bytes.lock().unwrap() < 100_000, "{what}");
        world.net.behave();
        converge(&mut [&mut laptop, &mut phone]);
        assert_eq!(phone.titles().len(), 5, "{what}");
        let refused = |alarm: &Alarm| matches!(alarm, Alarm::Refused { .. } | Alarm::Withheld);
        assert!(!phone.alarms().iter().any(refused), "{what}: {:?}", phone.alarms());
    }
}

#[test]
fn to_skip_on_and_on_is_nothing_new() {
    let (world, mut laptop, mut phone) = two();
    phone.write("waits");
    lie(
        &world,
        |request, answer| {
            let to = Cursor { number: request.cursor.number + 1, chain: [7; 32] };
            answer.knows_cursor = true;
            answer.entries = vec![Entry::Skip { to }];
            answer.end = Cursor { number: to.number + 1, ..to };
        },
        |_, _| {},
    );
    world.net.sent();
    assert!(matches!(phone.try_sync(), Err(Fault::Lied { .. })));
    assert!(world.net.sent().len() < 60);
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 5);
}

#[test]
fn a_log_is_no_longer_than_one_can_be() {
    let (world, mut laptop, mut phone) = two();
    for number in [u64::MAX, u64::MAX - 1, 1 << 63] {
        lie(
            &world,
            move |_, answer| {
                let to = Cursor { number, chain: [7; 32] };
                (answer.entries, answer.end) = (vec![Entry::Skip { to }], to);
            },
            |_, _| {},
        );
        assert!(matches!(phone.try_sync(), Err(Fault::Lied { .. })));
    }
    // One that is far too long, but possible, is not believed once the relay shows the true one.
    lie(
        &world,
        move |_, answer| {
            let to = Cursor { number: 1 << 62, chain: [7; 32] };
            answer.knows_cursor = true;
            (answer.entries, answer.end) = (vec![Entry::Skip { to }], to);
        },
        |_, _| {},
    );
    let _ = phone.try_sync();
    // What it seals while it is lied to says where it stood.
    phone.write("sealed meanwhile");
    let _ = phone.try_sync();
    world.net.behave();
    laptop.sync();
    phone.sync();
    laptop.sync();
    phone.write("later");
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 6);
    assert!(!laptop.alarms().contains(&Alarm::Withheld));
    assert!(phone.alarms().contains(&Alarm::RelayWentBack));
}

#[test]
fn slots_are_read_again_after_a_lie_about_the_newest() {
    let (world, mut laptop, mut phone) = two();
    lie(
        &world,
        |_, answer| {
            answer.newest_slot = u64::MAX;
            answer.slots.clear();
        },
        |_, _| {},
    );
    phone.sync();
    world.net.behave();
    let mut tablet = world.join(&mut laptop);
    tablet.sync();
    phone.sync();
    phone.sync();
    let devices = phone.engine.devices().unwrap();
    assert!(devices.iter().all(|device| device.said.is_some()));
    converge(&mut [&mut laptop, &mut phone]);
}

#[test]
fn heads_that_it_makes_up_are_not_collected() {
    let (world, mut laptop, mut phone) = two();
    let node = node_of(&laptop);
    let hidden = chain_of(&laptop, node).segments[2].id;
    hide(&world, phone.engine.space(), move |head| head.id() == hidden);
    phone.sync();
    // Something of the node is missing. The list in which it could be found has as many segments as the relay likes to
    // sign with keys of its own, in a log that it says to be long enough.
    let mut forger = Forger::of(&laptop);
    forger.keys = Arc::new(SecretKeys::generate(&mut Random::seeded(99)));
    let key = laptop.engine.epoch_keys.as_ref().unwrap().newest().clone();
    let bounds = Bounds { from: Point::default(), to: Point { number: 1, digest: 1 } };
    lie(
        &world,
        |_, answer| {
            let to = Cursor { number: 1 << 40, chain: [7; 32] };
            answer.knows_cursor = true;
            (answer.entries, answer.end) = (vec![Entry::Skip { to }], to);
        },
        move |request, answer| {
            let head = forger.seal_under(&key, (b"", bounds), (node, None, &[])).head;
            let (number, head) = (request.after + 1, head.as_bytes().to_vec());
            answer.entries = vec![Entry::Head { number, head }];
            answer.is_more = number < 100;
        },
    );
    world.reopen(&mut phone);
    world.net.sent();
    let _ = phone.try_sync();
    let asked = world.net.sent();
    let lists = asked.iter().filter(|endpoint| **endpoint == Endpoint::Heads).count();
    assert!(lists < 20, "{lists}");
    assert_heals(&world, &mut laptop, &mut phone);
}

#[test]
fn lists_that_never_end_are_cut_off() {
    let (world, mut laptop, mut phone) = two();
    let node = node_of(&laptop);
    let second = laptop.engine.place.cursor.number - 1;
    let space = phone.engine.space();
    let id =
        laptop.db.sync_read(|sync| crate::state::segments::of_node(sync, node)).unwrap().unwrap();
    let id = id.into_iter().find(|segment| segment.number == second).unwrap().id;
    hide(&world, space, move |head| head.id() == id);
    phone.sync();
    // Something is missing, and the list in which it could be found has no end.
    lie(
        &world,
        |_, _| {},
        |request, answer| {
            let to = Cursor { number: request.after + 1, chain: [7; 32] };
            (answer.entries, answer.is_more) = (vec![Entry::Skip { to }], true);
        },
    );
    world.reopen(&mut phone);
    world.net.sent();
    assert!(matches!(phone.try_sync(), Err(Fault::Lied { .. })));
    assert!(world.net.sent().len() < 60);
    // Neither has the access log.
    let (known, record) =
        (phone.engine.access.records().len(), phone.engine.access.records()[0].clone());
    world.net.twist(move |endpoint, _, answer| {
        rewrite(answer, |content| match endpoint {
            Endpoint::Sync => {
                let mut answer = SyncAnswer::read(content).unwrap();
                answer.knows_access = false;
                answer.records.clear();
                *content = answer.to_bytes().unwrap();
            }
            Endpoint::Access => {
                let mut answer = AccessAnswer::read(content).unwrap();
                answer.knows_after = answer.records.is_empty() && answer.knows_after;
                (answer.records, answer.is_more) = (vec![record.clone()], true);
                *content = answer.to_bytes().unwrap();
            }
            _ => {}
        })
    });
    world.net.sent();
    assert!(phone.try_sync().is_err());
    assert!(world.net.sent().len() < 60);
    assert_eq!(phone.engine.access.records().len(), known);
    world.net.behave();
    if !phone.engine.is_stopped().unwrap() {
        assert_heals(&world, &mut laptop, &mut phone);
    }
}
