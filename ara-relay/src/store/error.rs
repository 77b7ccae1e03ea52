//! What can be wrong with a store.

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
        // The statement and its values are left out.
        let reason = match error {
            rusqlite::Error::SqliteFailure(code, Some(text)) => format!("{text} ({code})"),
            rusqlite::Error::SqliteFailure(code, None) => code.to_string(),
            _ => "a statement does not fit what is stored".to_owned(),
        };
        Self::Failed { reason }
    }
}
