//! Killed at any moment, a database keeps what it has acknowledged, and each transaction whole.
pub mod forget;
mod killed;
mod mending;
mod merge;
mod shown;
mod upkeep;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use ara::prelude::*;
use support::cases::scaled;
use support::child;
use support::disk;
use support::random::Random;

type TestResult<T = ()> = Result<T, Box<dyn Error>>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
    text: Option<String>,
}

/// The notes that are there, by key: what a transaction of the child told last.
type Notes = BTreeMap<u64, i64>;

/// A transaction: what it writes, or deletes, by key.
type Writes = BTreeMap<u64, Option<i64>>;

const KEYS: usize = 80;

fn id(key: u64) -> Id<Note> {
    Id::from_key(key.to_string())
}

fn apply(notes: &mut Notes, writes: &Writes) {
    for (&key, &number) in writes {
        match number {
            Some(number) => notes.insert(key, number),
            None => notes.remove(&key),
        };
    }
}

fn notes_in(db: &Database) -> ara::Result<Notes> {
    let keys: BTreeMap<_, _> = (0..KEYS as u64).map(|key| (id(key), key)).collect();
    let rows = db.query::<Note>().narrow(Note::number).all()?;
    Ok(rows.iter().filter_map(|row| Some((*keys.get(&row.id)?, row.number))).collect())
}

/// Writes as `try 3=17 5=- ..`: a key without a number is deleted.
fn written(writes: &Writes) -> String {
    let number = |number: &Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
    writes.iter().map(|(key, value)| format!(" {key}={}", number(value))).collect()
}

fn read(line: &str) -> Writes {
    let words = line.split_whitespace().filter_map(|word| word.split_once('='));
    words.filter_map(|(key, number)| Some((key.parse().ok()?, number.parse().ok()))).collect()
}

fn write(tx: &Transaction<'_>, writes: &Writes, length: usize) -> ara::Result<()> {
    for (&key, &number) in writes {
        let Some(number) = number else {
            tx.delete(id(key))?;
            continue;
        };
        let patch = || Note::patch(id(key)).number(number).text("x".repeat(length));
        if !tx.update(patch())? {
            match tx.create(Note { id: id(key), number, text: None }) {
                Err(ara::Error::Exists { .. }) => {
                    tx.restore(id(key))?;
                    tx.update(patch())?;
                }
                created => drop(created?),
            }
        }
    }
    Ok(())
}

/// The child: writes until it is killed.
#[test]
fn writer() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    let mut random = Random::new();
    child::tell("start");
    let db = disk::open(path)?;
    loop {
        let count = 1 + random.below(6);
        let writes: Writes = (0..count)
            .map(|_| {
                let number = (random.below(4) > 0).then(|| (random.next() >> 1) as i64);
                (random.below(KEYS) as u64, number)
            })
            .collect();
        // Now and then it is much, so that SQLite moves its log into the file.
        let length = if random.below(40) == 0 { 30_000 } else { random.below(100) };
        child::tell(&format!("try{}", written(&writes)));
        db.transaction(|tx| write(tx, &writes, length))?;
        child::tell("done");
    }
}

/// Runs the child and kills it after that many transactions, and then some. The notes as the child
/// acknowledged them, and what it was about to write.
fn run_and_kill(
    path: &Path,
    random: &mut Random,
    transactions: usize,
    notes: &mut Notes,
) -> Result<Writes, Box<dyn Error>> {
    let mut done = 0;
    let mut open = Writes::new();
    killed::run("kill::writer", path, random, |line| {
        if line == "done" {
            apply(notes, &open);
            open.clear();
            done += 1;
        } else if let Some(writes) = line.strip_prefix("try") {
            open = read(writes);
        }
        done >= transactions
    })?;
    Ok(open)
}

/// Opens the file again: it has what was acknowledged, and all or nothing of what was under way.
fn check(path: &Path, mut notes: Notes, open: &Writes) -> Result<Notes, Box<dyn Error>> {
    let db = disk::open(path)?;
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    let kept = notes_in(&db)?;
    if kept != notes {
        apply(&mut notes, open);
        assert_eq!(kept, notes, "the last transaction wrote{}", written(open));
    }
    Ok(kept)
}

#[test]
fn what_was_acknowledged_is_there() -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let mut notes = Notes::new();
    for round in 0..scaled(60) {
        println!("round {round}");
        let transactions = random.below(12);
        let open = run_and_kill(&path, &mut random, transactions, &mut notes)?;
        notes = check(&path, notes, &open)?;
    }
    Ok(())
}

/// Killed while it makes the file, its tables, and its first rows.
#[test]
fn a_file_that_is_being_made_can_be_opened() -> TestResult {
    let mut random = Random::new();
    let folder = tempfile::tempdir()?;
    for round in 0..scaled(20) {
        println!("round {round}");
        let path = folder.path().join(format!("{round}.db"));
        let mut notes = Notes::new();
        let open = run_and_kill(&path, &mut random, 0, &mut notes)?;
        notes = check(&path, notes, &open)?;
        let open = run_and_kill(&path, &mut random, 1, &mut notes)?;
        check(&path, notes, &open)?;
    }
    Ok(())
}
