//! What the errors of SQLite mean.

use rusqlite::ffi;

use crate::error::Error;
use crate::names::{LOCAL_PREFIX, SEARCH_PREFIX};

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let (failure, reason) = match error {
            rusqlite::Error::SqliteFailure(failure, message) => {
                (failure, message.unwrap_or_else(|| failure.to_string()))
            }
            // An error in a statement about ara's own tables cannot come from the app: the file is damaged.
            rusqlite::Error::SqlInputError { sql, .. } if is_about_own_tables(&sql) => {
                return Self::Corrupt;
            }
            rusqlite::Error::SqlInputError { error, msg, .. } => (error, without_values(msg)),
            // ara reads values in a fixed form only from its own tables.
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows => return Self::Corrupt,
            // The other errors are about how rusqlite was called. Its messages may quote a value, so
            // only the kind of the error is kept.
            error => return Self::Sqlite { code: 0, reason: kind_of(&error).to_owned() },
        };
        match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
            // The file ends within a page.
            _ if failure.extended_code == ffi::SQLITE_IOERR_SHORT_READ => Self::Corrupt,
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen if no_file_can_be_opened() => {
                Self::TooManyOpenFiles
            }
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => Self::Io { reason },
            _ if reason == "integer overflow" => Self::Overflow,
            _ if is_limit(&reason) => Self::QueryTooLarge { reason },
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

/// Returns whether the process has as many files open as it is allowed. SQLite tells of any file only that it cannot
/// be opened.
#[cfg(unix)]
fn no_file_can_be_opened() -> bool {
    /// The error numbers of a process and of a system that have too many files open.
    const TOO_MANY: [i32; 2] = [24, 23];
    let opened = std::fs::File::open("/dev/null");
    opened.is_err_and(|error| error.raw_os_error().is_some_and(|code| TOO_MANY.contains(&code)))
}

#[cfg(not(unix))]
fn no_file_can_be_opened() -> bool {
    false
}

/// Returns whether SQLite's message is about one of its limits on statements.
pub(super) fn is_limit(message: &str) -> bool {
    const LIMITS: [&str; 8] = [
        "too many SQL variables",
        "too many terms in ",
        "too many columns in ",
        "Expression tree is too large",
        "parser stack overflow",
        "Recursion limit",
        "LIKE or GLOB pattern too complex",
        "string or blob too big",
    ];
    LIMITS.iter().any(|limit| message.starts_with(limit)) || message.ends_with("tables in a join")
}

/// What to do about a table or a column that is missing.
const MISSING: &str =
    "if another program dropped or renamed it, `ensure` or `rebuild` makes it again from the log";

/// Returns the table that SQLite's message is about and what is missing, if the message is about a
/// missing table or column.
fn missing(message: &str) -> Option<(&str, String)> {
    if let Some(table) = message.strip_prefix("no such table: ") {
        return Some((
            table,
            format!("it is not there: {MISSING}; if not, a query names it wrongly"),
        ));
    }
    let (table, column) = match message.strip_prefix("no such column: ") {
        Some(column) => unquoted(column).split_once('.')?,
        None => message.strip_prefix("table ")?.split_once(" has no column named ")?,
    };
    let reason =
        format!("it has no column `{column}`: {MISSING}; if not, a query names it wrongly");
    Some((table, reason))
}

impl Error {
    /// Turns the error about a missing column into [`Error::Shape`] of the table that the statement was
    /// about, which SQLite does not always name.
    pub(crate) fn of_table(self, table: &str) -> Self {
        let Self::Sqlite { reason, .. } = &self else { return self };
        match reason.strip_prefix("no such column: ") {
            Some(column) => {
                let column = unquoted(column);
                let reason = format!("it has no column `{column}`: {MISSING}");
                Self::Shape { table: table.to_owned(), reason }
            }
            None => self,
        }
    }
}

impl Error {
    /// Turns the error about a column that a full table has no room for into [`Error::TooManyColumns`].
    pub(crate) fn of_full_table(self, table: &'static str, limit: usize) -> Self {
        match &self {
            Self::Sqlite { reason, .. } if reason.starts_with("too many columns on ") => {
                Self::TooManyColumns { table, columns: limit.saturating_add(1), limit }
            }
            _ => self,
        }
    }
}

/// Returns a name without its quotes and without the guess that SQLite adds: `"title" - should this be ..`.
fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|name| name.split_once('"')).map_or(name, |(name, _)| name)
}

/// Returns SQLite's message about a statement, unless it may quote a value. Values are bound, but a raw
/// expression may contain one as a literal.
pub(super) fn without_values(message: String) -> String {
    let quoted = ["near \"", "unrecognized token: \""];
    let quoted = quoted.iter().find_map(|start| message.strip_prefix(start));
    if quoted.is_some_and(|token| token.contains(|c: char| c == '\'' || c.is_ascii_digit())) {
        "a statement is not valid SQL".to_owned()
    } else {
        message
    }
}

/// Returns whether a statement is about ara's own tables. A query of an app's tables may call ara's
/// functions, whose names also begin with `ara_`.
fn is_about_own_tables(sql: &str) -> bool {
    let is_call = |after: &str| {
        after.trim_start_matches(|c: char| c == '_' || c.is_ascii_lowercase()).starts_with('(')
    };
    sql.match_indices(" ara_").any(|(at, found)| !is_call(&sql[at + found.len()..]))
}

/// Returns a message without values for an error about how rusqlite was called.
fn kind_of(error: &rusqlite::Error) -> &'static str {
    use rusqlite::Error;
    match error {
        Error::QueryReturnedMoreThanOneRow => "a query returned more than one row",
        Error::InvalidParameterCount(..) => "a statement had the wrong number of parameters",
        Error::MultipleStatement => "several statements where one was expected",
        _ => "the call was not valid",
    }
}
