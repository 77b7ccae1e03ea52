//! Checking whether a file is one that ara can open, and saying why not.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::catalog::format::{APPLICATION_ID, FORMAT};
use crate::error::{Error, Result};
use crate::file::cipher::{FileKey, MAGIC, may_be_encrypted, start_of};

/// The reason given for a path whose folder does not exist.
pub(crate) const NO_FOLDER: &str = "its folder does not exist: create the folder first";

/// The reason given for a path that is too long for the system.
const TOO_LONG: &str = "the path, or a name in it, is too long: give a shorter one";

/// The reason given for a file that has hard links.
#[cfg(unix)]
const SEVERAL_NAMES: &str = "the file has a second name (a hard link), and SQLite would keep a log beside each of them, \
     which would damage the file: remove the other name, or open a copy";

/// The longest path that SQLite opens, in bytes: the path of the file beside it is some bytes longer, and has a limit.
#[cfg(unix)]
const LONGEST_PATH: usize = 504;

/// The longest name of a file that has room for the ending of those beside it, in bytes.
#[cfg(unix)]
const LONGEST_NAME: usize = 247;

/// Refuses a path that SQLite cannot open. It resolves links first.
#[cfg(unix)]
fn refuse_long_path(path: &Path) -> Result<()> {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    let name = path.file_name().unwrap_or_default();
    let whole = fs::canonicalize(path).ok().or_else(|| Some(folder?.join(name)));
    let whole = whole.unwrap_or_else(|| path.to_owned());
    let reason = if whole.as_os_str().len() > LONGEST_PATH {
        format!(
            "the path has {} bytes, and SQLite opens paths of {LONGEST_PATH} at most: give a shorter one",
            whole.as_os_str().len()
        )
    } else if whole.file_name().unwrap_or_default().len() > LONGEST_NAME {
        TOO_LONG.to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Open { path: path.to_owned(), reason })
}

#[cfg(not(unix))]
fn refuse_long_path(_: &Path) -> Result<()> {
    Ok(())
}

/// Refuses a file that has hard links, for writing. To read one does no harm.
#[cfg(unix)]
pub(crate) fn refuse_several_names(path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata(path).is_ok_and(|file| file.nlink() > 1) {
        let reason = SEVERAL_NAMES.to_owned();
        return Err(Error::Open { path: path.to_owned(), reason });
    }
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn refuse_several_names(_: &Path) -> Result<()> {
    Ok(())
}

/// Refuses a path at which there can be no database. Returns whether a log is beside the file that SQLite
/// would move into it: that of a database that is open, or was when its process ended.
///
/// This does not open the file, as closing it would release all locks that this process holds on it
/// (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
pub(crate) fn check_path(path: &Path) -> Result<bool> {
    let refuse = |reason: String| Error::Open { path: path.to_owned(), reason };
    let file = match fs::metadata(path) {
        Ok(file) => file,
        Err(error) => match error.kind() {
            ErrorKind::NotFound if path.parent().is_none_or(Path::is_dir) => {
                refuse_long_path(path)?;
                return refuse_log_alone(path).map(|()| false);
            }
            ErrorKind::InvalidFilename => return Err(refuse(TOO_LONG.to_owned())),
            ErrorKind::NotFound | ErrorKind::NotADirectory => {
                return Err(refuse(NO_FOLDER.to_owned()));
            }
            _ => return Err(refuse(format!("{error}: give another path, or allow this one"))),
        },
    };
    if file.is_dir() {
        return Err(refuse("it is a directory: give the path of a file in it".into()));
    }
    if !file.is_file() {
        return Err(refuse("it is not a file: give the path of a file".into()));
    }
    refuse_long_path(path)?;
    if file.len() == 1 {
        // SQLite would take it for an empty file.
        return Err(Error::NotADatabase { path: path.to_owned() });
    }
    // The log is beside the file itself, not beside a link to it.
    let target = fs::canonicalize(path).map_err(|error| refuse(error.to_string()))?;
    let holds = |ending: &str| fs::metadata(beside(&target, ending)).is_ok_and(|it| it.len() > 0);
    let has_log = holds("-wal");
    if has_log && file.len() == 0 {
        // SQLite would delete the log.
        return Err(Error::Corrupt);
    }
    Ok(has_log || holds("-journal"))
}

/// Refuses a path at which there is a log without its file, as SQLite would delete the log.
fn refuse_log_alone(path: &Path) -> Result<()> {
    let log = beside(path, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        let reason = format!(
            "the file is gone, and {} holds what was written into it last: put the file back, or \
             remove that one too to begin anew",
            log.display()
        );
        return Err(Error::Open { path: path.to_owned(), reason });
    }
    Ok(())
}

/// Returns the path of a file with an ending added, at which SQLite keeps a log, for example.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Refuses a file that is not ara's, or that has another format, from what the file itself says. Nothing is
/// locked, recovered or converted. A file that cannot be judged in this way is not refused.
pub(crate) fn refuse_unlocked(path: &Path, key: &FileKey) -> Result<()> {
    let look = || -> Result<()> {
        let file = immutable(path, key)?;
        match marks(&file)? {
            (APPLICATION_ID, format) => refuse_other_format(format, path),
            _ => refuse_if_foreign(&file, path),
        }
    };
    match look() {
        Err(
            error @ (Error::NewerFormat { .. }
            | Error::OlderFormat { .. }
            | Error::ForeignDatabase { .. }),
        ) => Err(error),
        // Any other error may be due to a process that is writing the file meanwhile.
        _ => Ok(()),
    }
}

/// Opens a file for reading as one that nobody changes: SQLite locks nothing and looks for no log.
pub(crate) fn immutable(path: &Path, key: &FileKey) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(uri(path, "immutable=1&mode=ro"), flags)?;
    key.unlock(&connection)?;
    Ok(connection)
}

