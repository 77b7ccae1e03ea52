//! Whole tables as JSON Lines.

use ara::Error;
use ara::prelude::*;
use rusqlite::types::Value;

use crate::copies::{Setting, Todo};
use support::{File, Outcome, There, verified};

fn exported(db: &Database) -> Outcome<String> {
    let mut lines = Vec::new();
    db.export_json::<Todo>(&mut lines)?;
    Ok(String::from_utf8(lines)?)
}

/// What is stored, with columns that the struct does not declare.
fn stored(file: &File) -> Outcome<Vec<Vec<Value>>> {
    let sql = "SELECT id, is_deleted, title, stars, score, picture, parent FROM todo ORDER BY id";
    Ok(support::rows(&file.sqlite()?, sql)?)
}

/// As bits: SQLite's numbers that are equal may differ.
fn bits(rows: &[Vec<Value>]) -> Vec<String> {
    let bits = |value: &Value| match value {
        Value::Real(real) => format!("{:x}", real.to_bits()),
        other => format!("{other:?}"),
    };
    rows.iter().map(|row| row.iter().map(bits).collect()).collect()
}

#[test]
fn every_value_comes_back_to_the_bit() -> Outcome {
    let (from, to) = (File::new()?, File::new()?);
    let db = from.open()?;
    let reals = [0.0, -0.0, 0.1, 1.0, -1e300, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY];
    for real in reals {
        db.create(Todo::draft().title("real").score(real))?;
    }
    for integer in [0, 1, -1, (1 << 53) + 1, i64::MIN, i64::MAX] {
        db.create(Todo::draft().title("integer").stars(integer))?;
    }
    for text in
        ["", "\"quotes\" and \\", "line\nbreak\u{2028}\0", "0012", "é 🦀 \u{10ffff}", "null"]
    {
        db.create(Todo::draft().title(text))?;
    }
    let parent = db.create(Todo::draft().title("parent"))?;
    for bytes in [vec![], vec![0xca, 0xfe], vec![7; 16], (0..=255).collect()] {
        db.create(Todo::draft().title("bytes").picture(bytes).parent(parent))?;
    }
    db.delete(parent)?;

    let lines = exported(&db)?;
    let copy = to.open()?;
    assert_eq!(copy.import_json::<Todo>(lines.as_bytes())?.rows, 26);
    assert_eq!(bits(&stored(&to)?), bits(&stored(&from)?));
    assert_eq!(exported(&copy)?, lines);
    assert_eq!(copy.query::<Todo>().search("quotes").count()?, 1);
    verified(&copy)?;
    // Once more it changes nothing.
    let vector = copy.version_vector()?;
    let _ = copy.import_json::<Todo>(lines.as_bytes())?;
    assert_eq!(copy.version_vector()?, vector);
    Ok(())
}

#[test]
fn lines_are_plain() -> Outcome {
    let db = Database::memory()?;
    let id = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";
    db.create(Todo::draft().id(id.parse::<Id<Todo>>()?).title("Buy milk").score(2.0).picture([1]))?;
    let line = format!(
        r#"{{"id":"{id}","title":"Buy milk","stars":null,"score":2.0,"picture":{{"blob":"01"}},"parent":null}}"#
    );
    let mut sorted: Vec<_> =
        exported(&db)?.trim_end().trim_matches(['{', '}']).split(',').map(str::to_owned).collect();
    let mut expected: Vec<_> =
        line.trim_matches(['{', '}']).split(',').map(str::to_owned).collect();
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
    Ok(())
}

mod older {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub title: i64,
    }
}

/// An app that declares less, and reads what is there otherwise, loses nothing.
#[test]
fn what_the_struct_does_not_know_comes_along() -> Outcome {
    let db = Database::memory()?;
    db.create(Todo::draft().title("Buy milk").stars(2).score(-0.0))?;
    let mut lines = Vec::new();
    db.export_json::<older::Todo>(&mut lines)?;
    let other = Database::memory()?;
    assert_eq!(other.import_json::<older::Todo>(&lines[..])?.rows, 1);
    assert_eq!(other.query::<older::Todo>().one()?.title, None);
    let todo = other.query::<Todo>().one()?;
    assert_eq!((todo.title.as_deref(), todo.stars), (Some("Buy milk"), Some(2)));
    assert!(todo.score.is_some_and(|score| score.is_sign_negative()));
    verified(&other)
}

#[test]
fn what_is_there_is_written_over_and_the_rest_left() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(Todo::draft().title("Buy milk").stars(1).score(0.5))?;
    db.delete(milk)?;
    let line = format!("\n{{\"id\":\"{milk}\",\"stars\":2,\"score\":null}}\r\n\n");
    assert_eq!(db.import_json::<Todo>(line.as_bytes())?.rows, 1);
    let todo = db.get(milk)?.there()?;
    assert_eq!((todo.title.as_deref(), todo.stars, todo.score), (Some("Buy milk"), Some(2), None));
    let wrote = db.history(milk)?.pop().there()?;
    assert_eq!(wrote.columns.len(), 3);
    let line = format!("{{\"is_deleted\":1,\"id\":\"{milk}\"}}");
    let _ = db.import_json::<Todo>(line.as_bytes())?;
    assert_eq!(db.get(milk)?, None);
    verified(&db)
}

