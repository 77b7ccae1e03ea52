//! The search comes and goes with the declaration.

use ara::prelude::*;
use ara::{Drift, Table};

use crate::search::{Todo, found};
use support::{File, Outcome, verified};

/// The table, by another version of the app.
pub mod unsearched {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: String,
        pub notes: Option<String>,
    }
}

mod fewer {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        #[table(search)]
        pub title: String,
        pub notes: Option<String>,
    }
}

mod turned {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        #[table(search)]
        pub notes: Option<String>,
        #[table(search)]
        pub title: String,
    }
}

const OBJECTS: &str = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%ara_search_2 %'";

fn filled(file: &File) -> Outcome<Database> {
    let db = file.open()?;
    let titles = (0..300).map(|at| format!("todo {at}"));
    let drafts = titles.map(|title| unsearched::Todo::draft().title(title).notes("some notes"));
    let ids = db.create_all(drafts)?;
    db.delete(ids[7])?;
    Ok(db)
}

#[test]
fn ensure_makes_it_over_the_rows_that_are_there() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    assert_eq!(file.number(OBJECTS)?, 0);
    db.ensure::<Todo>()?;
    assert_eq!(db.query::<Todo>().search("todo").count()?, 299);
    assert_eq!(found(&db, "8 notes")?, ["todo 8"]);
    assert!(found(&db, "7")?.is_empty());
    let logged = file.logged()?;
    assert_eq!(logged, 301, "it is no write of the app's");
    verified(&db)?;
    Ok(())
}

#[test]
fn the_first_use_makes_it_too() -> Outcome {
    for write_first in [false, true] {
        let file = File::new()?;
        filled(&file)?;
        let db = file.open()?;
        if write_first {
            db.create(Todo::draft().title("todo 300"))?;
        }
        assert_eq!(found(&db, "8")?, ["todo 8"]);
        assert_eq!(db.query::<Todo>().search("30*").count()?, 1 + u64::from(write_first));
    }
    Ok(())
}

#[test]
fn ensure_drops_and_changes_it() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    db.ensure::<Todo>()?;
    let whole = file.number(OBJECTS)?;
    db.ensure::<turned::Todo>()?;
    assert_eq!(file.number(OBJECTS)?, whole, "the order of the fields makes no other search");
    assert_eq!(db.query::<turned::Todo>().search("notes").count()?, 299);

    db.ensure::<fewer::Todo>()?;
    assert_eq!(file.number(OBJECTS)?, whole);
    assert_eq!(db.query::<fewer::Todo>().search("8").count()?, 1);
    assert_eq!(db.query::<fewer::Todo>().search("notes").count()?, 0);
    assert!(db.schema_drift()?.is_empty());

    db.ensure::<unsearched::Todo>()?;
    assert_eq!(file.number(OBJECTS)?, 0);
    assert_eq!(file.number("SELECT count(*) FROM ara_index")?, 0);
    let id = db.create(unsearched::Todo::draft().title("todo 300"))?;
    assert!(db.delete(id)?);
    verified(&file.open()?)?;
    Ok(())
}

/// FTS5 has names of its own.
#[test]
fn columns_may_be_called_anything() -> Outcome {
    #[derive(Table)]
    #[table(name = "data")]
    struct Odd {
        id: Id<Odd>,
        #[table(search)]
        rank: String,
        #[table(search)]
        rows: String,
        #[table(search)]
        doc: String,
        #[table(search)]
        order: Option<String>,
        #[table(search)]
        content: Option<String>,
    }
    let db = Database::memory()?;
    let id = db.create(Odd::draft().rank("one").rows("two").doc("three").order("four"))?;
    for text in ["one", "two", "three", "four", "one two three four"] {
        assert_eq!(db.query::<Odd>().search(text).one()?.id, id);
    }
    db.update(Odd::patch(id).doc("five").content("six"))?;
    let snippet = ara::snippet(Odd::doc, "[", "]", 8);
    let found = db.query::<Odd>().search("five six").order_by(Odd::rank).select(snippet);
    assert_eq!(found.one()?.as_deref(), Some("[five]"));
    assert!(!db.query::<Odd>().search("three").exists()?);
    Ok(())
}

