//! SQLite files of other programs.

use ara::prelude::*;
use ara::{Error, ImportProgress};
use rusqlite::Connection;
use support::{Outcome, verified};
use tempfile::TempDir;

use super::{Person, ada, people, person, reasons};

/// A file as another program has made it.
fn old(folder: &TempDir) -> Outcome<Connection> {
    let old = Connection::open(folder.path().join("old.db"))?;
    old.execute_batch(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, born TEXT, seen TEXT, is_member BOOLEAN, \
             kind TEXT, spent INTEGER, boss INTEGER, photo BLOB, tags TEXT); \
         INSERT INTO people VALUES \
             (1, 'Ada', '1815-12-10', '2026-11-21 08:30:00', 1, 'Work', 1299, 2, x'cafe', '[\"math\"]'), \
             (2, 'Charles', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    )?;
    Ok(old)
}

const ALL: &str = "SELECT * FROM people ORDER BY id";

#[test]
fn each_column_becomes_the_type_that_the_struct_declares() -> Outcome {
    let folder = tempfile::tempdir()?;
    drop(old(&folder)?);
    let db = Database::open(folder.path().join("app.db"))?;
    let imported = db.import_sqlite(folder.path().join("old.db"), ALL, person)?;
    assert_eq!((imported.read, imported.created, imported.refused), (2, 2, 0));
    let people = people(&db)?;
    assert_eq!(people[0], ada());
    let charles = &people[1];
    assert_eq!((charles.id, charles.born, charles.boss_id), (Id::from_key("2"), None, None));
    let bosses = db.query::<Person>().join_as(Boss, Person::boss_id).count()?;
    assert_eq!(bosses, 1);
    verified(&db)?;
    Ok(())
}

ara::alias! { Boss: Person }

#[test]
fn rows_that_cannot_be_imported_are_told_and_the_others_go_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let old = old(&folder)?;
    old.execute_batch(
        "INSERT INTO people (id, name, born, is_member, kind, spent) VALUES \
             (3, NULL, NULL, NULL, NULL, NULL), \
             (4, 'a name that is longer than twenty', NULL, NULL, NULL, NULL), \
             (5, 'Eve', 'yesterday', NULL, NULL, NULL), \
             (6, 'Eve', NULL, 7, NULL, NULL), \
             (7, 'Eve', NULL, NULL, 'Secret', NULL), \
             (8, 'Eve', NULL, NULL, NULL, 12.5), \
             (9, CAST(x'ff41' AS TEXT), NULL, NULL, NULL, NULL), \
             (10, 'Zoe', NULL, 0, 'Private', 7.0)",
    )?;
    let db = Database::memory()?;
    let imported = db.import_sqlite(folder.path().join("old.db"), ALL, person)?;
    assert_eq!((imported.read, imported.created, imported.refused), (10, 3, 7));
    let name = "column `person.name` must be text of 1 to 20 characters that is not blank, and the source has";
    assert_eq!(
        reasons(&imported),
        [
            format!("row 3: {name} no value there"),
            format!("row 4: {name} other text there"),
            "row 5: column `person.born` must be a date, such as 2026-11-21, and the source has other text there".to_owned(),
            "row 6: column `person.is_member` must be true or false, and the source has another integer there".to_owned(),
            "row 7: column `person.kind` must be one of `Private`, `Work`, and the source has other text there".to_owned(),
            "row 8: column `person.spent` must be an integer, and the source has another number there".to_owned(),
            format!("row 9: {name} text there that is not UTF-8"),
        ]
    );
    assert!(!format!("{imported:?}").contains("Secret"));
    assert_eq!(people(&db)?.len(), 3);
    Ok(())
}

#[test]
fn all_rows_are_imported_or_none_if_that_is_asked_for() -> Outcome {
    let folder = tempfile::tempdir()?;
    let old = old(&folder)?;
    old.execute_batch("INSERT INTO people (id, name) VALUES (3, ' ')")?;
    let path = folder.path().join("old.db");
    let db = Database::memory()?;
    let error = db.importer().all_or_nothing().sqlite(&path, ALL, person).expect_err("row 3");
    let Error::Row { row: 3, .. } = error else { panic!("{error:#?}") };
    assert!(
        error
            .to_string()
            .starts_with("row 3 of the source cannot be imported, so nothing was: column `person")
    );
    assert_eq!(db.query::<Person>().count()?, 0);

    old.execute_batch("DELETE FROM people WHERE id = 3")?;
    let before = db.transactions().count();
    let imported = db.importer().all_or_nothing().sqlite(&path, ALL, |row| {
        assert!(matches!(db.query::<Person>().count(), Err(Error::InsideTransaction)));
        person(row)
    })?;
    assert_eq!(imported.created, 2);
    assert_eq!(db.transactions().count(), before + 1);
    Ok(())
}

