//! Rule 9: writing what is already there changes nothing.

use ara::prelude::*;
use rusqlite::types::Value;

use crate::mutations::Todo;
use support::{File, Outcome, Wall, log, verified};

/// The same table in a version of the app that counted in whole points.
mod whole {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub score: Option<i64>,
    }
}

/// Runs what must change nothing: not a row, not the log, not a byte of the file.
fn nothing_changes(file: &File, db: &Database, run: impl FnOnce() -> Outcome) -> Outcome {
    // The table is there, so that nothing has to be made.
    db.ensure::<Todo>()?;
    let before = (file.dump()?, file.bytes()?);
    run()?;
    let after = (file.dump()?, file.bytes()?);
    assert_eq!(before.0, after.0);
    assert!(before.1 == after.1, "the bytes of the file differ");
    verified(db)
}

/// What the only change that `run` makes wrote.
fn one_change(file: &File, run: impl FnOnce() -> Outcome) -> Outcome<Vec<(String, Value)>> {
    let before = log::read(&file.sqlite()?)?.len();
    run()?;
    let mut log = log::read(&file.sqlite()?)?;
    assert_eq!(log.len(), before + 1);
    Ok(log.pop().map(|change| change.values()).unwrap_or_default())
}

#[test]
fn values_that_are_there() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let draft = || Todo::draft().title("Milk").stars(3).score(0.5).note("");
    let id = db.create(draft())?;
    wall.advance(1_000);
    nothing_changes(&file, &db, || {
        assert!(db.update(Todo::patch(id).title("Milk").stars(3).score(0.5).note("").done(None))?);
        assert!(db.update(Todo::patch(id))?);
        assert_eq!(db.upsert(draft().id(id))?, id);
        assert_eq!(db.upsert(draft().id(id).done(None))?, id);
        assert!(db.restore(id)?);
        db.transaction(|tx| {
            tx.upsert(draft().id(id))?;
            tx.update(Todo::patch(id).stars(3))
        })?;
        Ok(())
    })
}

#[test]
fn rows_that_are_gone_and_rows_that_never_were() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    let id = db.create(Todo::draft().title("Milk"))?;
    db.delete(id)?;
    wall.advance(1_000);
    nothing_changes(&file, &db, || {
        assert!(!db.delete(id)?);
        assert!(!db.update(Todo::patch(id).stars(3))?);
        let nobody = Id::<Todo>::from_key("nobody");
        assert!(!db.delete(nobody)? && !db.restore(nobody)?);
        assert!(!db.update(Todo::patch(nobody).stars(3))?);
        assert!(db.create(Todo::draft().id(id).title("Bread")).is_err());
        assert!(db.update(Todo::patch(id).title("")).is_err());
        Ok(())
    })
}

#[test]
fn reading_and_opening() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk"))?;
    nothing_changes(&file, &db, || {
        db.ensure::<Todo>()?;
        db.get(id)?;
        db.query::<Todo>().all()?;
        db.transaction(|tx| tx.query::<Todo>().count())?;
        file.open()?.query::<Todo>().count()?;
        Ok(())
    })
}

#[test]
fn of_several_columns_only_those_that_differ_are_written() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk").stars(3))?;
    let written = one_change(&file, || {
        db.update(Todo::patch(id).title("Milk").stars(4).note(None))?;
        Ok(())
    })?;
    assert_eq!(written, [("stars".to_owned(), Value::Integer(4))]);
    let written = one_change(&file, || {
        db.upsert(Todo::draft().id(id).title("Bread").stars(4))?;
        Ok(())
    })?;
    assert_eq!(written, [("title".to_owned(), Value::Text("Bread".to_owned()))]);
    db.delete(id)?;
    let written = one_change(&file, || {
        db.upsert(Todo::draft().id(id).title("Bread").stars(None))?;
        Ok(())
    })?;
    let alive = ("is_deleted".to_owned(), Value::Integer(0));
    assert_eq!(written, [alive, ("stars".to_owned(), Value::Null)]);
    verified(&db)
}

#[test]
fn another_zero_is_another_value() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk").score(0.0))?;
    for score in [-0.0_f64, 0.0] {
        let written = one_change(&file, || {
            db.update(Todo::patch(id).score(score))?;
            Ok(())
        })?;
        let [(_, Value::Real(real))] = &written[..] else { panic!("{written:?}") };
        assert_eq!(real.to_bits(), score.to_bits());
        nothing_changes(&file, &db, || {
            db.update(Todo::patch(id).score(score))?;
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn another_storage_class_is_another_value() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("Milk").score(1.0))?;
    let whole = Id::<whole::Todo>::from_uuid(id.uuid());
    let class = || file.value("SELECT typeof(score) FROM todo");
    let written = one_change(&file, || {
        db.update(whole::Todo::patch(whole).score(1))?;
        Ok(())
    })?;
    assert_eq!(written, [("score".to_owned(), Value::Integer(1))]);
    assert_eq!(class()?, Value::Text("integer".to_owned()));
    // An app that reads floats sees 1.0 there.
    nothing_changes(&file, &db, || {
        assert!(db.update(Todo::patch(id).score(1.0))?);
        Ok(())
    })?;
    let written = one_change(&file, || {
        db.update(Todo::patch(id).score(2.0))?;
        Ok(())
    })?;
    assert_eq!(written, [("score".to_owned(), Value::Real(2.0))]);
    assert_eq!(class()?, Value::Text("real".to_owned()));
    verified(&db)
}
