//! Replacing segments.

use ara_protocol::message::Refusal;
use ara_protocol::message::sync::{PushOutcome, SyncRequest};
use ara_protocol::segment::MOST_REPLACED;
use ara_protocol::{Cursor, SegmentId};

use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, node, noise, pushed, short};

const NODE: ara_protocol::NodeId = node(1);

/// Pushes one segment in the place of others.
fn replace(
    space: &mut TestSpace,
    previous: Option<SegmentId>,
    replaces: &[SegmentId],
) -> (PushOutcome, SegmentId) {
    let laptop = copy(&space.laptop);
    let sealed = space.seal(&laptop, NODE, previous, replaces, b"sealed again");
    (space.push(&[&sealed]), sealed.head.id())
}

fn entries(space: &TestSpace) -> String {
    short(&space.read(Cursor::start(space.id()), u32::MAX).entries)
}

fn a_whole_node_is_replaced() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 3);
    let (outcome, new) = replace(&mut space, None, &old);
    assert_eq!(outcome, PushOutcome::Taken);
    assert_eq!(entries(&space), "s3 w4");
    // The chain holds over stubs as well.
    let chain = old.iter().fold(Cursor::start(space.id()), |end, id| end.after(*id));
    assert_eq!(space.end(), chain.after(new));
    assert!(space.read(chain, 1).knows_cursor);
    // The next one names what the replacement replaced last.
    space.append(NODE, Some(old[2]));
}

fn the_next_one_may_name_the_replacement_too() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 2);
    let (_, new) = replace(&mut space, None, &old);
    let next = space.append(NODE, Some(new));
    // Whoever replaces it then has to name it so as well, since what follows does.
    assert_eq!(replace(&mut space, None, &[old[1]]).0, PushOutcome::Conflict);
    let (outcome, newer) = replace(&mut space, None, &[new]);
    assert_eq!(outcome, PushOutcome::Taken);
    assert_eq!(replace(&mut space, None, &[newer, next]).0, PushOutcome::Taken);
}

fn a_range_in_the_middle_is_replaced() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 4);
    let (outcome, new) = replace(&mut space, Some(old[0]), &old[1..3]);
    assert_eq!(outcome, PushOutcome::Taken);
    assert_eq!(entries(&space), "w1 s3 w4 w5");
    // It is between the two others now, by whichever name.
    assert_eq!(replace(&mut space, None, &[old[0], new, old[3]]).0, PushOutcome::Taken);
    assert_eq!(entries(&space), "s5 w6");
}

fn a_range_at_the_tip_is_replaced_and_goes_on() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 3);
    let (outcome, _) = replace(&mut space, Some(old[0]), &old[1..]);
    assert_eq!(outcome, PushOutcome::Taken);
    space.append(NODE, Some(old[2]));
    assert_eq!(entries(&space), "w1 s3 w4 w5");
}

fn a_replacement_is_replaced_again_under_its_stable_name() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 3);
    let (outcome, first) = replace(&mut space, None, &old[..2]);
    assert_eq!(outcome, PushOutcome::Taken);
    // Who does not know the first replacement replaces nothing.
    assert_eq!(replace(&mut space, None, &[old[1]]).0, PushOutcome::Conflict);
    assert_eq!(replace(&mut space, None, &[old[1], old[2]]).0, PushOutcome::Conflict);
    assert_eq!(replace(&mut space, None, &[first, old[0]]).0, PushOutcome::Conflict);
    // What follows names the second one, so the next replacement has to end with it.
    assert_eq!(replace(&mut space, None, &[first]).0, PushOutcome::Conflict);
    let (outcome, new) = replace(&mut space, None, &[first, old[1]]);
    assert_eq!(outcome, PushOutcome::Taken);
    assert_eq!(entries(&space), "s2 w3 s4 w5");
    assert_eq!(replace(&mut space, None, &[new, old[2]]).0, PushOutcome::Taken);
    assert_eq!(entries(&space), "s5 w6");
}

