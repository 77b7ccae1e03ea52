//! What can be wrong with a store.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// The result of what a store does.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store cannot do what it is to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be opened, read or written.
    #[error("the store fails: {reason}")]
    Failed {
        /// What the database says.
        reason: String,
    },

    /// The disk is full, so that nothing is written. What is there can be read.
    #[error("the disk of the store is full: make room on it, or give it a larger one")]
    Full,

    /// The URL of a database cannot be used.
    #[error("the URL of the database cannot be used: {why}")]
    WrongAddress {
        /// What is wrong and what to do, without what is secret.
        why: String,
    },

    /// The file, or the database, is one of something else.
    #[error("this is not a relay's store: name another one by --store")]
    NotAStore,

    /// The file is empty, and was to be a store already.
    #[error("this file is empty, so it is no relay's store: name another one by --store")]
    Empty,

    /// The database has no tables of a relay, and was to have them already.
    #[error("no relay's tables are here: name the database that the relay uses by --store")]
    NoTables,

    /// The file lacks a part of itself, or what it says of itself cannot be read.
    #[error("this file is damaged, or is a copy that broke off: put back one that is whole")]
    NotWhole,

    /// Beside the file lies a write-ahead log that is not its own, such as that of the file which was here before.
    #[error(
        "{} holds what was written into another file than this one: remove it, with the -shm beside it, and start again",
        log.display()
    )]
    ForeignLog {
        /// The write-ahead log.
        log: PathBuf,
    },

    /// Another file has the name of the store since it was opened, or none has it.
    #[error(
        "the file of the store was replaced or removed: stop the relay, put the file in place, start again"
    )]
    Replaced,

    /// What was written into the file last is in its write-ahead log, which cannot be read.
    #[error(
        "{} belongs to the file, and is not read without writing into the folder: let this user do so, or put both \
         elsewhere",
        log.display()
    )]
    LogUnreadable {
        /// The write-ahead log.
        log: PathBuf,
    },

    /// The store was opened to be read only.
    #[error("this store was opened to be read, and nothing else")]
    ReadOnly,

    /// An older version of the relay wrote it, and only a relay upgrades it.
    #[error(
        "an older version of the relay wrote this store: start a relay of this version on it once, which upgrades it"
    )]
    Older,

    /// A newer version of the relay wrote it.
    #[error("a newer version of the relay wrote this store: run that one")]
    Newer,

    /// What is stored is not what was written.
    #[error("the store is damaged: {what} cannot be read; put back a copy of it")]
    Damaged {
        /// What it is.
        what: &'static str,
    },

    /// The work that shared a transaction with this one broke off.
    #[error("the transaction broke off: ask again")]
    BrokeOff,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if is_full(&error) {
            return Self::Full;
        }
        // The statement and its values are left out.
        let reason = match error {
            rusqlite::Error::SqliteFailure(code, Some(text)) => format!("{text} ({code})"),
            rusqlite::Error::SqliteFailure(code, None) => code.to_string(),
            _ => "a statement does not fit what is stored".to_owned(),
        };
        Self::Failed { reason }
    }
}

/// Returns whether SQLite had no room on the disk: for the file or its log, or for the memory that its connections share.
fn is_full(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error();
    code.is_some_and(|code| {
        code.code == ErrorCode::DiskFull || code.extended_code == SQLITE_IOERR_SHMSIZE
    })
}
