//! The database file: how it is opened, and whose it is.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::catalog::format::{APPLICATION_ID, FORMAT, claim, create_format};
use crate::error::{Error, Result};
use crate::file::identity::Identity;
use crate::log::entropy::Entropy;

const MAGIC: &[u8] = b"SQLite format 3\0";

/// What is said of a path without a folder.
pub(crate) const NO_FOLDER: &str = "its folder does not exist: create the folder first";

/// How many prepared statements a connection keeps: those of a few dozen tables.
const CACHED_STATEMENTS: usize = 256;

/// Where a database is.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    Memory,
    File(PathBuf),
}

impl Location {
    pub(crate) fn file(path: &Path) -> Result<Self> {
        whole_path(path).map(Self::File)
    }
}

/// The path of a file, wherever the process may go meanwhile. SQLite is given a whole path: to it,
/// `:memory:` and `file:..` alone are no files.
pub(crate) fn whole_path(path: &Path) -> Result<PathBuf> {
    let refuse = |reason: String| Error::Open { path: path.to_owned(), reason };
    if path.as_os_str().is_empty() {
        return Err(refuse("the path is empty: give the path of a file".to_owned()));
    }
    if path.as_os_str() == ":memory:" {
        return Err(refuse("it is no file: use `Database::memory()`".to_owned()));
    }
    std::path::absolute(path).map_err(|error| refuse(format!("{error}: give another path")))
}

/// Opens a database, and makes the file if there is none. The connection can write. And whether something in
/// it waits for its time.
pub(crate) fn open(
    place: &Location,
    busy: Duration,
    entropy: &mut Entropy,
) -> Result<(Connection, bool)> {
    let path = match place {
        Location::Memory => {
            let connection = Connection::open_in_memory()?;
            configure(&connection, busy)?;
            create_format(&connection, entropy.node_id()?, None)?;
            return Ok((connection, false));
        }
        Location::File(path) => path,
    };
    let is_beside = look_at(path)?;
    if is_beside {
        refuse_unread(path)?;
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    // What lies beside a file that is refused must stay there.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_beside)?;
    let may_wait = take(&connection, path, busy, entropy).map_err(|error| named(error, path))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok((connection, may_wait))
}

/// Takes a file that is ara's, or in which there is nothing.
fn take(
    connection: &Connection,
    path: &Path,
    busy: Duration,
    entropy: &mut Entropy,
) -> Result<bool> {
    configure(connection, busy)?;
    let (application, format) = marks(connection)?;
    if application != APPLICATION_ID {
        refuse_if_foreign(connection, path)?;
        let identity = Identity::of(path).map(|identity| identity.to_string());
        create_format(connection, entropy.node_id()?, identity.as_deref())?;
    } else if format > FORMAT {
        return Err(Error::NewerFormat { path: path.to_owned(), found: format, known: FORMAT });
    } else if format < 1 || connection.is_readonly("main")? {
        // Neither was ever written so: SQLite takes a file of a later SQLite for read-only.
        return Err(Error::Corrupt);
    }
    // After the format is written: a file that says WAL is finished.
    enter_wal(connection, path, busy)?;
    match Identity::of(path) {
        Some(identity) => claim(connection, &identity.to_string(), entropy),
        None => Ok(true),
    }
}

/// Opens one more connection to a database that is open.
pub(crate) fn open_another(path: &Path, busy: Duration) -> Result<Connection> {
    let connection = connect(path, OpenFlags::empty())?;
    configure(&connection, busy)?;
    Ok(connection)
}

fn connect(path: &Path, create: OpenFlags) -> Result<Connection> {
    let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.to_owned() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)
        .map_err(|_| refuse("allow this user to read and write the file and its folder"))?;
    if connection.is_readonly("main")? {
        return Err(refuse("it is read-only: allow this user to write it"));
    }
    Ok(connection)
}

pub(crate) fn configure(connection: &Connection, busy: Duration) -> Result<()> {
    set_patience(connection, busy)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // A misspelt column must be an error, not a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A statement keeps its plan: SQLite would prepare it again for each value that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    crate::value::register_functions(connection)?;
    crate::log::row_clock::register_functions(connection)?;
    crate::search::functions::register_functions(connection)?;
    Ok(())
}

/// How long a connection waits for others.
pub(crate) fn set_patience(connection: &Connection, busy: Duration) -> Result<()> {
    // SQLite counts in 32 bits of milliseconds: 24 days.
    Ok(connection.busy_timeout(busy.min(Duration::from_millis(i32::MAX as u64)))?)
}

