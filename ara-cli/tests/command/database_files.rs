//! `cargo ara inspect`, `history`, `verify` and `diff FILE`, and what all commands that read files share.

use std::fs;

use ara::prelude::*;
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::support::{Folder, TODO};

/// As `TODO`, and a column and tables that it does not know.
#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<100>,
    mood: Option<Mood>,
}

#[derive(Debug, Clone, PartialEq, Value)]
enum Mood {
    Calm,
    Wild,
}

#[derive(Table)]
#[table(local)]
struct Window {
    id: Id<Window>,
    of: Id<Todo>,
}

ara::schema! { Notes: Todo, Window }

/// A file of that app in the folder.
fn write_notes(folder: &Folder) {
    let db = Database::open(folder.at("notes.db")).expect("it can be made");
    db.ensure::<Notes>().expect("it is sound");
    let made = |title| db.create(Todo::draft().title(title).mood(Mood::Calm)).expect("it is sound");
    let milk = made("Milk");
    made("Bread");
    db.delete(milk).expect("it is there");
    db.create(Window::draft().of(milk)).expect("it is sound");
}

/// What is in the folder, byte by byte.
fn content(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder.path()).expect("it is there").map(|entry| {
        let entry = entry.expect("it can be read");
        let bytes = fs::read(entry.path()).unwrap_or_default();
        (entry.file_name().to_string_lossy().into_owned(), bytes)
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    entries
}

fn change(folder: &Folder, sql: &str) {
    let connection = Connection::open(folder.at("notes.db")).expect("it is there");
    connection.execute_batch(sql).expect("it is sound");
}

/// The table of this name in what `inspect` printed.
fn table<'j>(json: &'j Json, name: &str) -> &'j Json {
    let mut tables = json["tables"].as_array().expect("tables").iter();
    tables.find(|table| table["name"] == name).expect("it is there")
}

#[test]
fn inspect_tells_what_the_app_knows() {
    let app = Folder::app(&[("src/lib.rs", TODO)]);
    write_notes(&app);
    let json = app.ara(&["inspect", "notes.db", "--json"]).json();
    let expected = json!({
        "name": "todo", "local": false, "known": true, "rows": 1, "deleted": 1, "indexes": [],
        "columns": [
            {"name": "title", "type": "text", "known": true},
            {"name": "mood", "type": "enum", "known": false},
        ],
    });
    assert_eq!(table(&json, "todo"), &expected);
    let expected = json!({
        "name": "window", "local": true, "known": false, "rows": 1, "deleted": 0, "indexes": [],
        "columns": [{"name": "of", "type": {"id": "todo"}, "known": false}],
    });
    assert_eq!(table(&json, "window"), &expected);
    assert_eq!((&json["app"], &json["app_missing"]), (&json!("App"), &json!(null)));
    let bytes = fs::metadata(app.at("notes.db")).expect("it is there").len();
    assert_eq!((&json["file"], &json["bytes"]), (&json!("notes.db"), &json!(bytes)));
    assert_eq!((&json["failures"], &json["drift"]), (&json!(0), &json!([])));

    let text = app.ara(&["inspect", "notes.db"]).stdout;
    assert!(text.contains("\ntodo, 1 row and 1 deleted\n  title  text\n"), "{text}");
    assert!(text.contains("  mood   enum  (the app does not know it)\n"), "{text}");
    assert!(text.contains("\nwindow, local, 1 row  (the app does not know it)\n"), "{text}");
}

#[test]
fn inspect_needs_no_app() {
    let folder = Folder::empty();
    write_notes(&folder);
    let inspected = folder.ara(&["inspect", "notes.db"]);
    assert_eq!(inspected.code, Some(0), "{inspected:?}");
    let text = inspected.stdout;
    assert!(text.contains("\napp: none, so what it knows is left out (could not find"), "{text}");
    assert!(!text.contains("does not know"), "{text}");
    let json = folder.ara(&["inspect", "notes.db", "--json"]).json();
    assert_eq!((&json["app"], &table(&json, "todo")["known"]), (&json!(null), &json!(null)));
    assert!(json["app_missing"].is_string(), "{json}");
}

