//! What `cargo ara unreadable` tells of the cells of a file.

use ara::prelude::*;
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::support::{Folder, Ran};

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<10>,
    stars: Option<u8>,
    mood: Option<Mood>,
    list: Option<Id<Todo>>,
}

#[derive(Debug, Clone, PartialEq, Value)]
enum Mood {
    Calm,
    Wild,
}

ara::schema! { Notes: Todo }

/// The app a release later, and something that it never ensures.
mod newer {
    use ara::prelude::*;

    #[derive(Table)]
    pub struct Todo {
        pub id: Id<Todo>,
        pub stars: Option<i16>,
        pub mood: Option<Mood>,
    }

    #[derive(Debug, Clone, PartialEq, Value)]
    pub enum Mood {
        Calm,
        Wild,
        Late,
    }

    ara::schema! { pub Notes: Todo }

    pub mod unknown {
        use ara::prelude::*;

        #[derive(Table)]
        #[table(name = "todo")]
        pub struct Todo {
            pub id: Id<Todo>,
            pub place: Option<String>,
        }
    }
}

fn notes(folder: &Folder) -> Database {
    let db = Database::open(folder.at("notes.db")).expect("it can be made");
    db.ensure::<Notes>().expect("it is sound");
    db
}

fn change(folder: &Folder, sql: &str) {
    let connection = Connection::open(folder.at("notes.db")).expect("it is there");
    connection.execute_batch(sql).expect("it is sound");
}

fn told(folder: &Folder) -> (Ran, Json) {
    let json = folder.ara(&["unreadable", "notes.db", "--json"]);
    let text = folder.ara(&["unreadable", "notes.db"]);
    assert_eq!((text.code, &*text.stderr), (json.code, ""));
    (text, json.json())
}

/// The columns in a list, each with its number of cells.
fn columns(list: &Json) -> Vec<(String, u64)> {
    let cells = list.as_array().expect("a list").iter().map(|cells| {
        let [table, column] = ["table", "column"].map(|key| cells[key].as_str().expect("a name"));
        (format!("{table}.{column}"), cells["cells"].as_u64().expect("a number"))
    });
    cells.collect()
}

fn of(column: &str, cells: u64) -> (String, u64) {
    (column.to_owned(), cells)
}

#[test]
fn what_every_schema_can_read_is_fine() {
    let folder = Folder::empty();
    let db = notes(&folder);
    let milk = db.create(Todo::draft().title("Milk").mood(Mood::Calm)).expect("it is sound");
    db.create(Todo::draft().title("Bread").stars(5).list(milk)).expect("it is sound");
    let (text, json) = told(&folder);
    assert_eq!(text.code, Some(0), "{text:?}");
    assert_eq!(text.stdout, "fine: a recorded schema can read each cell of its columns\n");
    let expected = json!({
        "file": "notes.db", "readable": true, "unreadable": [], "undeclared": [], "schemas": 1,
        "unknown_schemas": 0,
    });
    assert_eq!(json, expected);
}

#[test]
fn what_no_schema_has_is_told_by_column_and_never_by_value() {
    let folder = Folder::empty();
    let db = notes(&folder);
    for title in ["Milk", "Bread", "Gone"] {
        let todo = Todo::draft().title(title).stars(1).mood(Mood::Wild);
        let todo = db.create(todo).expect("it is sound");
        if title == "Gone" {
            db.delete(todo).expect("it is there");
        }
    }
    change(
        &folder,
        "UPDATE todo SET mood = 'Furious', stars = 987654321;
         UPDATE todo SET title = 'A long secret', list = x'0102' WHERE title = 'Milk'",
    );
    let (text, json) = told(&folder);
    assert_eq!(text.code, Some(1), "{text:?}");
    let unreadable = &json["unreadable"];
    let expected =
        [of("todo.list", 1), of("todo.mood", 2), of("todo.stars", 2), of("todo.title", 1)];
    let mut found = columns(unreadable);
    found.sort();
    assert_eq!(found, expected);
    assert_eq!((&json["readable"], &json["undeclared"]), (&json!(false), &json!([])));
    let mood = unreadable.as_array().and_then(|all| all.iter().find(|it| it["column"] == "mood"));
    let mood = mood.expect("it is listed");
    assert_eq!(mood["types"], json!([{"type": {"enum": ["Calm", "Wild"]}, "range": null}]));
    assert_eq!(mood["local"], false);

    assert!(text.stdout.starts_with("no recorded schema can read these cells:\n"), "{text:?}");
    for recorded in ["enum Calm, Wild\n", "integer 0..=255\n", "text 1..=10\n", "id of todo\n"] {
        assert!(text.stdout.contains(recorded), "{recorded}: {text:?}");
    }
    for value in ["Furious", "987654321", "secret"] {
        assert!(!text.stdout.contains(value) && !json.to_string().contains(value), "{text:?}");
    }
}

