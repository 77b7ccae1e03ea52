//! Who may ask: challenges, signatures, limits, and what cannot be read.

use std::net::IpAddr;

use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::AccessRequest;
use ara_protocol::message::{Answer, Endpoint, LONGEST_REQUEST, Refusal, SignedRequest};

use crate::testing::stores::on_every_store;
use crate::testing::{ORIGIN, TestSpace, fixed};
use crate::{Rate, RelayAnswer};

fn read(answer: &RelayAnswer) -> Answer {
    Answer::read(&answer.body).unwrap()
}

fn a_challenge_counts_for_ten_minutes_and_its_space() {
    let space = TestSpace::new();
    let content = space.request().to_bytes().unwrap();
    let signed = space.signed(Endpoint::Sync, &content, &space.laptop);
    let ask = |body: &[u8]| read(&space.relay.answer(Endpoint::Sync, body, None));
    space.pass(599);
    assert!(ask(&signed).outcome.is_ok());
    space.pass(1);
    let answer = ask(&signed);
    assert_eq!(answer.outcome, Err(Refusal::ChallengeNeeded));
    // The answer brings the next one.
    let sign = |challenge: &[u8]| {
        SignedRequest::sign(Endpoint::Sync, ORIGIN, challenge, &content, &space.laptop).unwrap()
    };
    let next = ask(&sign(&answer.challenge));
    assert!(next.outcome.is_ok());
    assert!(ask(&sign(&next.challenge)).outcome.is_ok());
    let of_others = read(&space.relay.answer(Endpoint::Challenge, &[0; 16], None)).challenge;
    for challenge in [&[][..], &[1; 40], &of_others] {
        assert_eq!(ask(&sign(challenge)).outcome, Err(Refusal::ChallengeNeeded));
    }
}

fn a_signature_counts_for_its_relay_path_and_body() {
    let space = TestSpace::new();
    let content = space.request().to_bytes().unwrap();
    let challenge = read(&space.relay.answer(Endpoint::Challenge, &content[..16], None)).challenge;
    let sign = |endpoint, origin| {
        SignedRequest::sign(endpoint, origin, &challenge, &content, &space.laptop).unwrap()
    };
    let ask = |body: &[u8]| read(&space.relay.answer(Endpoint::Sync, body, None)).outcome;
    // Each of its origins, in any order.
    for origin in ["http://other.example", ORIGIN, "http://other.example"] {
        assert!(ask(&sign(Endpoint::Sync, origin)).is_ok());
    }
    let wrong = Err(Refusal::WrongSignature);
    assert_eq!(ask(&sign(Endpoint::Sync, "http://elsewhere.example")), wrong);
    assert_eq!(ask(&sign(Endpoint::Heads, ORIGIN)), wrong);
    let mut changed = sign(Endpoint::Sync, ORIGIN);
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(ask(&changed), wrong);
}

fn a_stranger_and_a_stranger_space_are_unknown() {
    let space = TestSpace::new();
    let stranger = SecretKeys::generate(&mut fixed(8));
    let other = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    for endpoint in Endpoint::ALL {
        if matches!(endpoint, Endpoint::Challenge | Endpoint::Find) {
            continue;
        }
        let id = [space.id(), other.id()];
        let ids = id.map(|id| content_of(endpoint, id.as_bytes()));
        assert_eq!(space.ask(endpoint, &ids[0], &stranger), Err(Refusal::Unknown), "{endpoint:?}");
        assert_eq!(space.ask(endpoint, &ids[1], &stranger), Err(Refusal::Unknown), "{endpoint:?}");
    }
}

/// A content that asks little of a space.
fn content_of(endpoint: Endpoint, space: &[u8; 16]) -> Vec<u8> {
    let zeros = match endpoint {
        Endpoint::Sync => 8 + 32 + 32 + 8 + 4 + 4 + 4,
        Endpoint::Access => 32 + 8 + 32 + 4 + 4,
        Endpoint::Heads => 8 + 16,
        Endpoint::Parts => 32 + 2,
        Endpoint::Stage => 4,
        Endpoint::Mailbox => return [&space[..], &[2, 0, 0, 0, 0, 0]].concat(),
        _ => 0,
    };
    [&space[..], &vec![0; zeros]].concat()
}

fn what_cannot_be_read_is_refused() {
    let space = TestSpace::new();
    let outcome = |endpoint, body: &[u8]| {
        read(&space.relay.answer(endpoint, body, None)).outcome.unwrap_err()
    };
    for endpoint in Endpoint::ALL {
        assert_eq!(outcome(endpoint, b""), Refusal::Malformed, "{endpoint:?}");
        assert_eq!(outcome(endpoint, &[1; 17]), Refusal::Malformed, "{endpoint:?}");
        if endpoint == Endpoint::Challenge {
            continue;
        }
        assert_eq!(outcome(endpoint, &[2; 200]), Refusal::UpdateNeeded, "{endpoint:?}");
        assert_eq!(outcome(endpoint, &vec![1; LONGEST_REQUEST + 1]), Refusal::TooLarge);
        // A member's, with something after its end.
        let about = if endpoint == Endpoint::Find { [0; 16] } else { *space.id().as_bytes() };
        let mut content = content_of(endpoint, &about);
        content.push(0);
        assert_eq!(
            space.ask(endpoint, &content, &space.laptop),
            Err(Refusal::Malformed),
            "{endpoint:?}"
        );
    }
}

