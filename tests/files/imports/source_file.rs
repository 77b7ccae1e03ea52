//! The file that is imported: it is only read, whatever lies beside it.

use std::fs;
use std::path::Path;

use ara::Error;
use ara::prelude::*;
use rusqlite::Connection;
use support::Outcome;
use support::folder::files;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: String,
}

fn import(db: &Database, path: &Path) -> ara::Result<u64> {
    let imported = db.import_sqlite(path, "SELECT id, text FROM note", |row| {
        Ok(Note::draft().id(row.id("id")?).text(row.get("text")?))
    })?;
    assert_eq!(imported.refused, 0);
    Ok(imported.read)
}

fn make(path: &Path, mode: &str) -> Outcome<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", mode)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.execute_batch("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO note (text) VALUES ('a'), ('b')")?;
    Ok(connection)
}

/// Copies what a program leaves behind that is stopped.
fn left_behind(from: &Path, to: &Path, endings: &[&str]) -> Outcome {
    let name = |path: &Path, ending: &str| format!("{}{ending}", path.display());
    for ending in endings {
        fs::copy(name(from, ending), name(to, ending))?;
    }
    Ok(())
}

#[test]
fn neither_the_file_nor_its_folder_changes() -> Outcome {
    let made = tempfile::tempdir()?;
    let wal = made.path().join("wal.db");
    let of_wal = make(&wal, "wal")?;
    for (mode, endings, rows) in
        [("delete", vec![""], 2), ("wal", vec![""], 2), ("wal", vec!["", "-wal"], 3)]
    {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("old.db");
        if endings.len() > 1 {
            of_wal.execute_batch("INSERT INTO note (text) VALUES ('c')")?;
            left_behind(&wal, &path, &endings)?;
        } else {
            drop(make(&path, mode)?);
        }
        let before = files(folder.path())?;
        assert_eq!(before.len(), endings.len());
        let db = Database::memory()?;
        assert_eq!(import(&db, &path)?, rows, "{mode} {endings:?}");
        assert_eq!(files(folder.path())?, before, "{mode} {endings:?}");
    }
    Ok(())
}

/// In a journal, SQLite keeps what a transaction has overwritten that was not committed.
#[test]
fn what_a_stopped_program_has_not_committed_is_not_imported() -> Outcome {
    let made = tempfile::tempdir()?;
    let from = made.path().join("running.db");
    let running = make(&from, "delete")?;
    running.pragma_update(None, "cache_size", 1)?;
    running.execute_batch(
        "CREATE TABLE large (bytes); BEGIN; UPDATE note SET text = 'not committed'; \
         WITH RECURSIVE at(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM at WHERE n < 100) \
         INSERT INTO large SELECT zeroblob(4000) FROM at",
    )?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("old.db");
    left_behind(&from, &path, &["", "-journal"])?;
    let before = files(folder.path())?;
    let db = Database::memory()?;
    assert_eq!(import(&db, &path)?, 2);
    assert_eq!(db.query::<Note>().filter(Note::text.eq("not committed")).count()?, 0);
    assert_eq!(files(folder.path())?, before);
    Ok(())
}

#[test]
fn a_file_in_use_is_read_as_of_the_last_commit() -> Outcome {
    for mode in ["wal", "delete"] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("old.db");
        let used = make(&path, mode)?;
        used.execute_batch("BEGIN; INSERT INTO note (text) VALUES ('c')")?;
        let db = Database::memory()?;
        assert_eq!(import(&db, &path)?, 2, "{mode}");
        used.execute_batch("COMMIT")?;
        assert_eq!(import(&db, &path)?, 3, "{mode}");
        // It can go on.
        used.execute_batch("INSERT INTO note (text) VALUES ('d')")?;
    }
    Ok(())
}

/// A file of ara's is one as well, even that of the database itself.
#[test]
fn a_file_of_ara_is_read_too() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = Database::open(&path)?;
    db.create(Note::draft().text("a"))?;
    let other = Database::memory()?;
    for db in [&db, &other] {
        let imported = db.import_sqlite(&path, "SELECT id, text FROM note", |row| {
            Ok(Note::draft().id(row.id("id")?).text(row.get("text")?))
        })?;
        assert_eq!(imported.read, 1);
        assert_eq!(db.query::<Note>().count()?, 1);
    }
    Ok(())
}

#[test]
fn what_cannot_be_read_is_told_by_its_path() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let db = Database::memory()?;
    let told = |name: &str| import(&db, &path(name)).expect_err("cannot be read");

    let missing = told("missing.db");
    assert!(missing.to_string().contains("missing.db: there is no such file"), "{missing}");
    assert!(!path("missing.db").exists());
    let no_folder = told("nowhere/old.db");
    assert!(matches!(no_folder, Error::Open { .. }), "{no_folder:#?}");
    fs::write(path("text.db"), "text, and so much of it that it could be a database".repeat(100))?;
    assert!(matches!(told("text.db"), Error::NotADatabase { .. }));

    drop(make(&path("damaged.db"), "delete")?);
    let mut bytes = fs::read(path("damaged.db"))?;
    bytes[100..].fill(0xff);
    fs::write(path("damaged.db"), bytes)?;
    let damaged = told("damaged.db");
    assert!(damaged.to_string().contains("it is damaged: repair it"), "{damaged}");

    let locked = make(&path("locked.db"), "delete")?;
    locked.execute_batch("BEGIN EXCLUSIVE")?;
    let db = Database::options().busy_timeout(std::time::Duration::ZERO).memory()?;
    let busy = import(&db, &path("locked.db")).expect_err("is locked");
    assert!(busy.to_string().contains("another program keeps it locked"), "{busy}");
    Ok(())
}
