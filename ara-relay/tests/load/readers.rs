//! Those who ask for much, and do not take it.

use ara_protocol::message::Endpoint;

use crate::honest::Honest;
use crate::light::{From, Line, Space};
use crate::relay::{Relay, Store};
use crate::{ATTACKER, BEHIND_PROXY, HONEST, noise, size};

/// Founds a space with some megabytes, each of which is a segment.
fn large_space(relay: &Relay, from: From, megabytes: usize) -> Space {
    let mut space = Space::new(1);
    // Each on a connection of its own, as the relay has little patience with one that is not used.
    let ask = |endpoint, content: &[u8], space: &Space| {
        let mut line = Line::open(relay.address, from).unwrap();
        assert_eq!(line.ask(endpoint, content, &space.first).unwrap().0, 200);
    };
    ask(Endpoint::Access, &space.founding(), &space);
    let (mut previous, changes) = (None, noise(1_200_000));
    for _ in 0..megabytes {
        let sealed = space.seal(1, previous, changes.as_bytes());
        ask(Endpoint::Sync, &space.sync(&[&sealed], 0), &space);
        previous = Some(sealed.head.id());
    }
    space
}

/// Asks for all of a space, and takes nothing.
fn ask_for_all(relay: &Relay, space: &Space, from: From) -> Line {
    let mut line = Line::open(relay.address, from).unwrap();
    let all = space.sync(&[], u32::MAX);
    let signed = line.sign(Endpoint::Sync, &all, &space.first).unwrap();
    line.send(Endpoint::Sync.path(), &signed).unwrap();
    line
}

#[test]
fn who_does_not_take_answers_holds_a_part_of_the_room_and_is_left() {
    take_no_answers(Store::File, "--limit-this-machine", ATTACKER);
    take_no_answers(Store::File, "--behind-proxy", BEHIND_PROXY);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn who_does_not_take_answers_out_of_a_database_is_left() {
    take_no_answers(Store::Postgres, "--behind-proxy", BEHIND_PROXY);
}

fn take_no_answers(store: Store, options: &str, from: From) {
    // Only the room refuses them.
    let relay = Relay::over(store, &[options, "--patience", "5", "--rate", "0"]);
    let space = large_space(&relay, from, 5);
    let mut honest = Honest::new(&relay);
    let count = size(40, 250);
    let mut lines: Vec<_> = (0..count).map(|_| ask_for_all(&relay, &space, from)).collect();
    // Those that came first may be left before the last ones come, where the machine is slow.
    relay.wait_until("its part of the room is taken", |relay| {
        lines.push(ask_for_all(relay, &space, from));
        relay.answered(429) > 0
    });
    honest.go_on_with_much();
    // One of them takes a byte now and then, which does not help.
    relay.wait_until("connections are given back", |relay| {
        let _ = lines[0].read_byte();
        relay.connections() <= HONEST
    });
    let (_, most) = relay.memory().unwrap();
    println!("{store:?} {options}: at most {} MB", most >> 20);
    assert!(most < 500 << 20, "{most} bytes");
    // Who takes its answer gets all of it.
    let mut line = ask_for_all(&relay, &space, from);
    assert!(line.receive().unwrap().1.len() > 3 << 20);
}

#[test]
fn streams_of_events_that_nobody_reads_keep_nobody() {
    let relay = Relay::strict(&["--connections-each", "64"]);
    let mut honest = Honest::new(&relay);
    let mut space = Space::new(1);
    let mut line = Line::open(relay.address, ATTACKER).unwrap();
    let founding = space.founding();
    assert_eq!(line.ask(Endpoint::Access, &founding, &space.first).unwrap().0, 200);
    let listen = |_| {
        let line = Line::open(relay.address, ATTACKER)?;
        line.listen(space.id(), &space.first)
    };
    // One of the share is the line.
    let streams: Vec<_> = (0..63).map(listen).collect();
    assert!(streams.iter().all(|stream| matches!(stream, Ok(Ok(_)))));
    assert!(listen(0).is_err());
    let mut previous = None;
    for _ in 0..size(50, 400) {
        let sealed = space.seal(1, previous, b"changes");
        let request = space.sync(&[&sealed], 0);
        assert_eq!(line.ask(Endpoint::Sync, &request, &space.first).unwrap().0, 200);
        previous = Some(sealed.head.id());
    }
    honest.go_on();
    let streaming = |relay: &Relay| relay.metric("ara_relay_event_streams", "") as usize;
    relay.wait_until("all wait", |relay| streaming(relay) >= 65);
    drop((streams, line));
    relay.wait_until("connections are given back", |relay| relay.connections() <= HONEST);
    relay.wait_until("streams are given back", |relay| streaming(relay) <= 2);
}
