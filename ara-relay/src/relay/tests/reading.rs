//! Reading the log.

use std::collections::BTreeSet;

use ara_protocol::Cursor;
use ara_protocol::message::sync::{Entry, PushOutcome, SyncRequest};

use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, node, noise, short};

const NODE: ara_protocol::NodeId = node(1);

/// Returns the place at a number, by the ids of the segments that the relay lists and its stubs.
fn place(space: &TestSpace, ids: &[ara_protocol::SegmentId]) -> Cursor {
    ids.iter().fold(Cursor::start(space.id()), |place, id| place.after(*id))
}

fn a_reader_gets_what_follows_its_cursor() {
    let mut space = TestSpace::new();
    let ids = space.append_many(NODE, 3);
    for (count, expected) in [(0, "w1 w2 w3"), (1, "w2 w3"), (3, "")] {
        let read = space.read(place(&space, &ids[..count]), u32::MAX);
        assert!(read.knows_cursor);
        assert_eq!(short(&read.entries), expected);
    }
}

fn an_unknown_cursor_gets_nothing_but_the_end() {
    let mut space = TestSpace::new();
    let ids = space.append_many(NODE, 2);
    let end = place(&space, &ids);
    for cursor in [
        Cursor { number: 1, ..end },
        Cursor { number: 2, chain: [1; 32] },
        Cursor { number: 3, ..end },
        Cursor { number: 0, ..end },
        Cursor { number: u64::MAX, ..end },
        end.after(ids[0]),
    ] {
        let read = space.read(cursor, u32::MAX);
        assert!(!read.knows_cursor && read.entries.is_empty());
        assert_eq!(read.end, end);
    }
}

#[test]
fn a_relay_that_was_put_back_does_not_know_what_came_later() {
    let folder = tempfile::tempdir().unwrap();
    let (options, clock) = crate::testing::options();
    let store = std::sync::Arc::new(crate::SqliteStore::open(folder.path().join("a.db")).unwrap());
    let relay = std::sync::Arc::new(crate::Relay::over(store.clone(), options).unwrap());
    let mut space = TestSpace::unfounded(relay, clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let first = space.append(NODE, None);
    store.backup_to(folder.path().join("copy.db")).unwrap();
    let phone = space.add_device();
    space.append(NODE, Some(first));
    let end = space.end();

    store.restore_from(folder.path().join("copy.db")).unwrap();
    let read = space.read(end, u32::MAX);
    assert!(!read.knows_cursor && !read.knows_access);
    assert_eq!(read.end.number, 1);
    let unknown = ara_protocol::message::Refusal::Unknown;
    assert_eq!(space.sync(&phone, space.request()), Err(unknown));
    // It regains the record from whoever holds it, and the segments too.
    assert!(space.put_records(&phone, &space.log).unwrap().are_taken);
    space.append(NODE, Some(first));
}

fn the_budget_ends_an_answer_after_one_segment_at_least() {
    let mut space = TestSpace::new();
    let ids = space.append_many(NODE, 4);
    let start = Cursor::start(space.id());
    let all = space.read(start, u32::MAX);
    let size = |entry: &Entry| match entry {
        Entry::Whole { head, part, .. } => head.len() + part.len() + 41,
        _ => panic!(),
    };
    let one = u32::try_from(size(&all.entries[0])).unwrap();
    for (budget, expected) in [
        (0, ""),
        (1, "w1"),
        (one, "w1"),
        (2 * one - 1, "w1"),
        (2 * one, "w1 w2"),
        (9 * one, "w1 w2 w3 w4"),
    ] {
        let read = space.read(start, budget);
        assert_eq!(short(&read.entries), expected, "{budget}");
        assert_eq!(read.end, place(&space, &ids));
    }
}

fn what_was_replaced_is_passed_over_in_one_step() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let old = space.append_many(NODE, 2);
    let other = space.append(node(2), None);
    let late = space.append(NODE, Some(old[1]));
    let new = space.seal(&laptop, NODE, None, &[old[0], old[1], late], b"all");
    assert_eq!(space.push(&[&new]), PushOutcome::Taken);
    let ids = [old[0], old[1], other, late, new.head.id()];
    for (count, expected) in [
        (0, "s2 w3 s4 w5"),
        (1, "s2 w3 s4 w5"),
        (2, "w3 s4 w5"),
        (3, "s4 w5"),
        // Who is past all of the old ones is sent the head of the new one alone.
        (4, "h5"),
        (5, ""),
    ] {
        let cursor = place(&space, &ids[..count]);
        let read = space.read(cursor, u32::MAX);
        assert_eq!(short(&read.entries), expected, "{count}");
        for entry in &read.entries {
            if let Entry::Skip { to } = entry {
                assert_eq!(*to, place(&space, &ids[..to.number as usize]));
            }
        }
    }
}

