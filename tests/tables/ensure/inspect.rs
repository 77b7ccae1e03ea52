//! What a database tells of itself.

use ara::TypeSnapshot;
use ara::prelude::*;

use crate::ensure::{v1, v3};
use support::{File, Outcome, There, verified};

#[test]
fn it_tells_what_is_in_the_file() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::App>()?;
    db.ensure::<v1::App>()?;
    let schema = db.schema()?;
    assert_eq!(schema.format, 2);
    assert_eq!(schema.cookie, file.number("PRAGMA schema_version")?);
    let names: Vec<_> = schema.tables.iter().map(|table| (&*table.name, table.local)).collect();
    assert_eq!(names, [("book", false), ("shelf", false), ("window", true)]);
    let book = schema.tables.first().there()?;
    let types: Vec<_> =
        book.columns.iter().map(|column| (&*column.name, column.ty.clone())).collect();
    let expected = [
        ("title", Some(TypeSnapshot::Text)),
        ("author", Some(TypeSnapshot::Text)),
        ("stars", Some(TypeSnapshot::Integer)),
        ("shelf", Some(TypeSnapshot::Id("shelf".to_owned()))),
    ];
    assert_eq!(types, expected);
    assert_eq!(book.indexes, [["title"]]);
    assert_eq!(schema.tables.get(2).there()?.indexes, [["width"]]);
    assert_eq!(schema.versions.len(), 2);
    let second = schema.versions.get(1).there()?;
    assert_eq!(second.schema.as_deref(), Some("App"));
    assert_eq!(second.snapshot, Some(ara::Snapshot::of([v1::Book::TABLE])));
    Ok(())
}

/// A table that no schema named, and a history that another version wrote, or nobody can read.
#[test]
fn what_it_cannot_read_it_leaves_out() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Book::draft().title("Momo"))?;
    let book = |db: &Database| -> Outcome<_> { Ok(db.schema()?.tables.first().there()?.clone()) };
    assert_eq!(book(&db)?.columns.first().there()?.ty, None);
    assert_eq!(db.schema()?.versions, []);
    db.ensure::<v1::App>()?;
    assert_eq!(book(&db)?.columns.first().there()?.ty, Some(TypeSnapshot::Text));
    for value in [
        "'{'",
        "x'00'",
        "NULL",
        "7",
        "'[{\"name\":\"book\",\"columns\":[{\"name\":\"title\",\"type\":\"color\"}]}]'",
    ] {
        let set = ["snapshot", "added", "version", "time", "device", "schema"]
            .map(|column| format!("{column} = {value}"));
        file.tamper(&format!("UPDATE ara_schema_history SET {}", set.join(", ")))?;
        let schema = db.schema()?;
        let version = schema.versions.first().there()?;
        assert_eq!(version.snapshot, None);
        assert_eq!(schema.tables.first().there()?.columns.first().there()?.ty, None);
    }
    Ok(())
}

#[test]
fn it_counts_rows() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v3::App>()?;
    let id = db.create(v3::Shelf::draft().name("blue"))?;
    db.create(v3::Shelf::draft().name("red"))?;
    db.delete(id)?;
    let counts: Vec<_> = db
        .row_counts()?
        .into_iter()
        .map(|count| (count.table, count.local, count.rows, count.deleted))
        .collect();
    let expected = [("book", false, 0, 0), ("shelf", false, 1, 1), ("window", true, 0, 0)];
    assert_eq!(
        counts,
        expected.map(|(name, local, rows, deleted)| (name.to_owned(), local, rows, deleted))
    );
    Ok(())
}

#[test]
fn verify_tells_how_far_it_is() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create_all((0..2500).map(|n| v1::Book::draft().title(format!("Book {n}"))))?;
    let mut told = Vec::new();
    let found = db.verify_with(|progress| told.push((progress.done, progress.total)))?;
    assert!(found.holds());
    assert_eq!(told.first(), Some(&(0, 5000)));
    assert_eq!(told.last(), Some(&(5000, 5000)));
    assert!(told.len() >= 5);
    assert!(told.is_sorted());
    verified(&db)
}
