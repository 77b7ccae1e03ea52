//! A column that replaces another one, with versions of the app that take turns on one file.

use ara::prelude::*;
use support::{Outcome, There, Wall, disk, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub note: String,
        pub paid: Option<bool>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(index, replaces(note, read = shout, write = whisper))]
        pub text: String,
        #[table(retired)]
        note: Option<String>,
        pub paid: Option<bool>,
    }

    fn shout(note: String) -> String {
        note.to_uppercase()
    }

    fn whisper(text: &str) -> String {
        text.to_lowercase()
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

#[test]
fn what_an_older_version_wrote_is_read_as_if_it_had_always_been_there() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().note("milk"))?;
    let tea = db.create(v1::Expense::draft().note("tea"))?;
    let expense = db.get::<v2::Expense>(id(milk))?.there()?;
    assert_eq!(expense.text.as_deref(), Some("MILK"));
    let by_text = db.query::<v2::Expense>().narrow(v2::Expense::text).order_by(v2::Expense::text);
    let texts: Vec<_> = by_text.clone().all()?.into_iter().map(|row| row.text).collect();
    assert_eq!(texts, ["MILK", "TEA"]);

    db.update(v1::Expense::patch(tea).note("coffee"))?;
    let first = by_text.clone().filter(v2::Expense::text.eq("COFFEE")).one()?;
    assert_eq!(first.id, id(tea));
    assert_eq!(db.query::<v2::Expense>().filter(v2::Expense::text.like("%E%")).count()?, 1);
    Ok(())
}

#[test]
fn what_older_versions_write_through_another_handle_is_seen_at_once() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let (old, new) = (disk::open(&path)?, disk::open(&path)?);
    let milk = old.create(v1::Expense::draft().note("milk"))?;
    let text = |db: &Database| -> ara::Result<Option<String>> {
        Ok(db.get::<v2::Expense>(id(milk))?.and_then(|row| row.text))
    };
    assert_eq!(text(&new)?.as_deref(), Some("MILK"));
    for note in ["tea", "coffee"] {
        old.update(v1::Expense::patch(milk).note(note))?;
        assert_eq!(text(&new)?, Some(note.to_uppercase()));
        old.update(v1::Expense::patch(milk).paid(true))?;
        let all = new.query::<v2::Expense>().narrow(v2::Expense::text).all()?;
        assert_eq!(all.into_iter().map(|row| row.text).collect::<Vec<_>>(), [note.to_uppercase()]);
    }
    new.transaction(|tx| {
        tx.update(v1::Expense::patch(milk).note("cocoa"))?;
        assert_eq!(tx.query::<v2::Expense>().filter(v2::Expense::text.eq("COCOA")).count()?, 1);
        Ok(())
    })?;
    assert_eq!(text(&old)?.as_deref(), Some("COCOA"));
    Ok(())
}

#[test]
fn what_arrives_and_what_was_is_read_the_same_way() -> Outcome {
    let wall = Wall::new();
    let (old, new) = (wall.options().memory()?, wall.options().memory()?);
    new.ensure::<v2::Expense>()?;
    let milk = old.create(v1::Expense::draft().note("milk"))?;
    let then = Timestamp::from_millis(wall.millis());
    wall.advance(1000);
    old.update(v1::Expense::patch(milk).note("tea"))?;
    send(&old, &new)?;
    assert_eq!(new.get::<v2::Expense>(id(milk))?.there()?.text.as_deref(), Some("TEA"));
    let past = new.at(then);
    assert_eq!(past.query::<v2::Expense>().narrow(v2::Expense::text).one()?.text, "MILK");
    verified(&new)?;
    new.rebuild()?;
    assert_eq!(new.get::<v2::Expense>(id(milk))?.there()?.text.as_deref(), Some("TEA"));
    Ok(())
}

