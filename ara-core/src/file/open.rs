//! Opening a file.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::catalog::format::{APPLICATION_ID, create_format};
use crate::error::{Error, Result};
use crate::file::checks::{
    check_path, marks, refuse_if_foreign, refuse_other_format, refuse_several_names,
    refuse_unlocked, with_diagnosis,
};
use crate::file::cipher::{FileKey, Key};
use crate::file::claim::claim;
use crate::file::functions::register_functions;
use crate::file::identity::Identity;
use crate::file::log_mark::refuse_foreign_log;
use crate::log::entropy::Entropy;
use crate::trace::{self, span};

/// How many prepared statements a connection caches: enough for a few dozen tables.
const CACHED_STATEMENTS: usize = 256;

/// Where a database is.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    Memory,
    File(PathBuf),
}

impl Location {
    /// Returns the location of a file, which stays the same if the process changes its folder.
    pub(crate) fn file(path: &Path) -> Result<Self> {
        whole_path(path).map(Self::File)
    }
}

/// Returns the absolute path of a file. To SQLite, the relative paths `:memory:` and `file:..` would not name
/// files.
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

/// Opens a database in memory.
pub(crate) fn open_in_memory(busy: Duration, entropy: &mut Entropy) -> Result<Connection> {
    let _span = span!("open", is_file = false);
    let mut connection = Connection::open_in_memory()?;
    configure(&mut connection, busy)?;
    create_format(&connection, entropy.node_id()?, None)?;
    Ok(connection)
}

/// Opens a file for writing, and creates it if there is none. Returns what opens further connections to it.
pub(crate) fn open(
    path: &Path,
    key: Option<&Key>,
    busy: Duration,
    entropy: &mut Entropy,
) -> Result<(Connection, FileKey)> {
    let _span = span!("open", is_file = true);
    loop {
        let has_log = check_path(path)?;
        refuse_several_names(path)?;
        let key = FileKey::of(path, key)?;
        if has_log {
            refuse_unlocked(path, &key)?;
        }
        match open_by(path, &key, has_log, busy, entropy) {
            // Another process has created the file meanwhile, and encrypted it with another salt.
            Err(Error::Corrupt) if !key.is_of(path) => {}
            opened => {
                let connection = opened.map_err(|error| with_diagnosis(error, path, &key))?;
                return Ok((connection, key));
            }
        }
    }
}

fn open_by(
    path: &Path,
    key: &FileKey,
    has_log: bool,
    busy: Duration,
    entropy: &mut Entropy,
) -> Result<Connection> {
    let mut connection = connect(path, key, OpenFlags::SQLITE_OPEN_CREATE)?;
    // If the file is refused, closing the connection must not move its log into it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    claim_file(&mut connection, path, key, busy, entropy)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// Claims a file that is ara's, or that is empty, for this device.
fn claim_file(
    connection: &mut Connection,
    path: &Path,
    key: &FileKey,
    busy: Duration,
    entropy: &mut Entropy,
) -> Result<()> {
    configure(connection, busy)?;
    let (application, format) = marks(connection)?;
    if application != APPLICATION_ID {
        refuse_if_foreign(connection, path)?;
        let identity = Identity::of(path).map(|identity| identity.to_string());
        create_format(connection, entropy.node_id()?, identity.as_deref())?;
    } else {
        refuse_other_format(format, path)?;
        refuse_foreign_log(connection, path, key)?;
        if connection.is_readonly("main")? {
            // SQLite treats a file whose header asks for a later SQLite as read-only. ara writes none.
            return Err(Error::Corrupt);
        }
    }
    // This comes after the format, so that a file in WAL mode is known to be complete.
    enter_wal(connection, path, busy)?;
    claim(connection, Identity::of(path), entropy)
}

/// Opens another connection to a file that exists.
pub(crate) fn open_another(path: &Path, key: &FileKey, busy: Duration) -> Result<Connection> {
    let mut connection = connect(path, key, OpenFlags::empty())?;
    configure(&mut connection, busy)?;
    Ok(connection)
}

/// Opens a connection that can write.
pub(crate) fn connect(path: &Path, key: &FileKey, create: OpenFlags) -> Result<Connection> {
    let refuse = |reason: &str| Error::Open { path: path.to_owned(), reason: reason.to_owned() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| match error.into() {
            Error::TooManyOpenFiles => Error::TooManyOpenFiles,
            _ => refuse("allow this user to read and write the file and its folder"),
        })?;
    if connection.is_readonly("main")? {
        return Err(refuse("it is read-only: allow this user to write it"));
    }
    key.unlock(&connection)?;
    Ok(connection)
}

/// Sets up a connection as all connections of ara are.
pub(crate) fn configure(connection: &mut Connection, busy: Duration) -> Result<()> {
    trace::statements(connection)?;
    set_busy_timeout(connection, busy)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // A misspelt column must be an error, not a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Without this, SQLite may prepare a statement again for each value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // The folder for temporary files may be small or read-only, where the disk of the file is neither.
    connection.pragma_update(None, "temp_store", "memory")?;
    Ok(register_functions(connection)?)
}

/// Sets how long a connection waits for a lock.
pub(crate) fn set_busy_timeout(connection: &Connection, busy: Duration) -> Result<()> {
    // SQLite takes milliseconds in 32 bits, which is 24 days at most.
    Ok(connection.busy_timeout(busy.min(Duration::from_millis(i32::MAX as u64)))?)
}

/// Sets WAL mode, in which readers and the writer do not wait for each other. SQLite calls no busy handler
/// here, so this tries again while another process opens the same new file.
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
