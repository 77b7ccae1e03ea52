//! How much memory a device needs for its first sync, in a process of its own.

use std::path::Path;

use ara::Result;
use ara_measure::{Figure, Report, Usage};

use crate::child;
use crate::devices::{Device, Pair};
use crate::store::Store;
use crate::tables::{check_count, create_tasks};

/// The argument that makes a process sync a file, whose path follows, and the URL of the relay.
pub const CHILD: &str = "--first-sync";

/// How many changes, and the rows of who pushes and who pulls them.
const ALL: [(usize, &str, &str); 2] = [
    (
        100_000,
        "memory of a client that pushes 100,000 changes",
        "memory of a client at its first sync of 100,000 changes",
    ),
    (
        1_000_000,
        "memory of a client that pushes 1,000,000 changes",
        "memory of a client at its first sync of 1,000,000 changes",
    ),
];

/// Measures the most memory that the processes have.
pub fn first_sync(report: &mut Report, store: &Store) -> Result<()> {
    ALL.into_iter().try_for_each(|(count, push, pull)| measure(report, store, count, push, pull))
}

fn measure(report: &mut Report, store: &Store, count: usize, push: &str, pull: &str) -> Result<()> {
    if !report.wants_any(&[push, pull]) {
        return Ok(());
    }
    let count = report.size(count);
    let pair = Pair::new(store, &[])?;
    create_tasks(&ara::Database::open(pair.first())?, count)?;
    for (name, file) in [(push, pair.first()), (pull, pair.second())] {
        let told = child::run(&[CHILD, &file.to_string_lossy(), &pair.relay.url]);
        if let Some(peak) = told.first() {
            report.add(name, Figure::Memory(*peak), Some(Figure::megabytes(60)));
        }
    }
    check_count(&ara::Database::open(pair.second())?, count)
}

/// Syncs, and prints how much memory that took at most.
pub fn in_child(file: &str, url: &str) -> Result<()> {
    Device::open(Path::new(file), url)?.sync()?;
    if let Some(Usage { peak, .. }) = Usage::now() {
        println!("{peak}");
    }
    Ok(())
}
