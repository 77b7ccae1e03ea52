//! What remains of a transaction that failed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ara::prelude::*;

use crate::rollback::{Note, Other, TestResult, fixed, note};
use support::disk;
use support::dump::dump;

/// Writes of every kind.
fn write(tx: &Transaction<'_>) -> ara::Result<()> {
    tx.create(note("c"))?;
    tx.create_all((0..50).map(|n| Other::draft().text(n.to_string())))?;
    tx.update(Note::patch(Id::from_key("a")).stars(9).text("changed"))?;
    tx.delete(Id::<Note>::from_key("b"))?;
    tx.upsert(Note { stars: Some(4), ..note("a") })?;
    tx.restore(Id::<Note>::from_key("b"))?;
    tx.delete(Id::<Note>::from_key("a"))?;
    Ok(())
}

fn fail(db: &Database) {
    let failed: ara::Result<()> = db.transaction(|tx| {
        write(tx)?;
        tx.create(note("a")).map(drop)
    });
    assert!(matches!(failed, Err(ara::Error::Exists { table: "note" })));
}

fn fail_otherwise(db: &Database) {
    let failed: Result<(), Box<dyn std::error::Error>> = db.try_transaction(|tx| {
        write(tx)?;
        Err("no".into())
    });
    assert_eq!(failed.expect_err("failed").to_string(), "no");
}

fn panic(db: &Database) {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.transaction(|tx| {
            write(tx)?;
            if tx.get(Id::<Note>::from_key("c"))?.is_some() {
                panic!("as a test");
            }
            Ok(())
        })
    }));
    assert!(panicked.is_err());
}

fn fail_in_rows(db: &Database) {
    let rows = ["d", "e", "a", "f"].map(note);
    assert!(matches!(db.create_all(rows), Err(ara::Error::Exists { .. })));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.create_all(["d", "e", "f"].map(note).into_iter().inspect(|note| {
            assert_ne!(note.text, "f", "as a test");
        }))
    }));
    assert!(panicked.is_err());
}

fn do_nothing(_: &Database) {}

/// A file after some writes, among which was a transaction that failed.
fn after(between: impl Fn(&Database)) -> Result<String, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = fixed(&path)?;
    between(&db);
    db.create(note("a"))?;
    between(&db);
    db.create(note("b"))?;
    between(&db);
    db.update(Note::patch(Id::from_key("a")).stars(5))?;
    db.ensure::<Other>()?;
    between(&db);
    between(&db);
    db.transaction(|tx| {
        tx.create(note("x"))?;
        tx.create(note("y"))
    })?;
    assert!(db.verify()?.holds());
    drop(db);
    let dump = dump(&path)?;
    // Where the file lies differs.
    Ok(dump.lines().filter(|line| !line.contains("[102, 105, 108, 101]")).collect())
}

#[test]
fn nothing_remains() -> TestResult {
    // Before the first, there is no row "a" to fail at.
    let fails: [fn(&Database); 3] = [fail_otherwise, panic, |db| {
        if db.get(Id::<Note>::from_key("a")).is_ok_and(|row| row.is_some()) {
            fail(db);
            fail_in_rows(db);
        }
    }];
    let expected = after(do_nothing)?;
    for fail in fails {
        assert_eq!(after(fail)?, expected);
    }
    Ok(())
}

#[test]
fn the_database_goes_on_after_a_panic() -> TestResult {
    let folder = tempfile::tempdir()?;
    for db in [Database::memory()?, disk::open(folder.path().join("notes.db"))?] {
        db.create(note("a"))?;
        db.create(note("b"))?;
        let other = db.clone();
        assert!(std::thread::spawn(move || panic(&other)).join().is_ok());
        let dies = db.clone();
        let died = std::thread::spawn(move || {
            dies.transaction(|tx| -> ara::Result<()> {
                tx.create(note("c"))?;
                panic!("as a test")
            })
        });
        assert!(died.join().is_err());
        assert_eq!(db.query::<Note>().count()?, 2);
        db.create(note("c"))?;
        assert_eq!(db.query::<Note>().count()?, 3);
        assert!(db.verify()?.holds());
    }
    Ok(())
}
