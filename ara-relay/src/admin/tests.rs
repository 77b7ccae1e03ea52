//! Copying and checking spaces.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ara_protocol::message::mailbox::MailboxRequest;
use ara_protocol::message::sync::{PushOutcome, SyncRequest};
use ara_protocol::message::{Endpoint, Refusal};
use ara_protocol::{Cursor, MailboxId, RecordHash, SegmentId};

use super::*;
use crate::SqliteStore;
use crate::store::{Job, StoredPlace, Tombstone};
use crate::testing::stores::{on_every_store, test_store};
use crate::testing::{TestSpace, copy as copied, node, noise, options};

/// A space that has something of everything.
fn full() -> TestSpace {
    let mut space = TestSpace::new();
    let laptop = copied(&space.laptop);
    space.set_recovery();
    let phone = space.add_device();
    let slot = space.slot(&phone, 1).as_bytes().to_vec();
    space.sync(&phone, SyncRequest { slot, ..space.request() }).unwrap();
    space.append_many(node(1), 3);
    let large = space.seal(&laptop, node(2), None, &[], &noise(3 << 20));
    large.parts.iter().for_each(|part| space.stage(part).unwrap());
    assert_eq!(space.push(&[&large]), PushOutcome::Taken);
    let old = space.append_many(node(3), 6);
    replace(&mut space, &old[2..4], Some(old[1]));
    space.remove(&phone);
    let slot = space.slot(&laptop, 9).as_bytes().to_vec();
    space.sync(&laptop, SyncRequest { slot, ..space.request() }).unwrap();
    space.stage(&noise(1000)).unwrap();
    let signer = phone.public().member();
    let mailbox = MailboxId::from_bytes([5; 16]);
    let open = MailboxRequest::Open { space: space.id(), mailbox, signer };
    space.ask(Endpoint::Mailbox, &open.to_bytes().unwrap(), &laptop).unwrap();
    space
}

fn replace(space: &mut TestSpace, old: &[SegmentId], previous: Option<SegmentId>) {
    let laptop = copied(&space.laptop);
    let again = space.seal(&laptop, node(3), previous, old, b"again");
    assert_eq!(space.push(&[&again]), PushOutcome::Taken);
}

/// What a member is told of a space.
fn told(space: &TestSpace) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut news = space.read(Cursor::start(space.id()), u32::MAX);
    news.used = 0;
    let heads = space.heads(0, None);
    let parts: Vec<_> = [1, 2, 3].map(|number| space.heads(0, Some(node(number)))).into();
    let records = space.access(&space.laptop, space.access_request()).unwrap();
    (news, heads, parts, records)
}

fn relay() -> Arc<Relay> {
    Arc::new(Relay::new(test_store(), options().0).unwrap())
}

/// A store that fails after some writes.
struct Breaking<'a>(&'a dyn Store, AtomicUsize);

impl Store for Breaking<'_> {
    fn read(&self, job: Job<'_>) -> Result<()> {
        self.0.read(job)
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> Result<()> {
        if self.1.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err(StoreError::BrokeOff);
        }
        self.0.write(about, job)
    }

    fn shrink(&self) -> Result<()> {
        self.0.shrink()
    }

    fn size(&self) -> Result<u64> {
        self.0.size()
    }
}

fn a_space_is_copied_to_another_store_and_back() {
    let mut space = full();
    let before = told(&space);
    let store = space.relay.store();
    let (export, back) = (SqliteStore::memory().unwrap(), relay());
    assert_eq!(copy(store, &export, space.id(), false), Err(CopyError::IsServed));
    assert_eq!(all(&export), Ok(vec![]));
    close(store, space.id()).unwrap();
    copy(store, &export, space.id(), false).unwrap();
    assert_eq!(copy(store, &export, space.id(), false), Err(CopyError::AlreadyThere));
    copy(&export, back.store(), space.id(), false).unwrap();
    assert_eq!(check(store, space.id()), Ok(vec![]));

    space.relay = back;
    assert_eq!(space.sync(&space.laptop, space.request()), Err(Refusal::Closed));
    open(space.relay.store(), space.id()).unwrap();
    assert_eq!(told(&space), before);
    let last = space.heads(0, Some(node(2))).entries.len();
    assert!(last > 0);
    space.append_many(node(4), 2);
    assert_eq!(check(space.relay.store(), space.id()), Ok(vec![]));
}

