//! Reading the rows of a SQLite file of another program.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Statement};
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::file::checks::{beside, check_path, immutable, with_diagnosis};
use crate::file::cipher::FileKey;
use crate::file::open::{configure, whole_path};
use crate::import::importer::EachRow;
use crate::import::row::ImportRow;
use crate::import::temporary_folder::TemporaryFolder;
use crate::import::value::Held;
use crate::value::Stored;
use crate::value::foreign::read::Reading;

/// A SQLite file that is only read.
pub(super) struct SqliteFile {
    connection: Connection,
    /// Where a copy lies that is read in the place of the file.
    _copy: Option<TemporaryFolder>,
}

/// How a file is read, so that neither it nor its folder changes.
enum Way {
    /// Nobody uses it. To lock a file in WAL mode, SQLite would make files beside it.
    AsUnchanging,
    Locked,
    /// A program that wrote it was stopped, and what it wrote last is beside the file: SQLite would have to put that in
    /// order.
    AsCopy,
}

/// Opens a file, of which one state is read.
pub(super) fn open(path: &Path, busy: Duration) -> Result<SqliteFile> {
    let path = whole_path(path)?;
    let refuse = |reason: &str| Error::Open { path: path.clone(), reason: reason.to_owned() };
    check_path(&path)?;
    // The log is beside the file itself, not beside a link to it.
    let target = fs::canonicalize(&path)
        .map_err(|_| refuse("there is no such file: give the path of one that is there"))?;
    // What is encrypted is told so.
    let key = FileKey::default();
    let opened = match way(&target) {
        Way::AsUnchanging => begin((immutable(&target, &key), None), busy),
        Way::Locked => match begin((locked(&target), None), busy) {
            // A journal beside it is to be rolled back.
            Err(Error::ReadOnly | Error::Io { .. }) => copied(&target, busy),
            opened => opened,
        },
        Way::AsCopy => copied(&target, busy),
    };
    opened.map_err(|error| match error {
        Error::Busy => refuse("another program keeps it locked: try again once that has ended"),
        Error::ReadOnly => {
            refuse("allow this user to read the file, and the log or journal beside it")
        }
        error => match with_diagnosis(error, &path, &key) {
            Error::Encrypted { .. } => {
                refuse("it is encrypted: import from a copy of it that is not")
            }
            Error::Corrupt => refuse("it is damaged: repair it, or take a backup of it"),
            error => error,
        },
    })
}

fn way(path: &Path) -> Way {
    let length = |ending| fs::metadata(beside(path, ending)).ok().map(|file| file.len());
    match (length("-wal"), length("-shm")) {
        (_, Some(_)) => Way::Locked,
        (Some(1..), None) => Way::AsCopy,
        // An empty log without its index is left over.
        (Some(0) | None, None) if is_in_wal_mode(path) => Way::AsUnchanging,
        _ => Way::Locked,
    }
}

/// Returns whether a file that has no log is in WAL mode, by the byte of its header that says how it is to be read.
fn is_in_wal_mode(path: &Path) -> bool {
    const READ_VERSION: usize = 19;
    const WAL: u8 = 2;
    let mut header = [0; READ_VERSION + 1];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_ok() && header.last() == Some(&WAL)
}

fn locked(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Opens a copy of a file and of what lies beside it.
fn copied(path: &Path, busy: Duration) -> Result<SqliteFile> {
    let failed = |error: std::io::Error| Error::Io { reason: error.to_string() };
    let folder = TemporaryFolder::new()?;
    let copy = folder.path().join("copy.db");
    fs::copy(path, &copy).map_err(failed)?;
    for ending in ["-wal", "-journal"] {
        let file = beside(path, ending);
        if file.exists() {
            fs::copy(file, beside(&copy, ending)).map_err(failed)?;
        }
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    make_writable(&copy)?;
    begin((Connection::open_with_flags(&copy, flags).map_err(Error::from), Some(folder)), busy)
}

/// Lets SQLite put the copy of a read-only file in order.
fn make_writable(copy: &Path) -> Result<()> {
    let files = ["", "-wal", "-journal"].map(|ending| beside(copy, ending));
    for file in files.iter().filter(|file| file.exists()) {
        let allow = || {
            let mut permissions = fs::metadata(file)?.permissions();
            #[expect(
                clippy::permissions_set_readonly_false,
                reason = "only this user enters the folder"
            )]
            permissions.set_readonly(false);
            fs::set_permissions(file, permissions)
        };
        allow().map_err(|error: std::io::Error| Error::Io { reason: error.to_string() })?;
    }
    Ok(())
}

