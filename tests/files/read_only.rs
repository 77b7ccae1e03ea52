//! Files that are read, and neither they nor what lies beside them change.

mod in_use;
mod refused;
mod unchanged;

use std::error::Error;
use std::path::Path;

use ara::prelude::*;
use support::disk;

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Debug, Table)]
#[table(index(stars))]
struct Note {
    id: Id<Note>,
    text: Option<String>,
    stars: Option<i64>,
}

/// Another version of the app, which knows a column more.
mod later {
    use super::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        pub text: Option<String>,
        pub more: Option<i64>,
    }
}

/// And one that has another index.
mod indexed {
    use super::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        #[table(index)]
        pub text: Option<String>,
    }
}

ara::schema! { App: Note }

fn make(path: &Path) -> ara::Result<Database> {
    let db = disk::open(path)?;
    db.ensure::<App>()?;
    db.create_all((0..100).map(|n| Note::draft().text(format!("note {n}")).stars(n)))?;
    Ok(db)
}

fn read(path: &Path) -> ara::Result<Database> {
    disk::options().read_only().open(path)
}

/// Everything that a program may ask which only looks.
fn inspect(db: &Database, notes: u64) -> TestResult {
    assert_eq!(db.query::<Note>().count()?, notes);
    let one = db.query::<Note>().filter(Note::stars.eq(7)).one()?;
    assert_eq!(db.get(one.id)?.and_then(|row| row.text).as_deref(), Some("note 7"));
    assert_eq!(db.query::<indexed::Note>().narrow(indexed::Note::text).count()?, notes);
    assert_eq!(db.query::<ara::SchemaHistory>().narrow_all().count()?, 1);
    assert!(db.verify()?.holds());
    assert!(db.verify_with(|_| {})?.holds());
    assert_eq!(db.schema()?.tables.len(), 1);
    assert_eq!(db.row_counts()?.first().map(|count| count.rows), Some(notes));
    assert_eq!(db.schema_drift()?, []);
    assert_eq!(db.schema_failures()?, []);
    // There is nothing to do.
    db.ensure::<App>()?;
    Ok(())
}
