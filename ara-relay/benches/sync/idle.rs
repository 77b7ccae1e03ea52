//! A device that is connected while nothing happens, in a process of its own.

use std::path::Path;
use std::thread;
use std::time::Duration;

use ara::Result;
use ara_measure::{Figure, Report, Usage};

use crate::child;
use crate::devices::{Device, Pair};
use crate::store::Store;
use crate::tables::create_tasks;

/// The argument that makes a process be idle: the path of a file, the URL of the relay, and for how many seconds.
pub const CHILD: &str = "--idle";

const RAN: &str = "an idle, connected client in a minute: processor";
const WRITTEN: &str = "an idle, connected client in a minute: written";

/// The least that the system counts of the processor.
const A_TICK: Duration = Duration::from_millis(10);

/// How long it takes until a device that has just started is idle: once it has sent something, it tells the others within ten
/// seconds what it has.
const SETTLED: Duration = Duration::from_secs(15);

/// Measures what a process does while nothing happens.
pub fn idle(report: &mut Report, store: &Store) -> Result<()> {
    if !report.wants_any(&[RAN, WRITTEN]) {
        return Ok(());
    }
    let seconds = report.size(60).to_string();
    let pair = Pair::new(store, &[])?;
    let first = Device::open(&pair.first(), &pair.relay.url)?;
    create_tasks(&first.db, report.size(10_000))?;
    first.sync()?;
    let told = child::run(&[CHILD, &pair.second().to_string_lossy(), &pair.relay.url, &seconds]);
    if let [ran, written] = told[..] {
        report.add(RAN, Figure::Time(Duration::from_millis(ran)), Some(Figure::Time(A_TICK)));
        report.add(WRITTEN, Figure::Bytes(written as f64), Some(Figure::Bytes(0.0)));
    }
    Ok(())
}

/// Is idle, and prints for how many milliseconds it ran meanwhile, and how many bytes it wrote.
pub fn in_child(file: &str, url: &str, seconds: &str) -> Result<()> {
    let seconds = seconds.parse().expect("a number of seconds");
    let device = Device::start(Path::new(file), url)?;
    device.settle();
    thread::sleep(SETTLED);
    let before = Usage::now();
    thread::sleep(Duration::from_secs(seconds));
    let after = Usage::now();
    if let (Some(before), Some(after)) = (before, after) {
        println!("{} {}", (after.ran - before.ran).as_millis(), after.written - before.written);
    }
    Ok(())
}
