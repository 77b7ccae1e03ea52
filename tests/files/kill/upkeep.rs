//! Killed while it grows or rebuilds, a database is as before or as after, and it can be done again. Killed
//! while it compacts, it has done some steps, and goes on with the next.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use support::cases::scaled;
use support::child;
use support::disk;

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
    let db = disk::open(path)?;
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
    let db = disk::open(path)?;
    for number in 0..200 {
        let note = Note::draft().id(id(number % 30)).number(number as i64);
        db.upsert(note.text("x".repeat(number as usize)))?;
    }
    Ok(())
}

/// The same by so many devices that a compaction takes several steps.
fn make_by_many(path: &Path) -> TestResult {
    let db = disk::open(path)?;
    for device in 0..700 {
        let other = Database::memory()?;
        other.transaction(|tx| {
            for number in 0..4 {
                let id = id(device % 50 + number % 2);
                tx.upsert(Note::draft().id(id).number(number as i64))?;
            }
            ara::Result::Ok(())
        })?;
        for changes in other.changes_since(&db.version_vector()?)? {
            db.merge(&changes?)?;
        }
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

/// What a child does, and on what.
struct Work {
    /// The test that is the child.
    test: &'static str,
    make: fn(&Path) -> TestResult,
    work: fn(&Database) -> TestResult,
}

/// Kills a child at its work many times, each on a file like the one that is made.
fn kill(Work { test, make, work }: &Work) -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    let [whole, path] = ["whole.db", "notes.db"].map(|name| folder.path().join(name));
    make(&whole)?;
    let before = notes(&disk::open(&whole)?)?;
    fs::copy(&whole, &path)?;
    let after = worked(*work, &path)?;
    for round in 0..scaled(60) {
        println!("round {round}");
        fs::remove_file(&path)?;
        fs::copy(&whole, &path)?;
        let (mut is_done, until) = (false, ["opened", "done"][usize::from(random.below(8) == 0)]);
        killed::run(test, &path, &mut random, |line| {
            is_done |= line == "done";
            line == until
        })?;
        let db = disk::open(&path)?;
        let found = db.verify()?;
        assert!(found.holds(), "{found:?}");
        assert_eq!(notes(&db)?, before);
        let is_ensured = *test == "kill::upkeep::ensurer" && is_done;
        assert!((u64::from(is_ensured)..=1).contains(&schemas(&db)?));
        drop(db);
        assert_eq!(worked(*work, &path)?, after);
        assert_eq!(notes(&disk::open(&path)?)?, before);
    }
    Ok(())
}

/// Does the work, whether it was begun or not. Returns how many changes and rows there are then.
fn worked(work: fn(&Database) -> TestResult, path: &Path) -> TestResult<(u64, u64)> {
    let db = disk::open(path)?;
    work(&db)?;
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    Ok((found.changes, found.rows))
}

#[test]
fn a_schema_is_ensured_whole_or_not_at_all() -> TestResult {
    kill(&Work { test: "kill::upkeep::ensurer", make, work: ensure })
}

#[test]
fn a_log_is_compacted_in_whole_steps() -> TestResult {
    kill(&Work { test: "kill::upkeep::compacter", make: make_by_many, work: compact })
}

#[test]
fn tables_are_rebuilt_whole_or_not_at_all() -> TestResult {
    kill(&Work { test: "kill::upkeep::rebuilder", make, work: rebuild })
}
