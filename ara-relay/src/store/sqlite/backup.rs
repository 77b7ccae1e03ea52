//! Copies of a file.
//!
//! A copy has its name last, so that what has the name is whole. It says of itself that it is a copy, until a relay takes
//! it over: so whatever log lies beside it is that of another file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::store::error::{Result as StoreResult, StoreError};
use crate::store::sqlite::state;

/// Why a copy of a store was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is a file already.
    #[error(
        "there is a file already, and it was left alone: give a name that is free, or replace a backup by --replace"
    )]
    AlreadyThere,

    /// The file that is to be replaced is no copy, but may be in use, or something else.
    #[error("this file is no backup, so it was not replaced: give another name")]
    NoBackup,

    /// Beside the name lies a write-ahead log, which would be taken for a part of the copy.
    #[error("{} is left of another file: remove it first", log.display())]
    LogLeft {
        /// The write-ahead log.
        log: PathBuf,
    },

    /// The copy cannot be written.
    #[error("the copy cannot be written: {reason}")]
    NotWritten {
        /// What the system says.
        reason: String,
    },

    /// The store cannot be read.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        match error {
            // That of the store may have room.
            StoreError::Full => Self::NotWritten { reason: "its disk is full".to_owned() },
            error => Self::Store(error),
        }
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        Self::NotWritten { reason: error.to_string() }
    }
}

/// Whether a copy may take the place of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Earlier {
    /// What is there stays.
    Keep,
    /// An earlier copy is replaced, once the new one is whole.
    Replace,
}

/// Has a copy written, by what is told the name of an empty file, and gives it its name.
pub(super) fn back_up(
    target: &Path,
    earlier: Earlier,
    copy: impl FnOnce(&str) -> StoreResult<()>,
) -> Result<(), BackupError> {
    refuse_what_is_there(target, earlier)?;
    let target = std::path::absolute(target)?;
    let folder = target.parent().unwrap_or(&target);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // Only its owner reads it, and it is gone if anything fails.
    let mut part = tempfile::Builder::new();
    let part = part.prefix(&format!(".{name}.")).suffix(".part").tempfile_in(folder)?;
    let not_text = || BackupError::NotWritten { reason: "the name is no text".to_owned() };
    copy(part.path().to_str().ok_or_else(not_text)?)?;
    state::mark_copy(part.path())?;
    part.as_file().sync_all()?;
    let named = match earlier {
        Earlier::Keep => part.persist_noclobber(&target),
        Earlier::Replace => part.persist(&target),
    };
    named.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::AlreadyThere,
        _ => error.error.into(),
    })?;
    sync_folder(folder)?;
    Ok(())
}

fn refuse_what_is_there(target: &Path, earlier: Earlier) -> Result<(), BackupError> {
    if fs::symlink_metadata(target).is_ok() {
        match earlier {
            Earlier::Keep => return Err(BackupError::AlreadyThere),
            Earlier::Replace if !state::is_copy(target) => return Err(BackupError::NoBackup),
            Earlier::Replace => {}
        }
    }
    let log = state::log_of(target);
    if state::is_empty(&log) { Ok(()) } else { Err(BackupError::LogLeft { log }) }
}

/// Has the name last, too, if the power fails.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere a folder cannot be written through.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
