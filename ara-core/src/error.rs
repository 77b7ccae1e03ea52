//! What can go wrong, and what to do about it.

use std::path::PathBuf;

use crate::names::{LOCAL_PREFIX, SEARCH_PREFIX};
use crate::value::{Rule, Timestamp};

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

    /// The file was moved, deleted or replaced while it was open. Nothing of this was written. What was
    /// written before is in the file that was opened, wherever it is now, and can still be read.
    #[error(
        "{} is no longer the file that was opened: it was moved, deleted or replaced meanwhile, and nothing was written; close the database, and open it where it is now; if it is gone, `backup` saves what was written before", path.display()
    )]
    Replaced {
        /// The file.
        path: PathBuf,
    },

    /// The disk, or the space allowed to the file, is full. Nothing of the transaction was written.
    #[error("the disk is full: free some space, then try again; nothing was written")]
    DiskFull,

    /// Another process, or a database that this one opened on the same file, kept it locked for longer
    /// than the busy timeout. Clone a database to use it twice.
    #[error(
        "the database is locked by another process, or opened twice in this one: try again, or raise the busy timeout"
    )]
    Busy,

    /// The file or its folder does not allow writing.
    #[error("the database is read-only: allow this user to write the file and its folder")]
    ReadOnly,

    /// The database was opened by [`Options::read_only`](crate::Options::read_only).
    #[error("the database was opened to be read only: open it without `read_only` to write")]
    OpenedReadOnly,

    /// Reading or writing the file failed.
    #[error(
        "reading or writing failed ({reason}): check the disk, its permissions and limits, then try again; nothing was written"
    )]
    Io {
        /// What SQLite, or the system, says.
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

    /// The values of one row are larger than SQLite can hold (some 999,000,000 bytes).
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

    /// A table is not in the file as its struct declares it, and the database was opened by
    /// [`Options::read_only`](crate::Options::read_only).
    #[error(
        "table `{table}` {lacks}, and this database was opened to be read only: open it to write once"
    )]
    NotMade {
        /// The table's stored name.
        table: &'static str,
        /// What is to be made.
        lacks: &'static str,
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

    /// `rank` or `snippet` was asked of a query that searches for nothing.
    #[error("`rank` and `snippet` are of a search: call `search` on the query")]
    NotSearched,

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

    /// SQL that was written by hand would change the file.
    #[error(
        "SQL that is written by hand can only read: write by `create`, `update`, `upsert` and `delete`, so that the change is logged"
    )]
    RawWrite,

    /// SQL that was written by hand gives more or fewer columns than the row that it is read into has.
    #[error("the SQL gives {found} columns, and the row has {expected} values: select as many")]
    RawShape {
        /// How many columns the SQL gives.
        found: usize,
        /// How many values the row has.
        expected: usize,
    },

    /// SQL that was written by hand gives a value which is not of the type that it is read as.
    #[error(
        "column `{column}` of the SQL holds {found}, which is not read as `{expected}`: read it as `Option<{expected}>`, which is `None` then, or as another type"
    )]
    RawValue {
        /// The column's name, or its number (from 1) where the SQL gives it none.
        column: String,
        /// The type that it is read as.
        expected: String,
        /// The storage class of what the SQL gives: `NULL`, `INTEGER`, `REAL`, `TEXT` or `BLOB`.
        found: &'static str,
    },

    /// SQL that was written by hand has more or fewer parameters than values were bound.
    #[error(
        "the SQL has {parameters} parameters, and {given} values are bound: `bind` one for each"
    )]
    RawParameters {
        /// How many values were bound.
        given: usize,
        /// How many parameters the SQL has.
        parameters: usize,
    },

    /// `watch` was called on a query of a transaction, which is over before anything can change, or of
    /// the past, which does not change.
    #[error(
        "a query of a transaction, or of the past, cannot be watched: watch a query of the database"
    )]
    WatchedTransaction,

    /// The past was asked for what only the present has.
    #[error("{what} is of the present alone: ask the database itself, and not `at` a time")]
    OnlyNow {
        /// What was asked for: a search, or the rows of a local table, which is in no log.
        what: String,
    },

    /// The past was asked for what `compact` has dropped.
    #[error(
        "the log was compacted up to {until}: it tells no more what was before, or who wrote it; ask for a later time"
    )]
    Compacted {
        /// From when on the log is whole.
        until: Timestamp,
    },

    /// `undo` was given a transaction of before the last `compact`.
    #[error(
        "the log was compacted up to {until}, and what this transaction overwrote may be gone: it cannot be undone any more"
    )]
    CompactedTransaction {
        /// Which transactions cannot be undone: those up to then.
        until: Timestamp,
    },

    /// `undo` was given a transaction that is not in the log of this database, or whose time has not come.
    #[error(
        "this database knows of no such transaction: take its id from `transactions` or `history`, or merge first"
    )]
    UnknownTransaction,

    /// A line that `import_json` read is no row.
    #[error("line {line} {reason}; nothing was imported")]
    Line {
        /// The line's number, from 1.
        line: u64,
        /// What is wrong with it. It never holds a value.
        reason: String,
    },

    /// The last handle of the database was dropped: what watched it is over.
    #[error("the database was closed: keep a handle of it for as long as it is watched")]
    Closed,

    /// Bytes that should be changes, or a version vector, are not what a device has written: they were
    /// damaged or cut off on their way. Nothing of them was read.
    #[error("these bytes are no {what} of ara's: {reason}")]
    Unreadable {
        /// What was to be read.
        what: &'static str,
        /// What is wrong, and what to do.
        reason: &'static str,
    },

    /// The changes, or the version vector, were written by a newer ara in a way that this one cannot
    /// read.
    #[error(
        "the {what} came in format {found}, and this version of ara reads formats up to {known}: update the app"
    )]
    NewerChanges {
        /// What was to be read.
        what: &'static str,
        /// The format that they have.
        found: u32,
        /// The newest format that this version of ara reads.
        known: u32,
    },

    /// Changes could not be read from where they were, or written there.
    #[error(
        "changes could not be passed on ({reason}): check the disk or the connection, then try again"
    )]
    Transfer {
        /// What the system says.
        reason: String,
    },

    /// SQLite refused something else; the message is SQLite's.
    #[error(
        "SQLite refused: {reason} (code {code}); if no other program changed the file, and the query names what is there, please report it"
    )]
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
        let (failure, reason) = match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                (failure, message.unwrap_or_else(|| failure.to_string()))
            }
            // Only the statements about ara's own tables are the same whatever the app does.
            rusqlite::Error::SqlInputError { sql, .. } if is_about_own_tables(&sql) => {
                return Self::Corrupt;
            }
            rusqlite::Error::SqlInputError { error, msg, .. } => (error, without_values(msg)),
            // What ara reads in a fixed form is its own.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows => return Self::Corrupt,
            // Everything else is about the shape of a call, not about what it holds; rusqlite's
            // messages may quote a value, so only the kind is told.
            error => return Self::Sqlite { code: 0, reason: kind_of(&error).to_owned() },
        };
        match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Self::Io { reason },
            _ => match missing(&reason) {
                Some((table, _))
                    if table.starts_with("ara_")
                        && !table.starts_with(LOCAL_PREFIX)
                        && !table.starts_with(SEARCH_PREFIX) =>
                {
                    Self::Corrupt
                }
                Some((table, reason)) => Self::Shape { table: table.to_owned(), reason },
                None => Self::Sqlite { code: failure.extended_code, reason },
            },
        }
    }
}

