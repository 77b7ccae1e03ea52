//! Errors that the closure passes over.

use ara::Error;
use ara::prelude::*;

use crate::rollback::{Note, Other, TestResult, fixed, note};
use support::disk;

#[test]
fn what_was_refused_is_left_out_and_the_rest_is_committed() -> TestResult {
    let folder = tempfile::tempdir()?;
    for db in [fixed(&folder.path().join("notes.db"))?, Database::memory()?] {
        db.transaction(|tx| {
            tx.create(note("a"))?;
            assert!(matches!(tx.create(note("a")), Err(Error::Exists { .. })));
            assert!(matches!(tx.create(Note::draft().text(" ")), Err(Error::Rule { .. })));
            let patch = Note::patch(Id::from_key("a")).text("x".repeat(21));
            assert!(matches!(tx.update(patch), Err(Error::Rule { .. })));
            let rows = ["b", "a", "c"].map(note);
            assert!(matches!(tx.create_all(rows), Err(Error::Exists { .. })));
            assert!(!tx.update(Note::patch(Id::from_key("z")).stars(1))?);
            assert!(!tx.delete(Id::<Note>::from_key("z"))?);
            tx.create(note("d"))
        })?;
        let rows = db.query::<Note>().narrow(Note::text).order_by(Note::text.asc()).all()?;
        let texts: Vec<_> = rows.iter().map(|row| row.text.as_str()).collect();
        assert_eq!(texts, ["a", "b", "d"]);
        let found = db.verify()?;
        assert!(found.holds(), "{found:?}");
        assert_eq!((found.changes, found.rows), (3, 3));
    }
    Ok(())
}

/// A change that is in the rows, and not in the log.
#[test]
fn a_change_that_the_log_lacks_is_not_committed() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    db.create(note("a"))?;
    let id = db.create(Other::draft().text("one"))?;
    let refuse: String = id.uuid().as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    disk::sqlite(&path)?.execute_batch(&format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON ara_log WHEN instr(hex(new.data), '{refuse}')
         BEGIN SELECT raise(ABORT, 'as a test'); END"
    ))?;
    let before = db.verify()?;

    assert!(db.update(Other::patch(id).text("two")).is_err());
    // The log is written behind the rows, so it is later changes that meet the error.
    let mut met = 0;
    let committed = db.transaction(|tx| {
        tx.update(Other::patch(id).text("three"))?;
        for n in 0..2_000 {
            met += i32::from(tx.create(note(&n.to_string())).is_err());
        }
        Ok(())
    });
    assert!(met > 0);
    assert!(matches!(committed, Err(Error::Broken)), "{committed:?}");
    assert_eq!(db.verify()?, before);
    assert_eq!(db.get(id)?.and_then(|row| row.text).as_deref(), Some("one"));

    disk::sqlite(&path)?.execute_batch("DROP TRIGGER refuse")?;
    assert!(db.update(Other::patch(id).text("two"))?);
    assert!(db.verify()?.holds());
    Ok(())
}
