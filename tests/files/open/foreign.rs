//! Files that are not ara's.

use std::path::Path;

use ara::Error;

use crate::open::TestResult;
use support::disk;
use support::folder::files;
use support::random::Random;

fn refuses(path: &Path) -> Error {
    match disk::open(path) {
        Err(error) => error,
        Ok(_) => panic!("{} was opened", path.display()),
    }
}

#[test]
fn what_is_no_database_is_left_as_it_is() -> TestResult {
    let mut random = Random::new();
    let mut bytes = |count: usize| -> Vec<u8> { (0..count).map(|_| random.next() as u8).collect() };
    let contents = [
        b"\n".to_vec(),
        b"a".to_vec(),
        b"SQLite format 2".to_vec(),
        b"buy milk, and a file of plain text\n".repeat(500),
        vec![0; 4096],
        bytes(20),
        bytes(99),
        bytes(100),
        bytes(5000),
        bytes(100_000),
    ];
    for content in contents {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        std::fs::write(&path, &content)?;
        let before = files(folder.path())?;
        let error = refuses(&path);
        assert!(matches!(error, Error::NotADatabase { .. }), "{error:?}");
        assert_eq!(files(folder.path())?, before);
    }
    Ok(())
}

#[test]
fn the_database_of_another_program_is_left_as_it_is() -> TestResult {
    for setup in [
        "CREATE TABLE other (x)",
        "CREATE VIEW other AS SELECT 1",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 1",
        "PRAGMA user_version = -1",
        "CREATE TABLE ara_meta (key, value)",
    ] {
        for mode in ["delete", "wal"] {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("other.db");
            let other = disk::sqlite(&path)?;
            other.pragma_update(None, "journal_mode", mode)?;
            other.execute_batch(setup)?;
            drop(other);
            let before = files(folder.path())?;
            let error = refuses(&path);
            assert!(matches!(error, Error::ForeignDatabase { .. }), "{setup}, {mode}: {error:?}");
            assert_eq!(files(folder.path())?, before, "{setup}, {mode}");
        }
    }
    Ok(())
}

/// The other program is running, or was killed: part of its data is beside the file.
#[test]
fn what_lies_beside_another_programs_file_is_left_as_it_is() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("other.db");
    let other = disk::sqlite(&path)?;
    other.pragma_update(None, "journal_mode", "wal")?;
    other.execute_batch("CREATE TABLE other (x); INSERT INTO other VALUES (1)")?;

    // Running: its log holds the only table. What the log's index holds may change.
    let without_index = || -> std::io::Result<_> {
        let mut files = files(folder.path())?;
        files.remove("other.db-shm");
        Ok(files)
    };
    let before = without_index()?;
    assert_eq!(before["other.db"].len(), 4096, "the table must be in the log alone");
    assert!(matches!(refuses(&path), Error::ForeignDatabase { .. }));
    assert_eq!(without_index()?, before);
    other.execute_batch("INSERT INTO other VALUES (2)")?;
    let count: i64 = other.query_row("SELECT count(*) FROM other", [], |row| row.get(0))?;
    assert_eq!(count, 2);

    // Killed: the same files, and nobody has them open.
    let killed = tempfile::tempdir()?;
    for name in ["other.db", "other.db-wal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name))?;
    }
    let before = files(killed.path())?;
    assert!(matches!(refuses(&killed.path().join("other.db")), Error::ForeignDatabase { .. }));
    let mut after = files(killed.path())?;
    after.remove("other.db-shm");
    assert_eq!(after, before);
    Ok(())
}

/// Killed in a transaction without a log of this kind: SQLite would roll it back.
#[test]
fn an_interrupted_transaction_of_another_program_is_left_as_it_is() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("other.db");
    let other = disk::sqlite(&path)?;
    other.execute_batch(
        "CREATE TABLE other (x); PRAGMA cache_size = 1; BEGIN;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
         INSERT INTO other SELECT zeroblob(1000) FROM n;",
    )?;
    let killed = tempfile::tempdir()?;
    for name in ["other.db", "other.db-journal"] {
        std::fs::copy(folder.path().join(name), killed.path().join(name))?;
    }
    let before = files(killed.path())?;
    assert!(!before["other.db-journal"].is_empty());
    assert!(matches!(refuses(&killed.path().join("other.db")), Error::ForeignDatabase { .. }));
    assert_eq!(files(killed.path())?, before);
    Ok(())
}
