//! The database file: whose it is, how it is opened, what a new one holds.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};

use crate::entropy::Entropy;
use crate::error::{Error, Result};

/// The format that this version writes, kept in SQLite's `user_version`. A file of a newer one is
/// refused.
pub(crate) const FORMAT: i64 = 1;

/// What SQLite's `application_id` says of a file that ara made: `ara` and a zero.
const APPLICATION_ID: i64 = 0x6172_6100;

const MAGIC: &[u8] = b"SQLite format 3\0";

/// The bytes that are looked at: SQLite's header, and that of the page which holds the schema.
const HEADER: usize = 108;

/// How many prepared statements a connection keeps: those of a few dozen tables.
const CACHED_STATEMENTS: usize = 256;

/// Where a database is.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Memory,
    File(PathBuf),
}

/// Opens a database, and makes the file if there is none. The connection can write.
pub(crate) fn open(place: &Place, busy: Duration, entropy: &mut Entropy) -> Result<Connection> {
    let path = match place {
        Place::Memory => {
            let connection = Connection::open_in_memory()?;
            configure(&connection, busy)?;
            create_format(&connection, &entropy.bytes()?, None)?;
            return Ok(connection);
        }
        Place::File(path) => path,
    };
    let is_finished = inspect(path, busy)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::Open {
        path: path.clone(),
        reason: format!("{error}; is its folder there, and may this user write it?"),
    })?;
    configure(&connection, busy)?;
    if connection.is_readonly("main")? {
        return Err(Error::Open {
            path: path.clone(),
            reason: "it is read-only: allow this user to write it".to_owned(),
        });
    }
    if !is_finished {
        refuse_if_foreign(&connection, path)?;
        create_format(&connection, &entropy.bytes()?, file_identity(path).as_deref())?;
        // After the format is written: a file that says WAL is finished.
        enter_wal(&connection, busy)?;
    }
    // The header may be older than the log that lies beside the file.
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > FORMAT {
        return Err(Error::NewerFormat { path: path.clone(), found, known: FORMAT });
    }
    claim(&connection, path, entropy)?;
    Ok(connection)
}

/// Opens one more connection to a database that is open.
pub(crate) fn open_another(path: &Path, busy: Duration) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection, busy)?;
    Ok(connection)
}

fn configure(connection: &Connection, busy: Duration) -> Result<()> {
    connection.busy_timeout(busy)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // A misspelt column must be an error, not a string.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // A statement keeps its plan: SQLite would prepare it again for each value that it is given.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "synchronous", "normal")?;
    crate::value::register_functions(connection)?;
    crate::row_clock::register_functions(connection)?;
    Ok(())
}

/// Looks at a file without SQLite, which would create, recover or convert what it opens. Whether it
/// is a finished file of ara's; otherwise it is one in which there is nothing yet.
fn inspect(path: &Path, busy: Duration) -> Result<bool> {
    let refuse = |reason: String| Error::Open { path: path.to_owned(), reason };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            return match folder {
                Some(folder) if !folder.is_dir() => {
                    Err(refuse("its folder does not exist: create the folder first".to_owned()))
                }
                _ => Ok(false),
            };
        }
        Err(error) => return Err(refuse(error.to_string())),
    };
    let metadata = file.metadata().map_err(|error| refuse(error.to_string()))?;
    if metadata.is_dir() {
        return Err(refuse("it is a directory: give the path of a file".to_owned()));
    }
    if metadata.len() == 0 {
        return Ok(false);
    }
    let mut header = [0; HEADER];
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(refuse(error.to_string())),
    }
    if !header.starts_with(MAGIC) {
        return Err(Error::NotADatabase { path: path.to_owned() });
    }
    if metadata.len() < HEADER as u64 {
        return Err(Error::Corrupt);
    }
    let byte = |at: usize| header.get(at).copied().unwrap_or_default();
    let number = |at: usize| {
        header.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| i32::from_be_bytes(*bytes))
    };
    // https://www.sqlite.org/fileformat2.html#the_database_header
    let (format, application) = (i64::from(number(60)), i64::from(number(68)));
    if application == APPLICATION_ID {
        if format > FORMAT {
            return Err(Error::NewerFormat { path: path.to_owned(), found: format, known: FORMAT });
        }
        let is_wal = byte(19) == 2;
        return Ok(is_wal);
    }
    // The schema's own page follows: what kind it is, and how many entries it has.
    let has_schema = byte(100) != 13 || byte(103) != 0 || byte(104) != 0;
    if application != 0 || format != 0 || has_schema {
        return Err(Error::ForeignDatabase { path: path.to_owned() });
    }
    // The schema may be in a log beside the file still.
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if fs::metadata(log).is_ok_and(|log| log.len() > 0) {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(busy)?;
        refuse_if_foreign(&connection, path)?;
    }
    Ok(false)
}