fn what_is_left_of_a_copy_that_broke_off_is_dropped_and_nothing_else() {
    let space = full();
    let (source, target) = (space.relay.store(), relay());
    let target = target.store();
    close(source, space.id()).unwrap();
    assert_eq!(drop_copy(target, space.id()), Err(AdminError::NotThere));
    assert_eq!(drop_copy(source, space.id()), Err(AdminError::Whole));
    let break_off = |writes| {
        let breaking = Breaking(target, AtomicUsize::new(writes));
        copy(source, &breaking, space.id(), false)
    };
    for writes in [1, 3, 5] {
        assert_eq!(break_off(writes), Err(CopyError::Store(StoreError::BrokeOff)));
        let wrong = check(target, space.id()).unwrap();
        assert!(wrong.len() == 1 && wrong[0].contains("not copied whole"), "{wrong:?}");
        assert_eq!(delete(target, space.id()), Err(AdminError::Incomplete));
        // Dropping breaks off as well.
        let breaking = Breaking(target, AtomicUsize::new(writes / 2));
        if drop_copy(&breaking, space.id()).is_err() && writes > 1 {
            assert_eq!(copy(source, target, space.id(), false), Err(CopyError::Differs));
        }
        // It may have been all.
        let dropped = drop_copy(target, space.id());
        assert!(matches!(dropped, Ok(()) | Err(AdminError::NotThere)), "{dropped:?}");
        assert_eq!(all(target), Ok(vec![]));
    }
    copy(source, target, space.id(), false).unwrap();
    // Nothing was in the way.
    assert_eq!(check(target, space.id()), Ok(vec![]));
    assert_eq!(drop_copy(target, space.id()), Err(AdminError::Whole));
    assert_eq!(check(target, space.id()), Ok(vec![]));
}

fn a_space_that_is_closed_is_deleted_and_may_come_again() {
    let mut space = full();
    let relay = space.relay.clone();
    let store = relay.store();
    assert_eq!(delete(store, space.id()), Err(AdminError::Served));
    close(store, space.id()).unwrap();
    let breaking = Breaking(store, AtomicUsize::new(2));
    let broken = delete(&breaking, space.id());
    assert_eq!(broken, Err(AdminError::Store(StoreError::BrokeOff)));
    // Nobody is served the rest.
    let asked = |space: &TestSpace| space.sync(&space.laptop, space.request()).map(|_| ());
    assert_eq!(asked(&space), Err(Refusal::Closed));
    assert_eq!(open(store, space.id()), Err(AdminError::Incomplete));
    let wrong = check(store, space.id()).unwrap();
    assert!(wrong.len() == 1 && wrong[0].contains("not dropped whole"), "{wrong:?}");
    delete(store, space.id()).unwrap();
    assert_eq!(all(store), Ok(vec![]));
    assert_eq!(delete(store, space.id()), Err(AdminError::NotThere));

    // For its members this is a relay that has lost it, and no deletion.
    assert_eq!(asked(&space), Err(Refusal::Unknown));
    space.put_records(&space.laptop, &space.log).unwrap();
    assert_eq!(asked(&space), Ok(()));
    space.append_many(node(4), 2);
    assert_eq!(check(store, space.id()), Ok(vec![]));
}

fn what_a_member_has_deleted_stays_deleted() {
    let space = full();
    space.ask(Endpoint::Delete, space.id().as_bytes(), &space.laptop).unwrap();
    let store = space.relay.store();
    assert_eq!(delete(store, space.id()), Err(AdminError::Deleted));
    assert_eq!(all(store), Ok(vec![space.id()]));
    assert_eq!(check(store, space.id()), Ok(vec![]));
}

fn a_space_that_is_there_already_is_compared() {
    let (mut space, target) = (full(), relay());
    let (source, id) = (space.relay.clone(), space.id());
    let copied_again = || copy(source.store(), target.store(), id, true);
    copied_again().unwrap();
    assert_eq!(copied_again(), Err(CopyError::AlreadyThere));
    // What the operator decides of one of them makes no difference.
    set_quota(target.store(), id, Some(1 << 30)).unwrap();
    assert_eq!(copied_again(), Err(CopyError::AlreadyThere));

    // One of both goes on, by a slot, by an access record, or by a segment.
    let changes: [fn(&mut TestSpace); 3] = [
        |space| {
            let laptop = copied(&space.laptop);
            let slot = space.slot(&laptop, 20).as_bytes().to_vec();
            space.sync(&laptop, SyncRequest { slot, ..space.request() }).unwrap();
        },
        |space| {
            space.add_device();
        },
        |space| {
            space.append_many(node(4), 1);
        },
    ];
    for change in changes {
        change(&mut space);
        assert_eq!(copied_again(), Err(CopyError::Behind));
        assert_eq!(copy(target.store(), source.store(), id, true), Err(CopyError::Ahead));
        close(target.store(), id).unwrap();
        delete(target.store(), id).unwrap();
        copied_again().unwrap();
        assert_eq!(copied_again(), Err(CopyError::AlreadyThere));
    }
    // Both do.
    space.append_many(node(5), 1);
    space.relay = target.clone();
    space.append_many(node(6), 2);
    assert_eq!(copied_again(), Err(CopyError::Ahead));
    // A member deletes it in one.
    space.ask(Endpoint::Delete, id.as_bytes(), &space.laptop).unwrap();
    assert_eq!(copied_again(), Err(CopyError::Ahead));
    assert_eq!(copy(target.store(), source.store(), id, true), Err(CopyError::Behind));
}