/// Refuses a path where there can be no database. Whether something is beside the file that SQLite
/// would move into it: the log of a database that is open, or was when its program ended.
///
/// It does not open the file. To close it again would take away the locks of everybody in this
/// process who has it open (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
pub(crate) fn look_at(path: &Path) -> Result<bool> {
    let refuse = |reason: String| Error::Open { path: path.to_owned(), reason };
    let file = match fs::metadata(path) {
        Ok(file) => file,
        Err(error) => match error.kind() {
            ErrorKind::NotFound if path.parent().is_none_or(Path::is_dir) => {
                return refuse_log_alone(path).map(|()| false);
            }
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
    if file.len() == 1 {
        // SQLite would take it for an empty one.
        return Err(Error::NotADatabase { path: path.to_owned() });
    }
    // Beside the file itself, not beside a link to it.
    let target = fs::canonicalize(path).map_err(|error| refuse(error.to_string()))?;
    let holds = |ending: &str| fs::metadata(beside(&target, ending)).is_ok_and(|it| it.len() > 0);
    let has_log = holds("-wal");
    if has_log && file.len() == 0 {
        // SQLite would delete the log.
        return Err(Error::Corrupt);
    }
    Ok(has_log || holds("-journal"))
}

/// Refuses a path where a log lies without its file: SQLite would delete it.
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

/// What SQLite keeps beside a file.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Refuses a file that is not ara's, or of a newer format, by what is in the file alone: nothing is
/// locked, recovered or converted. What cannot be told so is not refused.
fn refuse_unread(path: &Path) -> Result<()> {
    let look = || -> Result<()> {
        let file = immutable(path)?;
        match marks(&file)? {
            (APPLICATION_ID, format) if format > FORMAT => {
                Err(Error::NewerFormat { path: path.to_owned(), found: format, known: FORMAT })
            }
            (APPLICATION_ID, _) => Ok(()),
            _ => refuse_if_foreign(&file, path),
        }
    };
    match look() {
        Err(error @ (Error::NewerFormat { .. } | Error::ForeignDatabase { .. })) => Err(error),
        // Others may be writing meanwhile, so half of the file may be old and half of it new.
        _ => Ok(()),
    }
}

/// Opens a file to be read as one that nobody changes: nothing is locked, and no log is looked for.
pub(crate) fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    // As a URI, every character that means something in one is written in hexadecimal.
    let bytes = path.as_os_str().as_encoded_bytes();
    let name: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(format!("file:{name}?immutable=1&mode=ro"), flags)
}

/// Refuses a file that is to be read only, and is not ara's, or not of a format that this version
/// reads.
pub(crate) fn check_format(connection: &Connection, path: &Path) -> Result<()> {
    match marks(connection)? {
        (APPLICATION_ID, format) if format > FORMAT => {
            Err(Error::NewerFormat { path: path.to_owned(), found: format, known: FORMAT })
        }
        (APPLICATION_ID, 1..) => Ok(()),
        (APPLICATION_ID, _) => Err(Error::Corrupt),
        _ => {
            refuse_if_foreign(connection, path)?;
            Err(Error::NotADatabase { path: path.to_owned() })
        }
    }
}

/// Tells a file that is no database from one that is damaged, and one that cannot be read.
pub(crate) fn named(error: Error, path: &Path) -> Error {
    let error = match error {
        Error::Io { reason } => {
            let reason = format!(
                "{reason}: check the disk and its free space, and allow this user to read and write the file and its folder"
            );
            return Error::Open { path: path.to_owned(), reason };
        }
        // Its header says what no SQLite has written.
        Error::Sqlite { code: 1, .. } => Error::Corrupt,
        error => error,
    };
    // Nobody has it open as a database, so it may be opened and closed.
    let mut start = [0; MAGIC.len()];
    let mut is_database = || File::open(path)?.read_exact(&mut start);
    match (error, is_database()) {
        (Error::Corrupt, Ok(())) if start == MAGIC => Error::Corrupt,
        (Error::Corrupt, Ok(())) => Error::NotADatabase { path: path.to_owned() },
        (Error::Corrupt, Err(error)) if error.kind() == ErrorKind::UnexpectedEof => {
            Error::NotADatabase { path: path.to_owned() }
        }
        (error, _) => error,
    }
}

/// The `application_id` and the `user_version`.
fn marks(connection: &Connection) -> Result<(i64, i64)> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((pragma("application_id")?, pragma("user_version")?))
}

/// A database that ara did not make is taken over only if nothing is in it.
pub(crate) fn refuse_if_foreign(connection: &Connection, path: &Path) -> Result<()> {
    // One snapshot: another process may be making it meanwhile.
    let connection = connection.unchecked_transaction()?;
    let marks = marks(&connection)?;
    if marks.0 == APPLICATION_ID {
        // Another process has made it meanwhile.
        return Ok(());
    }
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects > 0 || marks != (0, 0) {
        return Err(Error::ForeignDatabase { path: path.to_owned() });
    }
    Ok(())
}

/// Sets the mode in which readers and the writer do not wait for each other. SQLite asks no busy
/// handler here, so others who open the same new file are waited for by trying again.
fn enter_wal(connection: &Connection, path: &Path, busy: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        let mode = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match mode.map_err(Error::from) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                let reason = "its file system cannot share memory: give a path on a local disk";
                return Err(Error::Open { path: path.to_owned(), reason: reason.to_owned() });
            }
            Err(Error::Busy) if start.elapsed() < busy => thread::sleep(Duration::from_millis(1)),
            Err(error) => return Err(error),
        }
    }
}