#[test]
fn one_schema_that_has_it_is_enough() {
    let folder = Folder::empty();
    let db = notes(&folder);
    db.ensure::<newer::Notes>().expect("it is sound");
    let late = newer::Todo::draft().stars(-300).mood(newer::Mood::Late);
    db.create(late).expect("it is sound");
    let (text, _) = told(&folder);
    assert_eq!(text.code, Some(0), "{text:?}");
    change(&folder, "UPDATE todo SET stars = 40000, mood = 'Never'");
    let (text, json) = told(&folder);
    assert_eq!(columns(&json["unreadable"]), [of("todo.stars", 1), of("todo.mood", 1)]);
    assert!(text.stdout.contains("integer 0..=255; integer -32768..=32767\n"), "{text:?}");
    assert!(text.stdout.contains("enum Calm, Wild, Late\n"), "{text:?}");
}

#[test]
fn columns_that_no_schema_declares_are_told_apart() {
    let folder = Folder::empty();
    let db = notes(&folder);
    let home = newer::unknown::Todo::draft().place("Home");
    db.create(home).expect("it is sound");
    let (text, json) = told(&folder);
    assert_eq!(text.code, Some(0), "{text:?}");
    assert_eq!(columns(&json["undeclared"]), [of("todo.place", 1)]);
    assert!(text.stdout.contains("\n\nno recorded schema declares these columns:\n"), "{text:?}");
    assert!(text.stdout.contains("todo.place"), "{text:?}");

    // Of a schema that a newer version of ara recorded, nothing is known.
    change(&folder, "UPDATE ara_schema_history SET snapshot = '[{\"new\":1}]'");
    let (text, json) = told(&folder);
    assert_eq!((&json["schemas"], &json["unknown_schemas"]), (&json!(1), &json!(1)));
    assert!(text.stdout.contains("\n1 schema cannot be read by this version of"), "{text:?}");
}

#[test]
fn without_a_history_nothing_is_known() {
    let folder = Folder::empty();
    let db = Database::open(folder.at("notes.db")).expect("it can be made");
    db.create(Todo::draft().title("Milk")).expect("it is sound");
    let (text, json) = told(&folder);
    assert_eq!(text.code, Some(0), "{text:?}");
    assert_eq!(columns(&json["undeclared"]), [of("todo.title", 1)]);
    assert!(text.stdout.contains("no schema was ever ensured in this file, so nothing tells"));
}

#[test]
fn it_tells_when_they_were_written() {
    let folder = Folder::empty();
    let db = notes(&folder);
    let milk = db.create(Todo::draft().title("Milk").stars(1)).expect("it is sound");
    let tea = db.create(Todo::draft().title("Tea").stars(1)).expect("it is sound");
    // Two later changes: the file tells when the first and the last change of a row was made.
    std::thread::sleep(std::time::Duration::from_millis(5));
    db.update(Todo::patch(tea).stars(2)).expect("it is there");
    let row = |id| db.get(id).expect("it can be read").expect("it is there");
    change(&folder, "UPDATE todo SET title = ' '");
    let (text, json) = told(&folder);
    let title = &json["unreadable"][0];
    let (first, last) = (row(milk).created_at, row(tea).created_at);
    assert_eq!((&title["first"], &title["last"]), (&json!(first), &json!(last)));
    assert!(last < row(tea).updated_at, "what was changed later is another cell");
    assert!(text.stdout.contains(&format!("{first}  {last}")), "{text:?}");

    change(&folder, "UPDATE todo SET stars = -1 WHERE stars = 2");
    let stars = &told(&folder).1["unreadable"][1];
    assert_eq!((&stars["column"], &stars["first"]), (&json!("stars"), &json!(row(tea).updated_at)));
}
