//! An old version of the app after a new one, and the other way round.

use ara::prelude::*;

use crate::ensure::{index_names, v1, v3};
use support::{File, Outcome, There, verified};

#[test]
fn versions_take_turns_on_one_file() -> Outcome {
    for reopens in [false, true] {
        let file = File::new()?;
        let mut db = file.open()?;
        let turn = |db: &mut Database| -> Outcome {
            if reopens {
                *db = file.open()?;
            }
            Ok(())
        };
        db.ensure::<v3::App>()?;
        assert_eq!(index_names(&file)?, ["ara_local_window(width)", "book(stars,author)"]);
        let shelf = db.create(v3::Shelf::draft().name("blue").kind(v3::Kind::Steel))?;
        let dune =
            db.create(v3::Book::draft().title("Dune").author("Frank").stars(5).shelf(shelf))?;
        db.create(v3::Window::draft().width(800))?;

        turn(&mut db)?;
        db.ensure::<v1::App>()?;
        // The table that it does not know keeps its index.
        assert_eq!(index_names(&file)?, ["ara_local_window(width)", "book(title)"]);
        let old = Id::<v1::Book>::from_uuid(dune.uuid());
        assert!(db.update(v1::Book::patch(old).title("Dune II"))?);
        db.create(v1::Book::draft().title("Momo"))?;
        verified(&db)?;

        turn(&mut db)?;
        db.ensure::<v3::App>()?;
        assert_eq!(index_names(&file)?, ["ara_local_window(width)", "book(stars,author)"]);
        let row = db.get(dune)?.there()?;
        assert_eq!(row.title.as_deref(), Some("Dune II"));
        assert_eq!((row.author.as_deref(), row.stars), (Some("Frank"), Some(5)));
        assert_eq!(row.shelf, Some(shelf));
        assert_eq!(db.get(shelf)?.there()?.kind, Some(v3::Kind::Steel));
        assert_eq!(db.query::<v3::Window>().one()?.width, Some(800));
        assert_eq!(db.query::<v3::Book>().count()?, 2);
        assert_eq!(db.schema_drift()?, []);
        verified(&db)?;
    }
    Ok(())
}

#[test]
fn columns_are_added_to_rows_that_keep_their_clocks() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    db.ensure::<v1::App>()?;
    let id = db.create(v1::Book::draft().title("Momo"))?;
    let rows = "SELECT hex(ara_clock) || updated_at FROM book";
    let before = file.value(rows)?;
    db.ensure::<v3::App>()?;
    assert_eq!(file.value(rows)?, before);
    let new = Id::<v3::Book>::from_uuid(id.uuid());
    assert_eq!(db.get(new)?.there()?.stars, None);
    verified(&db)
}

#[test]
fn it_may_be_part_of_a_transaction() -> Outcome {
    let file = File::new()?;
    for db in [file.open()?, Database::memory()?] {
        // More changes than wait to be written at once, before and after.
        db.transaction(|tx| {
            for n in 0..40 {
                tx.create(v1::Book::draft().title(format!("old {n}")))?;
            }
            tx.ensure::<v3::App>()?;
            for n in 0..40 {
                tx.create(v3::Book::draft().title(format!("new {n}")).stars(n))?;
            }
            tx.ensure::<v1::App>()?;
            Ok(())
        })?;
        assert_eq!(db.query::<v3::Book>().count()?, 80);
        verified(&db)?;
        // And goes with it.
        let undone: ara::Result<()> = db.transaction(|tx| {
            tx.ensure::<v3::App>()?;
            Err(ara::Error::NotOne { count: 0 })
        });
        assert!(undone.is_err());
        verified(&db)?;
        db.ensure::<v3::App>()?;
        assert_eq!(db.query::<ara::SchemaHistory>().count()?, 2);
        verified(&db)?;
    }
    assert_eq!(index_names(&file)?, ["ara_local_window(width)", "book(stars,author)"]);
    Ok(())
}
