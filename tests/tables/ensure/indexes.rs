//! Indexes follow the structs, both ways.

use ara::prelude::*;

use crate::ensure::{index_names, v1, v3, v3_indexed};
use support::{File, Outcome, verified};

#[test]
fn an_index_may_be_all_that_changes() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v3::App>()?;
    db.create(v3::Book::draft().title("Momo"))?;
    let indexes = ["ara_local_window(width)", "book(stars,author)"];
    assert_eq!(index_names(&file)?, indexes);
    db.ensure::<v3_indexed::App>()?;
    assert_eq!(index_names(&file)?, [indexes[0], indexes[1], "book(title)"]);
    let history = || db.query::<ara::SchemaHistory>().narrow_all().one();
    let first = ["book(stars,author)", "window(width)"];
    assert_eq!(history()?.added.indexes, first);
    assert_eq!(history()?.snapshot.table("book").map(|book| book.indexes.len()), Some(2));
    db.ensure::<v3::App>()?;
    assert_eq!(index_names(&file)?, indexes);
    // What a release fixes is the same for both, so it is one row, which tells of the first time.
    assert_eq!(history()?.added.indexes, first);
    assert_eq!(history()?.snapshot.table("book").map(|book| book.indexes.len()), Some(1));
    verified(&db)
}

#[test]
fn the_first_use_only_adds() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Book::draft().title("Momo"))?;
    db.create(v3::Book::draft().title("Dune"))?;
    assert_eq!(index_names(&file)?, ["book(stars,author)", "book(title)"]);
    // A single table is a schema of one.
    db.ensure::<v3::Book>()?;
    assert_eq!(index_names(&file)?, ["book(stars,author)"]);
    db.ensure::<v1::Book>()?;
    assert_eq!(index_names(&file)?, ["book(title)"]);
    assert_eq!(db.query::<ara::SchemaHistory>().count()?, 0);
    verified(&db)
}

#[test]
fn an_index_of_somebody_else_is_left_alone() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v1::App>()?;
    file.sqlite()?.execute_batch(
        "CREATE INDEX mine ON book (title, id); CREATE INDEX \"ara_index book(id)\" ON book (id)",
    )?;
    db.ensure::<v3::App>()?;
    db.ensure::<v1::App>()?;
    assert_eq!(file.number("SELECT count(*) FROM sqlite_schema WHERE name = 'mine'")?, 1);
    assert_eq!(index_names(&file)?, ["ara_local_window(width)", "book(id)", "book(title)"]);
    Ok(())
}
