//! `cargo ara forget` and `vacuum`, which write into a file.

use std::fs;

use ara::prelude::*;
use serde_json::json;

use crate::support::Folder;

#[derive(Table)]
struct Note {
    id: Id<Note>,
    text: String,
}

/// Writes notes, of which every second one is deleted.
fn write_notes(folder: &Folder) -> Vec<Id<Note>> {
    let db = Database::open(folder.at("notes.db")).expect("it can be made");
    let notes = (0..40).map(|at| Note::draft().text(format!("secret {at}").repeat(1000)));
    let ids = db.create_all(notes).expect("it is sound");
    for id in ids.iter().step_by(2) {
        db.delete(*id).expect("it is there");
    }
    ids
}

/// Whether a file or its `-wal` holds a text.
fn holds(folder: &Folder, text: &str) -> bool {
    ["notes.db", "notes.db-wal"].iter().any(|name| {
        let bytes = fs::read(folder.at(name)).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[test]
fn rows_are_forgotten_once_that_is_confirmed() {
    let folder = Folder::empty();
    let ids = write_notes(&folder);
    let (deleted, kept) = (ids[0].to_string(), ids[1].to_string());
    let command = ["forget", "notes.db", "note", &deleted, &kept];
    let refused = folder.error(&command);
    assert!(refused.contains("2 rows of table `note`") && refused.contains("--yes"), "{refused}");
    assert!(holds(&folder, "secret 0secret 0"));

    let ran = folder.ara(&[&command[..], &["--json", "--yes"]].concat());
    assert_eq!((ran.code, &*ran.stderr), (Some(1), ""));
    let json = ran.json();
    assert_eq!((&json["forgotten"], &json["left"]), (&json!(1), &json!([kept])));
    assert!(!holds(&folder, "secret 0secret 0") && holds(&folder, "secret 1secret 1"));

    let again = folder.ara(&["forget", "notes.db", "note", &deleted, "-y"]);
    assert!(again.stdout.contains("0 rows\n") && again.stdout.contains(&deleted), "{again:?}");
    let db = Database::open(folder.at("notes.db")).expect("it is there");
    assert!(matches!(db.restore(ids[0]), Err(ara::Error::Forgotten { .. })));
    assert!(db.restore(ids[2]).expect("it was only deleted"));
}

#[test]
fn rows_are_forgotten_by_the_day_of_their_deletion() {
    let folder = Folder::empty();
    let ids = write_notes(&folder);
    let early = ["forget", "notes.db", "--deleted-before", "2001-01-01", "--yes", "--json"];
    assert_eq!(
        folder.ara(&early).json(),
        json!({"file": "notes.db", "forgotten": 0, "left": [], "freed": 0})
    );
    let late = ["forget", "notes.db", "--deleted-before", "2200-01-01T00:00:00Z"];
    assert!(folder.error(&late).contains("20 rows that were deleted before"));
    let ran = folder.ara(&[&late[..], &["--yes"]].concat());
    assert_eq!((ran.code, &*ran.stdout), (Some(0), "forgotten: 20 rows\n"));
    assert!(!holds(&folder, "secret 0secret 0") && holds(&folder, "secret 1secret 1"));
    let db = Database::open(folder.at("notes.db")).expect("it is there");
    assert!(matches!(db.restore(ids[2]), Err(ara::Error::Forgotten { .. })));
}

#[test]
fn what_is_not_there_is_told_and_not_made() {
    let folder = Folder::empty();
    let id = "0194c1c2-9f3e-7d4e-8f00-0123456789ab";
    for command in [&["forget", "none.db", "note", id, "--yes"][..], &["vacuum", "none.db"]] {
        assert!(folder.error(command).contains("none.db"));
        assert!(!folder.at("none.db").exists());
    }
    write_notes(&folder);
    for table in ["todo", "ara_undone", "ara_schema_history"] {
        let refused = folder.error(&["forget", "notes.db", table, id, "--yes"]);
        assert!(refused.contains(table) && refused.contains("but note"), "{refused}");
    }
}

#[test]
fn vacuum_tells_what_came_free() {
    let folder = Folder::empty();
    let ids = write_notes(&folder);
    let db = Database::open(folder.at("notes.db")).expect("it is there");
    for id in &ids {
        db.update(Note::patch(*id).text("short")).expect("it is there");
    }
    db.compact(&[db.version_vector().expect("one")]).expect("it is sound");
    // An app may have the file open.
    let json = folder.ara(&["vacuum", "notes.db", "--json"]).json();
    let freed = json["freed"].as_u64().expect("a number");
    assert!((200_000..2_000_000).contains(&freed), "{json}");
    assert_eq!(db.query::<Note>().filter(Note::text.eq("short")).count().expect("it is there"), 20);
    let again = folder.ara(&["vacuum", "notes.db"]);
    assert_eq!((again.code, &*again.stdout), (Some(0), "done: no room was unused\n"));
}
