//! What a file says of itself: whether it is a store, of which format, and whether it may have a write-ahead log.
//!
//! SQLite takes whatever log lies beside a file for a part of it. So a file that is whole without one says so: a copy, and
//! what a relay leaves when it stops. It says otherwise before there is a log.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::error::{Result, StoreError};

/// By which SQLite's tools know the file: `araR`.
pub(super) const APPLICATION: i64 = 0x6172_6152;

/// The format of the tables.
pub(super) const FORMAT: i64 = 2;

/// What is added to the format in the file for each state that it is in.
const STATE: i64 = 1000;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing yet.
    Empty,
    /// A store.
    Store { format: i64, state: State },
}

/// Whether a file may have a write-ahead log. This is in the file itself, whatever lies beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It may.
    InUse = 0,
    /// A relay has stopped, and has put all into the file.
    AtRest = 1,
    /// It is a copy that no relay has taken over.
    Copy = 2,
}

/// Checks that a file is a store of this version.
pub(super) fn check(connection: &Connection) -> Result<()> {
    match identify(connection)? {
        Found::Empty => Err(StoreError::Empty),
        Found::Store { format, .. } if format < FORMAT => Err(StoreError::Older),
        Found::Store { .. } => Ok(()),
    }
}

/// Returns whether a file is a copy that no relay has taken over.
pub(super) fn is_copy(path: &Path) -> bool {
    let found = without_log(path).and_then(|connection| identify(&connection));
    matches!(found, Ok(Found::Store { state: State::Copy, .. }))
}

/// Puts all into a file that nobody else has open, and has it say so. Returns whether nobody else has.
pub(super) fn put_to_rest(connection: &Connection) -> Result<bool> {
    connection.busy_timeout(Duration::ZERO)?;
    // Nobody opens it between the two.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    let mode: rusqlite::Result<String> =
        connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0));
    match mode {
        Ok(mode) if mode == "delete" => {
            set_state(connection, FORMAT, State::AtRest)?;
            return Ok(true);
        }
        Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
            return Err(error.into());
        }
        _ => {}
    }
    connection.pragma_update(None, "locking_mode", "NORMAL")?;
    Ok(false)
}

/// Has a new copy say that it is one.
pub(super) fn mark_copy(path: &Path) -> Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // If it breaks off, nothing is beside it.
    connection.pragma_update(None, "journal_mode", "MEMORY")?;
    set_state(&connection, FORMAT, State::Copy)
}

pub(super) fn set_state(connection: &Connection, format: i64, state: State) -> Result<()> {
    Ok(connection.pragma_update(None, "user_version", format + STATE * state as i64)?)
}

/// Refuses a file beside which lies a write-ahead log that is not its own. SQLite would take the two for one file, which is
/// damaged then, and would remove the log of a file that is empty.
pub(super) fn refuse_foreign_log(path: &Path) -> Result<()> {
    let log = log_of(path);
    if is_empty(&log) {
        return Ok(());
    }
    let found = without_log(path).and_then(|connection| identify(&connection));
    let has_none = match found {
        Ok(Found::Store { state, .. }) => state != State::InUse,
        // Of a new one, all but a head may be in the log; and of one that has taken over a part of it, nothing can be told.
        _ => is_empty(path),
    };
    if has_none { Err(StoreError::ForeignLog { log }) } else { Ok(()) }
}

/// Opens a connection that reads a file as it is without what lies beside it. It locks nothing, and makes no files.
pub(super) fn without_log(path: &Path) -> Result<Connection> {
    // What has a meaning in a URI is written as a number.
    let path = path.as_os_str().as_encoded_bytes();
    let path: String = path.iter().map(|byte| format!("%{byte:02x}")).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(format!("file:{path}?immutable=1"), flags)?)
}

/// Returns the path of the write-ahead log of a file.
pub(super) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

/// Returns the path of what SQLite keeps beside a file, which is found by whatever link the file is.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let file = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = file.into_os_string();
    name.push(ending);
    name.into()
}

/// Returns whether there is nothing in a file, or no file.
pub(super) fn is_empty(path: &Path) -> bool {
    fs::metadata(path).map_or(0, |file| file.len()) == 0
}

/// Tells what a file is which SQLite does not read.
pub(super) fn unreadable(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore,
        Some(ErrorCode::DatabaseCorrupt) => StoreError::NotWhole,
        _ => error.into(),
    }
}

/// Returns what a file is.
pub(super) fn identify(connection: &Connection) -> Result<Found> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(unreadable)?;
    let format = pragma("user_version").map_err(unreadable)?;
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables =
        connection.query_row(tables, [], |row| row.get::<_, i64>(0)).map_err(unreadable)?;
    match application {
        0 if format == 0 && tables == 0 => return Ok(Found::Empty),
        APPLICATION if format > 0 => {}
        _ => return Err(StoreError::NotAStore),
    }
    let state = match format / STATE {
        0 => State::InUse,
        1 => State::AtRest,
        2 => State::Copy,
        _ => return Err(StoreError::Newer),
    };
    let format = format % STATE;
    if format > FORMAT { Err(StoreError::Newer) } else { Ok(Found::Store { format, state }) }
}
