//! How long the log beside the file becomes.

use std::fs;

use ara::prelude::*;
use rusqlite::Connection;

use crate::open::{Note, TestResult, make_notes};

/// While somebody reads, SQLite cannot move the log into the file. So the log grows, but does not stay so long.
#[test]
fn the_log_is_cut_after_a_long_read() -> TestResult {
    const LONGEST: u64 = 16 << 20;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 3)?;
    let db = Database::open(&path)?;
    let length = || fs::metadata(folder.path().join("notes.db-wal")).map(|log| log.len());

    let reader = Connection::open(&path)?;
    reader.execute_batch("BEGIN; SELECT count(*) FROM note")?;
    for _ in 0..4 {
        db.create_all((0..3000).map(|_| Note::draft().text("x".repeat(1000))))?;
    }
    assert!(length()? > LONGEST, "{}", length()?);

    reader.execute_batch("COMMIT")?;
    for _ in 0..2 {
        db.create(Note::draft().text("another"))?;
    }
    assert!(length()? <= LONGEST, "{}", length()?);
    Ok(())
}
