//! The same work, written by hand with rusqlite.

use std::path::Path;

use rusqlite::{CachedStatement, Connection, Row, params};

use crate::tables::Values;

/// The table by hand: what an app sees of a row, sorted by SQLite's row id as ara's tables are. It has no
/// log, no clocks, and no way back for what was deleted.
const SCHEMA: &str = "
    CREATE TABLE task (
        id BLOB PRIMARY KEY NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        title TEXT NOT NULL, note TEXT NOT NULL, done INTEGER, stars INTEGER NOT NULL, score REAL
    );";

/// A row of the table.
#[derive(Debug)]
#[expect(dead_code, reason = "what is read is what is measured")]
pub struct Task {
    pub id: [u8; 16],
    pub created_at: i64,
    pub updated_at: i64,
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
            created_at: row.get(1)?,
            updated_at: row.get(2)?,
            title: row.get(3)?,
            note: row.get(4)?,
            done: row.get(5)?,
            stars: row.get(6)?,
            score: row.get(7)?,
        })
    }
}

pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = roomy(path)?;
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

/// The same, with as much room for pages as ara's writer has.
pub fn roomy(path: &Path) -> rusqlite::Result<Connection> {
    let connection = bare(path)?;
    connection.pragma_update(None, "cache_size", -32768)?;
    Ok(connection)
}

/// Leaves a connection as much room for pages as ara's readers have, which is SQLite's default.
pub fn become_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "cache_size", -2000)?;
    connection.release_memory()
}

pub fn insert(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached("INSERT INTO task VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7)")
}

pub fn run_insert(
    insert: &mut CachedStatement<'_>,
    id: &[u8; 16],
    values: &Values,
) -> rusqlite::Result<()> {
    let Values { title, note, done, stars, score } = values;
    let now = ara::Timestamp::now().millis();
    insert.execute(params![id, now, title, note, done, stars, score])?;
    Ok(())
}
