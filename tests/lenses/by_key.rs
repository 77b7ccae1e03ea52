//! A text that became a reference to a row which it names.

use ara::Error;
use ara::prelude::*;
use support::{File, Outcome, There, Wall, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        pub category: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Expense {
        pub id: Id<Self>,
        #[table(replaces(category, by_key))]
        pub category_id: Option<Id<Category>>,
        #[table(retired)]
        category: Option<String>,
    }

    #[derive(Debug, Table)]
    #[table(key = name)]
    pub struct Category {
        pub id: Id<Self>,
        pub name: NonEmptyString<100>,
        pub label: Option<String>,
    }
}

use v2::Category;

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn category(db: &Database, expense: Id<v1::Expense>) -> ara::Result<Option<String>> {
    let of = db.query::<v2::Expense>().join(v2::Expense::category_id);
    Ok(of.find(id(expense))?.and_then(|(_, category)| category.name).map(|name| name.to_string()))
}

#[test]
fn a_text_of_an_older_version_refers_to_a_row_that_is_made() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().category("Food"))?;
    let bus = db.create(v1::Expense::draft().category("Travel"))?;
    let food = Id::<Category>::from_key("Food");
    assert_eq!(db.get::<v2::Expense>(id(milk))?.there()?.category_id, Some(food));
    assert_eq!(category(&db, milk)?.as_deref(), Some("Food"));
    assert_eq!(category(&db, bus)?.as_deref(), Some("Travel"));
    assert_eq!(db.query::<Category>().count()?, 2);
    db.update(v1::Expense::patch(bus).category("Food"))?;
    assert_eq!(category(&db, bus)?.as_deref(), Some("Food"));
    assert_eq!(db.query::<Category>().count()?, 2);
    verified(&db)
}

#[test]
fn a_reference_is_the_rows_key_for_older_versions() -> Outcome {
    let db = Database::memory()?;
    let home = db.create(Category::draft().name("Home"))?;
    assert_eq!(home, Id::from_key("Home"));
    let rent = db.create(v2::Expense::draft().category_id(home))?;
    let text = |db: &Database| -> ara::Result<Option<String>> {
        Ok(db.get::<v1::Expense>(id(rent))?.and_then(|row| row.category))
    };
    assert_eq!(text(&db)?.as_deref(), Some("Home"));
    db.update(v2::Expense::patch(rent).category_id(None))?;
    assert_eq!(text(&db)?, None);
    assert_eq!(db.get(rent)?.there()?.category_id, None);
    verified(&db)
}

/// What two devices make is one row, what a user set stays, and a deleted row stays deleted.
#[test]
fn rows_that_several_devices_make_are_one() -> Outcome {
    let (old, a, b) = (Database::memory()?, Database::memory()?, Database::memory()?);
    for db in [&a, &b] {
        db.ensure::<v2::Expense>()?;
        db.ensure::<Category>()?;
    }
    let milk = old.create(v1::Expense::draft().category("Food"))?;
    send(&old, &a)?;
    send(&old, &b)?;
    let food = Id::<Category>::from_key("Food");
    assert_eq!(a.get(food)?.there()?.name.as_deref(), Some("Food"));
    a.update(Category::patch(food).label("Groceries"))?;
    b.delete(food)?;
    for _ in 0..2 {
        send(&a, &b)?;
        send(&b, &a)?;
    }
    let expected = a.query::<Category>().with_deleted().all()?;
    assert_eq!(b.query::<Category>().with_deleted().all()?, expected);
    assert_eq!(expected.len(), 1);
    assert_eq!(expected[0].label.as_deref(), Some("Groceries"));
    assert_eq!(a.get(food)?, None);
    assert_eq!(a.get::<v2::Expense>(id(milk))?.there()?.category_id, Some(food));
    verified(&a)?;
    verified(&b)
}

/// A table is made when it is first used, and that may be later.
#[test]
fn a_reference_may_be_set_before_its_table_is_used() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v2::Expense>()?;
    let food = Id::<Category>::from_key("Food");
    let milk = db.create(v2::Expense::draft().category_id(food))?;
    assert_eq!(db.get(milk)?.there()?.category_id, Some(food));
    db.update(v2::Expense::patch(milk).category_id(Id::from_key("Drink")))?;
    db.update(v2::Expense::patch(milk).category_id(food))?;
    assert_eq!(text(&db, id(milk))?, None);
    // An older version is told of it once the category is there.
    db.create(Category::draft().name("Food"))?;
    assert_eq!(text(&db, id(milk))?.as_deref(), Some("Food"));
    verified(&db)
}

