//! What is written is read again, and nothing else is.

use proptest::collection::vec;
use proptest::prelude::*;

use super::access::{AccessAnswer, AccessRequest};
use super::mailbox::MailboxRequest;
use super::segments::{HeadsAnswer, HeadsRequest, PartsAnswer, PartsRequest, StageRequest};
use super::sync::{Entry, PlaceInRequest, PushOutcome, PushedSegment, SyncAnswer, SyncRequest};
use super::{Answer, Endpoint, Refusal, SignedRequest, SpaceRequest};
use crate::error::Result;
use crate::ids::{MailboxId, NodeId, RecordHash, SegmentId, SpaceId};
use crate::keys::SecretKeys;
use crate::testing::{Fixed, assert_only_whole};
use crate::{Cursor, Error};

const SPACE: SpaceId = SpaceId::from_bytes([1; 16]);
const CURSOR: Cursor = Cursor { number: 7, chain: [8; 32] };

fn entries() -> Vec<Entry> {
    vec![
        Entry::Skip { to: CURSOR },
        Entry::Whole { number: 8, head: vec![1, 2], part: vec![3] },
        Entry::Head { number: 9, head: vec![] },
        Entry::Pushed { number: 10, at: PlaceInRequest { push: 1, segment: 2 } },
    ]
}

