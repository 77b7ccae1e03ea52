//! Killed while it forgets rows, or vacuums, a database has forgotten each row or not. Of one that was told to be
//! forgotten no byte is left once someone has written next.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ara::prelude::*;
use support::cases::scaled;
use support::child;
use support::disk;
use support::random::Random;

use crate::kill::{TestResult, killed};

#[derive(Debug, Table)]
pub struct Page {
    id: Id<Page>,
    #[table(search)]
    pub text: String,
    #[table(index)]
    title: Option<String>,
}

/// How many rows are deleted, and how many are not.
pub const SECRETS: u32 = 40;
pub const OTHERS: u32 = 60;

pub fn id(key: u32) -> Id<Page> {
    Id::from_key(key.to_string())
}

/// What the row of a key holds, and no other.
fn secret(key: u32) -> String {
    format!("secretpart{key:03}")
}

pub fn make(path: &Path) -> TestResult {
    let db = disk::open(path)?;
    for key in 0..SECRETS + OTHERS {
        let text = format!("{} ", secret(key)).repeat(1 + key as usize % 5 * 60);
        db.create(Page::draft().id(id(key)).text(text))?;
        db.update(Page::patch(id(key)).title(secret(key)))?;
    }
    assert_eq!(db.query::<Page>().search("secretpart001").count()?, 1);
    db.transaction(|tx| (0..SECRETS).try_for_each(|key| tx.delete(id(key)).map(drop)))?;
    Ok(())
}

/// The children: each opens the file, and does its work once.
fn child(work: impl Fn(&Database) -> TestResult) -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("start");
    let db = disk::open(path)?;
    child::tell("opened");
    work(&db)?;
    child::tell("done");
    Ok(())
}

#[test]
fn forgetter() -> TestResult {
    child(|db| {
        for key in 0..SECRETS {
            db.forget(id(key))?;
            child::tell(&format!("forgot {key}"));
        }
        Ok(())
    })
}

#[test]
fn sweeper() -> TestResult {
    child(|db| {
        db.forget_deleted(Timestamp::from_millis(i64::MAX))?;
        (0..SECRETS).for_each(|key| child::tell(&format!("forgot {key}")));
        Ok(())
    })
}

#[test]
fn vacuumer() -> TestResult {
    child(|db| {
        db.transaction(|tx| (0..SECRETS / 2).try_for_each(|key| tx.forget(id(key)).map(drop)))?;
        (0..SECRETS / 2).for_each(|key| child::tell(&format!("forgot {key}")));
        db.vacuum()?;
        Ok(())
    })
}

/// Opens the file again, and writes: all is there but for what was forgotten, and of that nothing is left.
pub fn check(path: &Path, told: &BTreeSet<u32>) -> TestResult {
    let db = disk::open(path)?;
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    db.create(Page::draft().text("the next one"))?;
    let mut forgotten = BTreeSet::new();
    for key in 0..SECRETS + OTHERS {
        let page = db.query::<Page>().with_deleted().filter(Page::id.eq(id(key))).one()?;
        assert_eq!(db.get(id(key))?.is_none(), key < SECRETS);
        match page.title {
            Some(title) => assert_eq!(title, secret(key)),
            None => drop(forgotten.insert(key)),
        }
    }
    assert!(told.is_subset(&forgotten), "{told:?} are not all in {forgotten:?}");
    assert!(forgotten.iter().all(|key| *key < SECRETS));
    let wal = path.with_extension("db-wal");
    let bytes = [fs::read(path)?, fs::read(wal).unwrap_or_default()].concat();
    let head = b"secretpart";
    let left: BTreeSet<&[u8]> = bytes
        .windows(head.len() + 3)
        .filter(|at| at[0] == head[0] && at.starts_with(head))
        .collect();
    for key in forgotten {
        assert!(!left.contains(secret(key).as_bytes()), "{key} is still there");
        assert!(matches!(db.restore(id(key)), Err(ara::Error::Forgotten { .. })));
    }
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    Ok(())
}

/// Kills a child at its work many times, each on a file like the one that is made.
fn kill(test: &str) -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    let [whole, path] = ["whole.db", "pages.db"].map(|name| folder.path().join(name));
    make(&whole)?;
    for round in 0..scaled(8) {
        println!("round {round}");
        for end in ["db", "db-wal", "db-shm"] {
            let _ = fs::remove_file(path.with_extension(end));
        }
        fs::copy(&whole, &path)?;
        let mut told = BTreeSet::new();
        let until = random.below(2 * SECRETS as usize);
        killed::run(test, &path, &mut random, |line| {
            told.extend(line.strip_prefix("forgot ").and_then(|key| key.parse::<u32>().ok()));
            line == "done" || line == "opened" && until > SECRETS as usize || told.len() >= until
        })?;
        check(&path, &told)?;
    }
    Ok(())
}

#[test]
fn a_row_is_forgotten_or_not() -> TestResult {
    kill("kill::forget::forgetter")
}

#[test]
fn of_many_each_row_is_forgotten_or_not() -> TestResult {
    kill("kill::forget::sweeper")
}

#[test]
fn a_vacuum_loses_nothing() -> TestResult {
    kill("kill::forget::vacuumer")
}
