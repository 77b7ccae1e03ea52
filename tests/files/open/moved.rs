//! A file that is moved, deleted or replaced while it is open: what was told to be written is found again,
//! and what would be lost is an error.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use ara::{Database, Error};
use tempfile::TempDir;

use crate::open::{TestResult, id, make_notes, note, notes};
use support::disk;

/// A database that has written, so that its connections are all open, and what it wrote is in its log.
struct Open {
    folder: TempDir,
    db: Database,
}

impl Open {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let db = disk::open(folder.path().join("notes.db"))?;
        db.create_all((0..3).map(note))?;
        Ok(Self { folder, db })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn is_replaced<T>(result: ara::Result<T>) -> bool {
    matches!(result, Err(Error::Replaced { .. }))
}

/// How many notes a file holds that is opened, and that its tables are right.
fn count(path: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let db = disk::open(path)?;
    assert!(db.verify()?.holds());
    Ok(notes(&db)?.len())
}

#[test]
fn what_is_written_after_the_file_was_moved_is_an_error() -> TestResult {
    let open = Open::new()?;
    let [path, moved] = ["notes.db", "moved.db"].map(|name| open.path(name));
    fs::rename(&path, &moved)?;
    assert!(is_replaced(open.db.create(note(3))));
    assert!(is_replaced(open.db.delete(id(0))));
    assert!(is_replaced(open.db.transaction(|tx| tx.delete(id(0)))));
    // It can still be read, and does not become right again.
    assert_eq!(notes(&open.db)?.len(), 3);
    fs::rename(&moved, &path)?;
    assert!(is_replaced(open.db.create(note(3))));
    fs::rename(&path, &moved)?;
    // Also while it is still open.
    assert_eq!(count(&moved)?, 3);
    drop(open.db);
    assert_eq!(count(&moved)?, 3);
    assert_eq!(count(&path)?, 0);
    Ok(())
}

/// Nobody writes after the move.
#[test]
fn what_was_written_before_the_move_goes_along_when_it_is_closed() -> TestResult {
    let open = Open::new()?;
    let [path, moved] = ["notes.db", "moved.db"].map(|name| open.path(name));
    fs::rename(&path, &moved)?;
    drop(open.db);
    assert_eq!(count(&moved)?, 3);
    assert_eq!(fs::metadata(open.folder.path().join("notes.db-wal"))?.len(), 0);
    assert_eq!(count(&path)?, 0);
    Ok(())
}

/// A transaction that was under way.
#[test]
fn a_move_within_a_transaction_is_noticed() -> TestResult {
    let open = Open::new()?;
    let [path, moved] = ["notes.db", "moved.db"].map(|name| open.path(name));
    let written = open.db.transaction(|tx| {
        tx.create(note(3))?;
        fs::rename(&path, &moved).map_err(|error| Error::Io { reason: error.to_string() })?;
        tx.create(note(4))
    });
    assert!(is_replaced(written));
    drop(open.db);
    assert_eq!(count(&moved)?, 3);
    Ok(())
}

/// The other one stays as it is, and what was written can be saved.
#[test]
fn a_file_that_lies_at_the_path_now_is_left_alone() -> TestResult {
    let open = Open::new()?;
    let [path, other, saved] = ["notes.db", "other.db", "saved.db"].map(|name| open.path(name));
    make_notes(&other, 5)?;
    let before = fs::read(&other)?;
    fs::rename(&other, &path)?;
    assert!(is_replaced(open.db.create(note(9))));
    assert!(is_replaced(open.db.create(note(9))));
    open.db.backup(&saved)?;
    drop(open.db);
    assert_eq!(fs::read(&path)?, before);
    assert_eq!((count(&path)?, count(&saved)?), (5, 3));
    Ok(())
}

/// The old one is whole, and its log does not get into the new one.
#[test]
fn a_file_that_was_moved_to_make_room_for_another_is_whole() -> TestResult {
    for writes_after in [false, true] {
        let open = Open::new()?;
        let [path, other, moved] = ["notes.db", "other.db", "moved.db"].map(|name| open.path(name));
        make_notes(&other, 5)?;
        fs::rename(&path, &moved)?;
        fs::rename(&other, &path)?;
        if writes_after {
            assert!(is_replaced(open.db.create(note(9))));
        }
        drop(open.db);
        assert_eq!((count(&path)?, count(&moved)?), (5, 3));
    }
    Ok(())
}

#[test]
fn a_deleted_file_is_not_written() -> TestResult {
    let open = Open::new()?;
    fs::remove_file(open.path("notes.db"))?;
    assert!(is_replaced(open.db.create(note(3))));
    open.db.backup(open.path("saved.db"))?;
    assert_eq!(count(&open.path("saved.db"))?, 3);
    Ok(())
}

/// Two databases of one file, as two processes have them.
#[test]
fn each_who_has_it_open_notices() -> TestResult {
    let open = Open::new()?;
    let [path, moved] = ["notes.db", "moved.db"].map(|name| open.path(name));
    let other = disk::open(&path)?;
    other.create(note(3))?;
    fs::rename(&path, &moved)?;
    assert!(is_replaced(open.db.create(note(4))) && is_replaced(other.create(note(4))));
    drop((open.db, other));
    assert_eq!(count(&moved)?, 4);
    Ok(())
}

/// An app that was stopped leaves its log behind: SQLite would delete it.
#[test]
fn a_log_without_its_file_is_not_thrown_away() -> TestResult {
    let open = Open::new()?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    fs::copy(open.path("notes.db-wal"), folder.path().join("notes.db-wal"))?;
    let before = fs::read(folder.path().join("notes.db-wal"))?;
    for options in [disk::options(), disk::options().read_only()] {
        let refused = options.open(&path).expect_err("lacks its file");
        assert!(refused.to_string().contains("notes.db-wal"), "{refused}");
    }
    assert_eq!(fs::read(folder.path().join("notes.db-wal"))?, before);
    fs::remove_file(folder.path().join("notes.db-wal"))?;
    assert_eq!(count(&path)?, 0);
    Ok(())
}
