//! What cannot be read, and what cannot be written.

use ara::prelude::*;
use ara::{Error, Id};

use crate::read_only::{App, Note, TestResult, later, make, read};
use support::disk;
use support::folder::files;

#[test]
fn every_write_is_refused() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    let before = files(folder.path())?;
    let db = read(&path)?;
    let id = Id::<Note>::from_key("a");
    for error in [
        db.create(Note::draft()).map(drop),
        db.create_all([Note::draft()]).map(drop),
        db.upsert(Note::draft()).map(drop),
        db.update(Note::patch(id).stars(1)).map(drop),
        db.delete(id).map(drop),
        db.restore(id).map(drop),
        db.transaction(|_| Ok(())),
        db.ensure::<Note>(),
        db.ensure::<later::Note>(),
    ] {
        let error = error.expect_err("is read only");
        assert!(matches!(error, Error::OpenedReadOnly), "{error:?}");
        assert!(error.to_string().ends_with("open it without `read_only` to write"), "{error}");
    }
    // A table that is not as its struct declares it would have to grow.
    let error = db.query::<later::Note>().count().map(drop).expect_err("lacks a column");
    assert!(matches!(&error, Error::NotMade { table: "note", .. }), "{error:?}");
    let expected = "table `note` lacks a column of its struct, which no writer has added yet, and \
                    this database was opened to be read only: open it to write once";
    assert_eq!(error.to_string(), expected);
    assert_eq!(files(folder.path())?, before);
    Ok(())
}

/// The app is told, though nothing can be kept.
#[test]
fn a_schema_that_is_not_there_is_told() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    disk::open(&path)?;
    let (sender, told) = std::sync::mpsc::channel();
    let options = disk::options().read_only();
    let hook = move |failure: &ara::SchemaFailure| drop(sender.send(failure.schema.clone()));
    let db = options.on_schema_failure(hook).open(&path)?;
    assert!(matches!(db.ensure::<App>(), Err(Error::OpenedReadOnly)));
    assert_eq!(told.try_recv()?, "App");
    assert_eq!(db.schema_failures()?, []);
    assert_eq!(db.schema()?.tables, []);
    let error = db.query::<Note>().count().map(drop).expect_err("was not made");
    let expected = "table `note` is not in the file yet, as no writer has made it, and this \
                    database was opened to be read only: open it to write once";
    assert_eq!(error.to_string(), expected);
    Ok(())
}

#[test]
fn what_is_not_there_is_not_made() -> TestResult {
    let folder = tempfile::tempdir()?;
    let error = read(&folder.path().join("notes.db")).map(drop).expect_err("is not there");
    assert!(matches!(error, Error::Open { .. }), "{error:?}");
    assert!(error.to_string().contains("there is no such file"), "{error}");
    assert!(matches!(read(&folder.path().join("none/notes.db")), Err(Error::Open { .. })));
    assert!(matches!(read(folder.path()), Err(Error::Open { .. })));
    assert!(files(folder.path())?.is_empty());
    Ok(())
}

#[test]
fn what_is_not_ara_s_is_refused() -> TestResult {
    for content in [&b""[..], b"a", &b"plain text, and more of it\n".repeat(500)] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        std::fs::write(&path, content)?;
        let before = files(folder.path())?;
        let error = read(&path).map(drop).expect_err("is no database");
        assert!(matches!(error, Error::NotADatabase { .. }), "{error:?}");
        assert_eq!(files(folder.path())?, before);
    }
    for (sql, mode) in [
        ("CREATE TABLE other (x)", "wal"),
        ("CREATE TABLE other (x)", "delete"),
        ("PRAGMA user_version = 1", "delete"),
    ] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("notes.db");
        let other = disk::sqlite(&path)?;
        other.pragma_update(None, "journal_mode", mode)?;
        other.execute_batch(sql)?;
        drop(other);
        let before = files(folder.path())?;
        let error = read(&path).map(drop).expect_err("is another program's");
        assert!(matches!(error, Error::ForeignDatabase { .. }), "{error:?}");
        assert_eq!(files(folder.path())?, before);
    }
    Ok(())
}

#[test]
fn a_newer_format_is_refused() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    drop(make(&path)?);
    disk::sqlite(&path)?.pragma_update(None, "user_version", 3)?;
    let before = files(folder.path())?;
    let error = read(&path).map(drop).expect_err("is newer");
    assert!(matches!(error, Error::NewerFormat { found: 3, .. }), "{error:?}");
    assert_eq!(files(folder.path())?, before);
    Ok(())
}
