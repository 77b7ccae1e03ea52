//! `cargo ara sql`.

use std::collections::BTreeSet;

use ara::prelude::*;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{Folder, TODO};

/// As `TODO` has it.
#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<100>,
}

ara::schema! { App: Todo }

/// What SQLite keeps of what it was told to make.
fn made(connection: &Connection) -> BTreeSet<String> {
    let mut made = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")
        .expect("it is sound");
    let made = made.query_map([], |row| row.get(0)).expect("it runs");
    made.collect::<Result<_, _>>().expect("text")
}

#[test]
fn the_sql_makes_what_ara_makes() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    let printed = app.ara(&["sql"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let by_hand = Connection::open_in_memory().expect("it opens");
    by_hand.execute_batch(&printed.stdout).expect("it is SQL");

    let path = app.at("a.db");
    Database::open(&path).and_then(|db| db.ensure::<App>()).expect("it is sound");
    assert_eq!(made(&by_hand), made(&Connection::open(&path).expect("it opens")));

    let json = app.ara(&["sql", "--json"]).json();
    assert_eq!(json["schema"], "App");
    assert_eq!((&json["broken"], &json["invalid"]), (&json!([]), &json!(null)));
    assert_eq!(printed.stderr, "");
    let statements = json["statements"].as_array().expect("a list");
    let joined: String =
        statements.iter().map(|sql| format!("{};\n", sql.as_str().expect("SQL"))).collect();
    assert_eq!(joined, printed.stdout);
}

#[test]
fn what_is_wrong_with_the_schema_is_only_a_warning() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    app.ara(&["lock", "-m", "first"]);
    app.write("src/lib.rs", &TODO.replace("title", "name"));
    let printed = app.ara(&["sql"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert!(printed.stdout.contains("\"name\""), "{printed:?}");
    let warned = "warning: column `todo.title` was released as text, and is gone";
    assert!(printed.stderr.starts_with(warned), "{printed:?}");
    let printed = app.ara(&["sql", "--json"]);
    assert_eq!((printed.code, &*printed.stderr), (Some(0), ""));
    assert_eq!(printed.json()["broken"][0]["tables"], json!(["todo"]));

    app.write("ara.lock", "no lock");
    let printed = app.ara(&["sql"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert!(printed.stderr.starts_with("warning: ara.lock: line 1: "), "{printed:?}");
    assert!(app.ara(&["sql", "--json"]).json()["invalid"].is_string());
}
