//! The access log.

use std::sync::Arc;

use ara_protocol::Cursor;
use ara_protocol::access::Record;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::access::AccessRequest;
use ara_protocol::message::{Endpoint, Refusal};

use crate::testing::stores::{on_every_store, test_store};
use crate::testing::{TestSpace, copy, fixed, node, options};
use crate::{Admission, Relay};

fn records_are_taken_in_their_order() {
    let mut space = TestSpace::new();
    let phone = SecretKeys::generate(&mut space.random);
    let add = space.members.add(&space.laptop, &phone.public(), &mut space.random).unwrap();
    let add = space.apply(add);
    let rotate = space.members.rotate(&phone, &mut space.random).unwrap();
    let rotate = space.apply(rotate);
    // One that does not continue the log, so neither is taken.
    let answer = space.put_records(&space.laptop, &[rotate.clone(), add.clone()]).unwrap();
    assert!(!answer.are_taken);
    assert_eq!(answer.records.len(), 1);
    let answer = space.put_records(&space.laptop, &[add, rotate]).unwrap();
    assert!(answer.are_taken && answer.knows_after && !answer.is_more);
    assert_eq!(answer.head, Some(space.members.head()));
    let sent: Vec<_> = space.log.iter().map(|record| record.as_bytes().to_vec()).collect();
    assert_eq!(answer.records, sent);
    // The same again is passed over.
    assert!(space.put_records(&phone, &space.log).unwrap().are_taken);
}

fn a_twin_is_not_taken() {
    let mut space = TestSpace::new();
    let [one, twin] =
        [2, 3].map(|seed| space.members.rotate(&space.laptop, &mut fixed(seed)).unwrap());
    space.apply_there(one);
    assert!(!space.put_records(&space.laptop, &[twin]).unwrap().are_taken);
    let garbage = AccessRequest { records: vec![vec![1, 2, 3]], ..space.access_request() };
    assert!(!space.access(&space.laptop, garbage).unwrap().are_taken);
    let answer = space.access(&space.laptop, space.access_request()).unwrap();
    assert!(answer.are_taken);
    assert_eq!(answer.head, Some(space.members.head()));
}

fn a_record_that_is_newer_than_the_relay_needs_an_update_of_it() {
    let space = TestSpace::new();
    let mut record = space.log[0].as_bytes().to_vec();
    record[1] = 7;
    let request = AccessRequest { records: vec![record], ..space.access_request() };
    assert_eq!(space.access(&space.laptop, request), Err(Refusal::UpdateNeeded));
}

fn who_knows_a_record_is_sent_those_after_it() {
    let mut space = TestSpace::new();
    space.rotate();
    space.rotate();
    let after = |after| AccessRequest { after: Some(after), ..space.access_request() };
    let answer = space.access(&space.laptop, after(space.log[1].hash())).unwrap();
    assert!(answer.knows_after);
    assert_eq!(answer.records, [space.log[2].as_bytes()]);
    let unknown = ara_protocol::RecordHash::from_bytes([9; 32]);
    let answer = space.access(&space.laptop, after(unknown)).unwrap();
    assert!(!answer.knows_after);
    assert_eq!(answer.records.len(), 3);

    let mut request = space.request();
    request.access = space.log[0].hash();
    let answer = space.sync(&space.laptop, request.clone()).unwrap();
    assert!(answer.knows_access);
    assert_eq!(answer.records.len(), 2);
    request.access = unknown;
    let answer = space.sync(&space.laptop, request).unwrap();
    assert!(!answer.knows_access && answer.records.is_empty());
}

