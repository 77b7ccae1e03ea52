//! Return values, and what is there afterwards.

use ara::Error;
use ara::prelude::*;

use crate::mutations::Todo;
use support::{Outcome, There, verified};

#[test]
fn a_created_row_has_what_was_set_and_nothing_else() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk").stars(3))?;
    let row = db.get(id)?.there()?;
    assert_eq!(row.id, id);
    assert_eq!(row.title.as_deref(), Some("Milk"));
    assert_eq!((row.done, row.stars, row.score, row.note), (None, Some(3), None, None));
    assert_eq!(row.created_at, row.updated_at);
    Ok(())
}

#[test]
fn an_update_writes_what_is_set_and_clears_what_is_none() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk").stars(3).done(true).note("now"))?;
    assert!(db.update(Todo::patch(id).stars(4).done(None))?);
    let row = db.get(id)?.there()?;
    assert_eq!((row.stars, row.done), (Some(4), None));
    assert_eq!((row.title.as_deref(), row.note.as_deref()), (Some("Milk"), Some("now")));
    // A cleared column is as one that never was.
    assert_eq!(db.query::<Todo>().filter(Todo::done.is_null()).count()?, 1);
    assert!(db.update(row.patch().done(false))?);
    assert_eq!(db.get(id)?.there()?.done, Some(false));
    // The last value of a column counts, and a patch of nothing tells whether the row is there.
    assert!(db.update(Todo::patch(id).stars(1).stars(None).stars(2))?);
    assert!(db.update(Todo::patch(id))?);
    assert_eq!(db.get(id)?.there()?.stars, Some(2));
    verified(&db)
}

#[test]
fn no_row_is_no_error() -> Outcome {
    let db = Database::memory()?;
    let nobody = Id::<Todo>::from_key("nobody");
    for _ in 0..2 {
        assert!(db.get(nobody)?.is_none());
        assert!(!db.update(Todo::patch(nobody).stars(1))?);
        assert!(!db.update(Todo::patch(nobody))?);
        assert!(!db.delete(nobody)?);
        assert!(!db.restore(nobody)?);
        db.create(Todo::draft().title("Somebody"))?;
    }
    assert_eq!(db.query::<Todo>().with_deleted().count()?, 2);
    verified(&db)
}

#[test]
fn a_deleted_row_is_not_there_until_it_is_restored() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk").stars(3))?;
    assert!(db.delete(id)?);
    for _ in 0..2 {
        assert!(db.get(id)?.is_none());
        assert!(!db.delete(id)?);
        assert!(!db.update(Todo::patch(id).stars(9))?);
        assert!(!db.update(Todo::patch(id))?);
        assert_eq!(db.query::<Todo>().count()?, 0);
        assert!(db.query::<Todo>().find(id)?.is_none());
        assert!(db.query::<Todo>().with_deleted().find(id)?.is_some());
        assert_eq!(db.query::<Todo>().only_deleted().one()?.stars, Some(3));
    }
    assert!(db.restore(id)?);
    assert!(db.restore(id)?);
    let row = db.get(id)?.there()?;
    assert_eq!((row.title.as_deref(), row.stars), (Some("Milk"), Some(3)));
    assert_eq!(db.query::<Todo>().only_deleted().count()?, 0);
    assert_eq!(db.query::<Todo>().all()?, [row]);
    verified(&db)
}

#[test]
fn an_id_exists_alive_or_deleted() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk").stars(3))?;
    let again = || Todo::draft().id(id).title("Bread");
    assert!(matches!(db.create(again()), Err(Error::Exists { table: "todo" })));
    assert!(db.delete(id)?);
    assert!(matches!(db.create(again()), Err(Error::Exists { table: "todo" })));
    assert!(db.get(id)?.is_none());
    let row = db.query::<Todo>().only_deleted().one()?;
    assert_eq!(row.title.as_deref(), Some("Milk"));
    assert_eq!(db.verify()?.changes, 2);
    verified(&db)
}

