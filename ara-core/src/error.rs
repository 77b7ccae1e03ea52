//! What can go wrong, and what to do about it.

use std::path::PathBuf;

use crate::value::Rule;

/// The result of ara's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Errors carry names and reasons, never values or keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened: its folder is missing, it is a directory, or access is denied.
    #[error("cannot open {}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What stands in the way, and what to do.
        reason: String,
    },

    /// The file is no SQLite database.
    #[error("{} is not a database: choose another path, or move the file away", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },

    /// The file is a SQLite database, but of another program. It was left as it was.
    #[error(
        "{} is a database that ara did not make: give ara a file of its own and copy the rows over", path.display()
    )]
    ForeignDatabase {
        /// The file.
        path: PathBuf,
    },

    /// The file was written by a newer ara. It was left as it was.
    #[error(
        "{} has format {found}, and this version of ara reads formats up to {known}: update the app", path.display()
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// The file's format.
        found: i64,
        /// The newest format that this version of ara reads.
        known: i64,
    },

    /// The file is damaged. What was written before may still be read in parts.
    #[error(
        "the database file is damaged: restore a backup, or sync a fresh file from another device"
    )]
    Corrupt,

    /// The disk, or the space allowed to the file, is full. Nothing of the transaction was written.
    #[error("the disk is full: free some space, then try again; nothing was written")]
    DiskFull,

    /// Another process kept the file locked for longer than the busy timeout.
    #[error("the database is locked by another process: try again, or raise the busy timeout")]
    Busy,

    /// The file or its folder does not allow writing.
    #[error("the database is read-only: allow this user to write the file and its folder")]
    ReadOnly,

    /// Reading or writing the file failed.
    #[error("reading or writing the database file failed: {reason}")]
    Io {
        /// What SQLite says.
        reason: String,
    },

    /// A value breaks a rule of its column's type.
    #[error("column `{table}.{column}` {rule}")]
    Rule {
        /// The table's stored name.
        table: &'static str,
        /// The column's stored name.
        column: &'static str,
        /// The rule.
        rule: Rule,
    },

    /// A value breaks a rule of its type where no column is concerned: in `NonEmptyString::new(text)?`,
    /// or where a query computes with it.
    #[error("a value {rule}")]
    Parameter {
        /// The rule.
        rule: Rule,
    },

    /// The values of one row are larger than SQLite can hold (1,000,000,000 bytes).
    #[error(
        "a row of table `{table}` is too large: keep large data in files, and their paths in the row"
    )]
    TooLarge {
        /// The table's stored name.
        table: &'static str,
    },

    /// `create` was given the id of a row that exists, or that was deleted.
    #[error(
        "table `{table}` has a row with this id already: use `upsert` to write it anyway, or `restore` if it was deleted"
    )]
    Exists {
        /// The table's stored name.
        table: &'static str,
    },

    /// A table of this name is in the file, but ara did not make it so.
    #[error("table `{table}` in the file is not as ara made it: {reason}")]
    Shape {
        /// The table's stored name.
        table: String,
        /// What differs.
        reason: String,
    },

    /// A table would have more columns than SQLite can hold.
    #[error(
        "table `{table}` would have {columns} columns, and SQLite holds {limit}: split the struct in two"
    )]
    TooManyColumns {
        /// The table's stored name.
        table: &'static str,
        /// How many it would have, those of other versions of the app and of ara included.
        columns: usize,
        /// How many a table can have.
        limit: usize,
    },

    /// `one` found no row, or more than one.
    #[error("{} where `one` expects exactly one: change the filter, or use `first`", if *count == 0 { "no row" } else { "several rows" })]
    NotOne {
        /// How many rows were found, counted up to two.
        count: usize,
    },

    /// The database was used inside `transaction`, whose closure holds it: the call would wait for
    /// itself.
    #[error(
        "the database was used inside its own transaction: use the transaction that the closure is given"
    )]
    InsideTransaction,

    /// The closure of `transaction` passed over an error after which the log lacks a change, and
    /// returned `Ok`.
    #[error(
        "an earlier error broke this transaction, and nothing was written: return it from the closure"
    )]
    Broken,

    /// SQLite refused something else; the message is SQLite's.
    #[error("SQLite refused: {reason} (code {code})")]
    Sqlite {
        /// SQLite's extended result code.
        code: i32,
        /// What SQLite says.
        reason: String,
    },
}

impl From<Rule> for Error {
    fn from(rule: Rule) -> Self {
        Self::Parameter { rule }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let (failure, message) = match error {
            rusqlite::Error::SqliteFailure(failure, message) => (failure, message),
            // It quotes a piece of the statement, in which there are no values: they are bound.
            rusqlite::Error::SqlInputError { error, msg, .. } => (error, Some(msg)),
            // Everything else is about the shape of a call, not about what it holds; rusqlite's
            // messages may quote a value, so only the kind is told.
            other => return Self::Sqlite { code: 0, reason: kind_of(&other).to_owned() },
        };
        let reason = message.unwrap_or_else(|| failure.to_string());
        match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Self::Io { reason },
            _ => Self::Sqlite { code: failure.extended_code, reason },
        }
    }
}

fn kind_of(error: &rusqlite::Error) -> &'static str {
    use rusqlite::Error;
    match error {
        Error::QueryReturnedNoRows => "a query returned no rows",
        Error::QueryReturnedMoreThanOneRow => "a query returned more than one row",
        Error::InvalidColumnType(..) | Error::FromSqlConversionFailure(..) => {
            "a column had a value of an unexpected type"
        }
        Error::InvalidParameterCount(..) => "a statement had the wrong number of parameters",
        Error::MultipleStatement => "several statements where one was expected",
        _ => "the call was not valid",
    }
}
