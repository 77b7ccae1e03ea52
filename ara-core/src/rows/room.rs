//! How much room there is in a row.

use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode};

/// Runs a statement that writes a row, and refuses rows of more than this many bytes.
///
/// SQLite itself finds such a row out, which costs nothing. It counts the clock, too, so that the caller has to find
/// out whether the values alone are too large.
pub(crate) fn within<R>(
    connection: &Connection,
    most: u64,
    write: impl FnOnce() -> rusqlite::Result<R>,
) -> rusqlite::Result<R> {
    let most = i32::try_from(most).unwrap_or(i32::MAX);
    let before = connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, most)?;
    let written = write();
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, before)?;
    written
}

/// Returns whether SQLite refused a row, as it is too large.
pub(crate) fn is_too_large(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::TooBig)
}