#[test]
fn an_upsert_creates_writes_or_restores() -> Outcome {
    let db = Database::memory()?;
    let id = Id::from_key("milk");
    assert_eq!(db.upsert(Todo::draft().id(id).title("Milk").stars(3))?, id);
    assert_eq!(db.get(id)?.there()?.stars, Some(3));

    // What is not set is left alone, what is none is cleared.
    assert_eq!(db.upsert(Todo::draft().id(id).title("Milk").done(true))?, id);
    let row = db.get(id)?.there()?;
    assert_eq!((row.stars, row.done), (Some(3), Some(true)));
    db.upsert(Todo::draft().id(id).title("Oat milk").stars(None))?;
    let row = db.get(id)?.there()?;
    assert_eq!((row.title.as_deref(), row.stars), (Some("Oat milk"), None));

    assert!(db.delete(id)?);
    db.upsert(Todo::draft().id(id).title("Oat milk").note("again"))?;
    let row = db.get(id)?.there()?;
    assert_eq!((row.done, row.note.as_deref()), (Some(true), Some("again")));

    // Without an id it is a create.
    let other = db.upsert(Todo::draft().title("Bread"))?;
    assert_ne!(other, id);
    assert_eq!(db.query::<Todo>().count()?, 2);
    verified(&db)
}

#[test]
fn a_whole_struct_is_a_row() -> Outcome {
    let db = Database::memory()?;
    let todo = Todo {
        id: Id::from_key("milk"),
        title: NonEmptyString::new("Milk")?,
        done: None,
        stars: Some(3),
        score: Some(0.5),
        note: None,
    };
    assert_eq!(db.create(todo.clone())?, todo.id);
    assert_eq!(db.query::<Todo>().narrow_all().one()?, todo);
    assert!(matches!(db.create(todo.clone()), Err(Error::Exists { .. })));
    // It says of each column what it holds, so an upsert clears what is none.
    db.update(Todo::patch(todo.id).done(true))?;
    db.upsert(todo.clone())?;
    assert_eq!(db.query::<Todo>().narrow_all().all()?, [todo]);
    verified(&db)
}

#[test]
fn all_are_created_or_none() -> Outcome {
    let db = Database::memory()?;
    let ids = db.create_all((0..5).map(|stars| Todo::draft().title("Milk").stars(stars)))?;
    for (id, stars) in ids.iter().zip(0..) {
        assert_eq!(db.get(*id)?.there()?.stars, Some(stars));
    }
    assert_eq!(db.create_all(Vec::<Todo>::new())?, []);

    let changes = db.verify()?.changes;
    for (title, id) in [("", Id::from_key("new")), ("Bread", ids[0])] {
        let rows = ["Milk", title].into_iter().zip([Id::from_key("first"), id]);
        let rows = rows.map(|(title, id)| Todo::draft().title(title).id(id));
        assert!(db.create_all(rows).is_err());
        assert!(db.get(Id::<Todo>::from_key("first"))?.is_none());
    }
    assert_eq!(db.verify()?.changes, changes);
    verified(&db)
}

#[test]
fn a_broken_rule_names_its_column_and_writes_nothing() -> Outcome {
    let db = Database::memory()?;
    let id = db.create(Todo::draft().title("Milk"))?;
    let long = "x".repeat(101);
    for error in [
        db.create(Todo::draft().title(" \t")).err(),
        db.create(Todo::draft().title(&long)).err(),
        db.upsert(Todo::draft().id(id).title("")).err(),
        db.update(Todo::patch(id).stars(1).title("")).err(),
        db.update(Todo::patch(id).stars(1).score(f64::NAN)).err(),
    ] {
        let error = error.there()?;
        assert!(matches!(error, Error::Rule { table: "todo", column: "title" | "score", .. }));
        assert!(!error.to_string().contains(&long));
    }
    assert_eq!(db.verify()?.changes, 1);
    assert_eq!(db.get(id)?.there()?.stars, None);
    Ok(())
}

#[test]
fn texts_and_bytes_come_back_as_they_went_in() -> Outcome {
    let db = Database::memory()?;
    for note in ["", "0012", "1e3", "a\0b", "'; DROP TABLE todo; --", "\u{1F600}\u{202e}", "NULL"] {
        let id = db.create(Todo::draft().title("Milk").note(note))?;
        assert_eq!(db.get(id)?.there()?.note.as_deref(), Some(note));
        assert_eq!(db.query::<Todo>().filter(Todo::note.eq(note)).one()?.id, id);
    }
    for score in [0.0, -0.0, f64::MIN_POSITIVE / 2.0, f64::MAX, f64::NEG_INFINITY, 1.0, 2e53] {
        let id = db.create(Todo::draft().title("Milk").score(score))?;
        let read = db.get(id)?.there()?.score.there()?;
        assert_eq!(read.to_bits(), score.to_bits());
    }
    for stars in [i64::MIN, -1, 0, 1, 2, i64::MAX] {
        let id = db.create(Todo::draft().title("Milk").stars(stars))?;
        assert_eq!(db.get(id)?.there()?.stars, Some(stars));
    }
    verified(&db)
}
