//! The search keeps up with the table, whoever changes it.

use ara::prelude::*;

use crate::search::{File, Todo, filled, found};
use support::{Outcome, disk, verified};

#[test]
fn with_each_write() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("oat milk"))?;
    assert_eq!(found(&db, "milk")?, ["oat milk"]);
    db.update(Todo::patch(id).title("soy milk"))?;
    assert_eq!(found(&db, "soy")?, ["soy milk"]);
    assert!(found(&db, "oat")?.is_empty());
    db.update(Todo::patch(id).notes("cold").stars(1))?;
    assert_eq!(found(&db, "cold")?, ["soy milk"]);
    db.update(Todo::patch(id).notes(None))?;
    assert!(found(&db, "cold")?.is_empty());

    db.delete(id)?;
    assert!(found(&db, "soy")?.is_empty());
    assert_eq!(db.query::<Todo>().search("soy").with_deleted().count()?, 0);
    assert_eq!(db.query::<Todo>().search("soy").only_deleted().count()?, 0);
    db.restore(id)?;
    assert_eq!(found(&db, "soy")?, ["soy milk"]);
    db.upsert(Todo::draft().id(id).title("rice milk"))?;
    assert_eq!(found(&db, "rice -soy")?, ["rice milk"]);
    db.delete(id)?;
    db.upsert(Todo::draft().id(id).title("almond milk"))?;
    assert_eq!(found(&db, "almond")?, ["almond milk"]);
    verified(&db)?;
    assert!(db.schema_drift()?.is_empty());
    drop(db);
    assert_eq!(found(&file.open()?, "milk")?, ["almond milk"]);
    Ok(())
}

#[test]
fn within_a_transaction() -> Outcome {
    let db = filled(&["tea"])?;
    db.transaction(|tx| {
        let id = tx.create(Todo::draft().title("milk"))?;
        assert_eq!(found(tx, "milk")?, ["milk"]);
        tx.update(Todo::patch(id).title("bread"))?;
        assert_eq!(found(tx, "bread")?, ["bread"]);
        tx.delete(id)?;
        assert!(found(tx, "bread -tea")?.is_empty());
        tx.create(Todo::draft().title("butter"))?;
        Ok(())
    })?;
    assert_eq!(found(&db, "b*")?, ["butter"]);
    Ok(())
}

#[test]
fn not_with_what_is_rolled_back() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("tea"))?;
    for searched in [false, true] {
        let failed: Result<(), Box<dyn std::error::Error>> = db.try_transaction(|tx| {
            tx.create(Todo::draft().title("milk"))?;
            tx.update(Todo::patch(id).title("coffee"))?;
            if searched {
                assert_eq!(found(tx, "coffee")?, ["coffee"]);
            }
            Err("no".into())
        });
        assert!(failed.is_err());
        assert!(found(&db, "milk")?.is_empty() && found(&db, "coffee")?.is_empty());
        assert_eq!(found(&db, "tea")?, ["tea"]);
    }
    Ok(())
}

#[test]
fn with_another_program() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all(["tea", "milk", "bread"].map(|title| Todo::draft().title(title)))?;
    let sqlite = file.sqlite()?;
    let id = |at: usize| ids[at].uuid().into_bytes();
    sqlite.execute("UPDATE todo SET title = 'coffee' WHERE id = ?1", [id(0)])?;
    assert_eq!(found(&db, "coffee")?, ["coffee"]);
    assert!(found(&db, "tea")?.is_empty());
    sqlite.execute("DELETE FROM todo WHERE id = ?1", [id(1)])?;
    assert!(found(&db, "milk")?.is_empty());
    for policy in ["REPLACE", "IGNORE"] {
        let insert = format!(
            "INSERT OR {policy} INTO todo (id, ara_clock, is_deleted, title) VALUES (?1, x'', 0, ?2)"
        );
        sqlite.execute(&insert, (id(2), format!("butter {policy}")))?;
    }
    assert_eq!(found(&db, "b*")?, ["butter REPLACE"]);
    sqlite.execute("UPDATE todo SET id = ?2 WHERE id = ?1", (id(2), id(1)))?;
    assert_eq!(db.query::<Todo>().search("butter").select(Todo::id).one()?, ids[1]);
    // Who replaces a row by another takes both out of the search.
    sqlite.execute("UPDATE OR REPLACE todo SET id = ?2 WHERE id = ?1", (id(0), id(1)))?;
    assert!(found(&db, "butter")?.is_empty());
    assert_eq!(found(&db, "coffee")?, ["coffee"]);
    Ok(())
}

/// SQLite gives rows new row ids in a `VACUUM`, unless they are a column.
#[test]
fn after_a_vacuum() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all((0..300).map(|n| Todo::draft().title(format!("todo {n}"))))?;
    let sqlite = file.sqlite()?;
    // The others have gaps between them.
    sqlite.execute_batch("DELETE FROM todo WHERE ara_row % 3 <> 0; VACUUM")?;
    for db in [db, file.open()?] {
        for n in 0..300 {
            let expected = if n % 3 == 2 { vec![format!("todo {n}")] } else { Vec::new() };
            assert_eq!(found(&db, &n.to_string())?, expected);
        }
        assert!(db.update(Todo::patch(ids[2]).title("milk"))?);
        sqlite.execute_batch("VACUUM")?;
        assert_eq!(found(&db, "milk")?, ["milk"]);
        assert!(found(&db, "2")?.is_empty());
        assert!(db.update(Todo::patch(ids[2]).title("todo 2"))?);
        assert!(db.schema_drift()?.is_empty());
    }
    Ok(())
}

