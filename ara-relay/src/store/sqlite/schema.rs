//! The file: its tables, and how it is opened.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::store::error::Result;
use crate::store::sqlite::state::{
    APPLICATION, FORMAT, Found, State, check, identify, refuse_foreign_log, set_state, without_log,
};

/// How long another process may hold the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many statements a connection keeps compiled: more than there are.
const STATEMENTS: usize = 128;

/// What was replaced or deleted is overwritten, so that the file does not keep it. Large values come last in their
/// rows, so that what stands before them is read without them.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA journal_size_limit = 67108864;
";

const TABLES: &str = "
    CREATE TABLE secret (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL);

    CREATE TABLE space (
        key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, number INTEGER NOT NULL, chain BLOB NOT NULL,
        records INTEGER NOT NULL, records_size INTEGER NOT NULL, access BLOB NOT NULL, recovery BLOB,
        slots INTEGER NOT NULL, used INTEGER NOT NULL, last_use INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
        decided BLOB);
    CREATE INDEX space_recovery ON space (recovery) WHERE recovery IS NOT NULL;
    CREATE TABLE tombstone (space INTEGER PRIMARY KEY, audience TEXT NOT NULL, request BLOB NOT NULL);
    -- Deleted spaces of which not all was dropped yet.
    CREATE TABLE remains (space INTEGER PRIMARY KEY);

    CREATE TABLE record (
        key INTEGER PRIMARY KEY, space INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL,
        bytes BLOB NOT NULL, UNIQUE (space, number), UNIQUE (space, hash));

    -- Those that were not replaced.
    CREATE TABLE segment (
        key INTEGER PRIMARY KEY, space INTEGER NOT NULL, number INTEGER NOT NULL, id BLOB NOT NULL,
        chain BLOB NOT NULL, node BLOB NOT NULL, alias BLOB, before INTEGER, replaced_to INTEGER NOT NULL,
        size INTEGER NOT NULL, parts INTEGER NOT NULL, head BLOB NOT NULL, part BLOB,
        UNIQUE (space, number), UNIQUE (space, id));
    CREATE INDEX segment_alias ON segment (space, alias) WHERE alias IS NOT NULL;
    CREATE INDEX segment_before ON segment (space, before) WHERE before IS NOT NULL;

    -- Those that were.
    CREATE TABLE stub (
        space INTEGER NOT NULL, number INTEGER NOT NULL, id BLOB NOT NULL, chain BLOB NOT NULL,
        PRIMARY KEY (space, number), UNIQUE (space, id)) WITHOUT ROWID;

    -- The last segment of each node.
    CREATE TABLE node (
        space INTEGER NOT NULL, node BLOB NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (space, node)) WITHOUT ROWID;

    -- Parts that were staged, and those of them that a segment has adopted.
    CREATE TABLE blob (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE staged (
        space INTEGER NOT NULL, hash BLOB NOT NULL, blob INTEGER NOT NULL, size INTEGER NOT NULL,
        expires INTEGER NOT NULL, PRIMARY KEY (space, hash)) WITHOUT ROWID;
    CREATE INDEX staged_expires ON staged (expires);
    CREATE TABLE part (
        space INTEGER NOT NULL, segment INTEGER NOT NULL, number INTEGER NOT NULL, blob INTEGER NOT NULL,
        PRIMARY KEY (space, segment, number)) WITHOUT ROWID;

    CREATE TABLE slot (
        key INTEGER PRIMARY KEY, space INTEGER NOT NULL, author BLOB NOT NULL, count INTEGER NOT NULL,
        number INTEGER NOT NULL, size INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL,
        UNIQUE (space, author), UNIQUE (space, count));

    -- Members that are to hear that something of the log was lost.
    CREATE TABLE unheard (
        space INTEGER NOT NULL, member BLOB NOT NULL, PRIMARY KEY (space, member)) WITHOUT ROWID;

    CREATE TABLE mailbox (
        id BLOB NOT NULL PRIMARY KEY, space INTEGER NOT NULL, signer BLOB NOT NULL,
        expires INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX mailbox_space ON mailbox (space, expires);
    CREATE INDEX mailbox_expires ON mailbox (expires);
    CREATE TABLE box (
        mailbox BLOB NOT NULL, number INTEGER NOT NULL, sealed BLOB NOT NULL,
        PRIMARY KEY (mailbox, number)) WITHOUT ROWID;
";

/// What gets a file from each format to the next one.
const STEPS: &[(i64, &str)] = &[(1, "ALTER TABLE space ADD COLUMN decided BLOB;")];

/// Opens the connection that writes a file, which is made if it is not there.
pub(super) fn open(path: &Path) -> Result<Connection> {
    refuse_foreign_log(path)?;
    keep_from_others(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    prepare(connection)
}

/// Opens the connection that writes a file which is a store already.
pub(super) fn open_existing(path: &Path) -> Result<Connection> {
    refuse_foreign_log(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    check(&connection)?;
    prepare(connection)
}

/// Makes the file one that only its owner reads. SQLite makes those beside it alike. If this fails, opening the file
/// says why.
pub(super) fn keep_from_others(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// Opens the connection to a store in memory.
pub(super) fn in_memory() -> Result<Connection> {
    prepare(Connection::open_in_memory()?)
}

/// Opens a connection that reads a file that is open already.
pub(super) fn open_reader(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    keep_statements(&connection)?;
    // There may be many, and the system keeps what is read often.
    connection.pragma_update(None, "cache_size", -512)?;
    Ok(connection)
}

/// Opens a connection that reads a file which nobody has open: it locks nothing, and makes no files beside it.
pub(super) fn open_unused(path: &Path) -> Result<Connection> {
    let connection = without_log(path)?;
    keep_statements(&connection)?;
    Ok(connection)
}

/// Has a connection compile each statement once. Otherwise SQLite compiles some anew for each value that they are given, as
/// that might tell of a better plan: those with a limit, for one.
fn keep_statements(connection: &Connection) -> Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn prepare(connection: Connection) -> Result<Connection> {
    keep_statements(&connection)?;
    match identify(&connection)? {
        Found::Empty => {
            // This is of the whole file, and so comes before its first table.
            connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
            connection.execute_batch(SETTINGS)?;
            connection.execute_batch(&format!(
                "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION};
                 PRAGMA user_version = {FORMAT}; COMMIT;"
            ))?;
        }
        Found::Store { format, state } => {
            if state != State::InUse {
                // Before there is a log: from then on, one that lies beside it is its own.
                set_state(&connection, format, State::InUse)?;
            }
            connection.execute_batch(SETTINGS)?;
            let steps = STEPS.iter().filter(|(from, _)| *from >= format);
            let steps: String = steps.map(|(_, step)| *step).collect();
            if format < FORMAT {
                connection.execute_batch(&format!(
                    "BEGIN IMMEDIATE; {steps} PRAGMA user_version = {FORMAT}; COMMIT;"
                ))?;
            }
        }
    }
    Ok(connection)
}
