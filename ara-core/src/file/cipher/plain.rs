//! What stands in the place of keys without the feature `encryption`.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use rusqlite::Connection;

use crate::error::Result;
use crate::file::cipher::Start;

/// There is no key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {}

/// What opens a file: nothing is needed.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileKey(());

#[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "with the feature it is not so")]
impl FileKey {
    pub(crate) fn of(_: &Path, _: Option<&Key>) -> Result<Self> {
        Ok(Self::default())
    }

    pub(crate) fn if_encrypted(_: &Path, _: Option<&Key>) -> Result<Self> {
        Ok(Self::default())
    }

    pub(crate) fn is_none(&self) -> bool {
        true
    }

    pub(crate) fn is_of(&self, _: &Path) -> bool {
        true
    }

    pub(crate) fn unlock(&self, _: &Connection) -> Result<()> {
        Ok(())
    }
}

/// Returns the first bytes of a file, or `None` if it is shorter or cannot be read.
///
/// Closing the file releases all locks that this process holds on it, so nobody may have it open as a database. Of a
/// file that SQLite cannot read, this is so: nothing in this process can read it.
pub(crate) fn start_of(path: &Path) -> Option<Start> {
    let mut start = Start::default();
    // Opening what is not a file, such as a pipe, may wait.
    fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).ok()?;
    Some(start)
}