/// Returns the URI by which SQLite opens a file with some parameters.
pub(crate) fn uri(path: &Path, parameters: &str) -> String {
    // Each byte of the path is escaped, so that none has a meaning in the URI.
    let bytes = path.as_os_str().as_encoded_bytes();
    let name: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
    format!("file:{name}?{parameters}")
}

/// Refuses a file that is opened read-only if it is not ara's, or has a format that this version of ara
/// cannot read.
pub(crate) fn check_format(connection: &Connection, path: &Path) -> Result<()> {
    match marks(connection)? {
        (APPLICATION_ID, format) => refuse_other_format(format, path),
        _ => {
            refuse_if_foreign(connection, path)?;
            Err(Error::NotADatabase { path: path.to_owned() })
        }
    }
}

/// Refuses a format of ara's that this version does not know.
pub(crate) fn refuse_other_format(found: i64, path: &Path) -> Result<()> {
    let (path, known) = (path.to_owned(), FORMAT);
    match found {
        FORMAT => Ok(()),
        ..1 => Err(Error::Corrupt),
        1..FORMAT => Err(Error::OlderFormat { path, found, known }),
        _ => Err(Error::NewerFormat { path, found, known }),
    }
}

/// Replaces an error in opening a file by one that tells whether the file is no database, is damaged, is encrypted, or
/// cannot be read.
pub(crate) fn with_diagnosis(error: Error, path: &Path, key: &FileKey) -> Error {
    match error {
        Error::Io { reason } => {
            let reason = format!(
                "{reason}: check the disk and its free space, and allow this user to read and write the file and its folder"
            );
            Error::Open { path: path.to_owned(), reason }
        }
        // SQLite reports a generic error for a header that no version of it has written.
        Error::Corrupt | Error::Sqlite { code: 1, .. } => unreadable(path, key),
        error => error,
    }
}

/// Returns why SQLite cannot read a file.
fn unreadable(path: &Path, key: &FileKey) -> Error {
    let path = path.to_owned();
    let length = fs::metadata(&path).map_or(0, |file| file.len());
    match start_of(&path) {
        Some(MAGIC) if key.is_none() => Error::Corrupt,
        Some(MAGIC) => Error::NotEncrypted { path },
        Some(start) if !may_be_encrypted(length, &start) => Error::NotADatabase { path },
        Some(_) if key.is_none() => Error::Encrypted { path },
        Some(_) if is_key_of(&path, key) => Error::Corrupt,
        Some(_) => Error::WrongKey { path },
        None if length < MAGIC.len() as u64 => Error::NotADatabase { path },
        None => Error::Corrupt,
    }
}

/// Returns whether a key opens a file: whether it decrypts the first page, as the other ones may be damaged. Nothing is
/// written.
pub(crate) fn is_key_of(path: &Path, key: &FileKey) -> bool {
    let look = || -> Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        key.unlock(&connection)?;
        marks(&connection).map(drop)
    };
    match look() {
        Ok(()) => true,
        Err(Error::Corrupt) => false,
        // Where nothing can be written, SQLite may not be able to read the log.
        Err(_) => {
            let looked = immutable(path, key).and_then(|file| marks(&file));
            !matches!(looked, Err(Error::Corrupt))
        }
    }
}

/// Returns the `application_id` and the `user_version` of a file.
pub(crate) fn marks(connection: &Connection) -> Result<(i64, i64)> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((pragma("application_id")?, pragma("user_version")?))
}

/// Refuses a database that ara did not create, unless it is empty.
pub(crate) fn refuse_if_foreign(connection: &Connection, path: &Path) -> Result<()> {
    // Both queries read one snapshot, as another process may be creating ara's tables meanwhile.
    let connection = connection.unchecked_transaction()?;
    let marks = marks(&connection)?;
    if marks.0 == APPLICATION_ID {
        // Another process has created them since the caller looked.
        return Ok(());
    }
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects > 0 || marks != (0, 0) {
        return Err(Error::ForeignDatabase { path: path.to_owned() });
    }
    Ok(())
}
