//! Deleting a space.

use std::sync::Arc;

use ara_protocol::MailboxId;
use ara_protocol::access::{Change, Members, Record};
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::sync::{PushOutcome, SyncRequest};
use ara_protocol::message::{Endpoint, Refusal, SignedRequest};

use crate::testing::stores::on_every_store;
use crate::testing::{ORIGIN, TestSpace, copy, fixed, node, noise, options};
use crate::{Relay, SqliteStore};

fn a_space_is_deleted_for_ever_and_anybody_can_check_who_did() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    let words = space.set_recovery();
    space.append_many(node(1), 3);
    space.stage(&noise(1000)).unwrap();
    let delete = |keys: &SecretKeys| space.ask(Endpoint::Delete, space.id().as_bytes(), keys);
    let stranger = SecretKeys::generate(&mut fixed(8));
    assert_eq!(delete(&stranger), Err(Refusal::Unknown));
    assert_eq!(delete(&phone), Ok(vec![]));

    let Err(refusal) = delete(&phone) else { panic!() };
    let Refusal::Deleted { audience, request, records } = &refusal else { panic!() };
    assert_eq!(audience, ORIGIN);
    let signed = SignedRequest::read(request).unwrap();
    assert_eq!(signed.space(), space.id());
    assert_eq!(signed.verify(Endpoint::Delete, audience), Ok(phone.public().member()));
    let records: Vec<_> = records.iter().map(|record| Record::read(record).unwrap()).collect();
    let mut members = Members::found(&records[0]).unwrap();
    records[1..].iter().for_each(|record| members.apply(record).unwrap());
    assert!(members.get(phone.public().member()).is_some());

    // Everybody hears it who asks for anything, also who wants to found it again.
    for keys in [&space.laptop, &stranger, &words] {
        assert_eq!(space.sync(keys, space.request()).as_ref(), Err(&refusal));
        assert_eq!(space.put_records(keys, &space.log).as_ref(), Err(&refusal));
        assert_eq!(space.access(keys, space.access_request()).as_ref(), Err(&refusal));
    }
    assert_eq!(space.stage(b"part").as_ref(), Err(&refusal));
    assert_eq!(space.ask(Endpoint::Events, space.id().as_bytes(), &phone).as_ref(), Err(&refusal));
    assert_eq!(space.relay.news(space.id()), Ok(None));
    // Who has only the words finds it, and so hears it too.
    assert_eq!(space.ask(Endpoint::Find, &[0; 16], &words), Ok(space.id().as_bytes().to_vec()));
}

fn what_a_space_that_moved_has_left_is_deleted_and_tells_where_it_went() {
    let mut space = TestSpace::new();
    space.append_many(node(1), 3);
    let there = space.members.move_to(&space.laptop, "https://elsewhere.example").unwrap();
    space.apply_there(there);
    let laptop = copy(&space.laptop);
    let delete = |keys: &SecretKeys| space.ask(Endpoint::Delete, space.id().as_bytes(), keys);
    assert_eq!(delete(&SecretKeys::generate(&mut fixed(8))), Err(Refusal::Unknown));
    assert_eq!(delete(&laptop), Ok(vec![]));
    let Err(Refusal::Deleted { records, .. }) = space.sync(&laptop, space.request()) else {
        panic!()
    };
    let last = Record::read(records.last().unwrap()).unwrap();
    assert_eq!(last.change(), Change::Moved { relay: "https://elsewhere.example" });
}

#[test]
fn nothing_is_left_of_it_but_who_were_members() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let (options, clock) = options();
    let relay = Relay::new(SqliteStore::open(&path).unwrap(), options).unwrap();
    let mut space = TestSpace::unfounded(Arc::new(relay), clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let laptop = copy(&space.laptop);
    let large = space.seal(&laptop, node(1), None, &[], &noise(2 << 20));
    large.parts.iter().for_each(|part| space.stage(part).unwrap());
    assert_eq!(space.push(&[&large]), PushOutcome::Taken);
    let old = space.append_many(node(2), 20);
    let new = space.seal(&laptop, node(2), None, &old, b"again");
    assert_eq!(space.push(&[&new]), PushOutcome::Taken);
    (0..20).for_each(|number| space.stage(&[number; 100]).unwrap());
    let slot = space.slot(&laptop, 1).as_bytes().to_vec();
    space.sync(&laptop, SyncRequest { slot, ..space.request() }).unwrap();
    let signer = SecretKeys::generate(&mut fixed(50)).public().member();
    let mailbox = MailboxId::from_bytes([5; 16]);
    let open = MailboxRequest::Open { space: space.id(), mailbox, signer };
    space.ask(Endpoint::Mailbox, &open.to_bytes().unwrap(), &laptop).unwrap();

    let file = rusqlite::Connection::open(&path).unwrap();
    let count = |table: &str| -> i64 {
        let query = format!("SELECT count(*) FROM {table}");
        file.query_row(&query, [], |row| row.get(0)).unwrap()
    };
    let dropped = ["segment", "stub", "node", "blob", "staged", "part", "slot", "mailbox"];
    assert!(dropped.iter().all(|table| count(table) > 0));
    space.ask(Endpoint::Delete, space.id().as_bytes(), &laptop).unwrap();
    for table in dropped.iter().chain(&["box", "remains"]) {
        assert_eq!(count(table), 0, "{table}");
    }
    assert_eq!([count("space"), count("tombstone"), count("record")], [1, 1, 1]);
    assert_eq!(space.relay.count_spaces(), Ok(0));
}

fn what_was_open_for_it_is_gone_and_other_spaces_stay() {
    let space = TestSpace::new();
    let other = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    other.put_records(&other.laptop, &other.log).unwrap();
    let mailbox = MailboxId::from_bytes([5; 16]);
    let keys = SecretKeys::generate(&mut fixed(50));
    let signer = keys.public().member();
    let open = MailboxRequest::Open { space: space.id(), mailbox, signer };
    space.ask(Endpoint::Mailbox, &open.to_bytes().unwrap(), &space.laptop).unwrap();
    let events = space.signed(Endpoint::Events, space.id().as_bytes(), &space.laptop);
    let subscription = space.relay.subscribe(&events, None).unwrap();

    space.ask(Endpoint::Delete, space.id().as_bytes(), &space.laptop).unwrap();
    assert_eq!(space.relay.news_for(&subscription), Ok(None));
    let get = MailboxRequest::Get { mailbox, index: 0, wait: 0 }.to_bytes().unwrap();
    assert_eq!(space.ask(Endpoint::Mailbox, &get, &keys), Err(Refusal::Unknown));
    assert!(other.sync(&other.laptop, other.request()).is_ok());
}

on_every_store!(
    a_space_is_deleted_for_ever_and_anybody_can_check_who_did,
    what_a_space_that_moved_has_left_is_deleted_and_tells_where_it_went,
    what_was_open_for_it_is_gone_and_other_spaces_stay,
);