/// A database that ara did not make is taken over only if nothing is in it.
fn refuse_if_foreign(connection: &Connection, path: &Path) -> Result<()> {
    // One snapshot: another process may be making it meanwhile.
    let connection = connection.unchecked_transaction()?;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if pragma("application_id")? == APPLICATION_ID {
        // Another process has made it meanwhile.
        return Ok(());
    }
    let objects: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if objects > 0 || pragma("application_id")? != 0 || pragma("user_version")? != 0 {
        return Err(Error::ForeignDatabase { path: path.to_owned() });
    }
    Ok(())
}

/// Sets the mode in which readers and the writer do not wait for each other. SQLite asks no busy
/// handler here, so others who open the same new file are waited for by trying again.
fn enter_wal(connection: &Connection, busy: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "wal").map_err(Error::from) {
            Err(Error::Busy) if start.elapsed() < busy => thread::sleep(Duration::from_millis(1)),
            result => return result,
        }
    }
}

/// Makes what every file of ara's has, unless another process has done so meanwhile.
pub(crate) fn create_format(
    connection: &Connection,
    node: &[u8; 16],
    identity: Option<&str>,
) -> Result<()> {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let made: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if made > 0 {
        return Ok(());
    }
    transaction.execute_batch(
        "CREATE TABLE ara_meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
         CREATE TABLE ara_node (
             ordinal INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,
             last INTEGER NOT NULL, digest INTEGER NOT NULL
         ) STRICT;
         CREATE TABLE ara_table (ordinal INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
         CREATE TABLE ara_column (
             tbl INTEGER, ordinal INTEGER, name TEXT NOT NULL,
             PRIMARY KEY (tbl, ordinal), UNIQUE (tbl, name)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE ara_change (
             node INTEGER, time INTEGER, tbl INTEGER, row BLOB, cells BLOB,
             PRIMARY KEY (node, time)
         ) STRICT, WITHOUT ROWID;",
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    write_node(&transaction, node, identity)?;
    transaction.commit()?;
    Ok(())
}

/// Takes a new node id if the file is a copy: its device and inode are not those that were recorded.
/// Two files that write under one id would give different changes the same name.
fn claim(connection: &Connection, path: &Path, entropy: &mut Entropy) -> Result<()> {
    let Some(identity) = file_identity(path) else {
        return Ok(());
    };
    let recorded = |connection: &Connection| -> Result<Option<String>> {
        Ok(connection
            .prepare_cached("SELECT value FROM ara_meta WHERE key = 'file'")?
            .query_row([], |row| row.get(0))
            .optional()?)
    };
    if recorded(connection)?.as_ref() == Some(&identity) {
        return Ok(());
    }
    let transaction =
        rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if recorded(&transaction)?.as_ref() != Some(&identity) {
        retire_node(&transaction)?;
        write_node(&transaction, &entropy.bytes()?, Some(&identity))?;
    }
    transaction.commit()?;
    Ok(())
}

/// Keeps the last time and the digest of the node that has written so far, as those of others are
/// kept.
fn retire_node(connection: &Connection) -> Result<()> {
    let (node, last, digest) = crate::journal::Journal::load(connection)?.position();
    connection
        .prepare_cached("UPDATE ara_node SET last = ?2, digest = ?3 WHERE ordinal = ?1")?
        .execute((node, last, digest))?;
    Ok(())
}

fn write_node(connection: &Connection, node: &[u8; 16], identity: Option<&str>) -> Result<()> {
    connection.execute("INSERT INTO ara_node (id, last, digest) VALUES (?1, 0, 0)", [node])?;
    let ordinal = connection.last_insert_rowid();
    let set = "INSERT INTO ara_meta (key, value) VALUES (?1, ?2) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(set, ("node", ordinal))?;
    connection.execute(set, ("file", identity))?;
    Ok(())
}

/// Where the file lies on its device, if the system can tell.
#[cfg(unix)]
fn file_identity(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok()?;
    Some(format!("{}:{}", metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn file_identity(_: &Path) -> Option<String> {
    None
}