fn only_who_has_read_all_lets_somebody_out() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    let first = space.append(node(1), None);
    let out = [phone.public().member()];
    let remove = space.members.remove(&space.laptop, &out, &mut fixed(4)).unwrap();
    let put = |space: &TestSpace, record: &Record, cursor| {
        let records = vec![record.as_bytes().to_vec()];
        let request = AccessRequest { cursor, records, ..space.access_request() };
        space.access(&space.laptop, request).unwrap().are_taken
    };
    let start = Cursor::start(space.id());
    assert!(!put(&space, &remove, start));
    let end = start.after(first);
    space.append(node(1), Some(first));
    assert!(!put(&space, &remove, end));
    assert!(put(&space, &remove, space.end()));

    // Other words let the old ones out; the first ones nobody.
    let mut space = TestSpace::new();
    space.append(node(1), None);
    let set = |space: &TestSpace, seed| {
        let words = SecretKeys::generate(&mut fixed(seed));
        space.members.set_recovery(&space.laptop, &words, &mut fixed(seed)).unwrap()
    };
    let first = set(&space, 5);
    assert!(put(&space, &first, start_of(&space)));
    space.apply(first);
    let other = set(&space, 6);
    assert!(!put(&space, &other, start_of(&space)));
    assert!(put(&space, &other, space.end()));
}

fn who_became_a_member_after_a_removal_brings_it_back() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    space.append(node(1), None);
    // What follows this relay has lost.
    let out = copy(&space.laptop);
    let remove = space.members.remove(&phone, &[out.public().member()], &mut space.random).unwrap();
    let remove = space.apply(remove);
    let tablet = SecretKeys::generate(&mut space.random);
    let add = space.members.add(&phone, &tablet.public(), &mut space.random).unwrap();
    let add = space.apply(add);
    let unread = |signer: &SecretKeys| {
        let records = [&remove, &add].map(|record| record.as_bytes().to_vec()).to_vec();
        let request = AccessRequest { records, cursor: start_of(&space), ..space.access_request() };
        space.access(signer, request).unwrap().are_taken
    };
    assert!(!unread(&phone));
    assert!(unread(&tablet));
}

fn start_of(space: &TestSpace) -> Cursor {
    Cursor::start(space.id())
}

fn who_was_let_out_reads_how_and_nothing_else() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    space.remove(&phone);
    assert_eq!(space.sync(&phone, space.request()), Err(Refusal::Unknown));
    let answer = space.access(&phone, space.access_request()).unwrap();
    assert_eq!(answer.records.len(), 3);
    let stranger = SecretKeys::generate(&mut fixed(8));
    assert_eq!(space.access(&stranger, space.access_request()), Err(Refusal::Unknown));
    let all = space.put_records(&stranger, &space.log);
    assert_eq!(all.unwrap_err(), Refusal::Unknown);
}

fn who_is_added_by_a_request_may_send_it() {
    let mut space = TestSpace::new();
    let phone = SecretKeys::generate(&mut space.random);
    let add = space.members.add(&space.laptop, &phone.public(), &mut space.random).unwrap();
    assert!(space.put_records(&phone, &[add]).unwrap().are_taken);
}

fn a_new_space_needs_a_token_where_one_is_wanted() {
    let (mut options, clock) = options();
    options.admission = Admission::Token(vec!["secret".to_owned()]);
    let relay = Arc::new(Relay::new(test_store(), options).unwrap());
    let space = TestSpace::unfounded(relay, clock, 1);
    let found = |admission: &str| {
        let records = vec![space.log[0].as_bytes().to_vec()];
        let admission = admission.to_owned();
        let request = AccessRequest { admission, records, ..space.access_request() };
        space.access(&space.laptop, request)
    };
    for token in ["", "secre", "secret "] {
        assert_eq!(found(token), Err(Refusal::AdmissionNeeded), "{token}");
    }
    assert_eq!(space.access(&space.laptop, space.access_request()), Err(Refusal::Unknown));
    assert!(found("secret").unwrap().are_taken);
    // It is there now.
    assert!(found("").unwrap().are_taken);
}

fn only_a_genesis_founds_its_space() {
    let space = TestSpace::new();
    let mut other = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    other.members.rotate(&other.laptop, &mut fixed(3)).map(|it| other.apply(it)).unwrap();
    let put = |records: &[Record]| other.put_records(&other.laptop, records);
    assert_eq!(put(&other.log[1..]), Err(Refusal::Unknown));
    assert_eq!(put(&space.log), Err(Refusal::Unknown));
    // Another's genesis, sent by a stranger.
    assert_eq!(other.put_records(&space.laptop, &other.log[..1]), Err(Refusal::Unknown));
    assert!(put(&other.log).unwrap().are_taken);
}

