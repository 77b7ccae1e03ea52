//! What can be wrong with a store.

/// The result of what a store does.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store cannot do what it is to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite cannot open, read or write the file.
    #[error("the store fails: {reason}")]
    Failed {
        /// What SQLite says.
        reason: String,
    },

    /// The file is a database of something else.
    #[error("the file is not a relay's store: name another one by --data")]
    NotAStore,

    /// A newer version of the relay wrote the file.
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
        // The statement and its values are left out.
        let reason = match error {
            rusqlite::Error::SqliteFailure(code, Some(text)) => format!("{text} ({code})"),
            rusqlite::Error::SqliteFailure(code, None) => code.to_string(),
            _ => "a statement does not fit what is stored".to_owned(),
        };
        Self::Failed { reason }
    }
}