/// The table that is not in the file as it was, and what it lacks, if that is what SQLite says.
fn missing(message: &str) -> Option<(&str, String)> {
    if let Some(table) = message.strip_prefix("no such table: ") {
        let reason =
            "it is not there: another program dropped or renamed it, or a query names it wrongly";
        return Some((table, reason.to_owned()));
    }
    let (table, column) = match message.strip_prefix("no such column: ") {
        Some(column) => unquoted(column).split_once('.')?,
        None => message.strip_prefix("table ")?.split_once(" has no column named ")?,
    };
    let reason = format!(
        "it has no column `{column}`: another program dropped or renamed it, or a query names it wrongly"
    );
    Some((table, reason))
}

impl Error {
    /// Names the table that a statement was about, where SQLite names but a column of it.
    pub(crate) fn of_table(self, table: &str) -> Self {
        let Self::Sqlite { reason, .. } = &self else { return self };
        match reason.strip_prefix("no such column: ") {
            Some(column) => {
                let column = unquoted(column);
                let reason =
                    format!("it has no column `{column}`: another program dropped or renamed it");
                Self::Shape { table: table.to_owned(), reason }
            }
            None => self,
        }
    }
}

/// A name, without SQLite's guess that follows it in quotes: `"title" - should this be ..`.
fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|name| name.split_once('"')).map_or(name, |(name, _)| name)
}

/// SQLite's message about a statement. Values are bound, but a raw expression may hold one as a
/// literal: where SQLite quotes text or a number, only the kind is told.
fn without_values(message: String) -> String {
    let quoted = ["near \"", "unrecognized token: \""];
    let quoted = quoted.iter().find_map(|start| message.strip_prefix(start));
    if quoted.is_some_and(|token| token.contains(|c: char| c == '\'' || c.is_ascii_digit())) {
        "a statement is not valid SQL".to_owned()
    } else {
        message
    }
}

/// Whether a statement is about ara's own tables. A query of an app's tables may call its functions.
fn is_about_own_tables(sql: &str) -> bool {
    let is_call = |after: &str| {
        after.trim_start_matches(|c: char| c == '_' || c.is_ascii_lowercase()).starts_with('(')
    };
    sql.match_indices(" ara_").any(|(at, found)| !is_call(&sql[at + found.len()..]))
}

fn kind_of(error: &rusqlite::Error) -> &'static str {
    use rusqlite::Error;
    match error {
        Error::QueryReturnedMoreThanOneRow => "a query returned more than one row",
        Error::InvalidParameterCount(..) => "a statement had the wrong number of parameters",
        Error::MultipleStatement => "several statements where one was expected",
        _ => "the call was not valid",
    }
}