fn recovery_words_find_their_spaces() {
    let mut space = TestSpace::new();
    let find =
        |space: &TestSpace, keys: &SecretKeys| space.ask(Endpoint::Find, &[0; 16], keys).unwrap();
    let words = space.set_recovery();
    assert_eq!(find(&space, &words), *space.id().as_bytes());
    assert!(find(&space, &space.laptop).is_empty());
    let others = space.set_recovery();
    assert!(find(&space, &words).is_empty());
    assert_eq!(find(&space, &others), *space.id().as_bytes());
    let about_a_space = space.ask(Endpoint::Find, space.id().as_bytes(), &others);
    assert_eq!(about_a_space, Err(Refusal::Malformed));
    space.remove(&others);
    assert!(find(&space, &others).is_empty());
}

fn a_space_that_moved_answers_so() {
    let mut space = TestSpace::new();
    let words = space.set_recovery();
    // To another name of this one.
    let here = space.members.move_to(&space.laptop, "http://other.example/a").unwrap();
    space.apply_there(here);
    assert!(space.sync(&space.laptop, space.request()).is_ok());

    let there = space.members.move_to(&space.laptop, "https://elsewhere.example").unwrap();
    space.apply_there(there);
    assert_eq!(space.sync(&space.laptop, space.request()), Err(Refusal::Moved));
    assert_eq!(space.stage(b"part"), Err(Refusal::Moved));
    assert_eq!(space.ask(Endpoint::Events, space.id().as_bytes(), &words), Err(Refusal::Moved));
    let stranger = SecretKeys::generate(&mut fixed(8));
    assert_eq!(space.sync(&stranger, space.request()), Err(Refusal::Unknown));
    assert_eq!(space.access(&space.laptop, space.access_request()).unwrap().records.len(), 4);
    // It takes no record any more, unless the space comes back.
    let rotate = space.members.rotate(&space.laptop, &mut fixed(3)).unwrap();
    assert!(!space.put_records(&space.laptop, std::slice::from_ref(&rotate)).unwrap().are_taken);
    space.apply(rotate.clone());
    let back = space.members.move_to(&space.laptop, "http://other.example").unwrap();
    let back = space.apply(back);
    assert!(space.put_records(&space.laptop, &[rotate, back]).unwrap().are_taken);
    assert!(space.sync(&space.laptop, space.request()).is_ok());
}

fn a_new_relay_takes_the_whole_log_of_a_space_that_came_to_it() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    space.remove(&phone);
    let to = |space: &TestSpace, url| space.members.move_to(&space.laptop, url).unwrap();
    let away = to(&space, "https://elsewhere.example");
    space.apply(away);
    let here = to(&space, "http://other.example");
    space.apply(here);
    let (options, clock) = options();
    let relay = Arc::new(Relay::new(test_store(), options).unwrap());
    (space.relay, space.clock) = (relay, clock);
    assert!(space.put_records(&phone, &space.log).unwrap().are_taken);
    space.append(node(1), None);
}

fn who_left_alone_leaves_a_space_that_nobody_uses() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let out = [laptop.public().member()];
    let leave = space.members.remove(&laptop, &out, &mut space.random).unwrap();
    assert!(space.put_records(&laptop, &[leave]).unwrap().are_taken);
    assert_eq!(space.sync(&laptop, space.request()), Err(Refusal::Unknown));
}

on_every_store!(
    records_are_taken_in_their_order,
    a_twin_is_not_taken,
    a_record_that_is_newer_than_the_relay_needs_an_update_of_it,
    who_knows_a_record_is_sent_those_after_it,
    only_who_has_read_all_lets_somebody_out,
    who_became_a_member_after_a_removal_brings_it_back,
    who_was_let_out_reads_how_and_nothing_else,
    who_is_added_by_a_request_may_send_it,
    a_new_space_needs_a_token_where_one_is_wanted,
    only_a_genesis_founds_its_space,
    recovery_words_find_their_spaces,
    a_space_that_moved_answers_so,
    a_new_relay_takes_the_whole_log_of_a_space_that_came_to_it,
    who_left_alone_leaves_a_space_that_nobody_uses,
);
