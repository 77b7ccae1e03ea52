//! The database inside its own transaction.

use std::thread;

use ara::Error;
use ara::prelude::*;

use crate::rollback::{Note, Other, TestResult, note};
use support::disk;

fn is_inside<R>(result: ara::Result<R>) -> bool {
    matches!(result, Err(Error::InsideTransaction))
}

#[test]
fn the_database_is_refused_inside() -> TestResult {
    let folder = tempfile::tempdir()?;
    for db in [Database::memory()?, disk::open(folder.path().join("notes.db"))?] {
        db.create(note("a"))?;
        let id = Id::<Note>::from_key("a");
        let same = db.clone();
        db.transaction(|tx| {
            for db in [&db, &same] {
                assert!(is_inside(db.create(note("b"))));
                assert!(is_inside(db.create_all([note("b")])));
                assert!(is_inside(db.upsert(note("b"))));
                assert!(is_inside(db.update(Note::patch(id).stars(1))));
                assert!(is_inside(db.delete(id)));
                assert!(is_inside(db.restore(id)));
                assert!(is_inside(db.get(id)));
                assert!(is_inside(db.verify()));
                assert!(is_inside(db.ensure::<Other>()));
                assert!(is_inside(db.query::<Note>().all()));
                assert!(is_inside(db.query::<Note>().count()));
                assert!(is_inside(db.query::<Note>().for_each(|_| Ok(()))));
                assert!(is_inside(db.query::<Other>().exists()));
                assert!(is_inside(db.transaction(|_| Ok(()))));
            }
            tx.create(note("c"))
        })?;
        assert_eq!(db.query::<Note>().count()?, 2);

        // The rows of `create_all` are asked for within its transaction.
        let rows = ["d", "e"].into_iter().map(|key| {
            assert!(is_inside(db.get(id)));
            assert!(is_inside(db.create(note("x"))));
            note(key)
        });
        assert_eq!(db.create_all(rows)?.len(), 2);
        assert_eq!(db.query::<Note>().count()?, 4);
        assert!(db.verify()?.holds());
    }
    Ok(())
}

/// Another database is not the one that is held, and a transaction may be used by its own rows.
#[test]
fn others_may_be_used_inside() -> TestResult {
    let (db, other) = (Database::memory()?, Database::memory()?);
    db.transaction(|tx| {
        other.create(note("a"))?;
        other.transaction(|inner| {
            inner.create(note("b"))?;
            assert!(is_inside(db.create(note("c"))));
            assert!(is_inside(other.create(note("c"))));
            tx.create(note("c"))
        })?;
        // The other's transaction is over; this one's is not.
        assert!(is_inside(db.create(note("d"))));
        other.create(note("d"))?;
        tx.create_all(["e", "f"].into_iter().map(|key| {
            assert!(tx.create(note(&format!("{key}{key}"))).is_ok());
            note(key)
        }))
    })?;
    assert_eq!((db.query::<Note>().count()?, other.query::<Note>().count()?), (5, 3));
    assert!(is_inside(db.transaction(|_| db.get(Id::<Note>::from_key("a")))));
    assert!(db.get(Id::<Note>::from_key("c"))?.is_some());
    Ok(())
}

/// From another thread it is no mistake: a write waits, a read goes on.
#[test]
fn other_threads_wait() -> TestResult {
    let folder = tempfile::tempdir()?;
    let db = disk::open(folder.path().join("notes.db"))?;
    db.create(note("a"))?;
    let (writer, reader) = (db.clone(), db.clone());
    let written = db.transaction(|tx| {
        tx.create(note("b"))?;
        let read = thread::spawn(move || reader.query::<Note>().count());
        assert_eq!(read.join().expect("does not panic")?, 1, "what is not committed is not seen");
        let written = thread::spawn(move || writer.create(note("c")));
        tx.create(note("d"))?;
        Ok(written)
    })?;
    assert!(written.join().is_ok_and(|created| created.is_ok()));
    assert_eq!(db.query::<Note>().count()?, 4);
    assert!(db.verify()?.holds());
    Ok(())
}
