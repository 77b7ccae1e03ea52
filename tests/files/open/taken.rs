//! Files that ara takes: its own, and those in which nothing is.

use std::path::Path;

use ara::Error;

use crate::open::{TestResult, make_notes, note, notes};
use support::disk;
use support::folder::files;

fn takes(path: &Path) -> TestResult {
    make_notes(path, 3)?;
    let db = disk::open(path)?;
    assert_eq!(notes(&db)?.len(), 3);
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn a_file_without_a_byte_is_taken() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    std::fs::write(&path, "")?;
    takes(&path)
}

#[test]
fn an_empty_database_is_taken() -> TestResult {
    for setup in [
        "VACUUM",
        "PRAGMA journal_mode = wal; VACUUM",
        "CREATE TABLE other (x); DROP TABLE other",
        "PRAGMA page_size = 1024; VACUUM",
        "PRAGMA auto_vacuum = full; VACUUM",
    ] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        disk::sqlite(&path)?.execute_batch(setup)?;
        takes(&path)?;
    }
    Ok(())
}

#[test]
fn the_clock_and_the_digest_go_on() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    for n in 0..20 {
        // The wall clock runs backwards; the file's must not.
        let clock = move || ara::Timestamp::from_millis(1_700_000_000_000 - n);
        let db = disk::options().clock(clock).open(&path)?;
        db.create(note(n))?;
        assert!(db.verify()?.holds());
    }
    let log = support::log::read(&disk::sqlite(&path)?)?;
    assert!(log.iter().map(|change| (change.node, change.number)).eq((1..=20).map(|n| (1, n))));
    assert!(log.is_sorted_by(|one, next| one.stamp < next.stamp));
    Ok(())
}

#[test]
fn a_file_is_opened_twice_in_one_process() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let one = disk::open(&path)?;
    let other = disk::open(&path)?;
    for n in 0..20 {
        (if n % 2 == 0 { &one } else { &other }).create(note(n))?;
    }
    assert_eq!(notes(&one)?, notes(&other)?);
    assert!(one.verify()?.holds());
    let quick = disk::options().busy_timeout(std::time::Duration::ZERO).open(&path)?;
    let busy = one.transaction(|_| Ok(quick.create(note(99)).is_err_and(is_busy)))?;
    assert!(busy);
    Ok(())
}

fn is_busy(error: Error) -> bool {
    matches!(error, Error::Busy)
}

/// POSIX takes all of a process's locks on a file away when the process closes the file anywhere. If
/// opening it again did so, another process would think itself alone with the file.
#[cfg(target_os = "linux")]
#[test]
fn opening_again_leaves_the_locks() -> TestResult {
    use std::os::unix::fs::MetadataExt;

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    db.create(note(0))?;
    let file = format!(":{} ", std::fs::metadata(&path)?.ino());
    // The list is not read in one piece: while other processes lock, a line can be missed.
    let is_locked = || {
        (0..100)
            .any(|_| std::fs::read_to_string("/proc/locks").is_ok_and(|all| all.contains(&file)))
    };
    assert!(is_locked(), "WAL mode holds a shared lock");
    drop(disk::open(&path)?);
    assert!(is_locked());
    Ok(())
}

/// A power cut while the file is made: SQLite rolls back to a file without a byte.
#[test]
fn a_file_whose_making_was_interrupted_is_made_again() -> TestResult {
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("made.db");
    drop(disk::open(&made)?);
    disk::sqlite(&made)?.pragma_update(None, "journal_mode", "delete")?;
    let path = folder.path().join("notes.db");
    std::fs::copy(&made, &path)?;
    // A journal's header: the file had no page before (https://www.sqlite.org/fileformat2.html).
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    for number in [0_u32, 7, 0, 512, 4096] {
        journal.extend(number.to_be_bytes());
    }
    journal.resize(512, 0);
    std::fs::write(folder.path().join("notes.db-journal"), journal)?;
    takes(&path)
}

/// Somebody emptied the file, but what was written last is still beside it.
#[test]
fn a_log_beside_an_empty_file_is_kept() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    db.create(note(1))?;
    let left = tempfile::tempdir()?;
    let path = left.path().join("notes.db");
    std::fs::copy(folder.path().join("notes.db-wal"), left.path().join("notes.db-wal"))?;
    std::fs::write(&path, "")?;
    let before = files(left.path())?;
    assert!(matches!(disk::open(&path), Err(Error::Corrupt)));
    assert_eq!(files(left.path())?, before);
    Ok(())
}