fn an_address_that_asks_too_often_has_to_wait() {
    let space = TestSpace::with(|options| {
        options.rate = Some(Rate { per_second: 1, burst: 2 });
    });
    let peer = Some(IpAddr::from([1, 2, 3, 4]));
    let ask = |body: &[u8]| {
        let answer = space.relay.answer(Endpoint::Sync, body, peer);
        (answer.status, read(&answer))
    };
    // Also for what nobody signed.
    assert_eq!(ask(b"").0, 400);
    assert_eq!(ask(b"").0, 400);
    let (status, answer) = ask(b"");
    assert_eq!((status, answer.outcome), (429, Err(Refusal::Limited { retry_after: 1 })));
    assert!(space.relay.subscribe(b"", peer).is_err_and(|answer| answer.status == 429));
    space.pass(1);
    assert_eq!(ask(b"").0, 400);
    // Others are not concerned, and neither is who has no address.
    assert!(space.sync(&space.laptop, space.request()).is_ok());
}

fn an_address_that_founds_too_many_spaces_has_to_wait() {
    let space = TestSpace::with_unfounded(|options| options.new_spaces = Some(2));
    let others =
        [2, 3, 4].map(|seed| TestSpace::unfounded(space.relay.clone(), space.clock.clone(), seed));
    let peer = |last| Some(IpAddr::from([1, 2, 3, last]));
    let found = |space: &TestSpace, peer| {
        let records = space.log.iter().map(|record| record.as_bytes().to_vec()).collect();
        let request = AccessRequest { records, ..space.access_request() }.to_bytes().unwrap();
        let signed = space.signed(Endpoint::Access, &request, &space.laptop);
        read(&space.relay.answer(Endpoint::Access, &signed, peer)).outcome.map(drop)
    };
    assert_eq!((found(&space, peer(4)), found(&others[0], peer(4))), (Ok(()), Ok(())));
    // After half a day there is another one, and the client is told so.
    let limited = |retry_after| Err(Refusal::Limited { retry_after });
    assert_eq!(found(&others[1], peer(4)), limited(12 * 60 * 60));
    space.pass(60);
    assert_eq!(found(&others[1], peer(4)), limited(12 * 60 * 60 - 60));
    // It is no new one, and others found theirs.
    assert_eq!(found(&space, peer(4)), Ok(()));
    assert!(space.sync(&space.laptop, space.request()).is_ok());
    assert_eq!(found(&others[1], peer(5)), Ok(()));
    assert_eq!(found(&others[2], None), Ok(()));
    space.pass(12 * 60 * 60 - 60);
    let last = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 5);
    assert_eq!(found(&last, peer(4)), Ok(()));
}

fn who_subscribes_hears_of_news_until_it_is_over() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    let content = *space.id().as_bytes();
    let signed = space.signed(Endpoint::Events, &content, &phone);
    let subscription = space.relay.subscribe(&signed, None).unwrap();
    let news = |space: &TestSpace| space.relay.news_for(&subscription).unwrap();
    let before = news(&space).unwrap();
    assert_eq!((before.number, before.records, before.newest_slot), (0, 2, 0));
    space.append(crate::testing::node(1), None);
    assert_eq!(news(&space).unwrap().number, 1);
    assert_eq!(news(&space), space.relay.news(space.id()).unwrap());
    space.remove(&phone);
    assert_eq!(news(&space), None);
    let refused = space.relay.subscribe(&space.signed(Endpoint::Events, &content, &phone), None);
    assert_eq!(read(&refused.unwrap_err()).outcome, Err(Refusal::Unknown));
}

fn what_a_stranger_sends_is_not_read_if_it_is_large() {
    let space = TestSpace::new();
    let stranger = SecretKeys::generate(&mut fixed(99));
    let large = [&space.id().as_bytes()[..], &vec![0xff; 1 << 20]].concat();
    // A member is told what is wrong with it, and a stranger that it is none.
    assert_eq!(space.ask(Endpoint::Sync, &large, &space.laptop), Err(Refusal::Malformed));
    assert_eq!(space.ask(Endpoint::Sync, &large, &stranger), Err(Refusal::Unknown));
}

on_every_store!(
    a_challenge_counts_for_ten_minutes_and_its_space,
    a_signature_counts_for_its_relay_path_and_body,
    a_stranger_and_a_stranger_space_are_unknown,
    what_cannot_be_read_is_refused,
    an_address_that_asks_too_often_has_to_wait,
    an_address_that_founds_too_many_spaces_has_to_wait,
    who_subscribes_hears_of_news_until_it_is_over,
    what_a_stranger_sends_is_not_read_if_it_is_large,
);
