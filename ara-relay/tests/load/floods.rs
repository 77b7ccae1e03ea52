//! Floods of requests.

use ara_protocol::MailboxId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::{Endpoint, Refusal, SignedRequest, SpaceRequest};
use ara_protocol::rand_core::SeedableRng;
use chacha20::ChaCha20Rng;

use crate::honest::Honest;
use crate::light::{Line, Space};
use crate::relay::{Relay, Store};
use crate::{BEHIND_PROXY, HONEST, OTHER_BEHIND_PROXY, size};

/// How many requests a flood has.
fn requests() -> usize {
    size(500, 20_000)
}

fn keys(seed: u64) -> SecretKeys {
    SecretKeys::generate(&mut ChaCha20Rng::seed_from_u64(seed))
}

/// Sends the same request many times from one address, which may send few. Some are answered by a status, and most are
/// refused before they are looked at. Others go on, also through the same proxy.
fn flood(
    (store, status): (Store, u16),
    mut send: impl FnMut(&mut Line, u64) -> std::io::Result<u16>,
) {
    let relay = Relay::over(store, &["--behind-proxy", "--rate", "5"]);
    let mut honest = Honest::new(&relay);
    let mut line = Line::open(relay.address, BEHIND_PROXY).unwrap();
    let (mut looked_at, mut refused) = (0, 0);
    for number in 0..requests() {
        match send(&mut line, number as u64).unwrap() {
            429 => refused += 1,
            found => {
                assert_eq!(found, status);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 0 && refused > 0, "{looked_at} looked at, {refused} refused");
    assert!(relay.answered(429) >= refused);
    // The flood is not over.
    let mut other = Line::open(relay.address, OTHER_BEHIND_PROXY).unwrap();
    let challenge = Endpoint::Challenge.path();
    assert_eq!(other.post(challenge, &[0; 16]).unwrap().0, 200);
    honest.go_on();
    drop((line, other));
    relay.wait_until("connections are given back", |relay| relay.connections() <= HONEST);
}

#[test]
fn wrong_signatures() {
    flood_by_wrong_signatures(Store::File);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn wrong_signatures_over_postgres() {
    flood_by_wrong_signatures(Store::Postgres);
}

fn flood_by_wrong_signatures(store: Store) {
    let keys = keys(1);
    let content = SpaceRequest { space: Space::new(1).id() }.to_bytes();
    let mut signed = None;
    flood((store, 401), |line, _| {
        // Its challenge is right, so that the signature is looked at.
        if signed.is_none() {
            let right = line.sign(Endpoint::Events, &content, &keys)?;
            let read = SignedRequest::read(&right).unwrap();
            let elsewhere = "http://relay.example";
            let wrong = (Endpoint::Sync, elsewhere, read.challenge(), &content[..], &keys);
            let (endpoint, audience, challenge, content, keys) = wrong;
            let wrong = SignedRequest::sign(endpoint, audience, challenge, content, keys);
            signed = Some(wrong.unwrap());
        }
        Ok(line.post(Endpoint::Sync.path(), signed.as_ref().unwrap())?.0)
    });
}

#[test]
fn challenges() {
    flood((Store::File, 200), |line, number| {
        let space = [number.to_be_bytes(), [0; 8]].concat();
        Ok(line.post(Endpoint::Challenge.path(), &space)?.0)
    });
}

#[test]
fn new_spaces() {
    flood_by_new_spaces(Store::File);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn new_spaces_over_postgres() {
    flood_by_new_spaces(Store::Postgres);
}

fn flood_by_new_spaces(store: Store) {
    // Made before, as that takes longer than to send them.
    let mut spaces = (0..requests()).map(|number| Space::new(number as u64)).collect::<Vec<_>>();
    flood((store, 200), |line, _| {
        let space = spaces.pop().unwrap();
        match line.challenge(space.id())? {
            200 => {}
            status => return Ok(status),
        }
        Ok(line.ask(Endpoint::Access, &space.founding(), &space.first)?.0)
    });
}

#[test]
fn one_address_founds_no_more_spaces_than_it_may() {
    found_too_many_spaces(Store::File);
}

#[test]
#[cfg_attr(not(has_postgres), ignore = "ARA_TEST_POSTGRES holds no URL")]
fn one_address_founds_no_more_spaces_than_it_may_over_postgres() {
    found_too_many_spaces(Store::Postgres);
}

/// Founds spaces from one address, which may send any number of requests. Those that it has go on, and others found theirs.
fn found_too_many_spaces(store: Store) {
    let relay = Relay::over(store, &["--behind-proxy", "--rate", "0", "--new-spaces", "20"]);
    let mut honest = Honest::new(&relay);
    let mut line = Line::open(relay.address, BEHIND_PROXY).unwrap();
    let mut founded = vec![];
    for number in 0..size(100, 5000) {
        let space = Space::new(number as u64);
        let (status, answer) = line.ask(Endpoint::Access, &space.founding(), &space.first).unwrap();
        match answer.outcome {
            Ok(_) => founded.push(space),
            // One comes back each 72 minutes.
            Err(Refusal::Limited { retry_after: 1..=4320 }) => assert_eq!(status, 429),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
    assert_eq!(founded.len(), 20);
    let first = &mut founded[0];
    let sealed = first.seal(1, None, b"changes");
    let request = first.sync(&[&sealed], 0);
    assert_eq!(line.ask(Endpoint::Sync, &request, &first.first).unwrap().0, 200);
    // Also after others were refused.
    let other = Space::new(u64::MAX);
    let mut elsewhere = Line::open(relay.address, OTHER_BEHIND_PROXY).unwrap();
    let found = elsewhere.ask(Endpoint::Access, &other.founding(), &other.first).unwrap();
    assert_eq!(found.0, 200);
    honest.go_on();
    assert_eq!(relay.metric("ara_relay_spaces", "") as usize, 22);
}

#[test]
fn searches_for_spaces() {
    let keys = keys(1);
    let nowhere = ara_protocol::SpaceId::from_bytes([0; 16]);
    let content = SpaceRequest { space: nowhere }.to_bytes();
    let mut signed = None;
    flood((Store::File, 200), |line, _| {
        if signed.is_none() {
            signed = Some(line.sign(Endpoint::Find, &content, &keys)?);
        }
        Ok(line.post(Endpoint::Find.path(), signed.as_ref().unwrap())?.0)
    });
}

#[test]
fn mailboxes() {
    let relay = Relay::start(&["--behind-proxy"]);
    let space = Space::new(1);
    let mut line = Line::open(relay.address, BEHIND_PROXY).unwrap();
    line.ask(Endpoint::Access, &space.founding(), &space.first).unwrap();
    let mut open = |number: u8| {
        let (mailbox, keys) = (MailboxId::from_bytes([number; 16]), keys(number.into()));
        let signer = keys.public().member();
        let content = MailboxRequest::Open { space: space.id(), mailbox, signer };
        let content = content.to_bytes().unwrap();
        let opened = line.ask(Endpoint::Mailbox, &content, &space.first).unwrap();
        // One that is in use is not given up for another.
        let put = MailboxRequest::Put { mailbox, index: 0, sealed: vec![1] }.to_bytes().unwrap();
        line.ask(Endpoint::Mailbox, &put, &keys).unwrap();
        opened
    };
    for number in 1..=8 {
        assert_eq!(open(number).0, 200);
    }
    for number in 9..20 {
        let (status, answer) = open(number);
        assert!(status == 429 && matches!(answer.outcome, Err(Refusal::Limited { .. })));
    }
    // Others pair.
    Honest::new(&relay).go_on();
}

#[test]
fn streams_of_events_for_one_space() {
    let relay = Relay::start(&["--behind-proxy", "--connections-each", "16"]);
    let mut honest = Honest::new(&relay);
    let space = Space::new(1);
    let mut line = Line::open(relay.address, BEHIND_PROXY).unwrap();
    line.ask(Endpoint::Access, &space.founding(), &space.first).unwrap();
    let listen = |from| {
        let line = Line::open(relay.address, from).unwrap();
        line.listen(space.id(), &space.first).unwrap()
    };
    let streams: Vec<_> = (0..16).map(|_| listen(BEHIND_PROXY)).collect();
    assert!(streams.iter().all(Result::is_ok));
    let content = SpaceRequest { space: space.id() }.to_bytes();
    for _ in 0..size(50, 400) {
        let signed = line.post(Endpoint::Events.path(), &content).unwrap();
        assert_eq!(signed.0, 429);
    }
    assert!(listen(OTHER_BEHIND_PROXY).is_ok());
    honest.go_on();
    drop((streams, line));
    relay.wait_until("connections are given back", |relay| relay.connections() <= HONEST);
}