#[test]
fn what_is_written_is_written_for_older_versions_too() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v2::Expense::draft().text("Milk"))?;
    let note = |db: &Database| -> ara::Result<Option<String>> {
        Ok(db.get::<v1::Expense>(id(milk))?.and_then(|row| row.note))
    };
    let text = |db: &Database| -> ara::Result<Option<String>> {
        Ok(db.get(milk)?.and_then(|row| row.text))
    };
    assert_eq!((note(&db)?.as_deref(), text(&db)?.as_deref()), (Some("milk"), Some("Milk")));

    db.update(v2::Expense::patch(milk).text("Green Tea").paid(true))?;
    assert_eq!(note(&db)?.as_deref(), Some("green tea"));
    assert_eq!(text(&db)?.as_deref(), Some("Green Tea"));

    db.update(v1::Expense::patch(id(milk)).note("coffee"))?;
    assert_eq!(text(&db)?.as_deref(), Some("COFFEE"));
    // What it was set to before is an edit again.
    db.update(v2::Expense::patch(milk).text("Green Tea"))?;
    assert_eq!(note(&db)?.as_deref(), Some("green tea"));
    assert_eq!(text(&db)?.as_deref(), Some("Green Tea"));
    verified(&db)
}

/// Rule 9: what is there already is no change.
#[test]
fn writing_what_is_shown_changes_nothing() -> Outcome {
    let db = Database::memory()?;
    let milk: Id<v2::Expense> = id(db.create(v1::Expense::draft().note("milk"))?);
    let before = db.version_vector()?;
    db.update(v2::Expense::patch(milk).text("MILK"))?;
    let whole = db.query::<v2::Expense>().narrow_all().one()?;
    db.upsert(whole)?;
    assert_eq!(db.version_vector()?, before);
    Ok(())
}

/// A reader that may not write works out in its statements what no writer has worked out.
#[test]
fn a_read_only_database_shows_the_same() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = disk::open(&path)?;
    db.ensure::<v2::Expense>()?;
    let milk = db.create(v1::Expense::draft().note("milk"))?;
    for _ in 0..2 {
        let reader = disk::options().read_only().open(&path)?;
        let by_text = reader.query::<v2::Expense>().narrow(v2::Expense::text);
        assert_eq!(by_text.clone().order_by(v2::Expense::text).one()?.text, "MILK");
        assert_eq!(by_text.filter(v2::Expense::text.eq("MILK")).count()?, 1);
        let text = || Ok(reader.get::<v2::Expense>(id(milk))?.and_then(|row| row.text));
        assert_eq!(text()?.as_deref(), Some("MILK"));
        // While it is open, an older version writes on.
        db.update(v1::Expense::patch(milk).note("tea"))?;
        let outcome: ara::Result<_> = text();
        assert_eq!(outcome?.as_deref(), Some("TEA"));
        db.update(v1::Expense::patch(milk).note("milk"))?;
    }
    Ok(())
}

#[test]
fn an_export_has_what_is_shown() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    let milk = db.create(v1::Expense::draft().note("milk"))?;
    let mut file = Vec::new();
    db.export_json::<v2::Expense>(&mut file)?;
    let lines = String::from_utf8(file)?;
    assert!(lines.contains(r#""text":"MILK""#) && !lines.contains("note"), "{lines}");
    assert_eq!(other.import_json::<v2::Expense>(lines.as_bytes())?.rows, 1);
    assert_eq!(other.get::<v2::Expense>(id(milk))?.there()?.text.as_deref(), Some("MILK"));
    assert_eq!(other.get(milk)?.there()?.note.as_deref(), Some("milk"));
    // What is there already is no change, whichever column holds it.
    let vector = db.version_vector()?;
    assert_eq!(db.import_json::<v2::Expense>(lines.as_bytes())?.rows, 1);
    assert_eq!(db.version_vector()?, vector);
    let vector = other.version_vector()?;
    assert_eq!(other.import_json::<v2::Expense>(lines.as_bytes())?.rows, 1);
    assert_eq!(other.version_vector()?, vector);
    Ok(())
}

#[test]
fn the_history_tells_each_edit_once() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v2::Expense>()?;
    let milk = db.create(v1::Expense::draft().note("milk"))?;
    db.update(v2::Expense::patch(id(milk)).text("Tea"))?;
    let columns: Vec<Vec<String>> = db
        .history(milk)?
        .into_iter()
        .map(|change| change.columns.into_iter().map(|column| column.column).collect())
        .collect();
    assert_eq!(columns, [vec!["is_deleted", "note"], vec!["text"]]);
    Ok(())
}
