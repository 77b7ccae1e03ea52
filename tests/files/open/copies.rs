//! A copy of a file writes under a name of its own; a file that was moved keeps it.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use rusqlite::ToSql;
use rusqlite::types::Value;

use crate::open::{TestResult, id, make_notes, note, notes};
use support::disk;

/// The node that writes, and all nodes that the file knows.
fn nodes(path: &Path) -> rusqlite::Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let file = disk::sqlite(path)?;
    let own = file.query_row(
        "SELECT id FROM ara_node WHERE ordinal = (SELECT value FROM ara_meta WHERE key = 'node')",
        [],
        |row| row.get(0),
    )?;
    let mut all = file.prepare("SELECT id FROM ara_node ORDER BY ordinal")?;
    let all = all.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok((own, all))
}

#[test]
fn a_copy_takes_a_new_name() -> TestResult {
    let folder = tempfile::tempdir()?;
    let [path, copy] = ["notes.db", "copy.db"].map(|name| folder.path().join(name));
    make_notes(&path, 3)?;
    fs::copy(&path, &copy)?;
    let (before, _) = nodes(&path)?;
    for (file, number) in [(&path, 10), (&copy, 11), (&path, 12), (&copy, 13)] {
        let db = disk::open(file)?;
        db.create(note(number))?;
        assert!(db.verify()?.holds());
        assert_eq!(notes(&db)?.len(), if number < 12 { 4 } else { 5 });
    }
    assert_eq!(nodes(&path)?, (before.clone(), vec![before.clone()]));
    let (own, all) = nodes(&copy)?;
    assert_ne!(own, before);
    assert_eq!(all, [before, own]);
    Ok(())
}

/// A copy of a copy, and of a file that never wrote.
#[test]
fn every_copy_takes_another_name() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = |n: usize| folder.path().join(format!("{n}.db"));
    drop(disk::open(path(0))?);
    let mut seen = vec![nodes(&path(0))?.0];
    for n in 1..5 {
        fs::copy(path(n - 1), path(n))?;
        let db = disk::open(path(n))?;
        if n % 2 == 0 {
            db.create(note(n as i64))?;
        }
        drop(db);
        let (own, all) = nodes(&path(n))?;
        assert!(!seen.contains(&own));
        seen.push(own);
        assert_eq!(all, seen);
        assert!(disk::open(path(n))?.verify()?.holds());
    }
    Ok(())
}

#[test]
fn a_moved_file_keeps_its_name() -> TestResult {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("elsewhere"))?;
    let [path, moved] = ["notes.db", "elsewhere/moved.db"].map(|name| folder.path().join(name));
    make_notes(&path, 3)?;
    let before = nodes(&path)?;
    fs::rename(&path, &moved)?;
    let db = disk::open(&moved)?;
    db.create(note(10))?;
    assert!(db.verify()?.holds());
    drop(db);
    assert_eq!(nodes(&moved)?, before);
    Ok(())
}

/// The identity that a file has, and the one that it records.
fn identity(path: &Path) -> Result<(Option<String>, Value), Box<dyn std::error::Error>> {
    let file = fs::metadata(path)?;
    let found = file.created().ok().map(|at| -> Result<_, std::time::SystemTimeError> {
        let birth = at.duration_since(UNIX_EPOCH)?;
        Ok(format!("{}:{}.{:09}", file.ino(), birth.as_secs(), birth.subsec_nanos()))
    });
    let recorded = disk::sqlite(path)?.query_row(
        "SELECT value FROM ara_meta WHERE key = 'file'",
        [],
        |row| row.get(0),
    )?;
    Ok((found.transpose()?, recorded))
}

/// Writes into a file what its identity is.
fn record(path: &Path, identity: impl ToSql) -> rusqlite::Result<()> {
    let set = "UPDATE ara_meta SET value = ?1 WHERE key = 'file'";
    disk::sqlite(path)?.execute(set, [identity])?;
    Ok(())
}

