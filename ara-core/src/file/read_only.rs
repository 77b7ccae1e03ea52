//! Opening a file without changing it, or what lies beside it.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};

use crate::error::{Error, Result};
use crate::file::open::{beside, check_format, configure, immutable, look_at, named};

/// Which state of a file a connection reads that locks nothing: it would not notice that somebody
/// writes the file. `None` for a connection that locks it.
pub(crate) type FileStamp = Option<(SystemTime, u64)>;

/// Opens a file to be read.
///
/// SQLite needs a log and its index beside a file in WAL mode, and makes them. So a file that has none,
/// and is in nobody's use, is read as one that does not change.
pub(crate) fn open_read_only(path: &Path, busy: Duration) -> Result<(Connection, FileStamp)> {
    let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.to_owned() };
    look_at(path)?;
    if !path.exists() {
        return Err(refuse("there is no such file: give the path of one that is there"));
    }
    let stamp = stamp(path);
    let connection = match stamp {
        Some(_) => immutable(path),
        None => Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        ),
    };
    let mut connection = connection.map_err(|_| refuse("allow this user to read the file"))?;
    let ready = configure(&mut connection, busy).and_then(|()| check_format(&connection, path));
    match ready {
        Ok(()) => Ok((connection, stamp)),
        Err(Error::ReadOnly) => {
            Err(refuse("a program that wrote it was stopped: open it without `read_only` once"))
        }
        Err(error) => Err(named(error, path)),
    }
}

/// The state of the file, if all of it is in the file, and nobody is using it.
pub(crate) fn stamp(path: &Path) -> FileStamp {
    let target = fs::canonicalize(path).ok()?;
    let length = |ending| fs::metadata(beside(&target, ending)).ok().map(|file| file.len());
    // An empty log alone belongs to nobody.
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
