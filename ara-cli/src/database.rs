//! Database files, and how they differ from a schema.

pub mod comparison;
pub mod drift;
pub mod ensured;
mod unlocking;

use std::path::Path;

use anyhow::Result;
use ara_core::Database;

use crate::args::Unlock;
use crate::database::unlocking::unlocked;
use crate::output::progress::bar;

/// Opens a file for reading.
pub fn open(path: &Path, unlock: &Unlock) -> Result<Database> {
    unlocked(unlock, path, |options| options.read_only().open(path))
}

/// Opens a file that is there for writing.
pub fn open_to_write(path: &Path, unlock: &Unlock) -> Result<Database> {
    // Otherwise a missing file would be created.
    open(path, unlock)?;
    unlocked(unlock, path, |options| options.open(path))
}

/// Writes a file anew, without unused room, and shows the progress. Returns by how many bytes it became smaller.
pub fn vacuum(database: &Database) -> Result<u64> {
    let bar = bar();
    let freed = database.vacuum_with(|progress| {
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    });
    bar.finish_and_clear();
    Ok(freed?)
}