fn a_copy_that_has_begun_was_used_when_the_space_was() {
    let (space, target) = (full(), relay());
    let breaking = Breaking(target.store(), AtomicUsize::new(1));
    copy(space.relay.store(), &breaking, space.id(), true).unwrap_err();
    let used = |store| list(store, Listing::Age, 1).unwrap()[0].space.last_use;
    assert!(used(target.store()) > 0);
    assert_eq!(used(target.store()), used(space.relay.store()));
}

fn a_copy_that_breaks_off_goes_on() {
    let mut space = full();
    let target = relay();
    let mut has_changed = false;
    for writes in 1.. {
        assert!(writes < 50);
        close(space.relay.store(), space.id()).unwrap();
        let breaking = Breaking(target.store(), AtomicUsize::new(writes));
        let outcome = copy(space.relay.store(), &breaking, space.id(), false);
        open(space.relay.store(), space.id()).unwrap();
        if outcome.is_ok() {
            break;
        }
        assert_eq!(outcome, Err(CopyError::Store(StoreError::BrokeOff)));
        // Nobody is served half of it.
        let source = std::mem::replace(&mut space.relay, target.clone());
        assert!(space.sync(&space.laptop, space.request()).is_err());
        let here = read(target.store(), |transaction| transaction.space(space.id())).unwrap();
        space.relay = source;
        // It is opened in between, and goes on where the copy has been already.
        if here.is_some_and(|here| here.end.number > 0) && !has_changed {
            has_changed = true;
            let live = space.heads(0, Some(node(1)));
            assert_eq!(live.entries.len(), 3);
            let first = read(space.relay.store(), |transaction| {
                let key = transaction.space(space.id())?.map(|space| space.key);
                let key = key.ok_or(StoreError::BrokeOff)?;
                Ok(transaction.first_of(key, node(1))?.map(|live| live.id))
            });
            let first = first.unwrap().unwrap();
            let laptop = copied(&space.laptop);
            let again = space.seal(&laptop, node(1), None, &[first], b"once more");
            assert_eq!(space.push(&[&again]), PushOutcome::Taken);
        }
    }
    assert!(has_changed);
    let expected = told(&space);
    space.relay = target;
    open(space.relay.store(), space.id()).unwrap();
    assert_eq!(told(&space), expected);
    assert_eq!(check(space.relay.store(), space.id()), Ok(vec![]));
}

fn a_deleted_space_is_copied_with_its_tombstone() {
    let mut space = full();
    space.ask(Endpoint::Delete, space.id().as_bytes(), &space.laptop).unwrap();
    let refusal = space.sync(&space.laptop, space.request());
    let target = relay();
    copy(space.relay.store(), target.store(), space.id(), false).unwrap();
    space.relay = target;
    assert_eq!(space.sync(&space.laptop, space.request()), refusal);
    assert_eq!(check(space.relay.store(), space.id()), Ok(vec![]));
}

fn spaces_are_listed_by_size_and_by_age() {
    let space = full();
    let small = TestSpace::unfounded(space.relay.clone(), space.clock.clone(), 2);
    small.pass(10);
    small.put_records(&small.laptop, &small.log).unwrap();
    set_quota(space.relay.store(), small.id(), Some(1 << 20)).unwrap();
    let listed = |listing, most| list(space.relay.store(), listing, most).unwrap();
    let by_size = listed(Listing::Size, 10);
    let counts: Vec<_> = by_size.iter().map(|it| (it.segments, it.members)).collect();
    // The laptop and the words; what was replaced does not count.
    assert_eq!(counts, [(9, Some(2)), (0, Some(1))]);
    assert_eq!(by_size[1].space.quota, Some(1 << 20));
    assert_eq!(listed(Listing::Age, 1)[0].space.key.id, space.id());
    let mut ids = vec![space.id(), small.id()];
    ids.sort_unstable();
    assert_eq!(all(space.relay.store()).unwrap(), ids);
    let store: Arc<dyn Store> = Arc::new(test_store());
    vacuum(&store).unwrap();
}

