//! Database files, which are only read, and how they differ from a schema.

pub mod comparison;
pub mod drift;
pub mod ensured;

use std::path::Path;

use anyhow::Result;
use ara_core::{Database, Options};

/// Opens a file for reading.
pub fn open(path: &Path) -> Result<Database> {
    Ok(Options::default().read_only().open(path)?)
}