fn several_take_the_place_of_one_range() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 3);
    let laptop = copy(&space.laptop);
    let first = space.seal(&laptop, NODE, None, &[], b"a");
    let second = space.seal(&laptop, NODE, Some(first.head.id()), &old[..2], b"b");
    assert_eq!(space.push(&[&first, &second]), PushOutcome::Taken);
    assert_eq!(entries(&space), "s2 w3 w4 w5");
    let (outcome, _) = replace(&mut space, Some(first.head.id()), &[second.head.id(), old[2]]);
    assert_eq!(outcome, PushOutcome::Taken);
    assert_eq!(entries(&space), "s3 w4 s5 w6");
}

fn a_list_may_be_spread_over_several() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 3);
    let laptop = copy(&space.laptop);
    let first = space.seal(&laptop, NODE, None, &old[..1], b"a");
    let second = space.seal(&laptop, NODE, Some(old[0]), &old[1..], b"b");
    assert_eq!(space.push(&[&first, &second]), PushOutcome::Taken);
    assert_eq!(entries(&space), "s3 w4 w5");
}

fn what_does_not_fit_the_log_is_a_conflict() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 4);
    let other = space.append(node(2), None);
    let unknown = SegmentId::from_bytes([9; 32]);
    for (previous, replaces) in [
        // With a gap, in another order, of another node, unknown.
        (None, vec![old[0], old[2]]),
        (None, vec![old[1], old[0]]),
        (None, vec![other]),
        (None, vec![old[0], unknown]),
        // Behind another one than the one before the range.
        (None, old[1..].to_vec()),
        (Some(old[1]), vec![old[0]]),
        (Some(old[0]), vec![old[2], old[3]]),
        (Some(unknown), vec![old[0]]),
    ] {
        let (outcome, _) = replace(&mut space, previous, &replaces);
        assert_eq!(outcome, PushOutcome::Conflict, "{replaces:?}");
    }
    assert_eq!(entries(&space), "w1 w2 w3 w4 w5");
}

fn who_is_late_re_reads() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 3);
    assert_eq!(replace(&mut space, None, &old[..2]).0, PushOutcome::Taken);
    assert_eq!(replace(&mut space, None, &old).0, PushOutcome::Conflict);
    assert_eq!(replace(&mut space, Some(old[0]), &old[1..2]).0, PushOutcome::Conflict);
}

fn what_can_never_fit_is_refused() {
    let mut space = TestSpace::new();
    let old = space.append_many(NODE, 2);
    let laptop = copy(&space.laptop);
    let first = space.seal(&laptop, NODE, None, &old, b"a");
    let last = space.seal(&laptop, NODE, Some(old[1]), &[], b"the last replaces nothing");
    assert_eq!(space.push(&[&first, &last]), PushOutcome::Refused);
    let [one, other] = [NODE, node(2)].map(|node| space.seal(&laptop, node, None, &old, b"a"));
    assert_eq!(space.push(&[&one, &other]), PushOutcome::Refused);
    let apart = space.seal(&laptop, NODE, None, &old[1..], b"does not follow");
    assert_eq!(space.push(&[&first, &apart]), PushOutcome::Refused);
    // Each must be new.
    assert_eq!(space.push(&[&first]), PushOutcome::Taken);
    assert_eq!(space.push(&[&first, &apart]), PushOutcome::Conflict);
}

fn a_replacement_is_at_most_twice_as_large() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let old = space.seal(&laptop, NODE, None, &[], &noise(20_000));
    assert_eq!(space.push(&[&old]), PushOutcome::Taken);
    let next = space.append(NODE, Some(old.head.id()));
    let size = |sealed: &ara_protocol::segment::Sealed| {
        sealed.head.as_bytes().len() + sealed.parts.iter().map(Vec::len).sum::<usize>()
    };
    let most = 2 * size(&old) + 4096;
    let too_large = space.seal(&laptop, NODE, None, &[old.head.id()], &noise(46_000));
    let fits = space.seal(&laptop, NODE, None, &[old.head.id()], &noise(42_000));
    assert!(size(&fits) <= most && most < size(&too_large));
    assert_eq!(space.push(&[&too_large]), PushOutcome::Refused);
    assert_eq!(space.push(&[&fits]), PushOutcome::Taken);
    // Of a whole node it may be larger: what another has written under it comes with it.
    let whole = [fits.head.id(), next];
    let whole = space.seal(&laptop, NODE, None, &whole, &noise(400_000));
    assert_eq!(space.push(&[&whole]), PushOutcome::Taken);
}

