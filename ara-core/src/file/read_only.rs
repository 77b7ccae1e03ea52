//! Opening a file without changing it, nor any file beside it.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::file::checks::{beside, check_format, check_path, immutable, with_diagnosis};
use crate::file::cipher::FileKey;
use crate::file::log_mark::refuse_foreign_log;
use crate::file::open::configure;

/// The state of a file that a connection without locks reads. Such a connection does not notice changes, so
/// it must be opened again once the stamp differs. `None` for a connection that locks the file.
pub(crate) type FileStamp = Option<(SystemTime, u64)>;

/// Opens a file for reading.
///
/// Beside a file in WAL mode, SQLite needs a log and its index, and creates them. So a file that has none,
/// as nobody uses it, is opened as one that does not change.
pub(crate) fn open_read_only(
    path: &Path,
    key: &FileKey,
    busy: Duration,
) -> Result<(Connection, FileStamp)> {
    let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.to_owned() };
    check_path(path)?;
    if !path.exists() {
        return Err(refuse("there is no such file: give the path of one that is there"));
    }
    let stamp = stamp(path);
    let connect = || {
        if stamp.is_some() {
            return immutable(path, key);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        key.unlock(&connection)?;
        Ok(connection)
    };
    let mut connection = connect().map_err(|_| refuse("allow this user to read the file"))?;
    let ready =
        configure(&mut connection, busy).and_then(|()| check_format(&connection, path)).and_then(
            |()| if stamp.is_none() { refuse_foreign_log(&connection, path, key) } else { Ok(()) },
        );
    match ready {
        Ok(()) => Ok((connection, stamp)),
        Err(Error::ReadOnly) => {
            Err(refuse("a program that wrote it was stopped: open it without `read_only` once"))
        }
        Err(error) => Err(with_diagnosis(error, path, key)),
    }
}

/// Returns the state of a file, or `None` if a process uses it, or its log or journal holds a part of it.
pub(crate) fn stamp(path: &Path) -> FileStamp {
    let target = fs::canonicalize(path).ok()?;
    let length = |ending| fs::metadata(beside(&target, ending)).ok().map(|file| file.len());
    // An empty log without its index is left over: no process uses it.
    let is_in_use = match length("-wal") {
        Some(0) => length("-shm").is_some(),
        Some(_) => true,
        None => false,
    };
    if is_in_use || length("-journal").is_some_and(|length| length > 0) {
        return None;
    }
    let file = fs::metadata(&target).ok()?;
    Some((file.modified().ok()?, file.len()))
}
