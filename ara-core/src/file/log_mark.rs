//! By what a file and its write-ahead log know each other.
//!
//! SQLite applies whatever log lies beside a file. If a program puts an earlier log there, or another file, the two
//! make a file that is damaged. So the file notes in `ara_meta` up to which log it has come, and each log
//! tells, in its pages, after what it began.
//!
//! What is in the file without its log is never further back than where that log began, as SQLite begins
//! one only once all of the log before it is in the file. And it is never further on than the log, as SQLite moves no
//! page into the file that is not in the log.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::error::{Error, Result};
use crate::file::checks::{beside, immutable};
use crate::file::cipher::FileKey;
use crate::log::meta;

/// How far the file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct LogMark {
    /// Where it was when the log began.
    before: Place,
    /// Where it is.
    now: Place,
}

/// A place in a write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    /// The salts of the log, by which SQLite tells it from the one before.
    log: u64,
    /// How often it was noted in this log that the file has come on.
    step: u64,
}

/// Notes in the file that it has come on, in the log at a path.
pub(super) fn note_place(connection: &Connection, log: &Path) -> Result<()> {
    let mut before = None;
    let mut salts = salts(log)?;
    loop {
        let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        let before = match before {
            Some(before) => before,
            None => *before.insert(meta::get(&transaction, meta::LOG_MARK)?),
        };
        meta::set(&transaction, meta::LOG_MARK, LogMark::after(before, salts))?;
        transaction.commit()?;
        // If all that was in the log had got into the file meanwhile, this has begun another one.
        let other = self::salts(log)?;
        if salts == other {
            return Ok(());
        }
        salts = other;
    }
}

/// Refuses a file beside which lies the log of another file, or of another state of this one.
pub(crate) fn refuse_foreign_log(
    connection: &Connection,
    path: &Path,
    key: &FileKey,
) -> Result<()> {
    // Most files were closed, and have none.
    if std::fs::metadata(log_of(path)).map_or(0, |log| log.len()) == 0 {
        return Ok(());
    }
    // While this is read, nobody moves what is committed later into the file.
    let snapshot = connection.unchecked_transaction()?;
    let mark = |connection: &Connection| meta::get::<LogMark>(connection, meta::LOG_MARK);
    // A file that was left half way through taking over its log cannot always be read without it, and one whose key was
    // changed cannot be decrypted.
    match (mark(&snapshot), immutable(path, key).and_then(|file| Ok(mark(&file)?))) {
        // Pages of another file are encrypted by another key, or with another salt.
        (Err(error), Ok(_)) if !key.is_none() && is_unreadable(&error) => Err(foreign_log(path)),
        (Ok(Some(in_log)), Ok(Some(in_file))) if !in_log.may_follow(in_file.now) => {
            Err(foreign_log(path))
        }
        _ => Ok(()),
    }
}

/// Returns whether SQLite could not make sense of pages.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure)
    )
}

/// Returns the error of a file beside which lies the log of another one.
fn foreign_log(path: &Path) -> Error {
    let reason = format!(
        "{} holds changes of another file, or of another state of this one: put back the file that \
         it belongs to, or move it away to go on without them",
        log_of(path).display()
    );
    Error::Open { path: path.to_owned(), reason }
}

/// Returns the path of the write-ahead log of a file.
pub(crate) fn log_of(path: &Path) -> PathBuf {
    // It is beside the file itself, not beside a link to it.
    let target = std::fs::canonicalize(path);
    beside(target.as_deref().unwrap_or(path), "-wal")
}

/// Reads the salts in the header of a write-ahead log.
fn salts(log: &Path) -> Result<u64> {
    let mut header = [0; 24];
    let read = File::open(log).and_then(|mut log| log.read_exact(&mut header));
    read.map_err(|error| Error::Io { reason: error.to_string() })?;
    let [.., a, b, c, d, e, f, g, h] = header;
    Ok(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
}

impl LogMark {
    /// Returns the mark that comes after another one, in the log with these salts.
    fn after(before: Option<Self>, salts: u64) -> Self {
        match before {
            Some(Self { before, now }) if now.log == salts => {
                Self { before, now: Place { step: now.step.wrapping_add(1), ..now } }
            }
            before => Self {
                before: before.map(|mark| mark.now).unwrap_or_default(),
                now: Place { log: salts, step: 0 },
            },
        }
    }

    /// Returns whether a log can tell this that belongs to a file which is at a place.
    fn may_follow(self, file: Place) -> bool {
        file == self.before || (file.log == self.now.log && file.step <= self.now.step)
    }

    fn numbers(self) -> [u64; 4] {
        [self.before.log, self.before.step, self.now.log, self.now.step]
    }
}

impl ToSql for LogMark {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.numbers().map(u64::to_be_bytes).concat()))
    }
}

impl FromSql for LogMark {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let (numbers, []) = value.as_blob()?.as_chunks::<8>() else {
            return Err(FromSqlError::InvalidType);
        };
        let numbers: Vec<_> = numbers.iter().map(|bytes| u64::from_be_bytes(*bytes)).collect();
        let [before, at_step, log, step] = *numbers else { return Err(FromSqlError::InvalidType) };
        Ok(Self { before: Place { log: before, step: at_step }, now: Place { log, step } })
    }
}