#[test]
fn inspect_tells_what_ara_did_not_make() {
    let folder = Folder::empty();
    write_notes(&folder);
    change(&folder, "CREATE TABLE foreign_one (a)");
    let json = folder.ara(&["inspect", "notes.db", "--json"]).json();
    let drift = json["drift"].as_array().expect("a list");
    assert!(drift.len() == 1 && drift[0].as_str().is_some_and(|told| told.contains("foreign_one")));
    let text = folder.ara(&["inspect", "notes.db"]).stdout;
    assert!(text.contains("not as ara made it:\n  table `foreign_one`"), "{text}");
}

#[test]
fn nothing_is_written() {
    let folder = Folder::empty();
    write_notes(&folder);
    let before = content(&folder);
    for command in ["inspect", "history", "verify", "unreadable"] {
        let ran = folder.ara(&[command, "notes.db"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(content(&folder), before, "after {command}");
    }
}

#[test]
fn verify_finds_what_was_changed_behind_aras_back() {
    let folder = Folder::empty();
    write_notes(&folder);
    let fine = folder.ara(&["verify", "notes.db"]);
    assert_eq!((fine.code, &*fine.stderr), (Some(0), ""));
    assert!(fine.stdout.starts_with("fine: the tables are what the log says ("), "{fine:?}");
    // Two of the table, one of them deleted, and one of the history.
    let counted = "(3 rows with those of the history and deleted ones, ";
    assert!(fine.stdout.contains(counted), "{fine:?}");
    let json = folder.ara(&["verify", "notes.db", "--json"]).json();
    assert_eq!((&json["holds"], &json["differences"]), (&json!(true), &json!([])));
    assert!(json["rows"].is_u64() && json["changes"].is_u64(), "{json}");

    change(&folder, "UPDATE todo SET title = 'Butter'");
    let damaged = folder.ara(&["verify", "notes.db"]);
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    assert!(damaged.stdout.starts_with("differs: column `todo.title`: a value"), "{damaged:?}");
    let damaged = folder.ara(&["verify", "notes.db", "--json"]);
    assert_eq!(damaged.code, Some(1), "{damaged:?}");
    let json = damaged.json();
    let difference = &json["differences"][0];
    assert_eq!((&json["holds"], &difference["table"]), (&json!(false), &json!("todo")));
    assert_eq!(difference["column"], "title");
    assert_eq!(difference["mended_by_ensure"], false);
}

#[test]
fn verify_tells_what_ensure_makes_again() {
    let folder = Folder::empty();
    write_notes(&folder);
    change(&folder, "ALTER TABLE todo DROP COLUMN mood");
    let text = folder.ara(&["verify", "notes.db"]).stdout;
    let expected = "differs: column `todo.mood`: the log has a column that the table lacks: \
                    `ensure` makes it again, and fills it from the log\n";
    assert!(text.starts_with(expected), "{text}");
    let json = folder.ara(&["verify", "notes.db", "--json"]).json();
    assert_eq!(json["differences"][0]["mended_by_ensure"], true);

    change(&folder, "DROP TABLE todo");
    let text = folder.ara(&["verify", "notes.db"]).stdout;
    let expected = "the log has a table that the file lacks: `ensure` makes it again, and fills it";
    assert!(text.contains(expected) && text.ends_with("): `ensure` puts it right\n"), "{text}");
    let db = Database::open(folder.at("notes.db")).expect("it is there");
    db.ensure::<Notes>().expect("it is sound");
    drop(db);
    assert_eq!(folder.ara(&["verify", "notes.db"]).code, Some(0));

    // Where more is amiss, that is not the whole of it.
    change(&folder, "ALTER TABLE todo DROP COLUMN mood; UPDATE todo SET title = 'Butter'");
    let text = folder.ara(&["verify", "notes.db"]).stdout;
    assert!(text.contains("`ensure` makes it again") && text.contains("keep a copy"), "{text}");
}

#[test]
fn a_file_may_not_be_there_or_not_be_aras() {
    let folder = Folder::empty();
    folder.write("text.db", "this is no database, and it is long enough to be looked at as one");
    for command in ["inspect", "history", "verify", "unreadable", "diff"] {
        let told = folder.error(&[command, "missing.db"]);
        assert!(told.contains("missing.db") && told.contains("no such file"), "{told}");
        let told = folder.error(&[command, "text.db"]);
        assert!(told.contains("text.db"), "{told}");
        assert!(!folder.at("missing.db").exists());
    }
}

#[test]
fn diff_compares_a_file_with_the_code_and_then_with_the_lock() {
    let app =
        Folder::app(&[("src/lib.rs", &TODO.replace("pub title", "pub due: Timestamp, pub title"))]);
    write_notes(&app);
    let due = json!([{
        "kind": "column", "table": "todo", "column": "due", "type": "timestamp", "range": null,
        "required": true,
    }]);
    let has = json!([
        {"kind": "column", "table": "todo", "column": "mood", "type": "enum", "range": null,
         "required": null},
        {"kind": "variant", "table": "todo", "column": "mood", "variant": "Calm"},
        {"kind": "variant", "table": "todo", "column": "mood", "variant": "Wild"},
        {"kind": "table", "table": "window", "local": true, "key": null},
        {
            "kind": "column", "table": "window", "column": "of", "type": {"id": "todo"},
            "range": null, "required": null,
        },
    ]);
    let compared = app.ara(&["diff", "notes.db", "--json"]);
    assert_eq!(compared.code, Some(1), "{compared:?}");
    let expected = json!({
        "same": false, "compared": "code", "lacks": due, "has": has, "differs": [], "drift": [],
    });
    assert_eq!(compared.json(), expected);

    app.write("src/lib.rs", TODO);
    assert_eq!(app.ara(&["lock", "-m", "first"]).code, Some(0));
    // The code does not matter any more.
    app.write("src/lib.rs", "this does not compile");
    let json = app.ara(&["diff", "notes.db", "--json"]).json();
    let expected = json!({
        "same": false, "compared": "lock", "lacks": [], "has": has, "differs": [], "drift": [],
    });
    assert_eq!(json, expected);
    let text = app.ara(&["diff", "notes.db"]).stdout;
    let expected = "the file has, and ara.lock has not:\n    table todo\n      \
                    + mood  enum Calm, Wild\n  + table window (local)\n      + of  id of todo\n";
    assert_eq!(text, expected);
}

#[test]
fn diff_tells_other_types_and_that_nothing_differs() {
    let known = TODO
        .replace("pub title: NonEmptyString<100>", "pub title: i64, pub mood: Option<Mood>")
        .replace(
            "ara::schema! { pub App: Todo }",
            "#[derive(Debug, Clone, PartialEq, Value)] pub enum Mood { Calm, Wild }
             #[derive(Table)] #[table(local)]
             pub struct Window { pub id: Id<Window>, pub of: Id<Todo> }
             ara::schema! { pub App: Todo, Window }",
        );
    let app = Folder::app(&[("src/lib.rs", &known)]);
    write_notes(&app);
    let differs =
        json!([{"table": "todo", "column": "title", "type": "integer", "type_in_file": "text"}]);
    let expected = json!({
        "same": false, "compared": "code", "lacks": [], "has": [], "differs": differs, "drift": [],
    });
    assert_eq!(app.ara(&["diff", "notes.db", "--json"]).json(), expected);
    let text = app.ara(&["diff", "notes.db"]).stdout;
    let expected =
        "they differ in types:\n  todo.title is text in the file, and integer in the code\n";
    assert_eq!(text, expected);

    app.write("src/lib.rs", &known.replace("pub title: i64", "pub title: String"));
    let same = app.ara(&["diff", "notes.db"]);
    assert_eq!(same.code, Some(0), "{same:?}");
    assert_eq!(same.stdout, "the file has what is in the code, and nothing else\n");

    change(&app, "CREATE TRIGGER sneaky AFTER INSERT ON todo BEGIN SELECT 1; END");
    let more = app.ara(&["diff", "notes.db"]);
    assert_eq!(more.code, Some(1), "{more:?}");
    let expected = "not as ara made it:\n  trigger `sneaky` on table `todo` is not ara's: ";
    assert!(more.stdout.starts_with(expected), "{more:?}");
    let json = app.ara(&["diff", "notes.db", "--json"]).json();
    assert_eq!((&json["same"], json["drift"].as_array().map(Vec::len)), (&json!(false), Some(1)));
}
