//! A copy of a file writes under a name of its own; a file that was moved keeps it.
#![cfg(unix)]

use std::path::Path;

use ara::Database;
use rusqlite::Connection;

use crate::open::{TestResult, make_notes, note, notes};

/// The node that writes, and all nodes that the file knows.
fn nodes(path: &Path) -> rusqlite::Result<(Vec<u8>, Vec<Vec<u8>>)> {
    let file = Connection::open(path)?;
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
    std::fs::copy(&path, &copy)?;
    let (before, _) = nodes(&path)?;
    for (file, number) in [(&path, 10), (&copy, 11), (&path, 12), (&copy, 13)] {
        let db = Database::open(file)?;
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
    drop(Database::open(path(0))?);
    let mut seen = vec![nodes(&path(0))?.0];
    for n in 1..5 {
        std::fs::copy(path(n - 1), path(n))?;
        let db = Database::open(path(n))?;
        if n % 2 == 0 {
            db.create(note(n as i64))?;
        }
        drop(db);
        let (own, all) = nodes(&path(n))?;
        assert!(!seen.contains(&own));
        seen.push(own);
        assert_eq!(all, seen);
        assert!(Database::open(path(n))?.verify()?.holds());
    }
    Ok(())
}

#[test]
fn a_moved_file_keeps_its_name() -> TestResult {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("elsewhere"))?;
    let [path, moved] = ["notes.db", "elsewhere/moved.db"].map(|name| folder.path().join(name));
    make_notes(&path, 3)?;
    let before = nodes(&path)?;
    std::fs::rename(&path, &moved)?;
    let db = Database::open(&moved)?;
    db.create(note(10))?;
    assert!(db.verify()?.holds());
    drop(db);
    assert_eq!(nodes(&moved)?, before);
    Ok(())
}

/// Where another file lies now, nothing is read or written.
#[test]
fn a_file_that_is_replaced_while_it_is_open_is_not_written() -> TestResult {
    let folder = tempfile::tempdir()?;
    let [path, other] = ["notes.db", "other.db"].map(|name| folder.path().join(name));
    make_notes(&path, 3)?;
    make_notes(&other, 5)?;
    let before = std::fs::read(&other)?;
    let db = Database::open(&path)?;
    std::fs::rename(&other, &path)?;
    assert_eq!(notes(&db)?.len(), 3, "the connection that was opened first");
    assert!(matches!(db.create(note(9)), Err(ara::Error::Replaced { .. })));
    assert_eq!(std::fs::read(&path)?, before);
    Ok(())
}
