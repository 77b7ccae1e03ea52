//! What the operator decides for one space.

use ara_protocol::keys::SecretKeys;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::sync::PushOutcome;
use ara_protocol::message::{Endpoint, Refusal};
use ara_protocol::{Cursor, MailboxId};

use crate::admin::{self, AdminError};
use crate::store::Topic;
use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, fixed, node, noise};

fn a_space_that_is_closed_refuses_everything_and_keeps_what_it_has() {
    let mut space = TestSpace::new();
    let other = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    other.put_records(&other.laptop, &other.log).unwrap();
    space.append_many(node(1), 3);
    let laptop = copy(&space.laptop);
    let ends = space.read(Cursor::start(space.id()), 1 << 20);
    let mailbox = MailboxId::from_bytes([5; 16]);
    let keys = SecretKeys::generate(&mut fixed(50));
    let open = MailboxRequest::Open { space: space.id(), mailbox, signer: keys.public().member() };
    space.ask(Endpoint::Mailbox, &open.to_bytes().unwrap(), &laptop).unwrap();
    let events = space.signed(Endpoint::Events, space.id().as_bytes(), &laptop);
    let subscription = space.relay.subscribe(&events, None).unwrap();
    let before = space.relay.marks(&[Topic::Space(space.id())]).unwrap();

    admin::close(space.relay.store(), space.id()).unwrap();
    assert_eq!(space.relay.news_for(&subscription), Ok(None));
    assert_eq!(space.relay.news(space.id()), Ok(None));
    assert_ne!(space.relay.marks(&[Topic::Space(space.id())]).unwrap(), before);
    let closed = Some(Refusal::Closed);
    assert_eq!(space.sync(&laptop, space.request()).err(), closed);
    assert_eq!(space.put_records(&laptop, &space.log).err(), closed);
    assert_eq!(space.access(&laptop, space.access_request()).err(), closed);
    assert_eq!(space.stage(b"part").err(), closed);
    let id = space.id();
    for endpoint in [Endpoint::Events, Endpoint::Delete] {
        assert_eq!(space.ask(endpoint, id.as_bytes(), &laptop).err(), closed, "{endpoint:?}");
    }
    let open = open.to_bytes().unwrap();
    assert_eq!(space.ask(Endpoint::Mailbox, &open, &laptop).err(), closed);
    let get = MailboxRequest::Get { mailbox, index: 0, wait: 0 }.to_bytes().unwrap();
    assert_eq!(space.ask(Endpoint::Mailbox, &get, &keys), Err(Refusal::Unknown));
    assert!(other.sync(&other.laptop, other.request()).is_ok());

    admin::open(space.relay.store(), space.id()).unwrap();
    assert_eq!(space.read(Cursor::start(space.id()), 1 << 20), ends);
    assert!(space.relay.news_for(&subscription).unwrap().is_some());
    space.append_many(node(2), 1);
}

fn a_space_has_a_quota_of_its_own() {
    let mut space = TestSpace::with(|options| options.quota = 100_000);
    let laptop = copy(&space.laptop);
    let limit = |space: &TestSpace| space.sync(&laptop, space.request()).unwrap().limit;
    let large = space.seal(&laptop, node(1), None, &[], &noise(150_000));
    assert_eq!(space.push(&[&large]), PushOutcome::Full);
    admin::set_quota(space.relay.store(), space.id(), Some(200_000)).unwrap();
    assert_eq!(limit(&space), 200_000);
    assert_eq!(space.push(&[&large]), PushOutcome::Taken);
    assert_eq!(space.stage(&noise(100_000)).err().map(|it| it.status()), Some(507));
    admin::set_quota(space.relay.store(), space.id(), None).unwrap();
    assert_eq!(limit(&space), 100_000);
    let next = space.seal(&laptop, node(1), Some(large.head.id()), &[], &noise(10));
    assert_eq!(space.push(&[&next]), PushOutcome::Full);
}

fn what_is_not_there_or_deleted_has_nothing_to_decide() {
    let space = TestSpace::new();
    let strange = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    let store = space.relay.store();
    assert_eq!(admin::close(store, strange.id()), Err(AdminError::NotThere));
    space.ask(Endpoint::Delete, space.id().as_bytes(), &space.laptop).unwrap();
    assert_eq!(admin::close(store, space.id()), Err(AdminError::Deleted));
    assert_eq!(admin::set_quota(store, space.id(), Some(1)), Err(AdminError::Deleted));
    let refusal = space.sync(&space.laptop, space.request()).unwrap_err();
    assert!(matches!(refusal, Refusal::Deleted { .. }));
}

on_every_store!(
    a_space_that_is_closed_refuses_everything_and_keeps_what_it_has,
    a_space_has_a_quota_of_its_own,
    what_is_not_there_or_deleted_has_nothing_to_decide,
);
