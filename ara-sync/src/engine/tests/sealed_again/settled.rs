//! What must be so once all have synced, whatever happened while something was sealed again.

use ara_protocol::NodeId;
use ara_protocol::message::Endpoint;
use rusqlite::Connection;

use crate::engine::tests::world::{Device, World, assert_equal};
use crate::fault::Fault;
use crate::state::Alarm;
use crate::state::segments::{Chain, HAS_FORGOTTEN, OF_REMOVED, UNREAD};

/// After how many passes all are quiet.
const MOST_PASSES: usize = 8;

/// Returns whether all moments at which something can happen are tried, and not some of them.
pub(super) fn are_all_tried() -> bool {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    cases.unwrap_or(40) >= 640
}

/// Syncs devices until none has anything to send or to read.
pub(super) fn become_quiet(devices: &mut [&mut Device]) {
    for _ in 0..MOST_PASSES {
        let mut is_quiet = true;
        for device in devices.iter_mut() {
            let outcome = match device.try_sync() {
                Err(Fault::Overtaken) => device.sync(),
                outcome => outcome.unwrap(),
            };
            assert!(outcome.is_complete);
            is_quiet &= outcome.sent + outcome.received == 0 && !outcome.devices_changed;
        }
        if is_quiet {
            return;
        }
    }
    panic!("they never become quiet");
}

/// Asserts that [all hold the same](assert_all_hold), and that nothing lies at the relay twice.
#[track_caller]
pub(super) fn assert_settles(world: &World, devices: &mut [&mut Device], titles: &[&str]) {
    let late = assert_all_hold(world, devices, titles);
    assert_tiled(&late);
}

/// Asserts that devices become quiet, and then hold these rows; that who joins gets them; that nothing is to be sealed
/// again; and that a further round is one request. Returns who has joined.
#[track_caller]
pub(super) fn assert_all_hold(
    world: &World,
    devices: &mut [&mut Device],
    titles: &[&str],
) -> Device {
    become_quiet(devices);
    assert_equal(devices);
    let mut titles = titles.to_vec();
    titles.sort_unstable();
    let first = devices.first_mut().unwrap();
    assert_eq!(first.titles(), titles);
    let mut late = world.join(first);
    late.sync();
    become_quiet(&mut [first, &mut late]);
    assert_equal(&[first, &mut late]);
    for device in devices.iter_mut().map(|device| &mut **device).chain([&mut late]) {
        assert_no_complaints(device);
        device.sync();
        world.net.sent();
        let outcome = device.sync();
        assert_eq!((outcome.sent, outcome.received), (0, 0));
        assert_eq!(world.net.sent(), [Endpoint::Sync]);
        assert_eq!(device.engine.bytes_to_send().unwrap(), 0);
        assert!(!device.engine.has_dirty().unwrap());
    }
    assert_nothing_is_staged_for_long(world);
    late
}

/// Asserts that the segments of each node follow one another, and that each change is in one of them.
#[track_caller]
fn assert_tiled(device: &Device) {
    for known in device.db.sync_nodes().unwrap() {
        let node = NodeId::from_bytes(known.node);
        let chain = device.db.sync_read(|sync| Chain::load(sync, node)).unwrap().unwrap();
        assert!(chain.is_whole);
        let mut end = 0;
        for segment in &chain.segments {
            let bounds = segment.bounds.unwrap();
            assert!(!segment.is(OF_REMOVED | HAS_FORGOTTEN | UNREAD));
            // A run begins at nothing or at the end of another one.
            assert_eq!(bounds.from.number, end, "{chain:?}");
            end = bounds.to.number;
        }
        assert_eq!(end, known.end.number);
    }
}

/// Asserts that no alarm tells of something that nobody did.
#[track_caller]
pub(super) fn assert_no_complaints(device: &Device) {
    let is_told =
        |alarm: &Alarm| matches!(alarm, Alarm::DeviceAdded { .. } | Alarm::DeviceRemoved { .. });
    let alarms = device.alarms();
    assert!(alarms.iter().all(is_told), "{alarms:?}");
}

/// Asserts that parts which were staged and never used are gone after a day.
#[track_caller]
fn assert_nothing_is_staged_for_long(world: &World) {
    world.wait(24 * 60 * 60);
    world.tidy_relay();
    let relay = Connection::open(world.relay_path()).unwrap();
    let count = |sql: &str| relay.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM staged"), 0);
    assert_eq!(count("SELECT count(*) FROM blob WHERE key NOT IN (SELECT blob FROM part)"), 0);
}