/// Asserts that bytes are read as what they were written from, and not with a byte more or less.
fn assert_read<T: PartialEq + std::fmt::Debug>(
    value: T,
    bytes: Vec<u8>,
    read: impl Fn(&[u8]) -> Result<T>,
) {
    assert_eq!(read(&bytes), Ok(value));
    for cut in 0..bytes.len() {
        assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert!(read(&[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn each_message_is_read_again() -> Result<()> {
    let pushes = vec![
        vec![PushedSegment { head: vec![1; 300], part: Some(vec![2; 5]) }],
        vec![PushedSegment { head: vec![3], part: None }; 2],
    ];
    let access = RecordHash::from_bytes([3; 32]);
    let request = SyncRequest {
        space: SPACE,
        cursor: CURSOR,
        access,
        slots_seen: 4,
        budget: 5,
        slot: vec![6; 7],
        pushes,
    };
    assert_read(request.clone(), request.to_bytes()?, SyncRequest::read);
    let outcomes = [
        PushOutcome::Taken,
        PushOutcome::Conflict,
        PushOutcome::OtherEpoch,
        PushOutcome::PartMissing,
        PushOutcome::Refused,
        PushOutcome::Full,
    ];
    let answer = SyncAnswer {
        pushes: outcomes.to_vec(),
        took_slot: true,
        knows_access: true,
        records: vec![vec![1], vec![]],
        knows_cursor: false,
        end: CURSOR,
        entries: entries(),
        newest_slot: 9,
        slots: vec![vec![2; 3]],
        used: 10,
        limit: 11,
    };
    assert_read(answer.clone(), answer.to_bytes()?, SyncAnswer::read);
    for after in [None, Some(access)] {
        let request = AccessRequest {
            space: SPACE,
            after,
            cursor: CURSOR,
            admission: "token".to_owned(),
            records: vec![vec![4; 4]],
        };
        assert!(
            request.admission.is_empty() || !format!("{request:?}").contains(&request.admission)
        );
        assert_read(request.clone(), request.to_bytes()?, AccessRequest::read);
        let answer = AccessAnswer {
            are_taken: true,
            knows_after: false,
            head: after,
            records: vec![vec![5]],
            is_more: true,
        };
        assert_read(answer.clone(), answer.to_bytes()?, AccessAnswer::read);
    }
    for node in [None, Some(NodeId::from_bytes([2; 16]))] {
        let request = HeadsRequest { space: SPACE, after: 3, node };
        assert_read(request.clone(), request.to_bytes(), HeadsRequest::read);
    }
    let answer = HeadsAnswer { entries: entries(), end: CURSOR, is_more: true };
    assert_read(answer.clone(), answer.to_bytes()?, HeadsAnswer::read);
    let segment = SegmentId::from_bytes([4; 32]);
    let request = PartsRequest { space: SPACE, segment, from: 5 };
    assert_read(request.clone(), request.to_bytes(), PartsRequest::read);
    let answer = PartsAnswer { parts: vec![vec![1, 2], vec![3]] };
    assert_read(answer.clone(), answer.to_bytes()?, PartsAnswer::read);
    let request = StageRequest { space: SPACE, part: vec![1, 2] };
    assert_read(request.clone(), request.to_bytes()?, StageRequest::read);
    assert_read(SpaceRequest { space: SPACE }, SPACE.as_bytes().to_vec(), SpaceRequest::read);
    let mailbox = MailboxId::from_bytes([5; 16]);
    let signer = SecretKeys::generate(&mut Fixed::new(1)).public().member();
    for request in [
        MailboxRequest::Open { space: SPACE, mailbox, signer },
        MailboxRequest::Put { mailbox, index: 3, sealed: vec![1, 2] },
        MailboxRequest::Get { mailbox, index: 0, wait: 30 },
    ] {
        assert_read(request.clone(), request.to_bytes()?, MailboxRequest::read);
    }
    Ok(())
}

#[test]
fn each_refusal_is_read_again() -> Result<()> {
    let deleted = Refusal::Deleted {
        audience: "http://a".to_owned(),
        request: vec![1],
        records: vec![vec![2], vec![3]],
    };
    for refusal in [
        Refusal::ChallengeNeeded,
        Refusal::WrongSignature,
        Refusal::Unknown,
        Refusal::Moved,
        deleted,
        Refusal::Full { used: 1, limit: 2 },
        Refusal::AdmissionNeeded,
        Refusal::Limited { retry_after: 3 },
        Refusal::TooLarge,
        Refusal::Malformed,
        Refusal::UpdateNeeded,
        Refusal::Closed,
        Refusal::Busy,
        Refusal::DiskFull,
    ] {
        assert!((400..600).contains(&refusal.status()));
        let answer = Answer { challenge: vec![1, 2], outcome: Err(refusal) };
        assert_read(answer.clone(), answer.to_bytes()?, Answer::read);
    }
    let answer = Answer { challenge: vec![], outcome: Ok(vec![1, 2]) };
    assert_eq!(Answer::read(&answer.to_bytes()?), Ok(answer));
    assert_eq!(Answer::read(&[1, 0, 99]), Err(Error::UpdateNeeded { what: "relay's answer" }));
    Ok(())
}

#[test]
fn a_signed_request_counts_whole_and_at_its_place_only() -> Result<()> {
    let keys = SecretKeys::generate(&mut Fixed::new(1));
    let content = SpaceRequest { space: SPACE }.to_bytes();
    let bytes = SignedRequest::sign(Endpoint::Find, "http://a", &[1; 40], &content, &keys)?;
    let verify = |bytes: &[u8], endpoint, audience| {
        SignedRequest::read(bytes).and_then(|request| request.verify(endpoint, audience))
    };
    assert_eq!(verify(&bytes, Endpoint::Find, "http://a"), Ok(keys.public().member()));
    assert_only_whole(&bytes, |bytes| verify(bytes, Endpoint::Find, "http://a").is_ok());
    assert!(verify(&bytes, Endpoint::Delete, "http://a").is_err());
    assert!(verify(&bytes, Endpoint::Find, "http://b").is_err());
    assert_eq!(SignedRequest::read(&bytes)?.space(), SPACE);
    Ok(())
}

#[test]
fn each_path_is_an_endpoints() {
    for endpoint in Endpoint::ALL {
        assert_eq!(Endpoint::at(endpoint.path()), Some(endpoint));
    }
    assert_eq!(Endpoint::at("/"), None);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..400)) {
        let _ = SyncRequest::read(&bytes);
        let _ = SyncAnswer::read(&bytes);
        let _ = AccessRequest::read(&bytes);
        let _ = AccessAnswer::read(&bytes);
        let _ = HeadsRequest::read(&bytes);
        let _ = HeadsAnswer::read(&bytes);
        let _ = PartsRequest::read(&bytes);
        let _ = PartsAnswer::read(&bytes);
        let _ = StageRequest::read(&bytes);
        let _ = MailboxRequest::read(&bytes);
        let _ = Answer::read(&bytes);
        let _ = SignedRequest::read(&bytes);
    }
}
