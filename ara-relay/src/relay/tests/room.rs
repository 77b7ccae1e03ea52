//! How many bytes a space may have.

use ara_protocol::Cursor;
use ara_protocol::keys::SecretKeys;
use ara_protocol::message::Refusal;
use ara_protocol::message::sync::PushOutcome;

use crate::admin;
use crate::store::{Ending, Space, Topic, Transaction};
use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, fixed, node, noise};

const NODE: ara_protocol::NodeId = node(1);
const QUOTA: u64 = 40_000;

fn space() -> TestSpace {
    TestSpace::with(|options| options.quota = QUOTA)
}

fn used(space: &TestSpace) -> u64 {
    let answer = space.read(Cursor::start(space.id()), 0);
    assert_eq!(answer.limit, QUOTA);
    answer.used
}

fn a_push_that_does_not_fit_is_full_and_a_smaller_one_is_taken() {
    let mut space = space();
    let laptop = copy(&space.laptop);
    let large = space.seal(&laptop, NODE, None, &[], &noise(50_000));
    let small = space.seal(&laptop, NODE, None, &[], &noise(30_000));
    let before = used(&space);
    assert_eq!(before, space.log[0].as_bytes().len() as u64);
    let answer = space.sync(&laptop, space.pushing(&[&[&large], &[&small]])).unwrap();
    assert_eq!(answer.pushes, [PushOutcome::Full, PushOutcome::Taken]);
    let size = small.head.as_bytes().len() + small.parts[0].len();
    assert_eq!(used(&space), before + size as u64);
}

fn a_replacement_that_makes_room_always_passes() {
    let mut space = space();
    let laptop = copy(&space.laptop);
    let old = space.seal(&laptop, NODE, None, &[], &noise(38_000));
    assert_eq!(space.push(&[&old]), PushOutcome::Taken);
    let next = space.seal(&laptop, NODE, Some(old.head.id()), &[], &noise(5_000));
    assert_eq!(space.push(&[&next]), PushOutcome::Full);
    let larger = space.seal(&laptop, NODE, None, &[old.head.id()], &noise(42_000));
    assert_eq!(space.push(&[&larger]), PushOutcome::Full);
    let before = used(&space);
    let smaller = space.seal(&laptop, NODE, None, &[old.head.id()], &noise(20_000));
    assert_eq!(space.push(&[&smaller]), PushOutcome::Taken);
    assert!(used(&space) < before - 15_000);
    assert_eq!(space.push(&[&next]), PushOutcome::Taken);
}

fn a_size_that_is_noted_wrong_keeps_no_device_out() {
    for size in [1 << 40, 1 << 63] {
        let mut space = space();
        let id = space.id();
        let before = used(&space);
        let damage = |transaction: &mut dyn Transaction| {
            let damaged = transaction.space(id)?.unwrap();
            transaction.put_space(&Space { records_size: size, ..damaged })?;
            Ok(Ending::Keep)
        };
        space.relay.store().write(Some(Topic::Space(id)), &mut { damage }).unwrap();
        space.add_device();
        assert_eq!(used(&space), before + space.log[1].as_bytes().len() as u64);
        assert!(admin::check(space.relay.store(), id).unwrap().is_empty());
    }
}

fn what_is_staged_counts() {
    let space = space();
    let before = used(&space);
    space.stage(&noise(30_000)).unwrap();
    space.stage(&noise(30_000)).unwrap();
    assert_eq!(used(&space), before + 30_000);
    let refused = space.stage(&noise(20_000)).unwrap_err();
    assert_eq!(refused, Refusal::Full { used: before + 30_000, limit: QUOTA });
    assert_eq!(used(&space), before + 30_000);
    // What has expired makes room.
    space.pass(24 * 60 * 60);
    space.stage(&noise(20_000)).unwrap();
    assert_eq!(used(&space), before + 20_000);
}

fn a_rotation_without_which_nobody_may_write_passes_over_the_quota() {
    let mut space = space();
    let laptop = copy(&space.laptop);
    let old = space.seal(&laptop, NODE, None, &[], &noise(30_000));
    assert_eq!(space.push(&[&old]), PushOutcome::Taken);
    let phone = space.add_device();
    space.stage(&noise(usize::try_from(QUOTA - used(&space) - 20).unwrap())).unwrap();
    // The phone leaves, and so the laptop cannot even make room before it rotates.
    let out = [phone.public().member()];
    let leave = space.members.remove(&phone, &out, &mut fixed(2)).unwrap();
    let leave = space.apply(leave);
    assert!(space.put_records(&phone, &[leave]).unwrap().are_taken);
    space.rotate();
    let smaller = space.seal(&laptop, NODE, None, &[old.head.id()], &noise(10_000));
    assert_eq!(space.push(&[&smaller]), PushOutcome::Taken);
    // One is enough.
    space.stage(&noise(usize::try_from(QUOTA - used(&space) - 20).unwrap())).unwrap();
    let again = space.members.rotate(&space.laptop, &mut fixed(3)).unwrap();
    assert!(matches!(space.put_records(&laptop, &[again]), Err(Refusal::Full { .. })));
}

fn a_removal_passes_over_the_quota_and_nothing_else() {
    let mut space = space();
    let phone = space.add_device();
    let before = used(&space);
    space.stage(&noise(usize::try_from(QUOTA - before - 20).unwrap())).unwrap();
    let rotate = space.members.rotate(&space.laptop, &mut fixed(2)).unwrap();
    let full = Refusal::Full { used: QUOTA - 20, limit: QUOTA };
    assert_eq!(space.put_records(&space.laptop, &[rotate]), Err(full.clone()));
    let tablet = SecretKeys::generate(&mut fixed(3));
    let add = space.members.add(&space.laptop, &tablet.public(), &mut fixed(4)).unwrap();
    assert_eq!(space.put_records(&space.laptop, &[add]), Err(full));
    space.remove(&phone);
    assert!(used(&space) > QUOTA);
    // Not even a new space is above it.
    let space = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    assert!(space.put_records(&space.laptop, &space.log).is_ok());
    let tiny = TestSpace::with_unfounded(|options| options.quota = 10);
    let refused = tiny.put_records(&tiny.laptop, &tiny.log);
    assert_eq!(refused, Err(Refusal::Full { used: 0, limit: 10 }));
    assert_eq!(tiny.access(&tiny.laptop, tiny.access_request()), Err(Refusal::Unknown));
}

on_every_store!(
    a_size_that_is_noted_wrong_keeps_no_device_out,
    a_push_that_does_not_fit_is_full_and_a_smaller_one_is_taken,
    a_replacement_that_makes_room_always_passes,
    what_is_staged_counts,
    a_rotation_without_which_nobody_may_write_passes_over_the_quota,
    a_removal_passes_over_the_quota_and_nothing_else,
);
