//! Transactions: all or nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ara::Error;
use ara::prelude::*;

use crate::mutations::Todo;
use support::{File, Outcome, There, Wall, log, verified};

#[derive(Table)]
struct Other {
    id: Id<Other>,
}

#[derive(Debug)]
enum AppError {
    Ara(Error),
    Changed,
}

impl From<Error> for AppError {
    fn from(error: Error) -> Self {
        Self::Ara(error)
    }
}

#[test]
fn a_transaction_reads_what_it_wrote_and_others_do_not() -> Outcome {
    let file = File::new()?;
    let (db, other) = (file.open()?, file.open()?);
    db.ensure::<Todo>()?;
    let id = db.transaction(|tx| {
        let id = tx.create(Todo::draft().title("Milk"))?;
        assert!(tx.get(id)?.is_some());
        assert_eq!(tx.query::<Todo>().filter(Todo::title.eq("Milk")).count()?, 1);
        assert_eq!(other.query::<Todo>().count()?, 0);
        assert!(other.get(id)?.is_none());
        Ok(id)
    })?;
    assert_eq!(other.get(id)?.there()?.title.as_deref(), Some("Milk"));
    Ok(())
}

#[test]
fn an_error_or_a_panic_leaves_nothing() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Todo::draft().title("Milk"))?;
    let before = file.dump()?;
    let write = |tx: &Transaction<'_>| -> ara::Result<()> {
        for stars in 0..3 {
            tx.create(Todo::draft().title("Bread").stars(stars))?;
        }
        tx.update(Todo::patch(id).stars(5))?;
        tx.delete(id)?;
        Ok(())
    };
    let failed: Result<(), AppError> = db.try_transaction(|tx| {
        write(tx)?;
        Err(AppError::Changed)
    });
    assert!(matches!(failed, Err(AppError::Changed)));
    assert_eq!(before, file.dump()?);

    let failed: Result<(), AppError> = db.try_transaction(|tx| {
        write(tx)?;
        tx.create(Todo::draft().title(""))?;
        Ok(())
    });
    assert!(matches!(failed, Err(AppError::Ara(Error::Rule { .. }))));
    assert_eq!(before, file.dump()?);

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        db.transaction(|tx| -> ara::Result<()> {
            write(tx)?;
            panic!("as a test asked for");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(before, file.dump()?);

    // The clock has not moved either: the next change is the one after the create.
    db.update(Todo::patch(id).stars(1))?;
    let log = log::read(&file.sqlite()?)?;
    assert_eq!((log[1].number, log[1].stamp), (2, log[0].stamp + 1));
    verified(&db)
}

#[test]
fn a_failed_write_can_be_passed_over() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk"))?;
    db.transaction(|tx| {
        tx.create(Todo::draft().title("Bread"))?;
        assert!(matches!(
            tx.create(Todo::draft().id(id).title("Eggs")),
            Err(Error::Exists { table: "todo" })
        ));
        assert!(matches!(tx.create(Todo::draft().title("")), Err(Error::Rule { .. })));
        tx.create(Todo::draft().title("Rye"))
    })?;
    assert_eq!(db.query::<Todo>().count()?, 3);
    assert_eq!(db.verify()?.changes, 3);
    verified(&db)
}

#[test]
fn rows_before_the_one_that_fails_stay_in_the_transaction() -> Outcome {
    let db = Database::memory()?;
    db.transaction(|tx| {
        let rows = ["Milk", "", "Bread"].map(|title| Todo::draft().title(title));
        assert!(tx.create_all(rows).is_err());
        Ok(())
    })?;
    assert_eq!(db.query::<Todo>().one()?.title.as_deref(), Some("Milk"));
    verified(&db)
}

#[test]
fn the_database_is_refused_inside_its_transaction() -> Outcome {
    let file = File::new()?;
    for db in [Database::memory()?, file.open()?] {
        let id = db.create(Todo::draft().title("Milk"))?;
        let handle = db.clone();
        db.transaction(|tx| {
            let refused = [
                handle.create(Todo::draft().title("Bread")).err(),
                handle.update(Todo::patch(id).stars(1)).err(),
                handle.delete(id).err(),
                handle.get(id).err(),
                handle.query::<Todo>().all().err(),
                handle.ensure::<Other>().err(),
                handle.verify().err(),
                handle.transaction(|_| Ok(())).err(),
            ];
            for error in refused {
                assert!(matches!(error, Some(Error::InsideTransaction)), "{error:?}");
            }
            tx.update(Todo::patch(id).stars(2))
        })?;
        assert_eq!(db.get(id)?.there()?.stars, Some(2));
    }
    Ok(())
}

#[test]
fn another_database_may_be_used_inside() -> Outcome {
    let (one, other) = (Database::memory()?, Database::memory()?);
    one.transaction(|tx| {
        tx.create(Todo::draft().title("Milk"))?;
        other.create(Todo::draft().title("Bread"))
    })?;
    assert_eq!((one.query::<Todo>().count()?, other.query::<Todo>().count()?), (1, 1));
    Ok(())
}

/// A full disk, and some other errors, make SQLite roll back all of a transaction at once; what the
/// closure writes after that must not be written for itself.
#[test]
fn what_follows_a_rollback_of_sqlites_own_is_not_written() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk"))?;
    file.sqlite()?.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON todo WHEN NEW.title = 'Last straw' \
         BEGIN SELECT RAISE(ROLLBACK, 'as if the disk was full'); END",
    )?;
    let before = file.dump()?;
    for round in 0..2 {
        let ended = db.transaction(|tx| {
            tx.create(Todo::draft().title("Before"))?;
            assert!(tx.create(Todo::draft().title("Last straw")).is_err());
            let broken = [
                tx.create(Todo::draft().title("After")).err(),
                tx.upsert(Todo::draft().id(id).title("After")).err(),
                tx.update(Todo::patch(id).stars(1)).err(),
                tx.delete(id).err(),
                tx.ensure::<Other>().err(),
                tx.create(Other::draft()).err(),
            ];
            for error in broken {
                assert!(matches!(error, Some(Error::Broken)), "{error:?}");
            }
            Ok(())
        });
        assert!(matches!(ended, Err(Error::Broken)), "round {round}: {ended:?}");
        assert_eq!(before, file.dump()?);
    }
    assert!(db.update(Todo::patch(id).stars(1))?);
    verified(&db)
}
