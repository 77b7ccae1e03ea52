//! What is small and claims to be large, or is large and says nothing.

use ara_core::NodePoint;
use ara_protocol::message::sync::PushOutcome;
use ara_protocol::message::{Answer, Endpoint, Refusal};
use ara_protocol::segment::{Bounds, Point};

use crate::engine::tests::attacks::forger::{Forger, chain_of, node_of, rewrite};
use crate::engine::tests::world::{Device, World, converge};
use crate::state::Alarm;

pub(super) fn three() -> (World, Device, Device, Device) {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("laptop");
    let mut phone = world.join(&mut laptop);
    let mut liar = world.join(&mut laptop);
    liar.write("liar");
    converge(&mut [&mut laptop, &mut phone, &mut liar]);
    (world, laptop, phone, liar)
}

/// A record of changes with any payload: what tells its kind, format, length and checksum is right.
pub(super) fn record(payload: &[u8]) -> Vec<u8> {
    let mut record = b"arac\x02\0\0\0".to_vec();
    record.extend((payload.len() as u64).to_le_bytes());
    let mut checksum = xxhash_rust::xxh3::Xxh3::new();
    checksum.update(&record);
    checksum.update(payload);
    record.extend(checksum.digest().to_le_bytes());
    record.extend(payload);
    record
}

/// Messages, each in a field of the next.
fn nested(field: u8, depth: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = vec![];
    for _ in 0..depth {
        let mut outer = vec![field];
        let mut rest = bytes.len();
        while rest >= 0x80 {
            outer.push(rest.to_le_bytes()[0] | 0x80);
            rest >>= 7;
        }
        outer.push(rest.to_le_bytes()[0]);
        outer.extend(bytes);
        bytes = outer;
    }
    bytes
}

#[test]
fn a_segment_that_unpacks_to_much_more_costs_nothing_and_is_told() {
    let (world, mut laptop, mut phone, mut liar) = three();
    let node = node_of(&liar);
    let last = chain_of(&liar, node).segments.pop().unwrap();
    let end = last.bounds.unwrap().to;
    let bounds = Bounds { from: end, to: Point { number: end.number + 1, digest: 7 } };
    let mut forger = Forger::of(&liar);
    let mut previous = last.id;
    // The first one is above what a device takes at once, and is refused before anything is unpacked.
    let above = vec![0; (256 << 20) + 1];
    let bombs = [
        above,
        vec![0; 1 << 20],
        // Millions of runs, of names and of changes, all empty: each takes 32 bytes once it is read.
        record(&[0x1a, 0].repeat(8 << 20)),
        record(&[0x0a, 0].repeat(8 << 20)),
        record(&[&[0x1a, 0x80, 0x80, 0x80, 0x08][..], &[0x2a, 0].repeat(8 << 20)].concat()),
        // Messages within messages, and groups within groups.
        record(&nested(0x1a, 5_000)),
        record(&[0x1b; 100_000]),
        // What claims to be four billion bytes.
        record(&[0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ];
    let count = bombs.len();
    for bomb in bombs {
        let sealed = forger.seal_as((&bomb, bounds), (node, Some(previous), &[]));
        assert!(sealed.parts[0].len() < 20_000);
        assert_eq!(forger.push(&liar, &[&sealed]), PushOutcome::Taken);
        previous = sealed.head.id();
        drop(bomb);
        world.reopen(&mut phone);
        phone.sync();
        let of = liar.db.node().unwrap();
        let is_told = |alarm: &Alarm| match alarm {
            Alarm::NotOpened { node } | Alarm::Refused { node, .. } => *node == of,
            _ => false,
        };
        assert!(phone.alarms().iter().any(is_told), "{:?}", phone.alarms());
        laptop.write("goes on");
        laptop.sync();
        phone.sync();
    }
    assert_eq!(phone.titles().len(), 2 + count);
    laptop.engine.remove(&[liar.engine.own_key()]).unwrap();
    converge(&mut [&mut laptop, &mut phone]);
    let of = |alarm: &Alarm| matches!(alarm, Alarm::NotOpened { .. } | Alarm::Refused { .. });
    assert!(!phone.alarms().iter().any(of));
    assert!(liar.try_sync().is_err());
}

#[test]
fn answers_that_claim_much_cost_nothing() {
    let (world, mut laptop, mut phone, _) = three();
    laptop.write("later");
    laptop.sync();
    let many = u32::MAX.to_be_bytes();
    let with = |before: &[u8], after: &[u8]| [before, &many, after].concat();
    let lies: Vec<Vec<u8>> = vec![
        // Four billion outcomes, records, entries, slots.
        with(&[], &[0; 100]),
        with(&[0, 0, 0, 0, 1], &[0; 100]),
        with(&[&[0; 4][..], &[1], &[0; 4], &[1], &[0; 40]].concat(), &[2; 100]),
        with(&[&[0; 4][..], &[1], &[0; 4], &[1], &[0; 40], &[0; 4], &[0; 8]].concat(), &[]),
        // A record of four billion bytes.
        [&[0, 0, 0, 0, 1, 0, 0, 0, 1][..], &many].concat(),
        // Nothing, and a lot of nothing.
        vec![],
        vec![0; 12 << 20],
    ];
    for lie in lies {
        world.net.twist(move |endpoint, _, answer| {
            let lie = lie.clone();
            rewrite(answer, |content| {
                if endpoint != Endpoint::Challenge {
                    *content = lie;
                }
            })
        });
        assert!(phone.try_sync().is_err());
        assert_eq!(phone.titles().len(), 2);
    }
    // One that is longer than any is not read, and many records of a deletion are no more than their bytes.
    world
        .net
        .twist(|_, _, answer| ara_relay::RelayAnswer { body: vec![1; (16 << 20) + 1], ..answer });
    assert!(phone.try_sync().is_err());
    world.net.twist(|endpoint, _, answer| {
        if endpoint == Endpoint::Challenge {
            return answer;
        }
        let refusal = Refusal::Deleted {
            audience: String::new(),
            request: vec![],
            records: vec![vec![]; 1 << 20],
        };
        let body = Answer { challenge: vec![], outcome: Err(refusal) }.to_bytes().unwrap();
        ara_relay::RelayAnswer { status: 410, body, wait_seconds: 0 }
    });
    assert!(phone.try_sync().is_err());
    assert!(!phone.engine.is_stopped().unwrap());
    world.net.behave();
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 3);
    assert!(
        phone.db.version_vector().unwrap().points().all(|(_, point)| point != NodePoint::default())
    );
}
