//! A file that nobody else uses.

use crate::read_only::{TestResult, inspect, make, read};
use support::disk;
use support::folder::files;

#[test]
fn nothing_changes_and_nothing_is_left_beside_it() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    for mode in ["wal", "delete"] {
        disk::sqlite(&path)?.pragma_update(None, "journal_mode", mode)?;
        let before = files(folder.path())?;
        assert_eq!(before.len(), 1);
        let db = read(&path)?;
        inspect(&db, 100)?;
        assert_eq!(files(folder.path())?, before);
        drop(db);
        assert_eq!(files(folder.path())?, before);
    }
    Ok(())
}

/// Where nothing can be written at all.
#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_is_read() -> TestResult {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    set_permissions(&path, Permissions::from_mode(0o400))?;
    set_permissions(folder.path(), Permissions::from_mode(0o500))?;
    let inspected = read(&path).map_err(Into::into).and_then(|db| inspect(&db, 100));
    set_permissions(folder.path(), Permissions::from_mode(0o700))?;
    inspected
}

/// A copy is another device to who writes it, and the same file to who reads it.
#[test]
fn a_copy_keeps_its_node() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy)?;
    let nodes = || -> TestResult<i64> {
        let sqlite = disk::sqlite(&copy)?;
        Ok(sqlite.query_row("SELECT count(*) FROM ara_node", [], |row| row.get(0))?)
    };
    inspect(&read(&copy)?, 100)?;
    assert_eq!(nodes()?, 1);
    drop(disk::open(&copy)?);
    assert_eq!(nodes()?, if cfg!(unix) { 2 } else { 1 });
    Ok(())
}

/// Threads that read at once have connections of their own.
#[test]
fn threads_read_at_once() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    let before = files(folder.path())?;
    let db = read(&path)?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| inspect(&db, 100).is_ok())).collect();
        for thread in threads {
            assert_eq!(thread.join().ok(), Some(true));
        }
    });
    assert_eq!(files(folder.path())?, before);
    Ok(())
}
