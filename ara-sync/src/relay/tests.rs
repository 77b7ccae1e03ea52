use std::collections::VecDeque;

use super::*;
use crate::random::Random;
use crate::transport::{Events, TransportError};

const SPACE: SpaceId = SpaceId::from_bytes([5; 16]);

/// Gives the answers of a script, and keeps what was sent.
struct Script {
    answers: Mutex<VecDeque<Response>>,
    sent: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Transport for Script {
    fn post(
        &self,
        path: &str,
        body: &[u8],
        _most: usize,
    ) -> std::result::Result<Response, TransportError> {
        self.sent.lock().unwrap().push((path.to_owned(), body.to_vec()));
        self.answers.lock().unwrap().pop_front().ok_or(TransportError::TimedOut)
    }

    fn events(
        &self,
        _path: &str,
        _body: &[u8],
    ) -> std::result::Result<Box<dyn Events>, TransportError> {
        Err(TransportError::TimedOut)
    }
}

fn answer(challenge: u8, outcome: std::result::Result<Vec<u8>, Refusal>) -> Response {
    let status = outcome.as_ref().map_or_else(Refusal::status, |_| 200);
    let body = Answer { challenge: vec![challenge], outcome }.to_bytes().unwrap();
    Response { status, body }
}

/// Sends two requests to a relay that answers so. Returns what came of both, and the challenges that were signed.
fn call_twice(answers: Vec<Response>) -> ([crate::fault::Result<Vec<u8>>; 2], Vec<Vec<u8>>) {
    let script = Arc::new(Script { answers: Mutex::new(answers.into()), sent: Mutex::default() });
    let transport: Arc<dyn Transport> = Arc::<Script>::clone(&script);
    let relay = Relay::new("http://relay.example/", transport).unwrap();
    let keys = SecretKeys::generate(&mut Random::seeded(1));
    let call = || relay.call(Endpoint::Sync, SPACE, SPACE.as_bytes(), &keys);
    let outcomes = [call(), call()];
    let sent = script.sent.lock().unwrap();
    let signed = sent.iter().filter(|(path, _)| path == Endpoint::Sync.path()).map(|(_, body)| {
        let request = SignedRequest::read(body).unwrap();
        let member = request.verify(Endpoint::Sync, "http://relay.example").unwrap();
        assert_eq!(member, keys.public().member());
        request.challenge().to_vec()
    });
    (outcomes, signed.collect())
}

#[test]
fn each_answer_brings_the_challenge_for_the_next_request() {
    let (outcomes, signed) =
        call_twice(vec![answer(1, Ok(vec![])), answer(2, Ok(vec![7])), answer(3, Ok(vec![8]))]);
    assert_eq!(outcomes.map(Result::unwrap), [vec![7], vec![8]]);
    assert_eq!(signed, [[1], [2]]);
}

#[test]
fn a_challenge_that_is_too_old_is_replaced_once() {
    let old = || Err(Refusal::ChallengeNeeded);
    let (outcomes, signed) =
        call_twice(vec![answer(1, Ok(vec![])), answer(2, old()), answer(3, Ok(vec![7]))]);
    let [first, second] = outcomes;
    assert_eq!(first.unwrap(), [7]);
    assert!(matches!(second, Err(Fault::Transport(TransportError::TimedOut))));
    assert_eq!(signed, [[1], [2], [3]]);
    let (outcomes, signed) =
        call_twice(vec![answer(1, Ok(vec![])), answer(2, old()), answer(3, old())]);
    assert!(matches!(outcomes[0], Err(Fault::Refused(Refusal::ChallengeNeeded))));
    assert_eq!(signed.len(), 3);
}

#[test]
fn what_something_in_between_says_is_no_answer() {
    let page = Response { status: 502, body: b"<html>".to_vec() };
    let other_status = Response { status: 200, ..answer(2, Err(Refusal::Unknown)) };
    let newer = Response { status: 200, body: vec![9, 0, 0] };
    for (response, is_no_relay) in [(page, true), (other_status, true), (newer, false)] {
        let (outcomes, _) = call_twice(vec![answer(1, Ok(vec![])), response]);
        let [first, _] = outcomes;
        match first {
            Err(Fault::NoRelay { .. }) => assert!(is_no_relay),
            Err(Fault::Protocol(ara_protocol::Error::UpdateNeeded { .. })) => {
                assert!(!is_no_relay);
            }
            outcome => panic!("{outcome:?}"),
        }
    }
}

#[test]
fn a_relay_that_gives_no_challenge_is_told() {
    let nothing = Answer { challenge: vec![], outcome: Ok(vec![]) }.to_bytes().unwrap();
    let (outcomes, signed) = call_twice(vec![Response { status: 200, body: nothing }]);
    assert!(matches!(outcomes[0], Err(Fault::Lied { .. })));
    assert!(signed.is_empty());
}
