//! Schemas that cannot be ensured.

use std::sync::{Arc, Mutex, OnceLock};

use ara::prelude::*;
use ara::{Error, SchemaFailure};

use crate::ensure::{v1, v3};
use support::{File, Outcome, Wall, disk, verified};

const IN_THE_WAY: &str = "CREATE TABLE shelf (x); INSERT INTO shelf VALUES (1)";

type Told = Arc<Mutex<Vec<SchemaFailure>>>;

fn open(file: &File, wall: &Wall) -> Outcome<(Database, Told)> {
    let told = Told::default();
    let hook = Arc::clone(&told);
    let options = wall
        .options()
        .on_schema_failure(move |failure| hook.lock().expect("is free").push(failure.clone()));
    Ok((options.open(file.path())?, told))
}

fn taken(told: &Told) -> Vec<SchemaFailure> {
    std::mem::take(&mut told.lock().expect("is free"))
}

#[test]
fn it_changes_nothing_and_is_kept_and_told() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let (db, told) = open(&file, &wall)?;
    db.ensure::<v1::App>()?;
    db.create(v1::Book::draft().title("Momo"))?;
    file.tamper(IN_THE_WAY)?;
    let before = file.dump()?;
    wall.advance(5);
    let error = db.ensure::<v3::App>().expect_err("a table is in the way");
    assert!(matches!(&error, Error::Shape { table, .. } if table == "shelf"), "{error:?}");
    assert_eq!(file.dump()?, before);
    let failures = taken(&told);
    let [failure] = &failures[..] else { return Err(format!("{failures:?}").into()) };
    assert_eq!((failure.schema.as_str(), failure.version), ("App", 0));
    assert_eq!(failure.app_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(failure.reason, error.to_string());
    assert_eq!(failure.time, Timestamp::from_millis(Wall::START + 5));
    assert_eq!(db.schema_failures()?, failures);
    assert_eq!(file.open()?.schema_failures()?, failures);

    // What it does not need goes on, and all of it once nothing is in the way.
    db.ensure::<v1::App>()?;
    file.sqlite()?.execute_batch("DROP TABLE shelf")?;
    db.ensure::<v3::App>()?;
    assert_eq!(taken(&told), []);
    verified(&db)
}

#[test]
fn a_transaction_goes_on_without_it() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let (db, told) = open(&file, &wall)?;
    db.ensure::<v1::App>()?;
    file.tamper(IN_THE_WAY)?;
    for commits in [true, false] {
        let ran: ara::Result<()> = db.transaction(|tx| {
            for n in 0..20 {
                tx.create(v1::Book::draft().title(format!("before {n}")))?;
            }
            assert!(tx.ensure::<v3::App>().is_err());
            // It is told when the transaction is over.
            assert_eq!(taken(&told), []);
            tx.create(v1::Book::draft().title("after"))?;
            if commits { Ok(()) } else { Err(Error::NotOne { count: 0 }) }
        });
        assert_eq!(ran.is_ok(), commits);
        assert_eq!(db.query::<v1::Book>().count()?, 21);
        assert_eq!(taken(&told).len(), 1);
        verified(&db)?;
    }
    assert_eq!(db.schema_failures()?.len(), 2);
    Ok(())
}

/// The history cannot be written, which is no reason to refuse the app its tables. Nothing of it is in the log.
#[test]
fn a_history_that_cannot_be_written_is_left_out() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v1::App>()?;
    file.sqlite()?.execute_batch(
        "CREATE TRIGGER late BEFORE INSERT ON ara_schema_history \
         BEGIN SELECT RAISE(ABORT, 'late'); END",
    )?;
    let before = file.logged()?;
    db.transaction(|tx| {
        tx.create(v1::Book::draft().title("before"))?;
        tx.ensure::<v3::App>()
    })?;
    verified(&db)?;
    db.ensure::<v3::App>()?;
    assert_eq!(file.logged()?, before + 1);
    assert_eq!(db.schema()?.versions.len(), 1);
    file.sqlite()?.execute_batch("DROP TRIGGER late")?;
    db.ensure::<v3::App>()?;
    assert_eq!(db.schema()?.versions.len(), 2);
    verified(&db)
}

#[test]
fn the_last_hundred_are_kept() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    file.open()?;
    file.tamper(IN_THE_WAY)?;
    let (db, told) = open(&file, &wall)?;
    for _ in 0..105 {
        assert!(db.ensure::<v3::Shelf>().is_err());
        wall.advance(1);
    }
    assert_eq!(taken(&told).len(), 105);
    let kept = db.schema_failures()?;
    assert_eq!(kept.len(), 100);
    assert_eq!(kept.first().map(|first| first.time.millis()), Some(Wall::START + 5));
    assert!(kept.iter().all(|failure| failure.schema == "shelf" && failure.app_version.is_empty()));
    Ok(())
}

/// The hook may use the database, which is in nobody's hands then.
#[test]
fn the_hook_may_use_the_database() -> Outcome {
    static DATABASE: OnceLock<Database> = OnceLock::new();
    static SEEN: Mutex<Vec<usize>> = Mutex::new(Vec::new());
    let file = File::new()?;
    file.open()?;
    file.tamper(IN_THE_WAY)?;
    let db = disk::options()
        .on_schema_failure(|_| {
            let db = DATABASE.get().expect("is open");
            db.create(v1::Book::draft().title("told")).expect("can be written");
            SEEN.lock().expect("is free").push(db.schema_failures().map_or(0, |kept| kept.len()));
        })
        .open(file.path())?;
    let db = DATABASE.get_or_init(|| db);
    assert!(db.ensure::<v3::App>().is_err());
    db.transaction(|tx| {
        assert!(tx.ensure::<v3::App>().is_err());
        Ok(())
    })?;
    assert_eq!(*SEEN.lock().expect("is free"), [1, 2]);
    assert_eq!(db.query::<v1::Book>().count()?, 2);
    Ok(())
}

/// To keep it fails too: the app is told, and gets the first error.
#[test]
fn what_cannot_be_kept_is_told_all_the_same() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let (db, told) = open(&file, &wall)?;
    file.tamper(IN_THE_WAY)?;
    file.sqlite()?.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON ara_failure \
         BEGIN SELECT RAISE(ABORT, 'as if the disk was full'); END",
    )?;
    let error = db.ensure::<v3::App>().expect_err("a table is in the way");
    assert!(matches!(error, Error::Shape { .. }), "{error:?}");
    assert_eq!(taken(&told).len(), 1);
    assert_eq!(db.schema_failures()?, []);
    Ok(())
}

/// Another process writes for too long.
#[test]
fn a_lock_is_told_and_not_kept() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let told = Told::default();
    let hook = Arc::clone(&told);
    let db = wall
        .options()
        .busy_timeout(std::time::Duration::from_millis(1))
        .on_schema_failure(move |failure| hook.lock().expect("is free").push(failure.clone()))
        .open(file.path())?;
    let writing = file.sqlite()?;
    writing.execute_batch("BEGIN IMMEDIATE")?;
    assert!(matches!(db.ensure::<v3::App>(), Err(Error::Busy)));
    assert_eq!(taken(&told).len(), 1);
    writing.execute_batch("COMMIT")?;
    assert_eq!(db.schema_failures()?, []);
    db.ensure::<v3::App>()?;
    verified(&db)
}
