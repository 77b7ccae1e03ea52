//! Files of another version of ara.

use ara::Error;

use crate::open::{TestResult, make_notes};
use support::disk;
use support::folder::files;

#[test]
fn a_newer_format_is_refused() -> TestResult {
    for mode in ["wal", "delete"] {
        for format in [3, 1000, i32::MAX] {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("notes.db");
            make_notes(&path, 3)?;
            let newer = disk::sqlite(&path)?;
            newer.pragma_update(None, "user_version", format)?;
            newer.pragma_update(None, "journal_mode", mode)?;
            drop(newer);
            let before = files(folder.path())?;
            let error = disk::open(&path).map(drop).expect_err("is newer");
            assert!(matches!(error, Error::NewerFormat { known: 2, .. }), "{error:?}");
            assert!(error.to_string().ends_with("update the app"), "{error}");
            assert_eq!(files(folder.path())?, before);
        }
    }
    Ok(())
}

/// The newer app was killed, or runs: its format is in the log alone.
#[test]
fn a_newer_format_in_the_log_is_refused() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    make_notes(&path, 3)?;
    let newer = disk::sqlite(&path)?;
    newer.pragma_update(None, "user_version", 3)?;
    let killed = tempfile::tempdir()?;
    for name in ["notes.db", "notes.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name))?;
    }
    for folder in [folder.path(), killed.path()] {
        let without_index = || -> std::io::Result<_> {
            let mut files = files(folder)?;
            files.remove("notes.db-shm");
            Ok(files)
        };
        let before = without_index()?;
        let error = disk::open(folder.join("notes.db")).map(drop).expect_err("is newer");
        assert!(matches!(error, Error::NewerFormat { found: 3, .. }), "{error:?}");
        assert_eq!(without_index()?, before);
    }
    Ok(())
}

#[test]
fn a_format_that_was_never_published_is_refused() -> TestResult {
    for mode in ["wal", "delete"] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        make_notes(&path, 3)?;
        let older = disk::sqlite(&path)?;
        older.pragma_update(None, "user_version", 1)?;
        older.pragma_update(None, "journal_mode", mode)?;
        drop(older);
        let before = files(folder.path())?;
        let opened = disk::open(&path).map(drop);
        let read = disk::options().read_only().open(&path).map(drop);
        let restored =
            disk::options().restore_backup(&path, folder.path().join("restored.db")).map(drop);
        for error in [opened, read, restored] {
            let error = error.expect_err("is older");
            assert!(matches!(error, Error::OlderFormat { found: 1, known: 2, .. }), "{error:?}");
            assert!(error.to_string().contains("was never published"), "{error}");
        }
        assert_eq!(files(folder.path())?, before);
    }
    Ok(())
}

/// Its log lies in other tables, and its tables are others.
#[test]
fn a_whole_file_of_the_first_format_is_refused() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("todo.db");
    disk::sqlite(&path)?.execute_batch(include_str!("first_format.sql"))?;
    let before = files(folder.path())?;
    for opened in [disk::open(&path), disk::options().read_only().open(&path)] {
        let error = opened.map(drop).expect_err("is older");
        assert!(matches!(error, Error::OlderFormat { found: 1, known: 2, .. }), "{error:?}");
        assert!(error.to_string().contains("was never published"), "{error}");
    }
    assert_eq!(files(folder.path())?, before);
    Ok(())
}
