//! Processes that merge into one file, while another writes and yet another watches.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ara::prelude::*;
use support::child;
use support::disk;

use crate::processes::{EACH, Note, TestResult, check_pairs};

/// Where a child is told what to merge, or how many notes to wait for.
const TASK: &str = "ARA_TEST_TASK";

/// Longer than any machine takes: a test that waits so long has failed.
const LONG: Duration = Duration::from_secs(60);

/// What the second of two devices writes last.
const LAST: i64 = 2000 + EACH - 1;

/// The child: merges all of one file into another, a few transactions at a time.
#[test]
fn merger() -> TestResult {
    let (Some(path), Some(source)) = (child::file(), std::env::var_os(TASK)) else { return Ok(()) };
    child::tell("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let (source, db) = (disk::open(PathBuf::from(source))?, disk::open(path)?);
    for changes in source.changes_since(&db.version_vector()?)?.in_batches_of(1) {
        db.merge(&changes?)?;
    }
    Ok(())
}

/// The child: watches until it has seen so many notes, and what was written last into the pair that
/// all write.
#[test]
fn watcher() -> TestResult {
    let (Some(path), Ok(expected)) = (child::file(), std::env::var(TASK)) else { return Ok(()) };
    let Ok(expected) = expected.parse::<usize>() else { return Ok(()) };
    let db = disk::open(path)?;
    let mut notes = db.query::<Note>().narrow(Note::number).select(Note::number).watch()?;
    let mut seen = 0;
    child::tell("ready");
    let mut is_last = false;
    while !is_last {
        let numbers = notes.recv_timeout(LONG)?.ok_or("nothing more was told")?;
        assert!(numbers.len() >= seen, "notes are gone");
        seen = numbers.len();
        let mut pairs: BTreeMap<i64, usize> = BTreeMap::new();
        numbers.iter().for_each(|number| *pairs.entry(*number).or_default() += 1);
        is_last = seen == expected && pairs.contains_key(&LAST);
        assert!(pairs.values().all(|notes| notes % 2 == 0), "half of a transaction is seen");
    }
    child::tell("seen");
    Ok(())
}

/// A file of another device: some pairs of notes of its own, and a pair that all of them write.
fn source(path: &Path, device: i64) -> Result<PathBuf, ara::Error> {
    let db = disk::open(path)?;
    for number in 0..EACH {
        db.transaction(|tx| {
            let pair = [(); 2].map(|()| Note::draft().number(number));
            let ids = tx.create_all(pair)?;
            tx.update(Note::patch(ids[0]).again(number))?;
            for (key, again) in [("one", Some(number)), ("other", None)] {
                let note = Note::draft().id(Id::from_key(key)).number(1000 * device + number);
                tx.upsert(note.again(again))?;
            }
            Ok(())
        })?;
    }
    Ok(path.to_owned())
}

fn rows(db: &Database) -> ara::Result<Vec<crate::processes::NoteRow>> {
    db.query::<Note>().with_deleted().order_by(Note::id).all()
}

#[test]
fn two_processes_merge_while_a_third_writes_and_a_fourth_watches() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let expected = 3 * 2 * EACH as u64 + 2;
    disk::open(&path)?.ensure::<Note>()?;
    let mut watcher = child::command("processes::merge::watcher", &path)?
        .env(TASK, expected.to_string())
        .spawn()?;
    let mut watched = child::told(&mut watcher);
    assert_eq!(watched.next().as_deref(), Some("ready"));
    let mut children = vec![child::command("processes::writer", &path)?.spawn()?];
    for (device, name) in (1..).zip(["laptop.db", "phone.db"]) {
        let source = source(&folder.path().join(name), device)?;
        children
            .push(child::command("processes::merge::merger", &path)?.env(TASK, source).spawn()?);
    }
    let mut told: Vec<_> = children.iter_mut().map(child::told).collect();
    assert!(told.iter_mut().all(|told| told.next().as_deref() == Some("ready")));
    for child in &mut children {
        crate::processes::start(child)?;
    }
    for told in told {
        told.count();
    }
    for child in &mut children {
        assert!(child.wait()?.success());
    }
    assert_eq!(watched.next().as_deref(), Some("seen"));
    assert!(watcher.wait()?.success());

    let db = disk::open(&path)?;
    assert_eq!(check_pairs(&db)?, expected);
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    // Whoever merges the same in peace has the same.
    let other = Database::memory()?;
    for name in ["phone.db", "laptop.db", "notes.db"] {
        let source = disk::open(folder.path().join(name))?;
        for changes in source.changes_since(&other.version_vector()?)? {
            other.merge(&changes?)?;
        }
    }
    assert_eq!(other.version_vector()?, db.version_vector()?);
    assert_eq!(rows(&other)?, rows(&db)?);
    Ok(())
}
