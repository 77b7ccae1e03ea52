//! Killed while it merges, a database has each batch whole or not at all, and the merge can be repeated.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ara::prelude::*;
use ara::{Changes, MergeReport, VersionVector};
use support::cases::scaled;
use support::child;
use support::disk;

use crate::kill::{Note, NoteRow, TestResult, id, killed};
use support::random::Random;

/// Two databases that wrote under one id, as after a backup was restored.
const SOURCES: [&str; 2] = ["one.db", "other.db"];

/// About how many bytes a batch has: some transactions.
const BATCH: usize = 4_000;

fn batches(
    from: &Path,
    to: &Database,
) -> ara::Result<impl Iterator<Item = ara::Result<Changes>> + use<>> {
    let source = disk::options().read_only().open(from)?;
    Ok(source.changes_since(&to.version_vector()?)?.in_batches_of(BATCH))
}

/// Merges all that the sources have.
fn merge_all(
    folder: &Path,
    db: &Database,
    mut tell: impl FnMut(MergeReport) -> TestResult,
) -> TestResult {
    for source in SOURCES {
        for changes in batches(&folder.join(source), db)? {
            tell(db.merge(&changes?)?)?;
        }
    }
    Ok(())
}

/// The child: merges until it is killed, or has all.
#[test]
fn merger() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("start");
    let db = disk::open(&path)?;
    merge_all(path.parent().ok_or("has a folder")?, &db, |report| {
        child::tell(&report.changes.to_string());
        Ok(())
    })
}

/// Transactions of two notes of the same number; now and then with much text.
fn write(db: &Database, random: &mut Random, transactions: i64) -> TestResult {
    for number in 0..transactions {
        let length = if random.below(20) == 0 { 30_000 } else { random.below(100) };
        db.transaction(|tx| {
            for key in [random.next(), random.next() % 40] {
                let note = Note::draft().id(id(key)).number(number).text("x".repeat(length));
                tx.upsert(note)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Makes the sources. They have a part in common; then each has changes of its own.
fn make_sources(folder: &Path, random: &mut Random) -> TestResult {
    let path = folder.join("source.db");
    write(&disk::open(&path)?, random, 40)?;
    let before = fs::read(&path)?;
    for source in SOURCES {
        // The same file, so that it goes on under the same id.
        fs::write(&path, &before)?;
        write(&disk::open(&path)?, random, 60)?;
        fs::copy(&path, folder.join(source))?;
    }
    Ok(())
}

/// What there is after each batch, by how many changes that are.
type States = BTreeMap<u64, VersionVector>;

fn states(folder: &Path) -> Result<(Database, States), Box<dyn std::error::Error>> {
    let db = Database::memory()?;
    let mut states = States::from([(0, db.version_vector()?)]);
    let mut changes = 0;
    merge_all(folder, &db, |report| {
        changes += report.changes;
        states.insert(changes, db.version_vector()?);
        Ok(())
    })?;
    Ok((db, states))
}

/// How many changes the file has: as many as there are after some batch.
fn check(db: &Database, states: &States) -> Result<u64, Box<dyn std::error::Error>> {
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    let vector = db.version_vector()?;
    let state = states.iter().find(|(_, known)| **known == vector);
    Ok(*state.ok_or("a part of a batch was merged")?.0)
}

fn notes(db: &Database) -> ara::Result<Vec<NoteRow>> {
    db.query::<Note>().with_deleted().order_by(Note::id).all()
}

#[test]
fn each_batch_is_merged_whole_or_not_at_all() -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    make_sources(folder.path(), &mut random)?;
    let (whole, states) = states(folder.path())?;
    let mut path = folder.path().join("0.db");
    let mut changes = 0;
    for round in 1..=scaled(60) {
        println!("round {round}");
        let (mut told, until) = (0, random.below(states.len() / 2));
        killed::run("kill::merge::merger", &path, &mut random, |line| {
            changes += line.parse().unwrap_or(0);
            told += usize::from(!line.is_empty());
            told >= until
        })?;
        let db = disk::open(&path)?;
        let found = check(&db, &states)?;
        let next = states.range(changes + 1..).next().map(|(next, _)| *next);
        assert!(found == changes || Some(found) == next, "{found} changes, {changes} were told");
        changes = found;
        // Mostly the next child goes on.
        if random.below(4) == 0 || next.is_none() {
            merge_all(folder.path(), &db, |_| Ok(()))?;
            assert_eq!(check(&db, &states)?, *states.keys().last().ok_or("has states")?);
            assert_eq!(notes(&db)?, notes(&whole)?);
            path = folder.path().join(format!("{round}.db"));
            changes = 0;
        }
    }
    Ok(())
}