/// An older version of the app, which does not search, writes while a newer one does.
#[test]
fn versions_of_the_app_take_turns() -> Outcome {
    let file = File::new()?;
    let old = filled(&file)?;
    let new = file.open()?;
    assert_eq!(new.query::<fewer::Todo>().search("8").count()?, 1);
    assert_eq!(found(&new, "notes 8")?, ["todo 8"]);
    old.create(unsearched::Todo::draft().title("milk"))?;
    assert_eq!(found(&new, "milk")?, ["milk"]);
    assert_eq!(new.query::<fewer::Todo>().search("milk").count()?, 1);
    assert!(new.schema_drift()?.is_empty());
    Ok(())
}

#[test]
fn what_was_lost_is_told_and_made_again() -> Outcome {
    let name = "ara_search_2 todo(notes,title)";
    for lost in [
        format!("DROP TABLE \"{name}\""),
        format!("DROP TABLE \"{name} stale\""),
        format!("DROP TRIGGER \"{name} insert\""),
        format!("DROP TRIGGER \"{name} update\""),
        format!("DROP TRIGGER \"{name} delete\""),
        format!("DROP TABLE \"{name}_idx\""),
        format!("DROP TABLE \"{name}_data\""),
        format!("DROP TABLE \"{name}_config\""),
        format!(
            "DROP TRIGGER \"{name} insert\"; CREATE TRIGGER \"{name} insert\" AFTER INSERT ON todo \
             BEGIN SELECT 1; END"
        ),
        "DROP TABLE todo".to_owned(),
    ] {
        let file = File::new()?;
        let db = filled(&file)?;
        db.ensure::<Todo>()?;
        file.sqlite()?.execute_batch(&lost)?;
        let drift = db.schema_drift()?;
        let broken = drift.iter().find(|drift| matches!(drift, Drift::BrokenSearch { .. }));
        assert!(broken.is_some_and(Drift::is_mended_by_ensure), "{lost}: {drift:?}");
        db.ensure::<Todo>()?;
        assert!(db.schema_drift()?.is_empty(), "{lost}");
        assert_eq!(found(&db, "8 notes")?, ["todo 8"], "{lost}");
        assert_eq!(db.query::<Todo>().search("todo").count()?, 299, "{lost}");
        db.create(Todo::draft().title("milk"))?;
        assert_eq!(found(&db, "milk")?, ["milk"], "{lost}");
        verified(&db)?;

        file.sqlite()?.execute_batch(&lost)?;
        let again = file.open()?;
        again.create(Todo::draft().title("bread"))?;
        assert_eq!(found(&again, "bread")?, ["bread"], "the first use mends: {lost}");
    }
    Ok(())
}

#[test]
fn a_column_that_comes_back_is_searched() -> Outcome {
    let file = File::new()?;
    let db = filled(&file)?;
    db.ensure::<Todo>()?;
    let name = "ara_search_2 todo(notes,title)";
    for sql in ["", "DROP TRIGGER \"{name} update\";", "DROP TABLE \"{name}\";"] {
        let sql = sql.replace("{name}", name);
        file.sqlite()?.execute_batch(&format!("{sql} ALTER TABLE todo DROP COLUMN notes"))?;
        db.ensure::<Todo>()?;
        assert_eq!(db.query::<Todo>().search("notes").count()?, 299, "{sql}");
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn the_definitions_and_the_history_tell_of_it() -> Outcome {
    ara::schema! { App: crate::search::Todo, crate::search::Category }

    assert_eq!(Todo::TABLE.search, ["title", "notes"]);
    let db = Database::memory()?;
    db.ensure::<App>()?;
    let version = db.schema()?.versions.remove(0);
    let added = version.added.unwrap_or_default();
    assert_eq!(added.indexes, ["search todo(notes,title)", "search category(name)"]);
    let snapshot = version.snapshot.unwrap_or_default();
    assert_eq!(snapshot.tables[0].search, ["title", "notes"]);
    let sql = ara::ddl(&[Todo::TABLE]);
    assert!(sql.iter().any(|sql| sql.starts_with("CREATE VIRTUAL TABLE")), "{sql:?}");
    Ok(())
}
