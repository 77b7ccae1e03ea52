//! Undoing what was written into columns that replace others.

use ara::{TransactionId, prelude::*};
use support::{File, Outcome, There, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        pub name: String,
        pub paid: Option<bool>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: String,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
        pub paid: Option<bool>,
    }

    fn first(name: String) -> String {
        name.split(' ').next().unwrap_or_default().to_owned()
    }

    fn last(name: String) -> Option<String> {
        name.split_once(' ').map(|(_, last)| last.to_owned())
    }

    fn join(first: &str, last: Option<&String>) -> String {
        last.map_or_else(|| first.to_owned(), |last| format!("{first} {last}"))
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

fn are(db: &Database, person: Id<v1::Person>, expected: [&str; 3]) -> Outcome {
    let old = db.get(person)?.there()?.name;
    let new = db.get::<v2::Person>(id(person))?.there()?;
    let names = [old, new.first_name, new.last_name];
    assert_eq!(names.each_ref().map(|name| name.as_deref().unwrap_or("-")), expected);
    Ok(())
}

fn update<U: Update>(db: &Database, patch: U) -> Outcome<TransactionId> {
    let made = db.transaction(|tx| {
        tx.update(patch)?;
        Ok(tx.id())
    })?;
    made.there()
}

/// Rule 7: an undo writes what the columns would show without the change.
#[test]
fn an_undo_shows_what_would_be_shown_without_the_change() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v2::Person>()?;
    let ada = db.create(v1::Person::draft().name("Ada Byron"))?;
    let first = update(&db, v2::Person::patch(id(ada)).first_name("Augusta").paid(true))?;
    are(&db, ada, ["Augusta Byron", "Augusta", "Byron"])?;
    let undone = db.undo(first)?;
    are(&db, ada, ["Ada Byron", "Ada", "Byron"])?;
    assert_eq!(db.get(ada)?.there()?.paid, None);
    // And again.
    db.undo(undone.transaction.there()?)?;
    are(&db, ada, ["Augusta Byron", "Augusta", "Byron"])?;
    assert_eq!(db.get(ada)?.there()?.paid, Some(true));

    let last = update(&db, v2::Person::patch(id(ada)).last_name("King"))?;
    db.undo(first)?;
    are(&db, ada, ["Ada King", "Ada", "King"])?;
    db.undo(last)?;
    are(&db, ada, ["Ada Byron", "Ada", "Byron"])?;
    verified(&db)
}

#[test]
fn an_edit_of_an_older_version_is_undone_in_the_new_columns() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v2::Person>()?;
    let ada = db.create(v1::Person::draft().name("Ada Byron"))?;
    update(&db, v2::Person::patch(id(ada)).first_name("Augusta"))?;
    let renamed = update(&db, v1::Person::patch(ada).name("Ada Lovelace"))?;
    are(&db, ada, ["Ada Lovelace", "Ada", "Lovelace"])?;
    db.undo(renamed)?;
    are(&db, ada, ["Augusta Byron", "Augusta", "Byron"])?;
    verified(&db)
}

/// An app that does not know the functions between the columns leaves such changes alone.
#[test]
fn an_older_version_leaves_alone_what_was_written_through() -> Outcome {
    let (old, new) = (Database::memory()?, Database::memory()?);
    let ada = old.create(v1::Person::draft().name("Ada Byron"))?;
    send(&old, &new)?;
    let first = update(&new, v2::Person::patch(id(ada)).first_name("Augusta"))?;
    send(&new, &old)?;
    let report = old.undo(first)?;
    assert_eq!((report.written, report.transaction), (0, None));
    assert_eq!(old.get(ada)?.there()?.name.as_deref(), Some("Augusta Byron"));
    are(&new, ada, ["Augusta Byron", "Augusta", "Byron"])
}

/// What `ensure` names is known, also where the file has it already.
#[test]
fn what_is_ensured_is_known_before_it_is_used() -> Outcome {
    let file = File::new()?;
    let open = |is_in_transaction: bool| -> Outcome<Database> {
        let db = file.open()?;
        match is_in_transaction {
            true => db.transaction(|tx| tx.ensure::<v2::Person>())?,
            false => db.ensure::<v2::Person>()?,
        }
        Ok(db)
    };
    for is_in_transaction in [false, true] {
        let db = open(is_in_transaction)?;
        let ada = db.create(v1::Person::draft().name("Ada Byron"))?;
        let first = update(&db, v2::Person::patch(id(ada)).first_name("Augusta"))?;
        drop(db);
        let db = open(is_in_transaction)?;
        assert_eq!(db.undo(first)?.left, 0);
        are(&db, ada, ["Ada Byron", "Ada", "Byron"])?;

        // A merge writes the old column again, as the devices have written apart.
        let other = Database::memory()?;
        send(&db, &other)?;
        other.update(v2::Person::patch(id(ada)).last_name("King"))?;
        db.update(v2::Person::patch(id(ada)).first_name("Eve"))?;
        drop(db);
        let db = open(is_in_transaction)?;
        send(&other, &db)?;
        assert_eq!(db.get(ada)?.there()?.name.as_deref(), Some("Eve King"));
        are(&db, ada, ["Eve King", "Eve", "King"])?;
        verified(&db)?;
    }
    Ok(())
}

/// A step that cannot be undone is not passed over: the one before it made the row that it changed.
#[test]
fn the_last_step_of_a_newer_version_is_not_passed_over() -> Outcome {
    let file = File::new()?;
    let db = file.open()?;
    let ada = db.create(v1::Person::draft().name("Ada Byron"))?;
    db.update(v2::Person::patch(id(ada)).first_name("Augusta").paid(true))?;
    drop(db);

    // The older version, and the newer one before it has told its schema, do not know the functions.
    let db = file.open()?;
    assert_eq!(db.get(ada)?.there()?.paid, Some(true));
    for _ in 0..2 {
        let report = db.undo_last()?.there()?;
        assert_eq!((report.written, report.transaction), (0, None));
        assert!(report.unknown > 0 && report.unknown == report.left, "{report:?}");
        assert_eq!(db.get(ada)?.there()?.name.as_deref(), Some("Augusta Byron"));
    }
    db.ensure::<v2::Person>()?;
    let report = db.undo_last()?.there()?;
    assert_eq!((report.left, report.unknown), (0, 0));
    are(&db, ada, ["Ada Byron", "Ada", "Byron"])?;
    assert!(db.undo_last()?.there()?.transaction.is_some());
    assert_eq!(db.get(ada)?.map(|row| row.name), None);
    verified(&db)
}
