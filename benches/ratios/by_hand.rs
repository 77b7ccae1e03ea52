//! The same work, written by hand with rusqlite.

use std::path::Path;

use rusqlite::{CachedStatement, Connection, Row, params};

use crate::tables::Values;

/// The best table that the rows can have without a log: as narrow as they are, in the order of
/// their ids.
const SCHEMA: &str = "
    CREATE TABLE task (
        id BLOB PRIMARY KEY NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL, done INTEGER,
        stars INTEGER NOT NULL, score REAL
    ) WITHOUT ROWID;";

/// A row of the table.
#[derive(Debug)]
#[expect(dead_code, reason = "what is read is what is measured")]
pub struct Task {
    pub id: [u8; 16],
    pub title: String,
    pub note: String,
    pub done: Option<bool>,
    pub stars: i64,
    pub score: Option<f64>,
}

impl Task {
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            title: row.get(1)?,
            note: row.get(2)?,
            done: row.get(3)?,
            stars: row.get(4)?,
            score: row.get(5)?,
        })
    }
}

pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = bare(path)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

pub fn bare(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

pub fn insert(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached("INSERT INTO task VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
}

pub fn run_insert(
    insert: &mut CachedStatement<'_>,
    id: &[u8; 16],
    values: &Values,
) -> rusqlite::Result<()> {
    let Values { title, note, done, stars, score } = values;
    insert.execute(params![id, title, note, done, stars, score])?;
    Ok(())
}
