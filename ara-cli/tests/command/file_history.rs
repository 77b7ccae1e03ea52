//! What `cargo ara history` and `inspect` tell of the schemas that a file had.

use ara::prelude::*;
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::support::Folder;

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    #[table(index)]
    title: NonEmptyString<100>,
}

#[derive(Table)]
struct Person {
    id: Id<Person>,
    name: String,
}

ara::schema! { Notes: Todo }
ara::schema! { More: Todo, Person }

/// A file of that app in the folder.
fn write_file(folder: &Folder) -> Database {
    let db = Database::open(folder.at("notes.db")).expect("it can be made");
    db.ensure::<Notes>().expect("it is sound");
    db
}

fn change(folder: &Folder, sql: &str) {
    let connection = Connection::open(folder.at("notes.db")).expect("it is there");
    connection.execute_batch(sql).expect("it is sound");
}

#[test]
fn history_lists_the_schemas() {
    let folder = Folder::empty();
    write_file(&folder);
    let json = folder.ara(&["history", "notes.db", "--json"]).json();
    let history = json["history"].as_array().expect("a list");
    assert_eq!(history.len(), 1);
    let Json::Object(version) = &history[0] else { panic!("{json}") };
    assert_eq!(version["schema"], "Notes");
    let expected = json!({
        "tables": ["todo"], "columns": [], "indexes": ["todo(title)"], "dropped_indexes": [],
    });
    assert_eq!((&version["added"], &json["failures"]), (&expected, &json!([])));
    for key in ["version", "checksum", "app_version", "device", "time", "snapshot"] {
        assert!(version.get(key).is_some_and(|value| !value.is_null()), "{key}: {json}");
    }
    let text = folder.ara(&["history", "notes.db"]).stdout;
    assert!(text.contains("Notes") && text.contains("tables: todo"), "{text}");
}

#[test]
fn history_may_be_empty() {
    let folder = Folder::empty();
    drop(Database::open(folder.at("new.db")).expect("it can be made"));
    let ran = folder.ara(&["history", "new.db"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stdout.starts_with("no schema was ever ensured"), "{ran:?}");
    assert_eq!(folder.ara(&["history", "new.db", "--json"]).json()["history"], json!([]));
    let inspected = folder.ara(&["inspect", "new.db"]).stdout;
    assert!(inspected.contains("\nensured last: nothing was ensured yet\n"), "{inspected}");
}

#[test]
fn the_last_schema_need_not_be_of_the_newest_release() {
    let folder = Folder::empty();
    let text = || folder.ara(&["inspect", "notes.db"]).stdout;
    let db = write_file(&folder);
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!("\nensured last: Notes, before its first release, by app {version} on 2");
    assert!(text().contains(&expected), "{}", text());
    assert!(text().contains("\nnewest release: none\nensured in all: 1 schema, by 1 device\n"));

    db.ensure::<More>().expect("it is sound");
    drop(db);
    // As if the first had come from an app of a later release, and again from another device.
    change(
        &folder,
        "UPDATE ara_schema_history SET version = 7, time = time - 100000000 WHERE schema = 'Notes';
         UPDATE ara_schema_history SET version = 3 WHERE schema = 'More';
         INSERT INTO ara_schema_history (id, ara_clock, schema, version, checksum, device, time)
         SELECT x'00112233445566778899aabbccddeeff', ara_clock, schema, version, checksum,
         x'00112233445566778899aabbccddeeff', time - 1 FROM ara_schema_history
         WHERE schema = 'Notes'",
    );
    assert!(text().contains("\nensured last: More, release 3, by app "), "{}", text());
    assert!(text().contains("\nnewest release: 7\nensured in all: 2 schemas, by 2 devices\n"));
    let ensured = &folder.ara(&["inspect", "notes.db", "--json"]).json()["ensured"];
    let numbers = ["newest_release", "schemas", "devices"].map(|key| ensured[key].as_u64());
    assert_eq!(numbers, [Some(7), Some(2), Some(2)]);
    let last = &ensured["last"];
    assert_eq!((&last["schema"], &last["version"]), (&json!("More"), &json!(3)));
    assert_eq!(last["app_version"], version);
    assert!(last["time"].is_i64(), "{last}");

    let history = folder.ara(&["history", "notes.db"]).stdout;
    assert!(history.contains("\n\nensured last: More, release 3, by app "), "{history}");
}

#[test]
fn what_could_not_be_ensured_is_told() {
    let folder = Folder::empty();
    let db = write_file(&folder);
    change(&folder, "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)");
    let refused = db.ensure::<More>().expect_err("another program's table").to_string();
    drop(db);

    let text = folder.ara(&["history", "notes.db"]);
    assert_eq!(text.code, Some(0), "{text:?}");
    assert!(text.stdout.contains("\nfailed on this device:\n  2"), "{text:?}");
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("Z  More, by app {version}\n    {refused}\n");
    assert!(text.stdout.ends_with(&expected), "{text:?}");
    let json = folder.ara(&["history", "notes.db", "--json"]).json();
    let failure = &json["failures"][0];
    assert_eq!((&failure["schema"], &failure["version"]), (&json!("More"), &json!(0)));
    assert_eq!((&failure["reason"], &failure["app_version"]), (&json!(refused), &json!(version)));
    assert!(failure["time"].is_i64(), "{json}");

    let inspected = folder.ara(&["inspect", "notes.db"]).stdout;
    let expected = "\nfailed to ensure: 1 time, `cargo ara history notes.db` tells why\n";
    assert!(inspected.contains(expected), "{inspected}");
    assert!(inspected.contains("\n  title  text\n  index on title\n"), "{inspected}");
    assert_eq!(folder.ara(&["inspect", "notes.db", "--json"]).json()["failures"], 1);
}
