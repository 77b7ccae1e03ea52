//! A disk that is full: nothing is written, all can be read, and it is told.

use std::sync::Arc;

use ara_protocol::keys::SecretKeys;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::sync::{PushOutcome, SyncRequest};
use ara_protocol::message::{Endpoint, Refusal};
use ara_protocol::{Cursor, MailboxId};

use crate::Relay;
use crate::store::StoreError;
use crate::testing::failing::Failing;
use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, fixed, node, options, short};

const NODE: ara_protocol::NodeId = node(1);

/// A space that has a segment, and the store that it is in.
fn space() -> (TestSpace, Arc<Failing>) {
    let (options, clock) = options();
    let store = Arc::new(Failing::new());
    let relay = Arc::new(Relay::over(store.clone(), options).unwrap());
    let mut space = TestSpace::unfounded(relay, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    space.append(NODE, None);
    (space, store)
}

fn each_write_says_that_the_disk_is_full() {
    let (mut space, store) = space();
    store.fail_writes(Some(StoreError::Full));
    let full = Err(Refusal::DiskFull);
    assert_eq!(Refusal::DiskFull.status(), 507);
    let laptop = copy(&space.laptop);
    let sealed = space.seal(&laptop, NODE, None, &[], b"changes");
    assert_eq!(space.sync(&laptop, space.pushing(&[&[&sealed]])).map(drop), full);
    let slot = space.slot(&laptop, 1).as_bytes().to_vec();
    let told = space.sync(&laptop, SyncRequest { slot, ..space.request() });
    assert_eq!(told.map(drop), full);
    assert_eq!(space.stage(b"part"), full);
    let rotated = space.members.rotate(&laptop, &mut fixed(2)).unwrap();
    assert_eq!(space.put_records(&laptop, &[rotated]).map(drop), full);
    let other = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    assert_eq!(other.put_records(&other.laptop, &other.log).map(drop), full);
    let signer = SecretKeys::generate(&mut fixed(3)).public().member();
    let mailbox = MailboxId::from_bytes([5; 16]);
    let open = MailboxRequest::Open { space: space.id(), mailbox, signer }.to_bytes().unwrap();
    assert_eq!(space.ask(Endpoint::Mailbox, &open, &laptop).map(drop), full);
    let id = *space.id().as_bytes();
    assert_eq!(space.ask(Endpoint::Delete, &id, &laptop).map(drop), full);
    store.fail_writes(None);
    let next = space.seal(&laptop, node(2), None, &[], b"changes");
    assert_eq!(space.push(&[&next]), PushOutcome::Taken);
}

fn what_is_there_is_read_however_long_it_was_not_used() {
    let (space, store) = space();
    store.fail_writes(Some(StoreError::Full));
    // It would be noted that it is used.
    space.pass(10 * 24 * 60 * 60);
    assert_eq!(short(&space.read(Cursor::start(space.id()), 1 << 20).entries), "w1");
    assert_eq!(space.heads(0, None).entries.len(), 1);
    assert_eq!(
        space.put_records(&space.laptop, &space.log).map(|answer| answer.are_taken),
        Ok(true)
    );
    // What else fails is not hidden.
    store.fail_writes(Some(StoreError::BrokeOff));
    assert_eq!(space.sync(&space.laptop, space.request()).map(drop), Err(Refusal::Busy));
}

fn the_relay_knows_whether_it_can_write() {
    let (space, store) = space();
    let relay = &space.relay;
    let failed = StoreError::Failed { reason: "read-only".to_owned() };
    assert_eq!((relay.check(), relay.check_writing()), (Ok(()), Ok(())));
    store.fail_writes(Some(failed.clone()));
    // It does not write each time that it is asked.
    assert_eq!(relay.check_writing(), Ok(()));
    space.pass(30);
    assert_eq!((relay.check(), relay.check_writing()), (Ok(()), Err(failed.clone())));
    store.fail_writes(None);
    space.pass(1);
    assert_eq!(relay.check_writing(), Ok(()));
    // What somebody has written in vain tells it at once.
    store.fail_writes(Some(failed.clone()));
    assert_eq!(space.stage(b"part"), Err(Refusal::Busy));
    assert_eq!(relay.check_writing(), Err(failed));
    // The next that is written may be so small that it has room.
    store.fail_writes(Some(StoreError::Full));
    assert_eq!(space.stage(b"part"), Err(Refusal::DiskFull));
    store.fail_writes(None);
    assert_eq!(relay.check_writing(), Err(StoreError::Full));
    space.pass(60);
    assert_eq!(relay.check_writing(), Ok(()));
}

on_every_store!(
    each_write_says_that_the_disk_is_full,
    what_is_there_is_read_however_long_it_was_not_used,
    the_relay_knows_whether_it_can_write,
);