#[test]
fn what_is_mistyped_is_told_with_what_there_is() -> Outcome {
    let folder = tempfile::tempdir()?;
    drop(old(&folder)?);
    let db = Database::memory()?;
    let path = folder.path().join("old.db");
    let told = |sql: &str, column: &'static str| {
        let imported =
            db.import_sqlite(&path, sql, |row| Ok(Person::draft().name(row.get(column)?)));
        imported.map(|imported| imported.created).expect_err("is mistyped").to_string()
    };
    for (sql, column, message) in [
        ("SELECT id, name FROM people", "nmae", "it has no column `nmae`, but `id`, `name`"),
        (
            "SELECT id, id, name FROM people",
            "id",
            "it has several columns `id`: give each a name of its own",
        ),
        (
            "SELECT name FROM poeple",
            "name",
            "its SQL is not valid: no such table: poeple; there are `people`",
        ),
        (
            "SELECT nmae FROM people",
            "name",
            "its SQL is not valid: no such column: nmae; `people` has `id`, `name`, `born`, `seen`, `is_member`, \
             `kind`, `spent`, `boss`, `photo`, `tags`",
        ),
        ("SELEC name", "name", "its SQL is not valid: near \"SELEC\": syntax error"),
        ("DELETE FROM people", "name", "its SQL is no query: write a `SELECT`"),
        ("", "name", "its SQL is no query: write a `SELECT`"),
        ("SELECT ?1 AS name", "name", "its SQL has parameters: write the values themselves"),
    ] {
        let message = format!("the source cannot be imported: {message}");
        assert_eq!(told(sql, column), message, "{sql}");
    }
    assert_eq!(db.query::<Person>().count()?, 0);
    Ok(())
}

/// What a row's closure asks of the database itself is answered, so that it can look things up.
#[test]
fn the_closure_may_use_the_database() -> Outcome {
    let folder = tempfile::tempdir()?;
    drop(old(&folder)?);
    let db = Database::open(folder.path().join("app.db"))?;
    let imported = db.import_sqlite(folder.path().join("old.db"), ALL, |row| {
        let name: String = row.get("name")?.to()?;
        db.query::<Person>().filter(Person::name.eq(name)).one()?;
        person(row)
    })?;
    assert_eq!(imported.refused, 2);
    assert_eq!(
        reasons(&imported)[0],
        "row 1: no row where `one` expects exactly one: change the filter, or use `first`"
    );
    Ok(())
}

#[test]
fn progress_is_told_and_each_part_is_a_transaction() -> Outcome {
    let folder = tempfile::tempdir()?;
    let old = old(&folder)?;
    old.execute_batch(
        "WITH RECURSIVE at(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM at WHERE n < 10000) \
         INSERT INTO people (id, name, photo) SELECT n, 'somebody', zeroblob(1000) FROM at",
    )?;
    let db = Database::open(folder.path().join("app.db"))?;
    let mut told: Vec<ImportProgress> = Vec::new();
    let tell = |progress| told.push(progress);
    let imported =
        db.importer().on_progress(tell).sqlite(folder.path().join("old.db"), ALL, person)?;
    assert_eq!(imported.created, 10_000);
    assert_eq!(told.last().map(|told| (told.rows, told.total)), Some((10_000, Some(10_000))));
    assert!(told.len() > 2 && told.windows(2).all(|two| two[0].rows < two[1].rows), "{told:?}");
    // Each part is a transaction, which others see before the next.
    assert_eq!(db.transactions().count(), told.len());
    Ok(())
}

/// What was imported before an error stays, and the import goes on where it ended.
#[test]
fn an_import_that_ends_in_the_middle_goes_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let old = old(&folder)?;
    old.execute_batch(
        "WITH RECURSIVE at(n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM at WHERE n < 9000) \
         INSERT INTO people (id, name, photo) SELECT n, 'somebody', zeroblob(1000) FROM at",
    )?;
    let path = folder.path().join("old.db");
    let db = Database::open(folder.path().join("app.db"))?;
    let ended = db.import_sqlite(&path, ALL, |row| match row.number() {
        8500 => Err(Error::DiskFull),
        _ => person(row),
    });
    assert!(matches!(ended, Err(Error::DiskFull)));
    let kept = db.query::<Person>().count()?;
    assert!((1..8500).contains(&kept), "{kept}");

    let imported = db.import_sqlite(&path, ALL, person)?;
    assert_eq!((imported.created + kept, imported.unchanged), (9000, kept));
    assert_eq!(db.query::<Person>().count()?, 9000);
    verified(&db)?;
    Ok(())
}
