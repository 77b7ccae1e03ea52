//! How much memory a device needs for its first sync, in a process of its own.

use std::path::Path;

use ara::Result;
use ara_measure::{Figure, Report, Usage};

use crate::child;
use crate::devices::{Device, Pair};
use crate::tables::{check_count, create_tasks};

/// The argument that makes a process sync a file, whose path follows, and the URL of the relay.
pub const CHILD: &str = "--first-sync";

const PUSH: &str = "memory of a client that pushes 1,000,000 changes";
const PULL: &str = "memory of a client at its first sync of 1,000,000 changes";

/// Measures the most memory that the processes have.
pub fn first_sync(report: &mut Report) -> Result<()> {
    if !report.wants_any(&[PUSH, PULL]) {
        return Ok(());
    }
    let count = report.size(1_000_000);
    let pair = Pair::new(&[])?;
    create_tasks(&ara::Database::open(pair.first())?, count)?;
    let rows = [(PUSH, pair.first()), (PULL, pair.second())];
    for (name, file) in rows {
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
