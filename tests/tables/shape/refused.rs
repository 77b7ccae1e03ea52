//! A table of the app's name that ara did not make, or has no room in.

use ara::prelude::*;
use ara::{Error, Id};

use crate::shape::{Note, Other, TestResult, file_with, later};
use support::disk;
use support::dump::dump;

const SYSTEM: &str = "ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, \
                      ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted";

/// The columns that come after the keys.
const REST: &str = "ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted";

#[test]
fn a_table_of_another_shape_is_refused() -> TestResult {
    for sql in [
        "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)",
        "CREATE TABLE note (x)",
        "CREATE VIEW note AS SELECT 1 AS id",
        "CREATE VIRTUAL TABLE note USING fts5(text)",
        "CREATE INDEX note ON other (text)",
        "CREATE TABLE NOTE (id, ara_clock, created_at, updated_at, is_deleted)",
        &format!("CREATE TABLE Note ({SYSTEM})"),
        &format!("CREATE TABLE note ({SYSTEM}) WITHOUT ROWID"),
        &format!("CREATE TABLE note ({SYSTEM}, text TEXT)"),
        &format!("CREATE TABLE note ({SYSTEM}, Text)"),
        &format!("CREATE TABLE note ({SYSTEM}, text NOT NULL)"),
        &format!("CREATE TABLE note ({SYSTEM}, text AS (1))"),
        &format!("CREATE TABLE note ({SYSTEM}, x NOT NULL)"),
        &format!("CREATE TABLE note ({SYSTEM}, x INTEGER)"),
        &format!("CREATE TABLE note (id BLOB NOT NULL UNIQUE, {REST})"),
        &format!("CREATE TABLE note (id BLOB PRIMARY KEY NOT NULL, {REST})"),
        &format!("CREATE TABLE note (id BLOB PRIMARY KEY NOT NULL, {REST}) WITHOUT ROWID"),
        &format!("CREATE TABLE note (ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL, {REST})"),
        &format!("CREATE TABLE note (ara_row INTEGER PRIMARY KEY, id BLOB UNIQUE, {REST})"),
        &format!(
            "CREATE TABLE note (ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL, {REST}, \
             UNIQUE (id, is_deleted))"
        ),
        &format!(
            "CREATE TABLE note (ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL, {REST}); \
             CREATE UNIQUE INDEX of_others ON note (id)"
        ),
        &format!("CREATE TABLE note (ara_row INTEGER, id BLOB NOT NULL UNIQUE, {REST})"),
        &format!("CREATE TABLE note (ara_row INTEGER UNIQUE, id BLOB NOT NULL UNIQUE, {REST})"),
        // Not what SQLite identifies the rows by, as `INT` and `DESC` prevent it.
        &format!("CREATE TABLE note (ara_row INT PRIMARY KEY, id BLOB NOT NULL UNIQUE, {REST})"),
        &format!(
            "CREATE TABLE note (ara_row INTEGER PRIMARY KEY DESC, id BLOB NOT NULL UNIQUE, {REST})"
        ),
        "CREATE TABLE note (ara_row INTEGER PRIMARY KEY, ID BLOB NOT NULL UNIQUE, ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted)",
        "CREATE TABLE note (ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, ara_clock BLOB NOT NULL, created_at INTEGER, updated_at, is_deleted)",
    ] {
        let folder = tempfile::tempdir()?;
        let path = file_with(folder.path(), sql)?;
        let before = dump(&path)?;
        let db = disk::open(&path)?;
        let id = Id::from_key("a");
        for error in [
            db.ensure::<Note>().expect_err(sql),
            db.create(Note::draft()).map(drop).expect_err(sql),
            db.update(Note::patch(id).stars(1)).map(drop).expect_err(sql),
            db.get(id).map(drop).expect_err(sql),
            db.query::<Note>().count().map(drop).expect_err(sql),
        ] {
            assert!(
                matches!(&error, Error::Shape { table, .. } if table == "note"),
                "{sql}: {error:?}"
            );
            assert!(error.to_string().contains(": rename "), "{sql}: {error}");
        }
        assert_eq!(db.query::<Other>().count()?, 1);
        drop(db);
        assert_eq!(dump(&path)?, before, "{sql}");
    }
    Ok(())
}

/// An error that the closure passes over leaves nothing of the table that could not be made.
#[test]
fn the_rest_of_a_transaction_can_be_committed() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = file_with(folder.path(), "CREATE TABLE note (x)")?;
    let db = disk::open(&path)?;
    db.transaction(|tx| {
        tx.create(Other::draft().text("before"))?;
        assert!(matches!(tx.create(Note::draft()), Err(Error::Shape { .. })));
        tx.create(Other::draft().text("after"))
    })?;
    assert_eq!(db.query::<Other>().count()?, 3);
    assert!(db.verify()?.holds());
    disk::sqlite(&path)?.execute_batch("DROP TABLE note")?;
    db.create(Note::draft().text("now"))?;
    assert!(db.verify()?.holds());
    Ok(())
}

/// A row is said to exist only if it is its id that is taken.
#[test]
fn an_index_of_another_program_may_refuse_a_row() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = file_with(folder.path(), "CREATE UNIQUE INDEX mine ON other (text)")?;
    let db = disk::open(&path)?;
    let id = db.create(Other::draft().text("one"))?;
    let refused = db.create(Other::draft().text("one")).expect_err("the text is taken");
    assert!(matches!(refused, Error::Sqlite { code: 2067, .. }), "{refused:?}");
    for text in ["one", "two"] {
        let refused = db.create(Other::draft().id(id).text(text)).expect_err("the id is taken");
        assert!(matches!(refused, Error::Exists { table: "other" }), "{refused:?}");
    }
    assert_eq!(db.query::<Other>().count()?, 2);
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn two_thousand_columns_are_enough() -> TestResult {
    let folder = tempfile::tempdir()?;
    // Made so by ara's rules, and quicker than by as many versions of an app.
    let columns: String = (0..2000 - 8).map(|column| format!(", c{column}")).collect();
    let sql = format!("CREATE TABLE note ({SYSTEM}, text, stars{columns})");
    let path = file_with(folder.path(), &sql)?;
    disk::open(&path)?.create(Note::draft().text("one"))?;
    let before = dump(&path)?;
    let full = disk::open(&path)?;
    full.ensure::<Note>()?;
    let error = full.create(later::Note::draft().more(1)).expect_err("there is no room");
    assert!(
        matches!(error, Error::TooManyColumns { table: "note", columns: 2001, limit: 2000 }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        "table `note` would have 2001 columns, those of ara among them, and SQLite holds 2000: split the struct in \
         two"
    );
    assert!(matches!(full.ensure::<later::Note>(), Err(Error::TooManyColumns { .. })));
    assert_eq!(dump(&path)?, before);
    full.create(Note::draft().text("two").stars(2))?;
    assert_eq!(full.query::<Note>().count()?, 2);
    assert!(full.verify()?.holds());
    Ok(())
}
