//! Compacting a long log, once while nobody else writes, and once while another writer does.

use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use ara::Result;
use ara::prelude::*;
use ara_measure::{Figure, Report, median_time, timed};

use crate::long_log::LongLog;
use crate::tables::task;

pub const NAMES: [&str; 4] = [
    "compact 1,000,000 changes the first time",
    "compact 1,000,000 changes, again with nothing new",
    "compact 1,000,000 changes: another writer waits",
    "the other writer waits, while nothing compacts",
];

pub fn compact(report: &mut Report, log: &LongLog) -> Result<()> {
    let [first, again, waits, waits_otherwise] = NAMES;
    if report.wants_any(&[first, again]) {
        twice(report, [first, again], &log.copy("alone.db"))?;
    }
    if report.wants_any(&[waits, waits_otherwise]) {
        let [compacting, otherwise] = longest_waits(&log.copy("both.db"))?;
        report.add(waits, Figure::Time(compacting), Some(Figure::millis(50)));
        report.add(waits_otherwise, Figure::Time(otherwise), None);
    }
    Ok(())
}

/// Compacts a file for the first time, and then again.
pub fn twice(report: &mut Report, names: [&str; 2], path: &Path) -> Result<()> {
    let [first, again] = names;
    let db = Database::open(path)?;
    let devices = [db.version_vector()?];
    let (time, done) = timed(|| db.compact(&devices));
    assert!(done?.dropped_changes > 0);
    assert!(db.verify()?.holds());
    report.add(first, Figure::Time(time), Some(Figure::millis(3000)));
    let (time, done) = median_time(|| db.compact(&devices))?;
    assert_eq!(done.dropped_values, 0);
    report.add(again, Figure::Time(time), Some(Figure::millis(5)));
    Ok(())
}

/// How long another handle had to wait for a write at most: while the log was compacted, and before.
fn longest_waits(path: &Path) -> Result<[Duration; 2]> {
    let open = || Database::options().busy_timeout(Duration::from_secs(600)).open(path);
    let (db, other) = (open()?, open()?);
    let devices = [db.version_vector()?];
    let (_, otherwise) = longest_wait(&other, || thread::sleep(Duration::from_secs(1)))?;
    let (done, compacting) = longest_wait(&other, || db.compact(&devices))?;
    assert!(done?.dropped_changes > 0);
    Ok([compacting, otherwise])
}

/// Does something while another thread writes a row every millisecond, and returns its longest wait.
fn longest_wait<R>(other: &Database, work: impl FnOnce() -> R) -> Result<(R, Duration)> {
    let (begun, begin) = mpsc::channel();
    let (over, is_over) = mpsc::channel::<()>();
    let write = move || -> Result<Duration> {
        // The first write makes the other handle ready.
        other.create(task(0))?;
        begun.send(()).expect("is waited for");
        let mut longest = Duration::ZERO;
        while is_over.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Timeout) {
            let (time, written) = timed(|| other.create(task(0)));
            written?;
            longest = longest.max(time);
        }
        Ok(longest)
    };
    thread::scope(|scope| {
        let writer = scope.spawn(write);
        begin.recv().expect("the other writer writes");
        let done = work();
        drop(over);
        Ok((done, writer.join().expect("the other writer ends")?))
    })
}
