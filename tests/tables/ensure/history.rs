//! The history of schemas.

use ara::prelude::*;
use ara::{SchemaHistory, Type};

use crate::ensure::{v1, v3};
use support::{File, Outcome, There, Wall, send, verified};

#[test]
fn it_tells_what_was_ensured_and_what_that_did() -> Outcome {
    let (file, wall) = (File::new()?, Wall::new());
    let db = file.open_at(&wall)?;
    db.ensure::<v1::App>()?;
    wall.advance(1000);
    db.ensure::<v3::App>()?;
    let rows =
        db.query::<SchemaHistory>().narrow_all().order_by(SchemaHistory::time.asc()).all()?;
    let [first, second] = &rows[..] else { return Err(format!("{rows:?}").into()) };
    assert_eq!((first.schema.as_str(), first.version), ("App", 0));
    assert_eq!(first.app_version, env!("CARGO_PKG_VERSION"));
    assert_eq!(first.added.tables, ["book"]);
    assert_eq!(first.added.indexes, ["book(title)"]);
    assert_eq!(*first.snapshot, ara::Snapshot::of([v1::Book::TABLE]));
    assert_eq!(first.time, Timestamp::from_millis(Wall::START));
    let device = file.value("SELECT id FROM ara_node")?;
    assert_eq!(device, rusqlite::types::Value::Blob(first.device.as_bytes().to_vec()));

    assert_eq!(second.added.tables, ["shelf", "window"]);
    assert_eq!(second.added.columns, ["book.author", "book.stars", "book.shelf"]);
    assert_eq!(second.added.indexes, ["book(stars,author)", "window(width)"]);
    assert_eq!(second.added.dropped_indexes, ["book(title)"]);
    assert_eq!(second.time, Timestamp::from_millis(Wall::START + 1000));
    assert_ne!(first.checksum, second.checksum);
    assert_eq!(first.checksum.len(), 64);
    assert_eq!(second.id, Id::from_key(format!("{} {}", second.device, second.checksum)));
    verified(&db)
}

#[test]
fn the_same_again_is_the_same_row() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v1::App>()?;
    db.ensure::<v3::App>()?;
    let rows = || db.query::<SchemaHistory>().order_by(SchemaHistory::id).all();
    let first = rows()?;
    // Indexes go and come again, and the rows still tell what was added first.
    for _ in 0..3 {
        db.ensure::<v1::App>()?;
        db.ensure::<v3::App>()?;
    }
    assert_eq!(rows()?, first);
    assert_eq!(first.len(), 2);
    let logged = || file.logged();
    let before = logged()?;
    // Rule 9: what is there already is not logged.
    db.ensure::<v3::App>()?;
    file.sqlite()?.execute_batch("CREATE TABLE other (x)")?;
    db.ensure::<v3::App>()?;
    assert_eq!(logged()?, before);
    verified(&db)
}

#[test]
fn a_schema_that_finds_all_made_is_written_once() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.create(v1::Book::draft().title("Momo"))?;
    db.ensure::<v1::Book>()?;
    assert_eq!(db.query::<SchemaHistory>().count()?, 0);
    db.ensure::<v1::App>()?;
    let row = db.query::<SchemaHistory>().narrow_all().one()?;
    assert!(row.added.is_empty());
    db.ensure::<v1::App>()?;
    assert_eq!(db.query::<SchemaHistory>().count()?, 1);
    verified(&db)
}

/// A copy of the file is another device, and says so.
#[test]
#[cfg(unix)]
fn a_copy_writes_its_own() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v1::App>()?;
    drop(db);
    let copy = File::new()?;
    std::fs::copy(file.path(), copy.path())?;
    let db = copy.open()?;
    db.ensure::<v1::App>()?;
    let rows = db.query::<SchemaHistory>().narrow_all().all()?;
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].device, rows[1].device);
    assert_eq!(rows[0].checksum, rows[1].checksum);
    verified(&db)
}

/// The struct that apps query, and what ara writes, are one table.
#[test]
fn it_is_declared_alike_on_both_sides() {
    assert_eq!(SchemaHistory::TABLE, &ara::__private::HISTORY);
    assert!(SchemaHistory::TABLE.columns.iter().any(|column| column.ty == Type::Json));
}

#[test]
fn it_is_there_before_any_schema() -> Outcome {
    let db = Database::memory()?;
    assert_eq!(db.query::<SchemaHistory>().all()?, []);
    db.ensure::<v1::App>()?;
    let row = db.query::<SchemaHistory>().one()?;
    assert_eq!(row.schema.there()?, "App");
    verified(&db)
}

/// It travels as the app's tables do, and its values are none of the app's.
#[test]
fn a_merge_does_not_count_its_values() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    db.ensure::<v1::App>()?;
    db.create(v1::Book::draft().title("Emma"))?;
    let reports = send(&db, &other)?;
    let counts: Vec<_> = reports.iter().map(|it| (it.changes, it.written, it.outdated)).collect();
    assert_eq!(counts, [(2, 2, 0)], "the title, and that it is not deleted");
    assert_eq!(other.query::<SchemaHistory>().count()?, 1);
    Ok(())
}