/// What an older version sees, once the newer one has read the row.
fn text(db: &Database, expense: Id<v1::Expense>) -> Outcome<Option<String>> {
    db.get::<v2::Expense>(id(expense))?.there()?;
    Ok(db.get(expense)?.there()?.category)
}

#[test]
fn a_reference_may_arrive_before_its_row() -> Outcome {
    let (old, a, b) = (Database::memory()?, Database::memory()?, Database::memory()?);
    for db in [&a, &b] {
        db.ensure::<v2::Expense>()?;
        db.ensure::<Category>()?;
    }
    let food = Id::<Category>::from_key("Food");
    let milk = b.create(v2::Expense::draft().category_id(Id::from_key("Drink")))?;
    b.update(v2::Expense::patch(milk).category_id(food))?;
    let tea: Id<v1::Expense> = id(b.create(v2::Expense::draft().category_id(food))?);
    let rent = b.create(v2::Expense::draft().category_id(Id::from_key("Home")))?;
    // It is looked at before the row is there, too.
    send(&b, &a)?;
    assert_eq!(text(&a, tea)?, None);
    b.create(Category::draft().name("Other"))?;
    assert_eq!(text(&b, tea)?, None);
    a.create(Category::draft().name("Food").label("Groceries"))?;
    send(&a, &b)?;
    for expense in [id(milk), tea] {
        // The merge itself has written it.
        assert_eq!(b.get(expense)?.there()?.category.as_deref(), Some("Food"));
        assert_eq!(text(&a, expense)?.as_deref(), Some("Food"));
    }
    assert_eq!(text(&b, id(rent))?, None);
    // An old version is told, and it is no edit.
    send(&b, &old)?;
    assert_eq!(old.get(tea)?.there()?.category.as_deref(), Some("Food"));
    let edits = b.history(id::<_, v2::Expense>(tea))?;
    assert_eq!(edits.len(), 1);
    let before = b.version_vector()?;
    assert_eq!(text(&b, tea)?.as_deref(), Some("Food"));
    assert_eq!(b.version_vector()?, before);
    verified(&a)?;
    verified(&b)
}

#[test]
fn a_reference_may_be_set_before_its_row_in_one_transaction() -> Outcome {
    let db = Database::memory()?;
    let milk = db.transaction(|tx| {
        let milk = tx.create(v2::Expense::draft().category_id(Id::from_key("Food")))?;
        tx.create(Category::draft().name("Food"))?;
        Ok(milk)
    })?;
    assert_eq!(text(&db, id(milk))?.as_deref(), Some("Food"));
    // Or its row is imported.
    let rent = db.create(v2::Expense::draft().category_id(Id::from_key("Home")))?;
    let home = Id::<Category>::from_key("Home");
    let line = format!("{{\"id\":\"{home}\",\"label\":\"x\"}}");
    let _ = db.import_json::<Category>(line.as_bytes())?;
    assert_eq!(text(&db, id(rent))?, None);
    let line = format!("{{\"id\":\"{home}\",\"name\":\"Home\"}}");
    let _ = db.import_json::<Category>(line.as_bytes())?;
    assert_eq!(text(&db, id(rent))?.as_deref(), Some("Home"));
    verified(&db)
}

/// Its row is one that was made as an older version named it in another row.
#[test]
fn a_reference_may_be_set_before_its_row_is_made() -> Outcome {
    let (db, old) = (Database::memory()?, Database::memory()?);
    db.ensure::<v2::Expense>()?;
    let milk = db.create(v2::Expense::draft().category_id(Id::from_key("Food")))?;
    let rent = db.create(v2::Expense::draft().category_id(Id::from_key("Home")))?;
    let tea = db.create(v1::Expense::draft().category("Food"))?;
    assert_eq!(text(&db, tea)?.as_deref(), Some("Food"));
    assert_eq!(text(&db, id(milk))?.as_deref(), Some("Food"));
    old.create(v1::Expense::draft().category("Home"))?;
    send(&old, &db)?;
    assert_eq!(db.get::<v1::Expense>(id(rent))?.there()?.category.as_deref(), Some("Home"));
    verified(&db)
}

