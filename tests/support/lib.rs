//! What the tests share: a wall clock that a test sets, the file seen by SQLite alone, made-up cases,
//! processes that a test starts, and the network between them.
#![allow(
    missing_docs,
    clippy::new_without_default,
    clippy::should_implement_trait,
    reason = "only the tests use it"
)]

pub mod bytes;
pub mod cases;
pub mod child;
pub mod disk;
pub mod dump;
pub mod folder;
pub mod http;
pub mod log;
pub mod proxy;
pub mod random;
pub mod received;
pub mod through;
pub mod traffic;
pub mod wire;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ara::{Database, MergeReport, Options, Timestamp};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// A wall clock that stands still until a test moves it.
#[derive(Debug, Clone)]
pub struct Wall(Arc<AtomicI64>);

impl Wall {
    pub const START: i64 = 1_700_000_000_000;

    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(Self::START)))
    }

    pub fn millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn options(&self) -> Options {
        let wall = self.clone();
        disk::options().clock(move || Timestamp::from_millis(wall.millis()))
    }
}

/// A database file in a folder of its own.
#[derive(Debug)]
pub struct File(TempDir);

impl File {
    pub fn new() -> Outcome<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    pub fn path(&self) -> PathBuf {
        self.0.path().join("app.db")
    }

    pub fn open(&self) -> ara::Result<Database> {
        disk::open(self.path())
    }

    pub fn open_at(&self, wall: &Wall) -> ara::Result<Database> {
        wall.options().open(self.path())
    }

    /// The file as SQLite alone sees it, and can change it behind ara's back.
    pub fn sqlite(&self) -> rusqlite::Result<Connection> {
        disk::sqlite(self.path())
    }

    /// Runs SQL behind ara's back. It must change something.
    pub fn tamper(&self, sql: &str) -> Outcome {
        let sqlite = self.sqlite()?;
        sqlite.execute_batch(sql)?;
        if sqlite.total_changes() == 0 {
            return Err(format!("changes nothing: {sql}").into());
        }
        Ok(())
    }

    /// All that is in the file: a line for each thing of the schema, and for each row. What `ensure`
    /// notes of itself is left out, and how far the file has come in its write-ahead log.
    pub fn dump(&self) -> Outcome<Vec<String>> {
        let sqlite = self.sqlite()?;
        let schema = rows(&sqlite, "SELECT name, type, sql FROM sqlite_schema ORDER BY name")?;
        let tables: Vec<String> = sqlite
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut lines: Vec<_> = schema.iter().map(|row| format!("{row:?}")).collect();
        for table in tables {
            let rows = rows(&sqlite, &format!("SELECT * FROM \"{table}\""))?;
            let rows = rows.into_iter().map(|row| format!("{table}: {row:?}"));
            lines.extend(rows.filter(|row| {
                let of_no_matter =
                    ["ara_failure: ", "ara_meta: [Text(\"ensured ", "ara_meta: [Text(\"wal\")"];
                !of_no_matter.iter().any(|beginning| row.starts_with(beginning))
            }));
        }
        Ok(lines)
    }

    /// Changes the log behind ara's back, with checksums that are right.
    pub fn forge(&self, change: impl FnOnce(&mut Vec<log::piece::Piece>)) -> Outcome {
        log::piece::forge(&self.sqlite()?, change)
    }

    /// The number of changes in the log.
    pub fn logged(&self) -> Outcome<usize> {
        Ok(log::piece::pieces(&self.sqlite()?)?.iter().map(|piece| piece.changes.len()).sum())
    }

    /// The bytes of the file and of its write-ahead log.
    pub fn bytes(&self) -> Outcome<(Vec<u8>, Vec<u8>)> {
        let wal = self.0.path().join("app.db-wal");
        Ok((fs::read(self.path())?, fs::read(wal).unwrap_or_default()))
    }

    /// One value, by SQL.
    pub fn value(&self, sql: &str) -> Outcome<Value> {
        Ok(self.sqlite()?.query_row(sql, [], |row| row.get(0))?)
    }

    /// One number, by SQL.
    pub fn number(&self, sql: &str) -> Outcome<i64> {
        Ok(self.sqlite()?.query_row(sql, [], |row| row.get(0))?)
    }
}

/// All rows that SQL gives.
pub fn rows(sqlite: &Connection, sql: &str) -> rusqlite::Result<Vec<Vec<Value>>> {
    let mut statement = sqlite.prepare(sql)?;
    let columns = statement.column_count();
    statement
        .query_map([], |row| (0..columns).map(|at| row.get(at)).collect())?
        .collect::<Result<_, _>>()
}

/// Fails unless the tables are what the log says.
pub fn verified(db: &Database) -> Outcome {
    let found = db.verify()?;
    if found.holds() { Ok(()) } else { Err(format!("{found:?}").into()) }
}

/// Gives all that one database has and another lacks to that one: what each batch did.
pub fn send(from: &Database, to: &Database) -> ara::Result<Vec<MergeReport>> {
    from.changes_since(&to.version_vector()?)?.map(|changes| to.merge(&changes?)).collect()
}

/// Fails unless both know the same, and hold what their logs say.
#[track_caller]
pub fn agree(one: &Database, other: &Database) -> Outcome {
    assert_eq!(one.version_vector()?, other.version_vector()?);
    verified(one)?;
    verified(other)
}

/// A database in memory whose clock stands at a time, in milliseconds.
pub fn at(millis: i64, seed: u64) -> ara::Result<Database> {
    Database::options().clock(move || Timestamp::from_millis(millis)).seed(seed).memory()
}

/// The value, or an error that says where it is missing.
pub trait There<T> {
    fn there(self) -> Outcome<T>;
}

impl<T> There<T> for Option<T> {
    #[track_caller]
    fn there(self) -> Outcome<T> {
        let place = std::panic::Location::caller();
        self.ok_or_else(|| format!("absent at {place}").into())
    }
}
