//! Bodies that do not come, or are too large.

use std::thread;
use std::time::Duration;

use ara_protocol::message::{Endpoint, LONGEST_REQUEST};

use crate::honest::Honest;
use crate::light::Line;
use crate::relay::Relay;
use crate::{ATTACKER, BEHIND_PROXY, HONEST, size};

const SYNC: &str = Endpoint::Sync.path();

/// Begins a request whose body is as large as it may be.
fn claim(relay: &Relay, from: crate::light::From) -> Line {
    let mut line = Line::open(relay.address, from).unwrap();
    let head = line.head(SYNC, LONGEST_REQUEST);
    line.write(head.as_bytes()).unwrap();
    line
}

#[test]
fn bodies_that_trickle_or_stop_are_given_up() {
    let relay = Relay::strict(&["--patience", "3"]);
    let mut honest = Honest::new(&relay);
    // More than there is room for, if what is announced were counted.
    let mut lines: Vec<_> = (0..100).map(|_| claim(&relay, ATTACKER)).collect();
    honest.go_on_with_much();
    let mut slow = claim(&relay, ATTACKER);
    // It is told so while it still sends.
    while slow.write(b"a").is_ok() {
        thread::sleep(Duration::from_millis(20));
    }
    for line in &mut lines {
        assert_eq!(line.receive().unwrap().0, 503);
        assert_eq!(line.drain().unwrap(), 0);
    }
    assert!(relay.answered(503) >= 100);
    relay.wait_until("connections are given back", |relay| relay.connections() <= HONEST);
}

#[test]
fn one_address_has_a_part_of_the_room_for_bodies() {
    // Behind a proxy, it is known which address that is.
    for (options, from) in [("--limit-this-machine", ATTACKER), ("--behind-proxy", BEHIND_PROXY)] {
        let relay = Relay::start(&[options, "--patience", "600"]);
        let mut honest = Honest::new(&relay);
        let before = relay.memory().unwrap().0;
        let mut lines: Vec<_> = (0..size(12, 100)).map(|_| claim(&relay, from)).collect();
        let most = vec![0; LONGEST_REQUEST - 1];
        // Who is refused may be so while it still sends.
        lines.iter_mut().for_each(|line| drop(line.write(&most)));
        // So may one be that comes while the room of another that is refused is given back.
        relay.wait_until("what is too much is refused", |relay| {
            relay.answered(429) >= lines.len() - 8
        });
        honest.go_on_with_much();
        let during = relay.memory().unwrap().0;
        assert!(during < before + (200 << 20), "{during} bytes, and {before} before");
        // The others may still end their requests, which are none.
        let ended = lines.iter_mut().map(|line| {
            line.write(&[0]).ok()?;
            line.receive().ok()
        });
        let ended: Vec<_> = ended.map(|answer| answer.map_or(429, |(status, _)| status)).collect();
        let ended = ended.iter().filter(|status| **status == 400).count();
        assert!((1..=8).contains(&ended), "{ended}");
        drop(lines);
        relay.wait_until("connections are given back", |relay| relay.connections() <= HONEST);
    }
}

#[test]
fn bodies_that_are_too_large_are_not_read() {
    let relay = Relay::strict(&[]);
    for _ in 0..size(10, 1000) {
        let mut line = Line::open(relay.address, ATTACKER).unwrap();
        let head = line.head(SYNC, LONGEST_REQUEST + 1);
        line.write(head.as_bytes()).unwrap();
        assert!(matches!(line.receive().unwrap().0, 413 | 429));
    }
    Honest::new(&relay).go_on();
}
