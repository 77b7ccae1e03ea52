//! A relay whose disk is full: it takes nothing, and what it has is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ara_protocol::message::{Endpoint, Refusal};
use ara_relay::SqliteStore;
use ara_relay::store::{Job, Result as StoreResult, Store, StoreError, Topic};

use crate::engine::tests::bulk::noise;
use crate::engine::tests::world::{Device, URL, World, converge};
use crate::fault::Fault;
use crate::state::Alarm;

/// A store whose disk is full when a test says so.
struct Disk {
    store: SqliteStore,
    is_full: Arc<AtomicBool>,
}

impl Store for Disk {
    fn read(&self, job: Job<'_>) -> StoreResult<()> {
        self.store.read(job)
    }

    fn write(&self, about: Option<Topic>, job: Job<'_>) -> StoreResult<()> {
        match self.is_full.load(Ordering::SeqCst) {
            true => Err(StoreError::Full),
            false => self.store.write(about, job),
        }
    }

    fn shrink(&self) -> StoreResult<()> {
        self.store.shrink()
    }

    fn size(&self) -> StoreResult<u64> {
        self.store.size()
    }
}

/// Starts a relay on a file, and returns what fills its disk.
fn start(world: &World, name: &str) -> Arc<AtomicBool> {
    let is_full = Arc::<AtomicBool>::default();
    let store = SqliteStore::open(world.path(name)).unwrap();
    world.net.take(URL);
    world.start_relay_over(URL, Disk { store, is_full: Arc::clone(&is_full) }, 1 << 30);
    is_full
}

/// Has a device make a round, which sends nothing, and is told why.
#[track_caller]
fn syncs_in_vain(world: &World, device: &mut Device) {
    world.net.sent();
    let outcome = device.try_sync().unwrap();
    assert!(outcome.is_full && outcome.is_disk_full && !outcome.is_complete, "{outcome:?}");
    // Nobody asks again at once.
    assert_eq!((outcome.sent, outcome.tell_in), (0, None));
    let asked = world.net.sent();
    assert!(asked.len() <= 4, "{asked:?}");
    assert_eq!(device.alarms(), [Alarm::RelayDiskFull]);
    assert!(device.engine.bytes_to_send().unwrap() > 0);
}

#[test]
fn what_is_written_waits_and_what_others_have_sent_is_read() {
    let world = World::new();
    let is_full = start(&world, "disk");
    let mut laptop = world.found();
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    phone.write("before");
    phone.sync();
    is_full.store(true, Ordering::SeqCst);
    laptop.write("meanwhile");
    syncs_in_vain(&world, &mut laptop);
    assert_eq!(laptop.titles(), ["before", "meanwhile"]);
    // What has parts is refused when they are staged. Time goes by, after which each would tell what it has.
    laptop.write(&noise(2_000_000, 1));
    world.wait(3600);
    for _ in 0..3 {
        syncs_in_vain(&world, &mut laptop);
    }
    let own = phone.engine.own_key();
    let refused = laptop.engine.remove(&[own]).unwrap_err();
    assert!(matches!(refused, Fault::Refused(Refusal::DiskFull)), "{refused}");

    is_full.store(false, Ordering::SeqCst);
    laptop.sync();
    assert_eq!(laptop.alarms(), []);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles().len(), 3);
}

#[test]
fn nobody_leaves_with_what_was_not_sent() {
    let world = World::new();
    let is_full = start(&world, "disk");
    let mut laptop = world.found();
    laptop.write("sent");
    laptop.sync();
    is_full.store(true, Ordering::SeqCst);
    laptop.write("not sent");
    let refused = laptop.engine.leave().unwrap_err();
    assert!(matches!(refused, Fault::Refused(Refusal::DiskFull)), "{refused}");
}

#[test]
fn a_relay_that_lost_all_and_has_no_room_is_not_asked_without_end() {
    let world = World::new();
    let mut laptop = world.found();
    laptop.write("one");
    laptop.sync();
    let is_full = start(&world, "empty");
    is_full.store(true, Ordering::SeqCst);
    world.net.sent();
    // There is nothing to read, so the round fails, and the status says why.
    let refused = laptop.try_sync().unwrap_err();
    assert!(matches!(refused, Fault::Refused(Refusal::DiskFull)), "{refused}");
    let asked = world.net.sent();
    assert!(asked.len() <= 8 && asked.contains(&Endpoint::Access), "{asked:?}");
    assert_eq!(laptop.alarms(), [Alarm::RelayWentBack]);
    is_full.store(false, Ordering::SeqCst);
    laptop.sync();
    assert_eq!(laptop.alarms(), [Alarm::RelayWentBack]);
    let mut phone = world.join(&mut laptop);
    converge(&mut [&mut laptop, &mut phone]);
    assert_eq!(phone.titles(), ["one"]);
}
