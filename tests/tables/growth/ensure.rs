//! `ensure`: tables and columns before they are used.

use std::thread;

use ara::Error;
use ara::prelude::*;

use crate::growth::schemas::{First, Note, Second, Third};
use crate::growth::{v1, v2, v3};
use support::{File, Outcome, There, verified};

#[test]
fn a_schema_is_there_after_it() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let tables =
        || file.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('book', 'note')");
    db.ensure::<First>()?;
    assert_eq!(tables()?, 1);
    db.ensure::<Second>()?;
    assert_eq!(tables()?, 2);
    db.ensure::<Third>()?;
    let columns = "SELECT group_concat(name, ' ') FROM pragma_table_info('book') WHERE cid > 5";
    let columns = file.value(columns)?;
    assert_eq!(columns, rusqlite::types::Value::Text("title stars author shelf".into()));
    // The history has a row for each.
    assert_eq!(db.verify()?.changes, 3);
    db.ensure::<Note>()?;

    let before = (file.dump()?, file.bytes()?);
    for db in [&db, &file.open()?] {
        db.ensure::<Third>()?;
        db.ensure::<Note>()?;
        db.query::<v3::Work>().count()?;
    }
    assert!(before == (file.dump()?, file.bytes()?));
    Ok(())
}

#[test]
fn it_is_all_or_nothing() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Book::draft().title("Momo"))?;
    // What stands in the way of the second table of the schema, in one order and in the other.
    file.tamper("CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1)")?;
    let before = file.dump()?;
    for refused in [db.ensure::<Third>(), db.ensure::<Second>(), db.ensure::<Note>()] {
        assert!(matches!(refused, Err(Error::Shape { .. })), "{refused:?}");
        assert_eq!(before, file.dump()?);
    }
    // The table that can be made is made when it is used, and all of it once nothing is in the way.
    db.create(v3::Work::draft().name("Emma").shelf("blue"))?;
    assert!(db.create(Note::draft()).is_err());
    file.sqlite()?.execute_batch("DROP TABLE note")?;
    db.ensure::<Second>()?;
    db.create(Note::draft().text("made"))?;
    assert_eq!(db.query::<v2::Book>().count()?, 2);
    verified(&db)
}

/// In a transaction that goes on after its error, too.
#[test]
fn it_is_all_or_nothing_within_a_transaction() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    file.tamper("CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1)")?;
    let before = file.dump()?;
    db.transaction(|tx| {
        assert!(matches!(tx.ensure::<Third>(), Err(Error::Shape { .. })));
        Ok(())
    })?;
    assert_eq!(before, file.dump()?);
    db.transaction(|tx| {
        assert!(tx.ensure::<Third>().is_err());
        tx.create(v1::Book::draft().title("Momo"))
    })?;
    let columns = "SELECT group_concat(name, ' ') FROM pragma_table_info('book') WHERE cid > 5";
    assert_eq!(file.value(columns)?, rusqlite::types::Value::Text("title".into()));
    db.create(v3::Work::draft().name("Emma").shelf("blue"))?;
    assert_eq!(db.query::<v3::Work>().narrow(v3::Work::shelf).count()?, 1);
    verified(&db)
}

#[test]
fn threads_may_ensure_a_live_database_at_once() -> Outcome {
    for round in 0..5 {
        let file = File::new()?;
        let db = file.open()?;
        db.create(v1::Book::draft().title("Momo"))?;
        let other = file.open()?;
        let ran = thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|at| {
                    let db = if at % 2 == 0 { &db } else { &other };
                    scope.spawn(move || -> ara::Result<()> {
                        match at {
                            0 | 1 => db.ensure::<Second>()?,
                            2 | 3 => db.ensure::<Third>()?,
                            _ => db.ensure::<First>()?,
                        }
                        db.create(v3::Work::draft().name("Emma").shelf("blue"))?;
                        db.create(v1::Book::draft().title("Heidi"))?;
                        db.query::<v2::Book>().narrow(v2::Book::title).count()?;
                        Ok(())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        for ran in ran {
            ran.map_err(|_| format!("a thread panicked in round {round}"))??;
        }
        assert_eq!(db.query::<v1::Book>().count()?, 13);
        assert_eq!(other.query::<v3::Work>().narrow_all().count()?, 6);
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn threads_may_make_the_file_at_once() -> Outcome {
    for _ in 0..5 {
        let file = File::new()?;
        let ran = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| file.open()?.create(v1::Book::draft().title("Momo"))))
                .collect();
            threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        for ran in ran {
            ran.map_err(|_| "a thread panicked")??;
        }
        let db = file.open()?;
        assert_eq!(db.query::<v1::Book>().count()?, 4);
        assert_eq!(file.number("SELECT count(DISTINCT pos >> 40) FROM ara_log")?, 1);
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn a_database_that_is_open_sees_what_another_adds() -> Outcome {
    let file = File::new()?;
    let (older, newer) = (file.open()?, file.open()?);
    let id = older.create(v1::Book::draft().title("Momo"))?;
    newer.ensure::<Third>()?;
    assert!(newer.update(v3::Work::patch(Id::from_uuid(id.uuid())).shelf("blue"))?);
    assert!(older.update(v1::Book::patch(id).title("Momo II"))?);
    older.create(v1::Book::draft().title("Heidi"))?;
    let row = older.query::<v3::Work>().narrow(v3::Work::shelf).one()?;
    assert_eq!(row.name.there()?, "Momo II");
    verified(&older)
}