fn who_is_no_member_and_an_epoch_that_is_over_replace_nothing() {
    let mut space = TestSpace::new();
    let (laptop, phone) = (copy(&space.laptop), space.add_device());
    let old = space.append_many(NODE, 2);
    let over = space.seal(&laptop, NODE, None, &old, b"under an epoch that is over");
    space.rotate();
    assert_eq!(space.push(&[&over]), PushOutcome::OtherEpoch);
    let by_phone = space.seal(&phone, NODE, None, &old, b"by a member");
    space.remove(&phone);
    // Neither it nor a member who brings it.
    assert_eq!(space.push(&[&by_phone]), PushOutcome::OtherEpoch);
    let brought = space.sync(&phone, space.pushing(&[&[&by_phone]]));
    assert_eq!(brought, Err(Refusal::Unknown));
    let stranger = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 9).laptop;
    let brought = space.sync(&stranger, space.pushing(&[&[&by_phone]]));
    assert_eq!(brought, Err(Refusal::Unknown));
    assert_eq!(entries(&space), "w1 w2");
}

fn a_list_that_is_changed_or_too_long_is_refused() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let old = space.append_many(NODE, 3);
    let good = space.seal(&laptop, NODE, None, &old[..2], b"a");
    let at = good.head.as_bytes().windows(32).position(|it| it == old[1].as_bytes()).unwrap();
    let mut changed = pushed(&good);
    changed.head[at..at + 32].copy_from_slice(old[2].as_bytes());
    let request = SyncRequest { pushes: vec![vec![changed]], ..space.request() };
    assert_eq!(space.sync(&laptop, request).unwrap().pushes, [PushOutcome::Refused]);
    // The same name in the lists of two.
    let first = space.seal(&laptop, NODE, None, &old[..2], b"a");
    let second = space.seal(&laptop, NODE, Some(old[1]), &old[..1], b"b");
    assert_eq!(space.push(&[&first, &second]), PushOutcome::Conflict);
    let mut previous = None;
    let mut many = vec![];
    for part in 0..3 {
        let list: Vec<_> =
            (0..MOST_REPLACED / 2).map(|at| name((part * MOST_REPLACED + at) as u64)).collect();
        many.push(space.seal(&laptop, NODE, previous, &list, b"a"));
        previous = list.last().copied();
    }
    assert_eq!(space.push(&many.iter().collect::<Vec<_>>()), PushOutcome::Refused);
    assert_eq!(space.push(&many[..2].iter().collect::<Vec<_>>()), PushOutcome::Conflict);
    assert_eq!(entries(&space), "w1 w2 w3");
}

/// A name that no segment has.
fn name(number: u64) -> SegmentId {
    let mut id = [9; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    SegmentId::from_bytes(id)
}

fn the_parts_of_what_was_replaced_are_gone() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let old = space.seal(&laptop, NODE, None, &[], &noise(2_000_000));
    old.parts.iter().for_each(|part| space.stage(part).unwrap());
    assert_eq!(space.push(&[&old]), PushOutcome::Taken);
    assert_eq!(space.parts(old.head.id(), 0), old.parts);
    let used = space.read(Cursor::start(space.id()), 1).used;
    assert_eq!(replace(&mut space, None, &[old.head.id()]).0, PushOutcome::Taken);
    assert!(space.parts(old.head.id(), 0).is_empty());
    assert!(space.read(Cursor::start(space.id()), 1).used < used - 1_900_000);
}

on_every_store!(
    a_whole_node_is_replaced,
    the_next_one_may_name_the_replacement_too,
    a_range_in_the_middle_is_replaced,
    a_range_at_the_tip_is_replaced_and_goes_on,
    a_replacement_is_replaced_again_under_its_stable_name,
    several_take_the_place_of_one_range,
    a_list_may_be_spread_over_several,
    what_does_not_fit_the_log_is_a_conflict,
    who_is_late_re_reads,
    what_can_never_fit_is_refused,
    a_replacement_is_at_most_twice_as_large,
    who_is_no_member_and_an_epoch_that_is_over_replace_nothing,
    a_list_that_is_changed_or_too_long_is_refused,
    the_parts_of_what_was_replaced_are_gone,
);