fn a_check_finds_what_is_not_as_it_was_written() {
    type Damage = fn(&mut dyn Transaction, &mut Space) -> Result<()>;
    let damages: &[(&str, Damage)] = &[
        ("bytes, and", |_, space| {
            space.used += 1;
            Ok(())
        }),
        ("the log ends at number", |_, space| {
            space.end.number += 1;
            Ok(())
        }),
        ("the order of segments is damaged", |transaction, space| {
            transaction.set_before(space.key, 2, None)
        }),
        ("the order of segments is damaged", |transaction, space| {
            transaction.set_last(space.key, node(1), 1)
        }),
        ("the hash chain breaks at number 2", |transaction, space| {
            let place = place(transaction, space, 2)?;
            let to = Cursor { number: 2, chain: [1; 32] };
            transaction.move_places(space.key, &[(place, to)])
        }),
        ("number 2 is missing", |transaction, space| {
            let place = place(transaction, space, 2)?;
            let to = Cursor { number: 200, chain: place.chain };
            transaction.move_places(space.key, &[(place, to)])
        }),
        ("what is noted of segment 1", |transaction, space| {
            let row = place(transaction, space, 1)?.row.ok_or(StoreError::BrokeOff)?;
            let mut segment = transaction.stored_segment(space.key, row)?;
            segment.alias = Some(SegmentId::from_bytes([1; 32]));
            transaction.put_segment(space.key, row, &segment)
        }),
        ("the head of segment 1", |transaction, space| {
            let row = place(transaction, space, 1)?.row.ok_or(StoreError::BrokeOff)?;
            let mut segment = transaction.stored_segment(space.key, row)?;
            segment.id = SegmentId::from_bytes([1; 32]);
            transaction.put_segment(space.key, row, &segment)
        }),
        ("an access record is damaged", |transaction, space| {
            transaction.add_record(space.key, 2, RecordHash::from_bytes([1; 32]), b"record")
        }),
        ("another recovery member", |_, space| {
            space.recovery = None;
            Ok(())
        }),
        ("it has a tombstone, and lives", |transaction, space| {
            let tombstone = Tombstone { audience: String::new(), request: vec![] };
            transaction.put_tombstone(space.key, &tombstone)
        }),
        ("is not what its author signed", |transaction, space| {
            let author = transaction.slot_authors(space.key)?;
            let author = author.first().ok_or(StoreError::BrokeOff)?;
            transaction.put_slot(space.key, *author, 2, 9, b"slot")
        }),
    ];
    for (expected, damage) in damages {
        let space = full();
        let store = space.relay.store();
        assert_eq!(check(store, space.id()), Ok(vec![]));
        store
            .write(Some(Topic::Space(space.id())), &mut |transaction| {
                let found = transaction.space(space.id())?;
                let mut found = found.ok_or(StoreError::BrokeOff)?;
                damage(transaction, &mut found)?;
                transaction.put_space(&found)?;
                Ok(Ending::Keep)
            })
            .unwrap();
        let wrong = check(store, space.id()).unwrap();
        assert!(wrong.iter().any(|wrong| wrong.contains(expected)), "{expected}: {wrong:?}");
        // What is damaged is not copied.
        let target = SqliteStore::memory().unwrap();
        let copied = copy(store, &target, space.id(), true);
        let is_mended = copied.is_ok() && check(&target, space.id()) == Ok(vec![]);
        assert!(copied.is_err() || is_mended, "{expected}");
    }
}

fn place(transaction: &mut dyn Transaction, space: &Space, number: u64) -> Result<StoredPlace> {
    let mut places = transaction.places_after(space.key, number - 1, 1)?;
    places.pop().ok_or(StoreError::BrokeOff)
}

fn a_segment_too_large_for_one_step_is_copied_part_by_part() {
    let mut space = TestSpace::new();
    let laptop = copied(&space.laptop);
    let large = space.seal(&laptop, node(1), None, &[], &noise(10 << 20));
    large.parts.iter().for_each(|part| space.stage(part).unwrap());
    assert_eq!(space.push(&[&large]), PushOutcome::Taken);
    let target = test_store();
    // It breaks off between two parts first.
    let breaking = Breaking(&target, AtomicUsize::new(4));
    let broken = copy(space.relay.store(), &breaking, space.id(), true);
    assert_eq!(broken, Err(CopyError::Store(StoreError::BrokeOff)));
    copy(space.relay.store(), &target, space.id(), true).unwrap();
    assert_eq!(check(&target, space.id()), Ok(vec![]));
}

on_every_store!(
    a_space_is_copied_to_another_store_and_back,
    a_copy_that_breaks_off_goes_on,
    what_is_left_of_a_copy_that_broke_off_is_dropped_and_nothing_else,
    a_space_that_is_closed_is_deleted_and_may_come_again,
    what_a_member_has_deleted_stays_deleted,
    a_space_that_is_there_already_is_compared,
    a_copy_that_has_begun_was_used_when_the_space_was,
    a_deleted_space_is_copied_with_its_tombstone,
    a_segment_too_large_for_one_step_is_copied_part_by_part,
    spaces_are_listed_by_size_and_by_age,
    a_check_finds_what_is_not_as_it_was_written,
);
