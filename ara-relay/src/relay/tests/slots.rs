//! Slots.

use ara_protocol::message::Refusal;
use ara_protocol::message::sync::SyncRequest;
use ara_protocol::slot::{Slot, SlotContent};
use ara_protocol::{Cursor, SpaceId};

use crate::testing::stores::on_every_store;
use crate::testing::{TestSpace, copy, fixed};

/// Sends a slot. Returns whether it was taken, and the others that are told.
fn put(
    space: &TestSpace,
    keys: &ara_protocol::keys::SecretKeys,
    slot: &Slot,
) -> (bool, Vec<Vec<u8>>) {
    let request = SyncRequest { slot: slot.as_bytes().to_vec(), ..space.request() };
    let answer = space.sync(keys, request).unwrap();
    (answer.took_slot, answer.slots)
}

fn each_device_has_one_slot_and_the_newest_counts() {
    let mut space = TestSpace::new();
    let (laptop, phone) = (copy(&space.laptop), space.add_device());
    let [first, second] = [1, 2].map(|number| space.slot(&laptop, number));
    let of_phone = space.slot(&phone, 1);
    // The one that was just sent is not sent back.
    assert_eq!(put(&space, &laptop, &first), (true, vec![]));
    assert_eq!(put(&space, &phone, &of_phone), (true, vec![first.as_bytes().to_vec()]));
    assert_eq!(put(&space, &laptop, &second), (true, vec![of_phone.as_bytes().to_vec()]));
    // An old one, and the same again, change nothing, and who sends it hears which one counts.
    let slots = [&of_phone, &second].map(|slot| slot.as_bytes().to_vec()).to_vec();
    assert_eq!(put(&space, &laptop, &first), (false, slots.clone()));
    assert_eq!(put(&space, &laptop, &second), (false, slots.clone()));
    let read = |seen| space.sync(&laptop, SyncRequest { slots_seen: seen, ..space.request() });
    let answer = read(0).unwrap();
    assert_eq!((answer.newest_slot, answer.slots), (3, slots));
    assert_eq!(read(2).unwrap().slots, [second.as_bytes()]);
    assert!(read(3).unwrap().slots.is_empty());
    assert_eq!(space.relay.news(space.id()).unwrap().unwrap().newest_slot, 3);
}

fn a_slot_is_of_who_sends_it() {
    let mut space = TestSpace::new();
    let (laptop, phone) = (copy(&space.laptop), space.add_device());
    let of_phone = space.slot(&phone, 1);
    let send = |slot: Vec<u8>| space.sync(&laptop, SyncRequest { slot, ..space.request() });
    assert_eq!(send(of_phone.as_bytes().to_vec()), Err(Refusal::Malformed));
    assert_eq!(send(vec![1; 10]), Err(Refusal::Malformed));
    assert_eq!(send(vec![1; 70_000]), Err(Refusal::TooLarge));
    let keys = space.members.epoch_keys(&laptop).unwrap();
    let (content, elsewhere) = (SlotContent::default(), SpaceId::from_bytes([9; 16]));
    let of_elsewhere =
        Slot::seal(&content, elsewhere, 1, &laptop, keys.newest(), &mut fixed(3)).unwrap();
    assert_eq!(send(of_elsewhere.as_bytes().to_vec()), Err(Refusal::Malformed));
    assert_eq!(space.relay.news(space.id()).unwrap().unwrap().newest_slot, 0);
}

fn a_slot_of_an_older_epoch_is_not_kept() {
    let mut space = TestSpace::new();
    let laptop = copy(&space.laptop);
    let slot = space.slot(&laptop, 1);
    space.rotate();
    assert_eq!(put(&space, &laptop, &slot), (false, vec![]));
    let slot = space.slot(&laptop, 1);
    assert_eq!(put(&space, &laptop, &slot), (true, vec![]));
}

fn who_is_out_has_no_slot() {
    let mut space = TestSpace::new();
    let phone = space.add_device();
    let used = |space: &TestSpace| space.read(Cursor::start(space.id()), 0).used;
    let slot = space.slot(&phone, 1);
    put(&space, &phone, &slot);
    let before = used(&space);
    space.remove(&phone);
    let answer = space.sync(&space.laptop, space.request()).unwrap();
    assert!(answer.slots.is_empty());
    // What was seen of it is not there again.
    assert_eq!(answer.newest_slot, 1);
    let removal = space.log.last().unwrap().as_bytes().len() as u64;
    assert_eq!(used(&space), before + removal - slot.as_bytes().len() as u64);
}

on_every_store!(
    each_device_has_one_slot_and_the_newest_counts,
    a_slot_is_of_who_sends_it,
    a_slot_of_an_older_epoch_is_not_kept,
    who_is_out_has_no_slot,
);
