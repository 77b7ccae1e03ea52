//! Several relays over one database, as processes behind a load balancer are.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use ara_protocol::message::Refusal;
use ara_protocol::message::sync::{Entry, PushOutcome, SyncRequest};
use ara_protocol::segment::Head;
use ara_protocol::{Cursor, SegmentId};

use crate::Relay;
use crate::store::postgres::PostgresStore;
use crate::testing::stores::Schema;
use crate::testing::{TestSpace, copy, node, options};

const SPACES: u64 = 3;

/// How many devices each space has.
const DEVICES: u8 = 4;

/// How many segments each device pushes.
const SEGMENTS: usize = 25;

/// Pushes the segments of a node one after the other, each through another relay, and returns those that were taken.
fn push_all(
    mut device: TestSpace,
    number: u8,
    relays: &[Arc<Relay>],
    is_down: &AtomicBool,
) -> Vec<SegmentId> {
    let keys = copy(&device.laptop);
    let mut taken: Vec<SegmentId> = vec![];
    let mut turn = usize::from(number);
    while taken.len() < SEGMENTS {
        let sealed = device.seal(&keys, node(number), taken.last().copied(), &[], b"changes");
        loop {
            turn += 1;
            let at = turn % relays.len();
            if at == 0 && is_down.load(Ordering::SeqCst) {
                continue;
            }
            device.relay = relays[at].clone();
            match device.sync(&keys, device.pushing(&[&[&sealed]])) {
                Ok(answer) => {
                    assert_eq!(answer.pushes, [PushOutcome::Taken]);
                    break;
                }
                // It is sent again, through another one.
                Err(Refusal::Busy) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        taken.push(sealed.head.id());
    }
    taken
}

/// Reads the whole log at a relay, and checks that its numbers have no gaps and that its chain holds.
fn read_all(space: &TestSpace) -> Vec<SegmentId> {
    let mut cursor = Cursor::start(space.id());
    let mut ids = vec![];
    loop {
        let answer = space.read(cursor, 4096);
        assert!(answer.knows_cursor);
        for entry in &answer.entries {
            let Entry::Whole { number, head, .. } = entry else { panic!("{entry:?}") };
            let head = Head::read(head).unwrap();
            assert_eq!(*number, cursor.number + 1);
            cursor = cursor.after(head.id());
            ids.push(head.id());
        }
        if cursor == answer.end {
            return ids;
        }
        assert!(!answer.entries.is_empty());
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn what_several_relays_acknowledge_is_there_though_one_is_lost() {
    let schema = Schema::new();
    let name = schema.ask("SELECT current_schema()").remove(0);
    let (options, clock) = options();
    let relay = |url: &str| {
        let store = PostgresStore::connect_with(url, 4).unwrap();
        Arc::new(Relay::new(store, options.clone()).unwrap())
    };
    let lost = relay(&format!("{}&application_name={name}", schema.url()));
    let relays = [lost, relay(&schema.url()), relay(&schema.url())];
    for seed in 1..=SPACES {
        let space = TestSpace::unfounded(relays[0].clone(), clock.clone(), seed);
        space.put_records(&space.laptop, &space.log).unwrap();
    }
    let is_down = AtomicBool::new(false);
    let taken: Vec<_> = thread::scope(|scope| {
        let (relays, is_down) = (&relays, &is_down);
        let devices = (1..=SPACES).flat_map(|seed| (1..=DEVICES).map(move |number| (seed, number)));
        let pushing: Vec<_> = devices
            .map(|(seed, number)| {
                let device = TestSpace::unfounded(relays[0].clone(), clock.clone(), seed);
                scope.spawn(move || (seed, push_all(device, number, relays, is_down)))
            })
            .collect();
        // All that it does is broken off, some of it while it commits. What it began is then repeated by itself, or by
        // who asked through another one.
        let middle = usize::from(DEVICES) * SEGMENTS / 2;
        let count = "SELECT max(number) FROM ara_space";
        while schema.ask(count)[0].parse::<usize>().unwrap() < middle
            && pushing.iter().any(|device| !device.is_finished())
        {}
        is_down.store(true, Ordering::SeqCst);
        schema.run(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
        ));
        pushing.into_iter().map(|device| device.join().unwrap()).collect()
    });
    for seed in 1..=SPACES {
        for relay in &relays[1..] {
            let space = TestSpace::unfounded(relay.clone(), clock.clone(), seed);
            let mut found = read_all(&space);
            let of_space = taken.iter().filter(|(of, _)| *of == seed);
            let mut expected: Vec<_> = of_space.flat_map(|(_, ids)| ids.clone()).collect();
            found.sort();
            expected.sort();
            assert!(found == expected);
        }
    }
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn a_push_waits_for_the_database_four_times_at_most() {
    let schema = Schema::new();
    let store = Arc::new(schema.store());
    let (options, clock) = options();
    let relay = Arc::new(Relay::over(store.clone(), options).unwrap());
    let mut space = TestSpace::unfounded(relay, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let keys = copy(&space.laptop);
    let mut last = None;
    let mut waited = vec![];
    for number in 1..=3 {
        let sealed = space.seal(&keys, node(1), last, &[], b"changes");
        last = Some(sealed.head.id());
        let slot = space.slot(&keys, number).as_bytes().to_vec();
        let request = SyncRequest { slot, budget: 9000, ..space.pushing(&[&[&sealed]]) };
        let before = store.waits();
        assert_eq!(space.sync(&keys, request).unwrap().pushes, [PushOutcome::Taken]);
        waited.push(store.waits() - before);
    }
    // For what it asks, for the commit, for what is new, and for what others have pushed, which here are its own that
    // it says not to know. A statement that is new to a connection takes another one.
    assert!(waited[2] <= 4, "{waited:?}");
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn who_was_let_out_through_one_relay_is_out_at_the_others() {
    let schema = Schema::new();
    let (options, clock) = options();
    let [one, other] =
        [0, 1].map(|_| Arc::new(Relay::new(schema.store(), options.clone()).unwrap()));
    let mut space = TestSpace::unfounded(one.clone(), clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let phone = space.add_device();
    // Both relays know the members now.
    for relay in [&one, &other] {
        space.relay = relay.clone();
        space.sync(&phone, space.request()).unwrap();
    }
    space.relay = one;
    space.remove(&phone);
    space.relay = other;
    assert_eq!(space.sync(&phone, space.request()), Err(Refusal::Unknown));
}
