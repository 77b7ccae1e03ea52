//! From a commit on one device to what another one shows.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use ara::Result;
use ara::prelude::*;
use ara_measure::{Figure, Random, Report, median, part};

use crate::devices::{Device, LONG, Pair};
use crate::store::Store;
use crate::tables::{Task, task};

const MEDIAN: &str = "from a commit to the watch of another device: median";
const MOST: &str = "from a commit to the watch of another device: 99 of 100";

/// From the beginning of a commit to the rows that a thread is given by a watch of another device. Between commits it is
/// quiet for a while, of changing length.
pub fn latency(report: &mut Report, store: &Store) -> Result<()> {
    if !report.wants_any(&[MEDIAN, MOST]) {
        return Ok(());
    }
    let pair = Pair::new(store, &[])?;
    let first = Device::start(&pair.first(), &pair.relay.url)?;
    let second = Device::start(&pair.second(), &pair.relay.url)?;
    let mut random = Random::new(1);
    let id = first.db.create(task(&mut random))?;
    let one = second.db.query::<Task>().filter(Task::id.eq(id)).narrow(Task::score);
    let mut watch = one.select(Task::score).watch()?;
    while watch.recv()?.is_empty() {}
    let (tell, told) = channel();
    let reader = thread::spawn(move || -> Result<()> {
        for result in watch {
            let _ = tell.send((result?, Instant::now()));
        }
        Ok(())
    });
    let mut times = vec![];
    for n in 0..report.size(1000) {
        thread::sleep(Duration::from_millis(15 + random.below(30) as u64));
        let score = n as f64 + 0.125;
        let start = Instant::now();
        first.db.update(Task::patch(id).score(score))?;
        let (result, at) = told.recv_timeout(LONG).expect("it arrives");
        assert_eq!(result, [score]);
        times.push(at.saturating_duration_since(start));
    }
    drop((first, second));
    reader.join().expect("does not panic")?;
    report.add(MEDIAN, Figure::Time(median(&times)), Some(Figure::millis(5)));
    report.add(MOST, Figure::Time(part(&times, 0.99)), Some(Figure::millis(30)));
    Ok(())
}
