//! Appending segments.

use ara_protocol::message::sync::{Entry, PlaceInRequest, PushOutcome, PushedSegment, SyncRequest};
use ara_protocol::segment::{LONGEST_PART, Sealed};
use ara_protocol::{Cursor, SegmentId};

use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, node, noise, pushed, short};

const NODE: ara_protocol::NodeId = node(1);

fn a_segment_is_appended_behind_the_last_one_of_its_node() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let first = space.append(NODE, None);
    let [second, twin] = [0, 1].map(|_| space.seal(&laptop, NODE, Some(first), &[], b"b"));
    assert_eq!(space.push(&[&second]), PushOutcome::Taken);
    assert_eq!(space.push(&[&twin]), PushOutcome::Conflict);

    let again = space.seal(&laptop, NODE, None, &[], b"first again");
    assert_eq!(space.push(&[&again]), PushOutcome::Conflict);
    let unknown = Some(SegmentId::from_bytes([9; 32]));
    let gap = space.seal(&laptop, NODE, unknown, &[], b"after a gap");
    assert_eq!(space.push(&[&gap]), PushOutcome::Conflict);
    // Another node has an order of its own, and begins with none before it.
    let other = space.seal(&laptop, node(2), Some(first), &[], b"of another node");
    assert_eq!(space.push(&[&other]), PushOutcome::Conflict);
    space.append(node(2), None);

    let end = Cursor::start(space.id()).after(first).after(second.head.id());
    let read = space.read(Cursor::start(space.id()), u32::MAX);
    assert_eq!(short(&read.entries), "w1 w2 w3");
    assert!(read.knows_cursor && space.read(end, 1).knows_cursor);
}

fn the_same_again_is_taken_and_changes_nothing() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let first = space.seal(&laptop, NODE, None, &[], b"a");
    assert_eq!(space.push(&[&first]), PushOutcome::Taken);
    let second = space.append(NODE, Some(first.head.id()));
    let before = space.read(Cursor::start(space.id()), u32::MAX);
    assert_eq!(space.push(&[&first]), PushOutcome::Taken);
    assert_eq!(space.read(Cursor::start(space.id()), u32::MAX), before);

    // Also once it is a stub, and under an older epoch.
    let replacement = space.seal(&laptop, NODE, None, &[first.head.id(), second], b"both");
    assert_eq!(space.push(&[&replacement]), PushOutcome::Taken);
    space.rotate();
    let before = space.end();
    assert_eq!(space.push(&[&first]), PushOutcome::Taken);
    assert_eq!(space.push(&[&replacement]), PushOutcome::Taken);
    assert_eq!(space.end(), before);
}

fn what_a_request_pushes_comes_back_as_its_place_there() {
    let mut space = TestSpace::new();
    space.append(node(2), None);
    let laptop = copy(&space.laptop);
    let first = space.seal(&laptop, NODE, None, &[], b"a");
    let second = space.seal(&laptop, NODE, Some(first.head.id()), &[], b"b");
    let request =
        SyncRequest { budget: u32::MAX, ..space.pushing(&[&[&first], &[&second], &[&second]]) };
    let answer = space.sync(&space.laptop, request).unwrap();
    assert_eq!(answer.pushes, [PushOutcome::Taken; 3]);
    assert_eq!(short(&answer.entries), "w1 p2 p3");
    assert_eq!(answer.end.number, 3);
    let at = |push| PlaceInRequest { push, segment: 0 };
    assert_eq!(
        answer.entries[1..],
        [0, 1].map(|push| Entry::Pushed { number: 2 + u64::from(push), at: at(push) })
    );
    // Sent once more, as when the answer was lost, they come back the same way: who sent them knows them.
    let again = SyncRequest {
        budget: u32::MAX,
        cursor: Cursor::start(space.id()),
        ..space.pushing(&[&[&first, &second]])
    };
    let answer = space.sync(&space.laptop, again).unwrap();
    assert_eq!(answer.pushes, [PushOutcome::Taken]);
    assert_eq!(short(&answer.entries), "w1 p2 p3");
    let at = PlaceInRequest { push: 0, segment: 1 };
    assert_eq!(answer.entries[2], Entry::Pushed { number: 3, at });
    assert_eq!(short(&space.read(Cursor::start(space.id()), u32::MAX).entries), "w1 w2 w3");
}

