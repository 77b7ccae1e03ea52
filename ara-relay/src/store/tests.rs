//! What every store does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use ara_protocol::keys::SecretKeys;
use ara_protocol::{MailboxId, RecordHash, SpaceId};

use super::*;
use crate::testing::fixed;
use crate::testing::stores::{on_disks, on_every_store, test_store};

fn space(number: u16) -> SpaceId {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    SpaceId::from_bytes(id)
}

/// All jobs here are about the same, so that they share commits where they can.
const ABOUT: Option<Topic> = Some(Topic::Space(SpaceId::from_bytes([9; 16])));

pub(super) fn found(store: &dyn Store, number: u16, ending: Ending) -> Result<()> {
    store.write(ABOUT, &mut |transaction| {
        transaction.found(space(number))?;
        Ok(ending)
    })
}

pub(super) fn count(store: &dyn Store) -> u64 {
    let mut count = 0;
    store
        .read(&mut |transaction| {
            count = transaction.count_spaces()?;
            Ok(Ending::Keep)
        })
        .unwrap();
    count
}

fn a_job_that_fails_or_is_undone_leaves_nothing() {
    let store = test_store();
    found(&store, 1, Ending::Keep).unwrap();
    found(&store, 2, Ending::Undo).unwrap();
    let failed = store.write(ABOUT, &mut |transaction| {
        transaction.found(space(3))?;
        Err(StoreError::Damaged { what: "a test" })
    });
    assert_eq!(failed, Err(StoreError::Damaged { what: "a test" }));
    assert!(matches!(found(&store, 1, Ending::Keep), Err(StoreError::Failed { .. })));
    assert_eq!(count(&store), 1);
}

fn what_is_undone_of_a_space_is_not_seen_by_the_next_job() {
    let store = test_store();
    found(&store, 1, Ending::Keep).unwrap();
    for (used, ending) in [(5, Ending::Keep), (7, Ending::Undo), (9, Ending::Keep)] {
        store
            .write(ABOUT, &mut |transaction| {
                let mut space = transaction.space(space(1))?.unwrap();
                assert_eq!(space.used, if used == 5 { 0 } else { 5 });
                space.used = used;
                transaction.put_space(&space)?;
                assert_eq!(transaction.space(space.key.id)?.unwrap().used, used);
                Ok(ending)
            })
            .unwrap();
    }
    store
        .read(&mut |transaction| {
            assert_eq!(transaction.space(space(1))?.unwrap().used, 9);
            Ok(Ending::Keep)
        })
        .unwrap();
}

fn a_record_that_is_added_replaces_itself_and_what_has_its_number() {
    let store = test_store();
    let [one, other] = [1, 2].map(|byte| RecordHash::from_bytes([byte; 32]));
    let numbers = [(1, one), (2, other), (1 << 47, other), (2, other), (2, one)];
    store
        .write(ABOUT, &mut |transaction| {
            let key = transaction.found(space(1))?.key;
            for (number, hash) in numbers {
                transaction.add_record(key, number, hash, hash.as_bytes())?;
                assert_eq!(transaction.record_number(key, hash)?, Some(number));
            }
            let left = transaction.stored_records(key)?;
            let left: Vec<_> = left.iter().map(|record| (record.number, record.hash)).collect();
            assert_eq!(left, [(2, one)]);
            Ok(Ending::Keep)
        })
        .unwrap();
}

fn a_read_sees_one_state_and_nothing_that_is_not_committed() {
    let store = test_store();
    store
        .read(&mut |before| {
            assert_eq!(before.count_spaces()?, 0);
            store.write(ABOUT, &mut |transaction| {
                transaction.found(space(1))?;
                assert_eq!(count(&store), 0);
                Ok(Ending::Keep)
            })?;
            assert_eq!(before.count_spaces()?, 0);
            Ok(Ending::Keep)
        })
        .unwrap();
    assert_eq!(count(&store), 1);
}

/// Has threads make spaces at once, of which each fourth is there already, and asserts that all others are there.
pub(super) fn found_at_once(store: &dyn Store, (threads, jobs): (usize, usize)) {
    let start = Barrier::new(threads);
    thread::scope(|scope| {
        for thread in 0..threads {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for job in 0..jobs {
                    let number = u16::try_from(thread * jobs + job).unwrap();
                    if job % 4 == 3 {
                        assert!(found(store, number - 1, Ending::Keep).is_err());
                        continue;
                    }
                    found(store, number, Ending::Keep).unwrap();
                    // It is on the disk now, so a read on another connection sees it.
                    store
                        .read(&mut |transaction| {
                            assert!(transaction.space(space(number))?.is_some());
                            Ok(Ending::Keep)
                        })
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(count(store), (threads * jobs * 3 / 4) as u64);
}

fn those_who_wait_fail_alone() {
    found_at_once(&test_store(), (8, 20));
}

fn a_job_that_panics_does_not_stop_the_others() {
    let store = test_store();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.write(ABOUT, &mut |transaction| {
            transaction.found(space(1))?;
            panic!("a test")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(count(&store), 0);
    found(&store, 1, Ending::Keep).unwrap();
    assert_eq!(count(&store), 1);
}

fn marks_change_with_what_is_new() {
    let store = test_store();
    let mailbox = MailboxId::from_bytes([3; 16]);
    let topics = [Topic::Space(space(1)), Topic::Space(space(2)), Topic::Mailbox(mailbox)];
    let marks = || {
        let mut marks = vec![];
        store
            .read(&mut |transaction| {
                marks = transaction.marks(&topics)?;
                Ok(Ending::Keep)
            })
            .unwrap();
        topics.map(|topic| marks.iter().find(|(of, _)| *of == topic).map(|(_, mark)| *mark))
    };
    assert_eq!(marks(), [None; 3]);
    found(&store, 1, Ending::Keep).unwrap();
    let [first, other, _] = marks();
    assert!(first.is_some() && other.is_none());
    let signer = SecretKeys::generate(&mut fixed(1)).public().member();
    store
        .write(ABOUT, &mut |transaction| {
            let mut space = transaction.space(space(1))?.unwrap();
            space.slots += 1;
            transaction.put_space(&space)?;
            let opened = KeptMailbox { space: space.key, signer, expires: 10 };
            transaction.open_mailbox(mailbox, &opened)?;
            Ok(Ending::Keep)
        })
        .unwrap();
    let [second, _, empty] = marks();
    assert_ne!(first, second);
    store
        .write(Some(Topic::Mailbox(mailbox)), &mut |transaction| {
            assert_eq!(transaction.mailbox(mailbox)?.unwrap().expires, 10);
            transaction.put_box(mailbox, 0, b"sealed")?;
            Ok(Ending::Keep)
        })
        .unwrap();
    assert_ne!(marks()[2], empty);
}

on_every_store!(
    a_job_that_fails_or_is_undone_leaves_nothing,
    what_is_undone_of_a_space_is_not_seen_by_the_next_job,
    those_who_wait_fail_alone,
    a_job_that_panics_does_not_stop_the_others,
    marks_change_with_what_is_new,
    a_record_that_is_added_replaces_itself_and_what_has_its_number,
);

mod read_while_written {
    use super::a_read_sees_one_state_and_nothing_that_is_not_committed;
    super::on_disks!(a_read_sees_one_state_and_nothing_that_is_not_committed);
}