/// Opens and writes a file several times, and returns how many new names it took.
fn names(path: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let (_, before) = nodes(path)?;
    for number in 20..23 {
        let db = disk::open(path)?;
        db.upsert(note(number))?;
        db.delete(id(number))?;
        assert!(db.verify()?.holds());
    }
    let (own, after) = nodes(path)?;
    assert_eq!(after.last(), Some(&own));
    Ok(after.len() - before.len())
}

/// No device is recorded: another number of it is no copy.
#[test]
fn a_file_records_its_inode_and_its_birth() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 3)?;
    let (Some(found), recorded) = identity(&path)? else { return Ok(()) };
    assert_eq!(recorded, Value::Text(found.clone()));
    assert_eq!(names(&path)?, 0);
    // One system knew no birth, another one does.
    record(&path, format!("{}:", fs::metadata(&path)?.ino()))?;
    assert_eq!(names(&path)?, 0);
    assert_eq!(identity(&path)?.1, Value::Text(found.clone()));
    // Another inode, another birth.
    for other in [format!("1{found}"), format!("{}:1.000000001", fs::metadata(&path)?.ino())] {
        record(&path, other)?;
        assert_eq!(names(&path)?, 1);
        assert_eq!(identity(&path)?.1, Value::Text(found.clone()));
    }
    Ok(())
}

/// The file system may give the inode of a deleted file to the next one.
#[test]
fn a_new_file_in_the_place_of_a_deleted_one_takes_a_new_name() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 3)?;
    let bytes = fs::read(&path)?;
    let Ok(born) = fs::metadata(&path)?.created() else { return Ok(()) };
    // The clock of a file system is coarse.
    while fs::metadata(&path)?.created()? == born {
        fs::remove_file(&path)?;
        fs::write(&path, &bytes)?;
    }
    assert_eq!(names(&path)?, 1);
    Ok(())
}

/// Nothing of the file tells that. What it writes twice is united when devices meet.
#[test]
fn a_file_that_gets_its_earlier_bytes_back_keeps_its_name() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 3)?;
    let bytes = fs::read(&path)?;
    assert_eq!(names(&path)?, 0);
    fs::write(&path, &bytes)?;
    assert_eq!(names(&path)?, 0);
    Ok(())
}

/// Damage, or the work of another program: one new name, and no more.
#[test]
fn an_identity_that_cannot_be_read_is_replaced() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 3)?;
    let text = |text: &str| Value::Text(text.to_owned());
    for value in [
        text(""),
        text("x"),
        text("1:2"),
        text("99999999999999999999:1.000000000"),
        Value::Null,
        Value::Integer(-1),
        Value::Real(0.5),
        Value::Blob(vec![0xff; 9]),
    ] {
        record(&path, &value)?;
        assert_eq!(names(&path)?, 1, "{value:?}");
        assert_eq!(names(&path)?, 0, "{value:?}");
    }
    record(&path, 0)?;
    disk::sqlite(&path)?
        .execute_batch("UPDATE ara_meta SET value = CAST(x'373aff' AS TEXT) WHERE key = 'file'")?;
    assert_eq!(names(&path)?, 1);
    Ok(())
}

/// Where another file lies now, nothing is read or written.
#[test]
fn a_file_that_is_replaced_while_it_is_open_is_not_written() -> TestResult {
    let folder = tempfile::tempdir()?;
    let [path, other] = ["notes.db", "other.db"].map(|name| folder.path().join(name));
    make_notes(&path, 3)?;
    make_notes(&other, 5)?;
    let before = fs::read(&other)?;
    let db = disk::open(&path)?;
    fs::rename(&other, &path)?;
    assert_eq!(notes(&db)?.len(), 3, "the connection that was opened first");
    assert!(matches!(db.create(note(9)), Err(ara::Error::Replaced { .. })));
    assert_eq!(fs::read(&path)?, before);
    Ok(())
}