fn who_stands_where_the_log_is_not_reads_before_it_writes() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let first = space.append(NODE, None);
    let second = space.seal(&laptop, NODE, Some(first), &[], b"b");
    let mut request = space.pushing(&[&[&second]]);
    request.cursor.number = 7;
    let answer = space.sync(&laptop, request).unwrap();
    assert_eq!((answer.knows_cursor, &answer.pushes[..]), (false, &[PushOutcome::Conflict][..]));
    assert_eq!(space.push(&[&second]), PushOutcome::Taken);
}

fn each_push_has_its_own_outcome() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let first = space.seal(&laptop, NODE, None, &[], b"a");
    let lost = space.seal(&laptop, NODE, None, &[], b"b");
    let other = space.seal(&laptop, node(2), None, &[], b"c");
    let request = space.pushing(&[&[&first], &[&lost], &[&other]]);
    let answer = space.sync(&space.laptop, request).unwrap();
    assert_eq!(answer.pushes, [PushOutcome::Taken, PushOutcome::Conflict, PushOutcome::Taken]);
    assert_eq!(answer.end.number, 2);
}

fn only_the_newest_epoch_is_taken() {
    let mut space = TestSpace::new();
    let (laptop, phone) = (copy(&space.laptop), space.add_device());
    let early = space.seal(&laptop, NODE, None, &[], b"a");
    space.rotate();
    assert_eq!(space.push(&[&early]), PushOutcome::OtherEpoch);

    let by_phone = space.seal(&phone, NODE, None, &[], b"a");
    space.remove(&phone);
    assert_eq!(space.push(&[&by_phone]), PushOutcome::OtherEpoch);
    assert_eq!(space.end().number, 0);
}

fn nothing_is_taken_before_a_rotation_that_is_due() {
    let mut space = TestSpace::new();
    let (laptop, phone) = (copy(&space.laptop), space.add_device());
    let own = [phone.public().member()];
    let left = space.members.remove(&phone, &own, &mut space.random).unwrap();
    space.apply_there(left);
    let sealed = space.seal(&laptop, NODE, None, &[], b"a");
    assert_eq!(space.push(&[&sealed]), PushOutcome::OtherEpoch);
    space.rotate();
    space.append(NODE, None);
}

fn what_is_no_segment_is_refused() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let sealed = space.seal(&laptop, NODE, None, &[], b"a");
    let good = pushed(&sealed);
    let mut changed = good.clone();
    changed.head[100] ^= 1;
    let other_part = PushedSegment { part: Some(b"other".to_vec()), ..good.clone() };
    let cut = PushedSegment { head: good.head[..40].to_vec(), ..good.clone() };
    let mut foreign = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 9);
    let foreign_keys = copy(&foreign.laptop);
    let foreign = pushed(&foreign.seal(&foreign_keys, NODE, None, &[], b"a"));
    for push in [vec![changed], vec![other_part], vec![cut], vec![foreign], vec![]] {
        let request = SyncRequest { pushes: vec![push], ..space.request() };
        let answer = space.sync(&space.laptop, request).unwrap();
        assert_eq!(answer.pushes, [PushOutcome::Refused]);
    }
    // Several that replace nothing.
    let second = space.seal(&laptop, NODE, Some(sealed.head.id()), &[], b"b");
    assert_eq!(space.push(&[&sealed, &second]), PushOutcome::Refused);
    assert_eq!(space.end().number, 0);
}

fn large(space: &mut TestSpace) -> Sealed {
    let laptop = copy(&space.laptop);
    let sealed = space.seal(&laptop, NODE, None, &[], &noise(2 * LONGEST_PART + 5));
    assert_eq!(sealed.parts.len(), 3);
    sealed
}