#[test]
fn when_a_row_gets_the_row_id_of_another() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ids = db.create_all(["tea", "milk", "bread"].map(|title| Todo::draft().title(title)))?;
    let sqlite = file.sqlite()?;
    let last = |id: Id<Todo>| {
        file.number(&format!("SELECT ara_row FROM todo WHERE id = x'{}'", id.uuid().simple()))
    };
    assert_eq!(last(ids[2])?, 3);
    for search_between in [false, true] {
        sqlite.execute_batch("DELETE FROM todo WHERE ara_row = 3")?;
        if search_between {
            assert!(found(&db, "bread")?.is_empty());
        }
        let id = db.create(Todo::draft().title("butter"))?;
        assert_eq!(last(id)?, 3);
        assert!(found(&db, "bread")?.is_empty());
        assert_eq!(found(&db, "b*")?, ["butter"]);
        sqlite.execute_batch("UPDATE todo SET title = 'bread' WHERE ara_row = 3")?;
    }
    sqlite.execute_batch(
        "UPDATE todo SET ara_row = -1 WHERE ara_row = 1; UPDATE todo SET ara_row = 1 \
         WHERE ara_row = 3; UPDATE todo SET ara_row = 3 WHERE ara_row = -1",
    )?;
    assert_eq!(last(ids[0])?, 3);
    for title in ["tea", "milk", "bread"] {
        assert_eq!(found(&db, title)?, [title]);
    }
    sqlite.execute_batch("UPDATE OR REPLACE todo SET ara_row = 3 WHERE title = 'bread'")?;
    assert!(found(&db, "tea")?.is_empty());
    assert_eq!(found(&db, "bread")?, ["bread"]);
    Ok(())
}

#[test]
fn after_a_rebuild() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    // Their ids are in another order than their row ids.
    let drafts =
        (0..50).map(|n| Todo::draft().id(Id::from_key(n.to_string())).title(format!("todo {n}")));
    let ids = db.create_all(drafts)?;
    db.delete(ids[7])?;
    file.sqlite()?.execute_batch("DELETE FROM todo WHERE ara_row % 2 = 0")?;
    db.rebuild()?;
    for n in 0..50 {
        let expected = if n == 7 { Vec::new() } else { vec![format!("todo {n}")] };
        assert_eq!(found(&db, &n.to_string())?, expected);
    }
    file.sqlite()?.execute_batch("DROP TABLE todo")?;
    let again = file.open()?;
    assert_eq!(found(&again, "8")?, ["todo 8"]);
    verified(&again)
}

#[test]
fn what_is_no_text_has_no_words() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Todo::draft().title("milk").notes("seven"))?;
    for value in ["7", "7.5", "x'6d696c6b'", "NULL"] {
        file.sqlite()?.execute_batch(&format!("UPDATE todo SET notes = {value}"))?;
        for text in ["7", "5", "milk seven", "null"] {
            assert!(found(&db, text)?.is_empty(), "{value} {text}");
        }
        let notes = ara::snippet(Todo::notes, "", "", 8);
        assert_eq!(db.query::<Todo>().search("milk").select(notes).one()?, None);
    }
    // A text that breaks a rule of its type is found by its words, and narrowing leaves it out.
    file.sqlite()?.execute_batch("UPDATE todo SET notes = 'milk', title = '  '")?;
    assert_eq!(db.query::<Todo>().search("milk").one()?.id, id);
    assert_eq!(db.query::<Todo>().search("milk").narrow(Todo::title).count()?, 0);
    Ok(())
}

#[test]
fn two_handles_of_a_file_see_each_others_words() -> Outcome {
    let file = File::new()?;
    let (one, other) = (file.open()?, file.open()?);
    let id = one.create(Todo::draft().title("tea"))?;
    assert_eq!(found(&other, "tea")?, ["tea"]);
    other.update(Todo::patch(id).title("milk"))?;
    other.create(Todo::draft().title("milk too"))?;
    assert_eq!(found(&one, "milk")?, ["milk", "milk too"]);
    one.delete(id)?;
    assert_eq!(found(&other, "milk")?, ["milk too"]);
    Ok(())
}

#[test]
fn local_tables_are_searched_too() -> Outcome {
    #[derive(Table)]
    #[table(local)]
    struct Draft {
        id: Id<Draft>,
        #[table(search)]
        text: String,
    }
    let file = File::new()?;
    let db = file.open()?;
    let id = db.create(Draft::draft().text("milk"))?;
    assert_eq!(db.query::<Draft>().search("milk").one()?.id, id);
    db.delete(id)?;
    assert!(!db.query::<Draft>().search("milk").exists()?);
    assert!(db.schema_drift()?.is_empty());
    Ok(())
}

#[test]
fn files_that_are_only_read_are_searched() -> Outcome {
    let file = File::new()?;
    let plain = File::new()?;
    file.open()?.create(Todo::draft().title("milk"))?;
    plain.open()?.create(crate::search::schema::unsearched::Todo::draft().title("milk"))?;
    let options = || disk::options().read_only();
    let before = file.bytes()?;
    assert_eq!(found(&options().open(file.path())?, "milk")?, ["milk"]);
    assert_eq!(file.bytes()?, before);
    let error = found(&options().open(plain.path())?, "milk").expect_err("no search");
    assert!(error.to_string().contains("opened to be read only"), "{error}");
    Ok(())
}
