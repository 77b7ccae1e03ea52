//! Database files, which are only read.

use std::path::Path;

use anyhow::Result;
use ara_core::{Database, Options};

/// Opens a file to be read.
pub fn open(path: &Path) -> Result<Database> {
    Ok(Options::default().read_only().open(path)?)
}