fn the_parts_of_a_large_segment_are_staged_before() {
    let mut space = TestSpace::new();
    let sealed = large(&mut space);
    assert_eq!(space.push(&[&sealed]), PushOutcome::PartMissing);
    for part in &sealed.parts[..2] {
        space.stage(part).unwrap();
    }
    assert_eq!(space.push(&[&sealed]), PushOutcome::PartMissing);
    space.stage(&sealed.parts[2]).unwrap();
    let staged = space.read(Cursor::start(space.id()), 1).used;
    assert_eq!(space.push(&[&sealed]), PushOutcome::Taken);

    let read = space.read(Cursor::start(space.id()), u32::MAX);
    assert_eq!(short(&read.entries), "h1");
    assert_eq!(read.used, staged + sealed.head.as_bytes().len() as u64);
    let id = sealed.head.id();
    assert_eq!(space.parts(id, 0), sealed.parts);
    assert_eq!(space.parts(id, 2), sealed.parts[2..]);
    assert!(space.parts(id, 3).is_empty());
    assert!(space.parts(SegmentId::from_bytes([1; 32]), 0).is_empty());
}

fn a_single_part_can_be_staged_too() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let sealed = space.seal(&laptop, NODE, None, &[], b"a");
    let head = PushedSegment { part: None, ..pushed(&sealed) };
    let request = SyncRequest { pushes: vec![vec![head]], ..space.request() };
    let push = |space: &TestSpace| space.sync(&space.laptop, request.clone()).unwrap().pushes[0];
    assert_eq!(push(&space), PushOutcome::PartMissing);
    space.stage(&sealed.parts[0]).unwrap();
    assert_eq!(push(&space), PushOutcome::Taken);
    let read = space.read(Cursor::start(space.id()), u32::MAX);
    let part = sealed.parts[0].clone();
    let head = sealed.head.as_bytes().to_vec();
    assert_eq!(read.entries, [Entry::Whole { number: 1, head, part }]);
}

fn staged_parts_expire_after_a_day() {
    let mut space = TestSpace::new();
    let sealed = large(&mut space);
    let before = space.read(Cursor::start(space.id()), 1).used;
    space.stage(&sealed.parts[0]).unwrap();
    space.pass(24 * 60 * 60 - 1);
    // The same again counts once, and is kept longer.
    space.stage(&sealed.parts[0]).unwrap();
    space.pass(1);
    space.stage(&sealed.parts[1]).unwrap();
    space.stage(&sealed.parts[2]).unwrap();
    space.pass(24 * 60 * 60 - 2);
    assert_ne!(space.push(&[&sealed]), PushOutcome::PartMissing);

    let mut space = TestSpace::new();
    let sealed = large(&mut space);
    sealed.parts.iter().for_each(|part| space.stage(part).unwrap());
    (0..40).for_each(|number| space.stage(&[number; 10]).unwrap());
    space.pass(24 * 60 * 60);
    assert_eq!(space.push(&[&sealed]), PushOutcome::PartMissing);
    space.relay.tidy().unwrap();
    assert_eq!(space.read(Cursor::start(space.id()), 1).used, before);
}

fn a_part_that_is_too_large_is_not_staged() {
    let space = TestSpace::new();
    let refused = space.stage(&noise(LONGEST_PART + 1)).unwrap_err();
    assert_eq!(refused, ara_protocol::message::Refusal::TooLarge);
}

on_every_store!(
    a_segment_is_appended_behind_the_last_one_of_its_node,
    the_same_again_is_taken_and_changes_nothing,
    what_a_request_pushes_comes_back_as_its_place_there,
    who_stands_where_the_log_is_not_reads_before_it_writes,
    each_push_has_its_own_outcome,
    only_the_newest_epoch_is_taken,
    nothing_is_taken_before_a_rotation_that_is_due,
    what_is_no_segment_is_refused,
    the_parts_of_a_large_segment_are_staged_before,
    a_single_part_can_be_staged_too,
    staged_parts_expire_after_a_day,
    a_part_that_is_too_large_is_not_staged,
);