#[test]
fn a_line_that_is_no_row_is_named_and_nothing_imported() -> Outcome {
    let db = Database::memory()?;
    let id = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";
    for (row, reason) in [
        ("secret".to_owned(), "is no JSON object"),
        ("[5]".to_owned(), "is no JSON object"),
        (format!("{{\"id\":\"{id}\""), "is no JSON object"),
        ("{}".to_owned(), "has no `id` that is a UUID"),
        ("{\"id\":\"secret\"}".to_owned(), "has no `id` that is a UUID"),
        (format!("{{\"id\":\"{id}\",\"title\":{{\"counter\":\"secret\"}}}}"), "in column `title`"),
        (
            format!("{{\"id\":\"{id}\",\"title\":{{\"counter\":1.5}}}}"),
            "a counter that is no integer",
        ),
        (format!("{{\"id\":\"{id}\",\"title\":[\"secret\"]}}"), "in column `title`"),
        (format!("{{\"id\":\"{id}\",\"title\":{{\"blob\":\"secret\"}}}}"), "not in hexadecimal"),
        (format!("{{\"id\":\"{id}\",\"title\":{{\"blob\":\"é\"}}}}"), "not in hexadecimal"),
        (format!("{{\"id\":\"{id}\",\"title\":{{\"uuid\":\"secret\"}}}}"), "a UUID that is none"),
        (format!("{{\"id\":\"{id}\",\"title\":{{\"secret\":\"\"}}}}"), "has neither"),
        (format!("{{\"id\":\"{id}\",\"stars\":9223372036854775808}}"), "integer of 64 bits"),
        (format!("{{\"id\":\"{id}\",\"Stars\":9}}"), "has a key that cannot be a column"),
        (format!("{{\"id\":\"{id}\",\"created_at\":9}}"), "has `created_at`, which is no column"),
        (format!("{{\"id\":\"{id}\",\"ara_clock\":9}}"), "has `ara_clock`, which is no column"),
    ] {
        let lines = format!("{{\"id\":\"{id}\",\"title\":\"Buy milk\"}}\n\n{row}\n");
        let error = db.import_json::<Todo>(lines.as_bytes()).err().there()?;
        assert!(matches!(error, Error::Line { line: 3, .. }), "{row}: {error}");
        let message = error.to_string();
        assert!(message.contains(reason) && !message.contains("secret"), "{row}: {message}");
        assert_eq!(db.query::<Todo>().with_deleted().count()?, 0);
    }
    Ok(())
}

#[test]
fn local_tables_come_and_go_too() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    let dark = db.create(Setting::draft().name("dark"))?;
    let mut lines = Vec::new();
    assert_eq!(db.export_json::<Setting>(&mut lines)?, 1);
    for _ in 0..2 {
        assert_eq!(other.import_json::<Setting>(&lines[..])?.rows, 1);
    }
    assert_eq!(other.get(dark)?.there()?.name.as_deref(), Some("dark"));
    for db in [&db, &other] {
        assert!(db.update(Setting::patch(dark).name("light"))?);
        let _ = db.import_json::<Setting>(&lines[..])?;
        assert_eq!(db.get(dark)?.there()?.name.as_deref(), Some("dark"));
    }
    assert!(other.version_vector()?.is_empty());
    verified(&other)
}

/// A line cannot say that its row was forgotten: elsewhere, a deleted row would come of it, which could be restored.
#[test]
fn forgotten_rows_stay_behind() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    let [milk, tea, bread] = ["milk", "tea", "bread"]
        .map(|title| Todo::draft().title(title))
        .map(|todo| db.create(todo));
    let (milk, tea, bread) = (milk?, tea?, bread?);
    db.delete(milk)?;
    db.delete(tea)?;
    assert!(db.forget(milk)?);
    let mut lines = Vec::new();
    assert_eq!(db.export_json::<Todo>(&mut lines)?, 2);
    assert_eq!(other.import_json::<Todo>(&lines[..])?.rows, 2);
    let ids = other.query::<Todo>().with_deleted().order_by(Todo::id).select(Todo::id).all()?;
    assert_eq!(ids, [tea, bread]);
    // What an earlier version of ara exported.
    let line = format!("{{\"id\":\"{milk}\",\"is_deleted\":1,\"title\":null}}");
    assert_eq!(other.import_json::<Todo>(line.as_bytes())?.rows, 1);
    assert_eq!(other.query::<Todo>().only_deleted().count()?, 2);
    verified(&other)
}
