//! What can be wrong with a store.

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
    #[error(
        "the URL of the database cannot be used, as {why}: write postgres://USER:PASSWORD@HOST/DATABASE"
    )]
    WrongAddress {
        /// What is wrong, without what is secret.
        why: &'static str,
    },

    /// The file, or the database, is one of something else.
    #[error("this is not a relay's store: name another one by --store")]
    NotAStore,

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
