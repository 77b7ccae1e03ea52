//! Derived tables in a database.

use ara::{Id, NonEmptyString, Table};
use support::disk;

#[derive(Table)]
struct Category {
    id: Id<Category>,
    name: NonEmptyString<100>,
}

#[derive(Table)]
struct Todo {
    id: Id<Todo>,
    title: NonEmptyString<1000>,
    done: Option<bool>,
    category_id: Option<Id<Category>>,
}

#[test]
fn rows_are_kept() -> ara::Result<()> {
    let dir = tempfile::tempdir().unwrap();
    for db in [ara::Database::memory()?, disk::open(dir.path().join("a.db"))?] {
        let milk = db.create(Todo::draft().title("Buy milk"))?;
        let row = db.get(milk)?.unwrap();
        assert_eq!(row.title.as_deref(), Some("Buy milk"));
        assert_eq!(row.done, None);
        assert!(db.update(row.patch().done(true).title("Buy bread"))?);
        assert!(db.update(row.patch().done(true).title("Buy bread"))?);
        assert_eq!(db.get(milk)?.unwrap().done, Some(true));
        assert!(db.delete(milk)?);
        assert!(!db.delete(milk)?);
        assert!(db.get(milk)?.is_none());
        assert!(!db.update(Todo::patch(milk).done(None))?);
        assert!(db.restore(milk)?);
        assert!(db.restore(milk)?);
        assert!(matches!(
            db.create(Todo::draft().id(milk).title("x")),
            Err(ara::Error::Exists { table: "todo" })
        ));
        db.upsert(Todo {
            id: milk,
            title: "Up".try_into().unwrap(),
            done: None,
            category_id: None,
        })?;
        assert_eq!(db.get(milk)?.unwrap().done, None);
        let error = db.create(Todo::draft().title("  ")).unwrap_err();
        assert_eq!(error.to_string(), "column `todo.title` must not be blank");
        let failed: ara::Result<()> = db.transaction(|tx| {
            let id = tx.create(Todo::draft().title("x"))?;
            assert!(tx.get(id)?.is_some());
            assert!(matches!(db.get(id), Err(ara::Error::InsideTransaction)));
            tx.create(Todo::draft().title(""))?;
            Ok(())
        });
        assert!(failed.is_err());
        let found = db.verify()?;
        assert!(found.holds(), "{found:?}");
        assert_eq!((found.changes, found.rows), (5, 1));
    }
    Ok(())
}