/// Begins to read one state of a file.
fn begin(
    (connection, copy): (Result<Connection>, Option<TemporaryFolder>),
    busy: Duration,
) -> Result<SqliteFile> {
    let mut connection = connection?;
    configure(&mut connection, busy)?;
    // What the query sorts may be large.
    connection.pragma_update(None, "temp_store", "default")?;
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(SqliteFile { connection, _copy: copy })
}

impl SqliteFile {
    /// Returns the number of rows that a query gives.
    pub(super) fn count(&self, sql: &str) -> Result<u64> {
        let _ = self.prepare(sql)?;
        let sql = sql.trim_end().trim_end_matches(';');
        let mut count = self.prepare(&format!("SELECT count(*) FROM ({sql}\n)"))?;
        let count: i64 = count.query_row([], |row| row.get(0)).map_err(unread)?;
        Ok(count.unsigned_abs())
    }

    /// Calls a function with each row that a query gives.
    pub(super) fn each_row(
        &self,
        sql: &str,
        reading: Reading,
        each: &mut EachRow<'_>,
    ) -> Result<()> {
        let mut statement = self.prepare(sql)?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).map_err(unread)?;
        let mut number = 0;
        while let Some(row) = rows.next().map_err(unread)? {
            number += 1;
            let value = |at| row.get_ref(at).map(held).map_err(unread);
            let values: Result<SmallVec<[_; 16]>> = (0..names.len()).map(value).collect();
            let row =
                ImportRow { number, names: &names, values: &values?, reading, may_lack: false };
            each(number, Ok(row))?;
        }
        Ok(())
    }

    fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        let refuse = |reason: &str| Error::Source { reason: reason.to_owned() };
        let statement = self.connection.prepare(sql).map_err(|error| {
            match Error::message_of_raw_sql(error) {
                Ok(message) => {
                    let there = self.what_is_there(sql, &message);
                    Error::Source { reason: format!("its SQL is not valid: {message}{there}") }
                }
                Err(error) => unread_of(error),
            }
        })?;
        if !statement.readonly() || statement.column_count() == 0 {
            return Err(refuse("its SQL is no query: write a `SELECT`"));
        }
        if statement.parameter_count() > 0 {
            return Err(refuse("its SQL has parameters: write the values themselves"));
        }
        Ok(statement)
    }

    /// Says which tables or columns there are, if SQL names another one.
    fn what_is_there(&self, sql: &str, message: &str) -> String {
        let tables =
            self.names("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')", "");
        let list = |names: Vec<String>| {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        if message.starts_with("no such table: ") {
            return format!("; there are {}", list(tables));
        }
        if !message.starts_with("no such column: ") {
            return String::new();
        }
        let words: Vec<_> = sql.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let is_named = |table: &&String| words.iter().any(|word| word.eq_ignore_ascii_case(table));
        let columns = tables.iter().filter(is_named).map(|table| {
            let columns = self.names("SELECT name FROM pragma_table_info(?1)", table);
            format!("; `{table}` has {}", list(columns))
        });
        columns.collect()
    }

    /// Returns names that a query of the schema gives.
    fn names(&self, sql: &str, of: &str) -> Vec<String> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.connection.prepare(sql)?;
            let given: &[&str] = if statement.parameter_count() > 0 { &[of] } else { &[] };
            statement.query_map(rusqlite::params_from_iter(given), |row| row.get(0))?.collect()
        };
        read().unwrap_or_default()
    }
}

fn held(value: ValueRef<'_>) -> Held<'_> {
    match value {
        ValueRef::Null => Held::Nothing,
        value => Stored::from_sql(value).map_or(Held::NoText, Held::Value),
    }
}

fn unread(error: rusqlite::Error) -> Error {
    unread_of(error.into())
}

/// Turns an error of the file into one that does not seem to be of the database.
fn unread_of(error: Error) -> Error {
    let reason = match error {
        Error::TooManyOpenFiles => return error,
        Error::Corrupt => "it is damaged: repair it, or take a backup of it".to_owned(),
        Error::Busy => "another program keeps it locked: try again once that has ended".to_owned(),
        Error::Io { reason } | Error::Sqlite { reason, .. } | Error::Shape { reason, .. } => reason,
        error => error.to_string(),
    };
    Error::Source { reason }
}
