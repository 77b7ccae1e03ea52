//! Which file a store was opened in, whatever has its name later.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::store::error::{Result, StoreError};
use crate::store::sqlite::schema;

/// By what the system knows a file, or `None` if it tells nothing or there is none.
type Identity = Option<(u64, u64)>;

/// A file that is open.
#[derive(Debug)]
pub(super) struct OpenedFile {
    path: PathBuf,
    identity: Identity,
}

impl OpenedFile {
    /// Notes which file has a name, which was just opened.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), identity: identity(path) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that the file still has its name.
    pub(super) fn check(&self) -> Result<()> {
        if identity(&self.path) == self.identity { Ok(()) } else { Err(StoreError::Replaced) }
    }

    /// Opens another connection, which reads. It never reads another file.
    pub(super) fn reader(&self) -> Result<Connection> {
        self.check()?;
        schema::open_reader(&self.path)
    }
}

#[cfg(unix)]
fn identity(path: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt;

    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Elsewhere a file that is open is neither replaced nor removed.
#[cfg(not(unix))]
fn identity(_: &Path) -> Identity {
    None
}
