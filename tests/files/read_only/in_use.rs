//! A file that others use meanwhile, or were using when they were stopped.

use crate::read_only::{Note, TestResult, inspect, make, read};
use ara::prelude::*;
use support::disk;
use support::folder::{Files, files};

/// The files but for the index of the log, in which SQLite keeps who reads.
fn lasting(folder: &std::path::Path) -> std::io::Result<Files> {
    let mut files = files(folder)?;
    files.remove("notes.db-shm");
    Ok(files)
}

#[test]
fn what_another_writes_is_read() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let writer = make(&path)?;
    let before = lasting(folder.path())?;
    let db = read(&path)?;
    inspect(&db, 100)?;
    assert_eq!(lasting(folder.path())?, before);
    writer.create(Note::draft())?;
    assert_eq!(db.query::<Note>().count()?, 101);
    // The last one to write takes the log away.
    drop(writer);
    assert_eq!(db.query::<Note>().count()?, 101);
    Ok(())
}

/// Nobody used it when it was opened.
#[test]
fn a_writer_that_comes_later_is_noticed() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    let db = read(&path)?;
    inspect(&db, 100)?;
    for round in 1..=3 {
        let writer = disk::open(&path)?;
        writer.create(Note::draft())?;
        assert_eq!(db.query::<Note>().count()?, 100 + 2 * round - 1);
        writer.create(Note::draft())?;
        drop(writer);
        assert_eq!(db.query::<Note>().count()?, 100 + 2 * round);
        assert!(db.verify()?.holds());
    }
    Ok(())
}

/// A program that was killed leaves its log: it is read, and not moved into the file.
#[test]
fn a_log_that_was_left_is_read_and_left() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let writer = make(&path)?;
    let killed = tempfile::tempdir()?;
    for name in ["notes.db", "notes.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name))?;
    }
    drop(writer);
    let before = lasting(killed.path())?;
    assert_eq!(before.len(), 2);
    let db = read(&killed.path().join("notes.db"))?;
    inspect(&db, 100)?;
    drop(db);
    assert_eq!(lasting(killed.path())?, before);
    Ok(())
}

/// Who writes for long is not waited for.
#[test]
fn a_writer_is_not_waited_for() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    let writing = disk::sqlite(&path)?;
    writing.execute_batch("BEGIN IMMEDIATE; DELETE FROM note")?;
    inspect(&read(&path)?, 100)
}
