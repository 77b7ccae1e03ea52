//! Tables that a transaction makes go with it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ara::Error;
use ara::prelude::*;

use crate::growth::schemas::{Note, Second};
use crate::growth::{v1, v2, v3};
use support::{File, Outcome, verified};

fn fails(db: &Database, run: impl FnOnce(&Transaction<'_>) -> ara::Result<()>) {
    let failed: ara::Result<()> = db.transaction(|tx| {
        run(tx)?;
        Err(Error::NotOne { count: 0 })
    });
    assert!(matches!(failed, Err(Error::NotOne { .. })), "{failed:?}");
}

#[test]
fn a_table_made_in_vain_is_not_there_and_is_made_again() -> Outcome {
    let file = File::new()?;
    for db in [file.open()?, Database::memory()?] {
        fails(&db, |tx| {
            let id = tx.create(Note::draft().text("in vain"))?;
            tx.update(Note::patch(id).text("still"))?;
            assert_eq!(tx.query::<Note>().count()?, 1);
            Ok(())
        });
        assert_eq!(db.query::<Note>().count()?, 0);
        db.create(Note::draft().text("kept"))?;
        assert_eq!(db.query::<Note>().count()?, 1);
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn nothing_of_it_is_in_the_file() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Book::draft().title("Momo"))?;
    let before = file.dump()?;
    fails(&db, |tx| tx.ensure::<Second>());
    fails(&db, |tx| tx.create(v3::Work::draft().name("Emma").shelf("blue")).map(|_| ()));
    fails(&db, |tx| tx.query::<Note>().count().map(|_| ()));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.transaction(|tx| -> ara::Result<()> {
            tx.create(Note::draft())?;
            panic!("as a test asked for");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(before, file.dump()?);
    // And the same handle works.
    db.create(Note::draft())?;
    db.create(v3::Work::draft().name("Emma").shelf("blue"))?;
    assert_eq!(db.query::<v2::Book>().count()?, 2);
    verified(&db)
}

#[test]
fn columns_added_in_vain_are_added_again() -> Outcome {
    let file = File::new()?;
    for db in [file.open()?, Database::memory()?] {
        let id = db.create(v1::Book::draft().title("Momo"))?;
        let newer = Id::<v2::Book>::from_uuid(id.uuid());
        for _ in 0..2 {
            fails(&db, |tx| {
                assert!(tx.update(v2::Book::patch(newer).stars(3).author("Michael"))?);
                assert!(tx.update(v1::Book::patch(id).title("Momo II"))?);
                Ok(())
            });
            assert_eq!(db.query::<v1::Book>().narrow_all().one()?.title, "Momo");
        }
        assert!(db.update(v2::Book::patch(newer).author("Michael"))?);
        assert_eq!(db.query::<v2::Book>().one()?.author.as_deref(), Some("Michael"));
        verified(&db)?;
    }
    Ok(())
}

/// Ordinals given in vain are given again, to other names: the log must name the right ones.
#[test]
fn ordinals_go_back_too() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Book::draft().title("Momo"))?;
    fails(&db, |tx| tx.ensure::<v2::Book>());
    let id = db.create(v3::Work::draft().name("Emma").shelf("blue").stars(4))?;
    db.update(v2::Book::patch(Id::from_uuid(id.uuid())).author("Jane").stars(5))?;
    verified(&db)?;
    verified(&file.open()?)
}
