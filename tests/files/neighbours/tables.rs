//! The app's tables.

use ara::prelude::*;

use super::{App, Scene, Todo, fault};
use support::Outcome;

/// What is done to the table, and what the user does about it, if ara must not: it is another program's.
const HARMS: [(&str, Option<&str>); 24] = [
    ("DROP TABLE todo", None),
    ("ALTER TABLE todo RENAME TO gone; DROP TABLE gone", None),
    ("ALTER TABLE todo DROP COLUMN title", None),
    ("DROP INDEX \"ara_index todo(stars)\"; ALTER TABLE todo DROP COLUMN stars", None),
    ("ALTER TABLE todo DROP COLUMN seen", None),
    ("ALTER TABLE todo DROP COLUMN ara_edit_title", None),
    ("ALTER TABLE todo DROP COLUMN ara_edit_title; ALTER TABLE todo DROP COLUMN title", None),
    ("DROP INDEX \"ara_index todo(stars)\"", None),
    ("DROP TABLE \"ara_search_2 todo(title)\"", None),
    ("DROP TABLE \"ara_search_2 todo(title) stale\"", None),
    ("DROP TRIGGER \"ara_search_2 todo(title) insert\"", None),
    ("DROP TRIGGER \"ara_search_2 todo(title) update\"", None),
    ("DROP TRIGGER \"ara_search_2 todo(title) delete\"", None),
    ("DROP TABLE \"ara_search_2 todo(title)_data\"", None),
    ("DROP TABLE \"ara_search_2 todo(title)_config\"", None),
    ("DELETE FROM \"ara_search_2 todo(title)_data\"", None),
    ("DROP TABLE todo; CREATE TABLE todo (x)", Some("DROP TABLE todo")),
    ("DROP TABLE todo; CREATE TABLE todo (id, title, stars)", Some("DROP TABLE todo")),
    (
        "ALTER TABLE todo RENAME TO old; CREATE VIEW todo AS SELECT * FROM old",
        Some("DROP VIEW todo; DROP TABLE old"),
    ),
    ("DROP TABLE todo; CREATE VIRTUAL TABLE todo USING fts5(title)", Some("DROP TABLE todo")),
    (
        "DROP TABLE todo; CREATE TABLE todo (id BLOB PRIMARY KEY, ara_clock, created_at, updated_at, \
         is_deleted, title, stars, seen) WITHOUT ROWID",
        Some("DROP TABLE todo"),
    ),
    ("ALTER TABLE todo DROP COLUMN updated_at", Some("DROP TABLE todo")),
    ("ALTER TABLE todo RENAME COLUMN id TO key", Some("DROP TABLE todo")),
    (
        "ALTER TABLE todo RENAME COLUMN title TO Title",
        Some("ALTER TABLE todo RENAME COLUMN Title TO title"),
    ),
];

#[test]
fn one_table_stops_no_other() -> Outcome {
    let mut faults = Vec::new();
    for (sql, users) in HARMS {
        for is_open in [true, false] {
            for is_rebuilt in [false, true] {
                let fault = fault(|| harmed(sql, users, (is_open, is_rebuilt)));
                faults.extend(fault.map(|fault| format!("{sql} {is_open} {is_rebuilt}: {fault}")));
            }
        }
    }
    assert!(faults.is_empty(), "{} {faults:#?}", faults.len());
    Ok(())
}

fn harmed(sql: &str, users: Option<&str>, (is_open, is_rebuilt): (bool, bool)) -> Outcome {
    let scene = Scene::new(sql, is_open)?;
    let Scene { db, file, .. } = &scene;
    if users.is_none() && is_rebuilt {
        // The write itself mends what it needs.
        scene.table_goes_on()?;
    }
    scene.others_go_on()?;
    // What needs the table of another program may work or not.
    let _ = db.create(Todo::draft().title("meanwhile"));
    let _ = db.query::<Todo>().search("meanwhile").count();
    scene.others_go_on()?;
    if users.is_none() {
        scene.table_goes_on()?;
    }
    if let Some(users) = users {
        db.rebuild()?;
        assert!(matches!(db.ensure::<App>(), Err(ara::Error::Shape { .. })));
        file.sqlite()?.execute_batch(users)?;
    }
    match is_rebuilt {
        true => db.rebuild().map(drop)?,
        false => db.ensure::<App>()?,
    }
    scene.is_whole()
}
