//! Many changes: sent by one device, taken over by another one, and the same directly from file to file.

use std::time::Duration;

use ara::{Changes, Database, Result, VersionVector};
use ara_measure::{Figure, Report, median, timed};

use crate::devices::{Device, Pair};
use crate::store::Store;
use crate::tables::{check_count, create_tasks};

/// How often everything is done anew, of which the median counts.
const ROUNDS: usize = 5;

const PUSH: &str = "push 100,000 changes";
const PULL: &str = "pull 100,000 changes into an empty device";
const READ: &str = "directly: read 100,000 changes as bytes";
const MERGE: &str = "directly: merge 100,000 changes from bytes";
const AGAINST_READ: &str = "push, against reading";
const AGAINST_MERGE: &str = "pull, against merging";
const DISK: &str = "bytes on the relay's disk, a change in bulk";

/// What one round took.
struct Round {
    push: Duration,
    pull: Duration,
    read: Duration,
    merge: Duration,
    /// By how many bytes the relay grew on the disk.
    stored: u64,
}

/// Sends changes, and takes them over.
pub fn bulk(report: &mut Report, store: &Store) -> Result<()> {
    if !report.wants_any(&[PUSH, PULL, READ, MERGE, AGAINST_READ, AGAINST_MERGE, DISK]) {
        return Ok(());
    }
    let count = report.size(100_000);
    let rounds = (0..ROUNDS).map(|_| round(store, count)).collect::<Result<Vec<_>>>()?;
    let times = |time: fn(&Round) -> Duration| median(&rounds.iter().map(time).collect::<Vec<_>>());
    let [push, pull] = [times(|round| round.push), times(|round| round.pull)];
    let [read, merge] = [times(|round| round.read), times(|round| round.merge)];
    let fast = Some(Figure::PerSecond(100_000.0));
    report.add(PUSH, Figure::rate(count, push), fast);
    report.add(PULL, Figure::rate(count, pull), fast);
    report.add(READ, Figure::rate(count, read), None);
    report.add(MERGE, Figure::rate(count, merge), None);
    let ratio =
        |one: Duration, other: Duration| Figure::Ratio(one.as_secs_f64() / other.as_secs_f64());
    report.add(AGAINST_READ, ratio(push, read), None);
    report.add(AGAINST_MERGE, ratio(pull, merge), None);
    let stored = median(&rounds.iter().map(|round| round.stored).collect::<Vec<_>>());
    report.add(DISK, Figure::Bytes(stored as f64 / count as f64), Some(Figure::Bytes(60.0)));
    Ok(())
}

fn round(store: &Store, count: usize) -> Result<Round> {
    let pair = Pair::new(store, &[])?;
    let before = pair.stored();
    let first = Device::open(&pair.first(), &pair.relay.url)?;
    create_tasks(&first.db, count)?;
    let (push, sent) = timed(|| first.sync());
    sent?;
    let stored = pair.stored().saturating_sub(before);

    let second = Device::open(&pair.second(), &pair.relay.url)?;
    let (pull, taken) = timed(|| second.sync());
    taken?;
    check_count(&second.db, count)?;

    let (read, all) = timed(|| read(&first.db));
    let all = all?;
    let other = Database::open(pair.another())?;
    let (merge, merged) = timed(|| merge(&other, &all));
    merged?;
    check_count(&other, count)?;
    Ok(Round { push, pull, read, merge, stored })
}

/// Reads all changes of a database, as they travel.
fn read(db: &Database) -> Result<Vec<Vec<u8>>> {
    db.changes_since(&VersionVector::default())?.map(|some| Ok(some?.to_bytes())).collect()
}

fn merge(db: &Database, all: &[Vec<u8>]) -> Result<()> {
    for some in all {
        db.merge(&Changes::from_bytes(some)?)?;
    }
    Ok(())
}
