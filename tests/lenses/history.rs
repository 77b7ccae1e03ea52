//! The history of rows with columns that replace others.

use ara::prelude::*;
use support::{Outcome, There, send, verified};

mod v1 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        pub name: Option<String>,
        pub note: Option<String>,
    }
}

mod v2 {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces(name, read = first, write = join(first_name, last_name)))]
        pub first_name: Option<String>,
        #[table(replaces(name, read = last))]
        pub last_name: Option<String>,
        #[table(retired)]
        name: Option<String>,
        #[table(replaces(note, read = loud, write = quiet))]
        pub text: Option<String>,
        #[table(retired)]
        note: Option<String>,
    }

    pub fn first(name: String) -> String {
        name.split(' ').next().unwrap_or_default().to_owned()
    }

    pub fn last(name: String) -> Option<String> {
        name.split_once(' ').map(|(_, last)| last.to_owned())
    }

    pub fn join(first: Option<&String>, last: Option<&String>) -> String {
        [first, last].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ")
    }

    pub fn loud(note: String) -> String {
        note.to_uppercase()
    }

    pub fn quiet(text: &str) -> String {
        text.to_lowercase()
    }
}

/// The text is replaced in turn.
mod v3 {
    use ara::prelude::*;

    use super::v2::{loud, quiet};

    #[derive(Debug, Table)]
    pub struct Person {
        pub id: Id<Self>,
        #[table(replaces(text, read = String::from, write = String::from))]
        pub body: Option<String>,
        #[table(retired, replaces(note, read = loud, write = quiet))]
        text: Option<String>,
        #[table(retired)]
        note: Option<String>,
    }
}

fn id<A, B>(id: Id<A>) -> Id<B> {
    Id::from_uuid(id.uuid())
}

/// Returns the changes of a row since it was made, as they are formatted.
fn told<T: Table>(db: &Database, row: Id<T>) -> Outcome<Vec<String>> {
    let changes = db.history(row)?.into_iter().skip(1);
    let columns = |change: ara::RowChange| -> Vec<_> {
        change.columns.iter().map(|column| column.to_string()).collect()
    };
    Ok(changes.map(|change| columns(change).join(", ")).collect())
}

#[test]
fn a_clear_of_an_old_column_is_told_as_one_of_the_newest() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v2::Person>()?;
    let ada = db.create(v2::Person::draft())?;
    db.update(v2::Person::patch(ada).text("TEA").first_name("Ada").last_name("Byron"))?;
    db.update(v1::Person::patch(id(ada)).note(None).name(None))?;
    assert_eq!(db.get(ada)?.there()?.text, None);
    db.undo(db.history(ada)?.pop().there()?.transaction)?;
    assert_eq!(db.get(ada)?.there()?.text.as_deref(), Some("TEA"));
    assert_eq!(
        told(&db, ada)?,
        [
            "first_name: nothing -> Ada, last_name: nothing -> Byron, text: nothing -> TEA",
            "first_name: Ada -> nothing, last_name: Byron -> nothing, text: TEA -> nothing",
            "first_name: nothing -> Ada, last_name: nothing -> Byron, text: nothing -> TEA",
        ]
    );
    let current = |at: usize| -> Outcome<Vec<bool>> {
        Ok(db.history(ada)?[at].columns.iter().map(|column| column.is_current).collect())
    };
    assert_eq!(current(2)?, [false; 3]);
    assert_eq!(current(3)?, [true; 3]);
    // To a version that does not know the functions, each column is one of its own. What was written through counts as
    // what was there before.
    let old = told::<v1::Person>(&db, id(ada))?;
    assert_eq!(old[1], "name: Ada Byron -> nothing, note: tea -> nothing");
    verified(&db)
}

/// What was there before an edit is what the column showed.
#[test]
fn an_edit_is_told_from_what_was_shown_before() -> Outcome {
    let db = Database::memory()?;
    db.ensure::<v2::Person>()?;
    let ada = db.create(v2::Person::draft())?;
    db.update(v2::Person::patch(ada).text("TEA"))?;
    db.update(v1::Person::patch(id(ada)).note("milk"))?;
    db.update(v2::Person::patch(ada).text("COCOA"))?;
    db.update(v1::Person::patch(id(ada)).note("beer"))?;
    assert_eq!(
        told(&db, ada)?,
        ["text: nothing -> TEA", "note: tea -> milk", "text: MILK -> COCOA", "note: cocoa -> beer"]
    );
    // What was written over is not what the row holds.
    let history = db.history(ada)?;
    let current = |at: usize| history[at].columns[0].is_current;
    assert_eq!([1, 2, 3, 4].map(current), [false, false, true, true]);
    verified(&db)
}

#[test]
fn a_clear_is_told_through_a_chain_and_on_every_device() -> Outcome {
    let (db, other) = (Database::memory()?, Database::memory()?);
    db.ensure::<v3::Person>()?;
    let ada = db.create(v3::Person::draft())?;
    db.update(v3::Person::patch(ada).body("TEA"))?;
    send(&db, &other)?;
    other.update(v1::Person::patch(id(ada)).note(None))?;
    send(&other, &db)?;
    let cleared = db.history(ada)?.pop().there()?.transaction;
    db.undo(cleared)?;
    db.update(v2::Person::patch(id(ada)).text(None))?;
    send(&db, &other)?;
    let expected = [
        "body: nothing -> TEA",
        "body: TEA -> nothing",
        "body: nothing -> TEA",
        "body: TEA -> nothing",
    ];
    assert_eq!(told(&db, ada)?, expected);
    assert_eq!(told(&other, ada)?, expected);
    // Where nothing was shown, the old column tells of itself.
    let eve = db.create(v1::Person::draft())?;
    db.update(v1::Person::patch(eve).note("milk"))?;
    db.update(v1::Person::patch(eve).note(None))?;
    assert_eq!(
        told::<v3::Person>(&db, id(eve))?,
        ["note: nothing -> milk", "body: MILK -> nothing"]
    );
    verified(&db)
}
