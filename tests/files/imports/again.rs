//! Importing the same rows again.

use ara::Imported;
use ara::prelude::*;
use support::{Outcome, verified};

#[derive(Debug, Table)]
struct Book {
    id: Id<Book>,
    title: String,
    pages: Option<i64>,
    read: Option<bool>,
}

/// A table whose id is made of one of its columns.
#[derive(Debug, Table)]
#[table(key = isbn)]
struct Keyed {
    id: Id<Keyed>,
    isbn: NonEmptyString<20>,
    title: String,
}

const FILE: &str = r#"[{"isbn": "a", "title": "Emma", "pages": 480}, {"isbn": "b", "title": "Beowulf", "pages": 64}]"#;

fn import(db: &Database, keeps: bool) -> ara::Result<(u64, u64, u64)> {
    let importer = if keeps { db.importer().keep_existing() } else { db.importer() };
    let imported = importer.json(FILE.as_bytes(), |row| {
        let draft = Book::draft().id(row.id("isbn")?);
        Ok(draft.title(row.get("title")?).pages(row.get("pages")?))
    })?;
    assert_eq!((imported.read, imported.refused), (2, 0));
    Ok(counts(&imported))
}

fn counts(imported: &Imported) -> (u64, u64, u64) {
    (imported.created, imported.changed, imported.unchanged)
}

#[test]
fn what_is_the_same_is_not_written_again() -> Outcome {
    let db = Database::memory()?;
    assert_eq!(import(&db, false)?, (2, 0, 0));
    let emma: Id<Book> = Id::from_key("a");
    db.update(Book::patch(emma).read(true))?;
    let before = db.version_vector()?;
    assert_eq!(import(&db, false)?, (0, 0, 2));
    assert_eq!(db.version_vector()?, before);
    assert_eq!(db.get(emma)?.and_then(|emma| emma.read), Some(true));

    db.update(Book::patch(emma).pages(1))?;
    db.delete(Id::<Book>::from_key("b"))?;
    assert_eq!(import(&db, false)?, (0, 2, 0));
    assert_eq!(db.query::<Book>().filter(Book::pages.ge(64)).count()?, 2);
    verified(&db)?;
    Ok(())
}

#[test]
fn rows_that_are_there_are_kept_if_that_is_asked_for() -> Outcome {
    let db = Database::memory()?;
    let (emma, beowulf): (Id<Book>, Id<Book>) = (Id::from_key("a"), Id::from_key("b"));
    assert_eq!(import(&db, true)?, (2, 0, 0));
    db.update(Book::patch(emma).pages(1))?;
    db.delete(beowulf)?;
    assert_eq!(import(&db, true)?, (0, 0, 2));
    assert_eq!(db.get(emma)?.and_then(|emma| emma.pages), Some(1));
    assert_eq!(db.get(beowulf)?.map(|row| row.id), None);

    db.forget(beowulf)?;
    assert_eq!(import(&db, true)?, (0, 0, 2));
    verified(&db)?;
    Ok(())
}

#[test]
fn a_row_that_was_forgotten_is_refused() -> Outcome {
    let db = Database::memory()?;
    import(&db, false)?;
    let beowulf: Id<Book> = Id::from_key("b");
    db.delete(beowulf)?;
    db.forget(beowulf)?;
    let imported = db.importer().json(FILE.as_bytes(), |row| {
        Ok(Book::draft().id(row.id("isbn")?).title(row.get("title")?))
    })?;
    assert_eq!((imported.unchanged, imported.refused), (1, 1));
    assert!(imported.refusals[0].reason.starts_with("table `book` has forgotten the row"));
    Ok(())
}

#[test]
fn a_table_with_a_key_finds_its_rows_by_it() -> Outcome {
    let db = Database::memory()?;
    for expected in [(2, 0, 0), (0, 0, 2)] {
        let imported = db.importer().json(FILE.as_bytes(), |row| {
            Ok(Keyed::draft().isbn(row.get("isbn")?).title(row.get("title")?))
        })?;
        assert_eq!(counts(&imported), expected);
    }
    Ok(())
}