fn who_has_passed_over_the_old_ones_is_still_told_of_the_new() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let old = space.append_many(NODE, 2);
    let other = space.append(node(2), None);
    let new = space.seal(&laptop, NODE, None, &old, b"all");
    assert_eq!(space.push(&[&new]), PushOutcome::Taken);
    // A first answer that ends between the two.
    let first = space.read(Cursor::start(space.id()), 1);
    assert_eq!(short(&first.entries), "s2 w3");
    let Entry::Skip { to } = first.entries[0] else { panic!() };
    for cursor in [to, to.after(other)] {
        let rest = space.read(cursor, u32::MAX);
        assert_eq!(rest.entries.last().map(Entry::number), Some(4));
        assert!(!rest.entries.iter().any(|entry| matches!(entry, Entry::Skip { .. })));
    }
}

fn a_reader_between_old_and_new_is_sent_the_new() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let old = space.append_many(NODE, 2);
    let new = space.seal(&laptop, NODE, None, &old, b"all");
    assert_eq!(space.push(&[&new]), PushOutcome::Taken);
    let replaced = [new.head.id(), old[1]];
    let newer = space.seal(&laptop, NODE, None, &replaced, b"all, again");
    assert_eq!(space.push(&[&newer]), PushOutcome::Taken);
    let ids = [old[0], old[1], new.head.id(), newer.head.id()];
    for (count, expected) in [(0, "s3 w4"), (1, "s3 w4"), (2, "s3 w4"), (3, "h4"), (4, "")] {
        let read = space.read(place(&space, &ids[..count]), u32::MAX);
        assert_eq!(short(&read.entries), expected, "{count}");
    }
}

fn an_answer_is_never_too_large() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let changes = noise(1_000_000);
    let mut last = None;
    for _ in 0..18 {
        let sealed = space.seal(&laptop, NODE, last, &[], &changes);
        assert_eq!(space.push(&[&sealed]), PushOutcome::Taken);
        last = Some(sealed.head.id());
    }
    let request = SyncRequest { budget: u32::MAX, ..space.request() };
    let bytes =
        space.ask(ara_protocol::message::Endpoint::Sync, &request.to_bytes().unwrap(), &laptop);
    let bytes = bytes.unwrap();
    assert!(bytes.len() + 64 < ara_protocol::message::LONGEST_ANSWER);
    let answer = ara_protocol::message::sync::SyncAnswer::read(&bytes).unwrap();
    let whole = answer.entries.iter().filter(|entry| matches!(entry, Entry::Whole { .. }));
    // Whatever it wants, it is given 4 MB at once.
    assert_eq!(whole.count(), 4);
    assert_eq!(answer.end.number, 18);
}

fn heads_are_listed_of_all_nodes_and_of_one() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let ids = space.append_many(NODE, 2);
    space.append(node(2), None);
    let new = space.seal(&laptop, NODE, None, &ids, b"all");
    assert_eq!(space.push(&[&new]), PushOutcome::Taken);
    let heads = space.heads(0, None);
    assert_eq!(short(&heads.entries), "s2 h3 h4");
    assert_eq!((heads.end, heads.is_more), (space.end(), false));
    assert_eq!(short(&space.heads(3, None).entries), "h4");
    assert_eq!(short(&space.heads(0, Some(NODE)).entries), "h4");
    assert_eq!(short(&space.heads(0, Some(node(2))).entries), "h3");
    assert_eq!(short(&space.heads(3, Some(node(2))).entries), "");
    assert_eq!(short(&space.heads(0, Some(node(3))).entries), "");
}

fn many_are_read_page_by_page() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let mut sealed = vec![];
    let mut last = None;
    for _ in 0..300 {
        let next = space.seal(&laptop, NODE, last, &[], b"a");
        last = Some(next.head.id());
        sealed.push(next);
    }
    let pushes: Vec<_> = sealed.iter().map(|one| vec![one]).collect();
    let pushes: Vec<_> = pushes.iter().map(|push| &push[..]).collect();
    let answer = space.sync(&laptop, space.pushing(&pushes)).unwrap();
    assert_eq!(BTreeSet::from_iter(answer.pushes.iter().map(|it| *it as u8)).len(), 1);
    let read = space.read(Cursor::start(space.id()), u32::MAX);
    let numbers: Vec<_> = read.entries.iter().map(Entry::number).collect();
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>());
}

on_every_store!(
    a_reader_gets_what_follows_its_cursor,
    an_unknown_cursor_gets_nothing_but_the_end,
    the_budget_ends_an_answer_after_one_segment_at_least,
    what_was_replaced_is_passed_over_in_one_step,
    who_has_passed_over_the_old_ones_is_still_told_of_the_new,
    a_reader_between_old_and_new_is_sent_the_new,
    an_answer_is_never_too_large,
    heads_are_listed_of_all_nodes_and_of_one,
    many_are_read_page_by_page,
);