/// Lines that are written by hand are not checked.
#[test]
fn a_key_that_is_no_text_is_nothing_to_older_versions() -> Outcome {
    let db = Database::memory()?;
    let food = Id::<Category>::from_key("Food");
    let line = format!("{{\"id\":\"{food}\",\"name\":5}}");
    assert_eq!(db.import_json::<Category>(line.as_bytes())?.unreadable, 1);
    let milk = db.create(v2::Expense::draft().category_id(food))?;
    assert_eq!(db.get(milk)?.there()?.category_id, Some(food));
    assert_eq!(db.get::<v1::Expense>(id(milk))?.there()?.category, None);
    verified(&db)
}

#[test]
fn what_a_text_referred_to_is_read_of_the_past() -> Outcome {
    let wall = Wall::new();
    let db = wall.options().memory()?;
    let milk = db.create(v1::Expense::draft().category("Food"))?;
    let rent = db.create(v2::Expense::draft().category_id(Id::<Category>::from_key("Food")))?;
    let then = Timestamp::from_millis(wall.millis());
    wall.advance(1000);
    db.update(v1::Expense::patch(milk).category("Travel"))?;
    let past = db.at(then);
    let expenses = past.query::<v2::Expense>().order_by(v2::Expense::id).all()?;
    let ids: Vec<_> = expenses.into_iter().map(|row| (row.id, row.category_id)).collect();
    let food = Some(Id::from_key("Food"));
    assert_eq!(ids, [(id(milk), food), (rent, food)]);
    Ok(())
}

/// Nobody has deleted it, so an old delete of another device, once it arrives, is not outdone.
#[test]
fn restoring_a_row_that_was_made_writes_nothing() -> Outcome {
    let db = Database::memory()?;
    let milk = db.create(v1::Expense::draft().category("Food"))?;
    assert_eq!(category(&db, milk)?.as_deref(), Some("Food"));
    let before = db.version_vector()?;
    assert!(db.restore(Id::<Category>::from_key("Food"))?);
    assert_eq!(db.version_vector()?, before);
    verified(&db)
}

/// The error names the table of the key, and what mends it.
#[test]
fn a_key_that_another_program_renamed_is_told() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let food = db.create(Category::draft().name("Food"))?;
    let milk = db.create(v1::Expense::draft().category("Food"))?;
    assert_eq!(text(&db, milk)?.as_deref(), Some("Food"));
    file.sqlite()?.execute_batch("ALTER TABLE category RENAME COLUMN name TO title")?;
    let is_told = |done: ara::Result<()>| {
        let error = done.expect_err("there is no key");
        assert!(matches!(&error, Error::Shape { table, .. } if table == "category"), "{error:?}");
        assert!(error.to_string().contains("no column `name`"), "{error}");
    };
    let drink = Id::<Category>::from_key("Drink");
    is_told(db.create(v2::Expense::draft().category_id(food)).map(drop));
    is_told(db.update(v2::Expense::patch(id(milk)).category_id(drink)).map(drop));
    let line = format!(r#"{{"id":"{milk}","category_id":"{drink}"}}"#);
    is_told(db.import_json::<v2::Expense>(line.as_bytes()).map(drop));
    db.update(v1::Expense::patch(milk).category("Food"))?;
    db.rebuild()?;
    db.update(v2::Expense::patch(id(milk)).category_id(drink))?;
    db.create(Category::draft().name("Drink"))?;
    assert_eq!(text(&db, milk)?.as_deref(), Some("Drink"));
    Ok(())
}

/// Other devices may refer to the row, too.
#[test]
fn a_key_that_another_program_renamed_stops_no_merge() -> Outcome {
    let (file, other) = (File::new()?, Database::memory()?);
    let db = file.open()?;
    db.ensure::<v2::Expense>()?;
    let food = other.create(Category::draft().name("Food"))?;
    let milk = other.create(v2::Expense::draft().category_id(food))?;
    send(&other, &db)?;
    file.sqlite()?.execute_batch("ALTER TABLE category RENAME COLUMN name TO title")?;
    other.update(v2::Expense::patch(milk).category_id(None))?;
    other.update(v2::Expense::patch(milk).category_id(food))?;
    other.create(v1::Expense::draft().category("Home"))?;
    send(&other, &db)?;
    let read = db.get(milk);
    let is_told =
        |error: &Error| matches!(error, Error::Shape { table, .. } if table == "category");
    assert!(
        read.as_ref().is_ok_and(Option::is_some) || read.as_ref().is_err_and(is_told),
        "{read:?}"
    );
    db.rebuild()?;
    assert_eq!(db.get(milk)?.there()?.category_id, Some(food));
    assert_eq!(db.get::<Category>(Id::from_key("Home"))?.there()?.name.as_deref(), Some("Home"));
    verified(&db)
}
