//! Connections: too many of them, and such on which nothing happens.

use ara_protocol::message::Endpoint;

use crate::honest::Honest;
use crate::light::Line;
use crate::relay::Relay;
use crate::{ATTACKER, HONEST, size};

const CHALLENGE: &str = Endpoint::Challenge.path();

/// Waits until there are no more connections than those of who goes on.
fn wait_for_the_end(relay: &Relay) {
    relay.wait_until("connections are given back", |relay| relay.connections() <= HONEST);
}

#[test]
fn who_opens_many_connections_has_its_share_of_them() {
    let relay = Relay::strict(&["--connections-each", "64"]);
    let mut honest = Honest::new(&relay);
    let count = size(400, 10_000);
    let lines: Vec<_> = (0..count).map(|_| Line::open(relay.address, ATTACKER)).collect();
    relay.wait_until("more are refused", |relay| {
        relay.metric("ara_relay_refused_connections_total", "") as usize > count / 2
    });
    assert!(relay.connections() <= 64 + HONEST);
    honest.go_on();
    drop(lines);
    wait_for_the_end(&relay);
    let mut again = Line::open(relay.address, ATTACKER).unwrap();
    assert_eq!(again.post(CHALLENGE, &[0; 16]).unwrap().0, 200);
}

#[test]
fn a_relay_that_may_open_few_files_takes_few_connections_and_keeps_its_store() {
    // Nobody is limited, so that all connections are taken. Those who wait are taken as others end.
    let relay = Relay::with_files(64, &["--patience", "2"]);
    let connect = || Line::open(relay.address, ATTACKER);
    let mut lines: Vec<_> = (0..size(100, 1000)).map(|_| connect()).collect();
    relay.wait_until("all connections are taken", |relay| {
        lines.push(connect());
        relay.connections() >= 32
    });
    let mut honest = Honest::new(&relay);
    honest.go_on();
    drop(lines);
    wait_for_the_end(&relay);
}

#[test]
fn who_sends_half_a_head_is_left() {
    let relay = Relay::strict(&["--patience", "3"]);
    let mut honest = Honest::new(&relay);
    let begin = |_| {
        let mut line = Line::open(relay.address, ATTACKER).unwrap();
        let head = line.head(CHALLENGE, 16);
        line.write(&head.as_bytes()[..head.len() / 2]).unwrap();
        line
    };
    let lines: Vec<_> = (0..size(100, 250)).map(begin).collect();
    honest.go_on();
    for mut line in lines {
        assert_eq!(line.drain().unwrap(), 0);
    }
    wait_for_the_end(&relay);
}

#[test]
fn who_sends_a_head_without_an_end_is_left() {
    let relay = Relay::strict(&["--patience", "3"]);
    let mut honest = Honest::new(&relay);
    let mut slow = Line::open(relay.address, ATTACKER).unwrap();
    slow.write(b"POST / HTTP/1.1\r\nX: ").unwrap();
    // A letter now and then does not help.
    while slow.write(b"a").is_ok() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut large = Line::open(relay.address, ATTACKER).unwrap();
    large.write(b"POST / HTTP/1.1\r\nX: ").unwrap();
    // It ends while this is sent, or after that.
    let _ = large.write(&vec![b'a'; 1 << 20]);
    let refused = large.receive();
    assert!(refused.is_err() || matches!(refused, Ok((431, _))), "{refused:?}");
    honest.go_on();
    wait_for_the_end(&relay);
}

#[test]
fn who_leaves_connections_unused_loses_them() {
    let relay = Relay::strict(&["--patience", "3"]);
    let mut honest = Honest::new(&relay);
    let mut lines = vec![];
    for _ in 0..size(100, 250) {
        let mut line = Line::open(relay.address, ATTACKER).unwrap();
        assert_eq!(line.post(CHALLENGE, &[0; 16]).unwrap().0, 200);
        lines.push(line);
    }
    honest.go_on();
    for mut line in lines {
        assert_eq!(line.drain().unwrap(), 0);
    }
    wait_for_the_end(&relay);
}

#[test]
fn requests_that_are_sent_at_once_count_each() {
    let relay = Relay::strict(&["--rate", "10"]);
    let mut honest = Honest::new(&relay);
    let mut line = Line::open(relay.address, ATTACKER).unwrap();
    let count = size(1000, 20_000);
    let request = [line.head(CHALLENGE, 16).as_bytes(), &[0; 16]].concat();
    let mut taken = 0;
    // As many as the system takes before they are answered.
    for _ in 0..count / 100 {
        line.write(&request.repeat(100)).unwrap();
        for _ in 0..100 {
            match line.receive().unwrap().0 {
                200 => taken += 1,
                status => assert_eq!(status, 429),
            }
        }
    }
    assert!(taken >= 100 && taken < count, "{taken} of {count}");
    assert_eq!(relay.answered(429), count - taken);
    honest.go_on();
}
