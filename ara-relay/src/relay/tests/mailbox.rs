//! Mailboxes.

use ara_protocol::MailboxId;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::{Endpoint, Refusal};
use ara_protocol::pairing::LONGEST_BOX;

use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, fixed};

const MAILBOX: MailboxId = MailboxId::from_bytes([5; 16]);
const GET: MailboxRequest = MailboxRequest::Get { mailbox: MAILBOX, index: 0, wait: 0 };

fn signer() -> SecretKeys {
    SecretKeys::generate(&mut fixed(50))
}

fn ask(space: &TestSpace, request: &MailboxRequest, keys: &SecretKeys) -> Result<Vec<u8>, Refusal> {
    space.ask(Endpoint::Mailbox, &request.to_bytes().unwrap(), keys)
}

fn open(space: &TestSpace, mailbox: MailboxId) -> Result<Vec<u8>, Refusal> {
    let signer = signer().public().member();
    ask(space, &MailboxRequest::Open { space: space.id(), mailbox, signer }, &space.laptop)
}

fn id(number: u8) -> MailboxId {
    MailboxId::from_bytes([number; 16])
}

fn put_into(space: &TestSpace, mailbox: MailboxId, index: u8) -> Result<Vec<u8>, Refusal> {
    let sealed = b"hello".to_vec();
    ask(space, &MailboxRequest::Put { mailbox, index, sealed }, &signer())
}

fn put(space: &TestSpace, index: u8, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let sealed = sealed.to_vec();
    ask(space, &MailboxRequest::Put { mailbox: MAILBOX, index, sealed }, &signer())
}

fn get(space: &TestSpace, index: u8) -> Result<Vec<u8>, Refusal> {
    ask(space, &MailboxRequest::Get { mailbox: MAILBOX, index, wait: 9 }, &signer())
}

fn a_box_is_put_once() {
    let space = TestSpace::new();
    open(&space, MAILBOX).unwrap();
    assert_eq!(get(&space, 0), Ok(vec![]));
    assert_eq!(put(&space, 0, b"hello"), Ok(vec![]));
    assert_eq!(put(&space, 0, b"hello"), Ok(vec![]));
    assert_eq!(put(&space, 0, b"other"), Err(Refusal::Malformed));
    assert_eq!(get(&space, 0), Ok(b"hello".to_vec()));
    assert_eq!(get(&space, 1), Ok(vec![]));
    assert_eq!(put(&space, 3, &[1; LONGEST_BOX]), Ok(vec![]));
    assert_eq!(put(&space, 2, &[1; LONGEST_BOX + 1]), Err(Refusal::TooLarge));
    assert_eq!(put(&space, 4, b"no box"), Err(Refusal::Malformed));
}

fn who_waits_is_told_for_how_long() {
    let space = TestSpace::new();
    open(&space, MAILBOX).unwrap();
    let wait = |wait| {
        let request = MailboxRequest::Get { mailbox: MAILBOX, index: 0, wait };
        let signed = space.signed(Endpoint::Mailbox, &request.to_bytes().unwrap(), &signer());
        space.relay.answer(Endpoint::Mailbox, &signed, None).wait_seconds
    };
    assert_eq!([wait(0), wait(7), wait(200)], [0, 7, 30]);
    put(&space, 0, b"hello").unwrap();
    assert_eq!(wait(7), 0);
}

fn only_a_member_opens_one_and_only_its_keys_use_it() {
    let space = TestSpace::new();
    let stranger = SecretKeys::generate(&mut fixed(8));
    assert_eq!(get(&space, 0), Err(Refusal::Unknown));
    let member = signer().public().member();
    let request = MailboxRequest::Open { space: space.id(), mailbox: MAILBOX, signer: member };
    assert_eq!(ask(&space, &request, &stranger), Err(Refusal::Unknown));
    ask(&space, &request, &space.laptop).unwrap();
    for keys in [&stranger, &space.laptop] {
        assert_eq!(ask(&space, &GET, keys), Err(Refusal::Unknown));
    }
    // The same again is the same; other keys are not.
    put(&space, 0, b"hello").unwrap();
    ask(&space, &request, &space.laptop).unwrap();
    assert_eq!(ask(&space, &GET, &signer()), Ok(b"hello".to_vec()));
    let signer = stranger.public().member();
    let request = MailboxRequest::Open { space: space.id(), mailbox: MAILBOX, signer };
    assert_eq!(ask(&space, &request, &space.laptop), Err(Refusal::Malformed));
}

fn it_is_gone_after_ten_minutes() {
    let space = TestSpace::new();
    open(&space, MAILBOX).unwrap();
    put(&space, 0, b"hello").unwrap();
    space.pass(599);
    assert_eq!(get(&space, 0), Ok(b"hello".to_vec()));
    space.pass(1);
    assert_eq!(get(&space, 0), Err(Refusal::Unknown));
    assert_eq!(put(&space, 1, b"hello"), Err(Refusal::Unknown));
    // A new one has nothing in it.
    open(&space, MAILBOX).unwrap();
    assert_eq!(get(&space, 0), Ok(vec![]));
}

fn a_space_has_eight_at_a_time() {
    let space = TestSpace::new();
    for number in 0..8 {
        open(&space, id(number)).unwrap();
        put_into(&space, id(number), 0).unwrap();
        space.pass(10);
    }
    assert_eq!(open(&space, id(9)), Err(Refusal::Limited { retry_after: 520 }));
    space.pass(520);
    open(&space, id(9)).unwrap();
    put_into(&space, id(9), 0).unwrap();
    assert_eq!(open(&space, id(10)), Err(Refusal::Limited { retry_after: 10 }));
}

fn one_that_is_done_or_else_the_oldest_that_is_not_used_gives_way_to_the_ninth() {
    let space = TestSpace::new();
    for number in 0..8 {
        open(&space, id(number)).unwrap();
        space.pass(10);
    }
    put_into(&space, id(0), 0).unwrap();
    for index in 0..4 {
        put_into(&space, id(5), index).unwrap();
    }
    for (ninth, gives_way) in [(9, 5), (10, 1), (11, 2)] {
        open(&space, id(ninth)).unwrap();
        assert_eq!(put_into(&space, id(gives_way), 1), Err(Refusal::Unknown));
        put_into(&space, id(ninth), 0).unwrap();
    }
    // What was in it is gone as well.
    for number in [3, 4, 6, 7] {
        put_into(&space, id(number), 0).unwrap();
    }
    assert!(matches!(open(&space, id(5)), Err(Refusal::Limited { .. })));
    space.pass(600);
    open(&space, id(5)).unwrap();
    let get = MailboxRequest::Get { mailbox: id(5), index: 0, wait: 0 };
    assert_eq!(ask(&space, &get, &signer()), Ok(vec![]));
}

on_every_store!(
    a_box_is_put_once,
    who_waits_is_told_for_how_long,
    only_a_member_opens_one_and_only_its_keys_use_it,
    it_is_gone_after_ten_minutes,
    a_space_has_eight_at_a_time,
    one_that_is_done_or_else_the_oldest_that_is_not_used_gives_way_to_the_ninth,
);
