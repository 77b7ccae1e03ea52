//! Killed while it grows, compacts or rebuilds, a database is as before or as after, and it can be done
//! again.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use support::cases::scaled;
use support::child;

use crate::kill::{Note, NoteRow, TestResult, id, killed};
use support::random::Random;

/// The next version of the app: a column, an index and a table more.
mod next {
    use ara::prelude::*;

    #[derive(Debug, Table)]
    pub struct Note {
        pub id: Id<Note>,
        #[table(index)]
        pub number: i64,
        pub text: Option<String>,
        pub due: Option<i64>,
    }

    #[derive(Debug, Table)]
    pub struct Label {
        pub id: Id<Label>,
        #[table(search)]
        pub name: Option<String>,
    }

    ara::schema! { pub App: Note, Label }
}

fn ensure(db: &Database) -> TestResult {
    Ok(db.ensure::<next::App>()?)
}

fn compact(db: &Database) -> TestResult {
    db.compact(&[db.version_vector()?])?;
    Ok(())
}

fn rebuild(db: &Database) -> TestResult {
    db.rebuild()?;
    Ok(())
}

/// The children: each does its work once.
fn child(work: fn(&Database) -> TestResult) -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("start");
    let db = Database::open(path)?;
    child::tell("opened");
    work(&db)?;
    child::tell("done");
    Ok(())
}

#[test]
fn ensurer() -> TestResult {
    child(ensure)
}

#[test]
fn compacter() -> TestResult {
    child(compact)
}

#[test]
fn rebuilder() -> TestResult {
    child(rebuild)
}

/// Few notes, written over many times.
fn make(path: &Path) -> TestResult {
    let db = Database::open(path)?;
    for number in 0..200 {
        let note = Note::draft().id(id(number % 30)).number(number as i64);
        db.upsert(note.text("x".repeat(number as usize)))?;
    }
    Ok(())
}

fn notes(db: &Database) -> ara::Result<Vec<NoteRow>> {
    db.query::<Note>().with_deleted().order_by(Note::id).all()
}

/// How many schemas the history tells of.
fn schemas(db: &Database) -> ara::Result<u64> {
    db.query::<ara::SchemaHistory>().count()
}

/// Kills a child at its work many times, each on a file like that which is given.
fn kill(test: &str, work: fn(&Database) -> TestResult) -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    let whole = folder.path().join("whole.db");
    make(&whole)?;
    let before = notes(&Database::open(&whole)?)?;
    for round in 0..scaled(60) {
        println!("round {round}");
        let path = folder.path().join("notes.db");
        fs::copy(&whole, &path)?;
        let (mut is_done, until) = (false, ["opened", "done"][usize::from(random.below(8) == 0)]);
        killed::run(test, &path, &mut random, |line| {
            is_done |= line == "done";
            line == until
        })?;
        let db = Database::open(&path)?;
        let found = db.verify()?;
        assert!(found.holds(), "{found:?}");
        assert_eq!(notes(&db)?, before);
        let is_ensured = test == "kill::upkeep::ensurer" && is_done;
        assert!((u64::from(is_ensured)..=1).contains(&schemas(&db)?));
        work(&db)?;
        let found = db.verify()?;
        assert!(found.holds(), "{found:?}");
        assert_eq!(notes(&db)?, before);
        drop(db);
        fs::remove_file(&path)?;
    }
    Ok(())
}

#[test]
fn a_schema_is_ensured_whole_or_not_at_all() -> TestResult {
    kill("kill::upkeep::ensurer", ensure)
}

#[test]
fn a_log_is_compacted_whole_or_not_at_all() -> TestResult {
    kill("kill::upkeep::compacter", compact)
}

#[test]
fn tables_are_rebuilt_whole_or_not_at_all() -> TestResult {
    kill("kill::upkeep::rebuilder", rebuild)
}
