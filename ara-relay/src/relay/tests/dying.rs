//! A relay that dies while a range is replaced by what was staged: before it writes, before it commits, and before it
//! answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ara_protocol::Cursor;
use ara_protocol::message::Refusal;
use ara_protocol::message::sync::{PushOutcome, PushedSegment, SyncRequest};
use ara_protocol::segment::Sealed;

use crate::Relay;
use crate::store::{Ending, Job, Result, Store, StoreError, Topic};
use crate::testing::stores::{TestStore, on_every_store, test_store};
use crate::testing::{TestSpace, copy, node, noise, options, short};

const NODE: ara_protocol::NodeId = node(1);

/// Before what a relay dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Write,
    Commit,
    Answer,
}

/// A store with which the relay dies at one of its writes.
struct Dying {
    store: TestStore,
    /// How many writes there are before that.
    after: AtomicUsize,
    at: Moment,
}

/// That it dies at no write.
const NEVER: usize = usize::MAX;

impl Dying {
    fn dies_now(&self) -> bool {
        let count = |after: usize| (after != NEVER).then(|| after.checked_sub(1).unwrap_or(NEVER));
        self.after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, count) == Ok(0)
    }
}

impl Store for Dying {
    fn read(&self, job: Job<'_>) -> Result<()> {
        self.store.read(job)
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> Result<()> {
        if !self.dies_now() {
            return self.store.write(about, job);
        }
        match self.at {
            Moment::Write => {}
            Moment::Commit => self.store.write(about, &mut |transaction| {
                job(transaction)?;
                Ok(Ending::Undo)
            })?,
            Moment::Answer => self.store.write(about, job)?,
        }
        Err(StoreError::Failed { reason: "it is dead".to_owned() })
    }

    fn shrink(&self) -> Result<()> {
        self.store.shrink()
    }

    fn size(&self) -> Result<u64> {
        self.store.size()
    }
}

/// What a client sends: the parts one by one, and then the segments that they are of.
fn send(space: &TestSpace, segments: &[&Sealed]) -> std::result::Result<PushOutcome, Refusal> {
    for part in segments.iter().flat_map(|sealed| &sealed.parts) {
        space.stage(part)?;
    }
    let head = |sealed: &&Sealed| sealed.head.as_bytes().to_vec();
    let push = segments.iter().map(|sealed| PushedSegment { head: head(sealed), part: None });
    let request = SyncRequest { pushes: vec![push.collect()], ..space.request() };
    Ok(space.sync(&space.laptop, request)?.pushes[0])
}

/// Returns what of a log can be read, and how many bytes the space has.
fn held(space: &TestSpace) -> (String, u64) {
    let read = space.read(Cursor::start(space.id()), 1 << 20);
    (short(&read.entries), read.used)
}

/// Lets a relay die at a write while two segments are replaced by two that were staged, and asks another one again.
/// Returns whether there was such a write.
fn dies_at(after: usize, at: Moment) -> bool {
    let (options, clock) = options();
    let store = Arc::new(Dying { store: test_store(), after: AtomicUsize::new(NEVER), at });
    let relay = || Arc::new(Relay::over(store.clone(), options.clone()).unwrap());
    let mut space = TestSpace::unfounded(relay(), clock, 1);
    space.put_records(&space.laptop, &space.log).unwrap();
    let laptop = copy(&space.laptop);
    let first = space.append(NODE, None);
    let second = space.seal(&laptop, NODE, Some(first), &[], &noise(10_000));
    assert_eq!(send(&space, &[&second]), Ok(PushOutcome::Taken));
    let last = space.append(NODE, Some(second.head.id()));
    assert_eq!(held(&space).0, "w1 w2 w3");
    let replaced = [second.head.id(), last];
    let new = space.seal(&laptop, NODE, Some(first), &[], &noise(4_000));
    let newest = space.seal(&laptop, NODE, Some(new.head.id()), &replaced, &noise(6_000));

    store.after.store(after, Ordering::SeqCst);
    let sent = send(&space, &[&new, &newest]);
    let has_died = store.after.swap(NEVER, Ordering::SeqCst) == NEVER;
    assert_eq!(sent.is_err(), has_died);
    space.relay = relay();
    let (read, _) = held(&space);
    assert!(["w1 w2 w3", "w1 s3 w4 w5"].contains(&&*read), "{read}");
    let parts = space.parts(second.head.id(), 0);
    assert_eq!(parts == second.parts, read == "w1 w2 w3");

    assert_eq!(send(&space, &[&new, &newest]), Ok(PushOutcome::Taken));
    assert_eq!(held(&space).0, "w1 s3 w4 w5");
    for sealed in [&new, &newest] {
        assert_eq!(space.parts(sealed.head.id(), 0), sealed.parts);
    }
    assert!(space.parts(second.head.id(), 0).is_empty());
    // What was staged once more counts for a day.
    space.pass(24 * 60 * 60);
    space.relay.tidy().unwrap();
    let (_, used) = held(&space);
    let size = |sealed: &Sealed| {
        (sealed.head.as_bytes().len() + sealed.parts.iter().map(Vec::len).sum::<usize>()) as u64
    };
    let sizes = size(&new) + size(&newest);
    let records: usize = space.log.iter().map(|record| record.as_bytes().len()).sum();
    assert!(used > sizes && used < sizes + records as u64 + 2_000, "{used}");
    // The log goes on behind it.
    space.append(NODE, Some(last));
    has_died
}

fn a_range_is_replaced_whole_or_not_at_all() {
    for at in [Moment::Write, Moment::Commit, Moment::Answer] {
        let writes = (0..).take_while(|after| dies_at(*after, at)).count();
        // Each of the parts, and the segments.
        assert_eq!(writes, 3, "{at:?}");
    }
}

on_every_store!(a_range_is_replaced_whole_or_not_at_all);
