//! Several processes, and several threads, on one file.

mod forget;
mod merge;
mod vacuum;

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use ara::prelude::*;
use support::child;
use support::disk;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Clone, PartialEq, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
    again: Option<i64>,
}

/// How many transactions each process writes, of two notes each.
const EACH: i64 = 40;

fn is_for_many_threads<T: Clone + Send + Sync + 'static>() {}

#[test]
fn a_database_is_for_many_threads() {
    is_for_many_threads::<Database>();
}

/// The child: waits for its start, writes, and tells the ids that it got.
#[test]
fn writer() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("ready");
    std::io::stdin().read_line(&mut String::new())?;
    let db = disk::open(path)?;
    for number in 0..EACH {
        child::tell("write");
        let ids = db.transaction(|tx| {
            let pair = [(); 2].map(|()| Note::draft().number(number));
            let ids = tx.create_all(pair)?;
            tx.update(Note::patch(ids[0]).again(number))?;
            Ok(ids)
        })?;
        ids.iter().for_each(|id| child::tell(&id.to_string()));
        // What this process has committed, it sees.
        assert!(db.get(ids[1])?.is_some());
    }
    Ok(())
}

/// Every pair is whole, whenever it is looked at.
fn check_pairs(db: &Database) -> ara::Result<u64> {
    let notes = db.query::<Note>().narrow(Note::number).all()?;
    assert_eq!(notes.len() % 2, 0, "half of a transaction is seen");
    let again = notes.iter().filter(|note| note.again.is_some()).count();
    assert_eq!(again * 2, notes.len(), "half of a transaction is seen");
    Ok(notes.len() as u64)
}

/// Lets a child begin that waits for its start.
fn start(child: &mut Child) -> TestResult {
    Ok(child.stdin.take().ok_or("has an input")?.write_all(b"go\n")?)
}

fn write_together(path: &Path, processes: usize) -> TestResult {
    let children = (0..processes).map(|_| child::command("processes::writer", path)?.spawn());
    let mut children = children.collect::<Result<Vec<_>, _>>()?;
    let mut told: Vec<_> = children.iter_mut().map(child::told).collect();
    assert!(told.iter_mut().all(|told| told.next().as_deref() == Some("ready")));
    for child in &mut children {
        start(child)?;
    }
    // Meanwhile this process reads, and writes as well.
    let db = disk::open(path)?;
    let all_written = AtomicBool::new(false);
    let ids: Vec<String> = thread::scope(|scope| -> ara::Result<_> {
        let reader = scope.spawn(|| -> ara::Result<()> {
            let mut seen = 0;
            while !all_written.load(Ordering::Relaxed) {
                let count = check_pairs(&db)?;
                assert!(count >= seen, "notes are gone");
                seen = count;
            }
            Ok(())
        });
        let readers: Vec<_> = told
            .into_iter()
            .map(|told| scope.spawn(|| told.filter(|line| line != "write").collect::<Vec<_>>()))
            .collect();
        let ids = readers.into_iter().flat_map(|reader| reader.join().expect("reads")).collect();
        all_written.store(true, Ordering::Relaxed);
        reader.join().expect("reads")?;
        Ok(ids)
    })?;
    for child in &mut children {
        assert!(child.wait()?.success());
    }
    let expected = processes * EACH as usize * 2;
    assert_eq!(ids.len(), expected);
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), expected, "ids are unique");
    for id in &ids {
        assert!(db.get(id.parse::<Id<Note>>()?)?.is_some());
    }
    assert_eq!(check_pairs(&db)?, expected as u64);
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    assert_eq!((found.rows, found.changes), (expected as u64, expected as u64 * 3 / 2));
    Ok(())
}

#[test]
fn two_processes_lose_nothing() -> TestResult {
    let folder = tempfile::tempdir()?;
    write_together(&folder.path().join("notes.db"), 2)
}

#[test]
fn four_processes_lose_nothing() -> TestResult {
    let folder = tempfile::tempdir()?;
    write_together(&folder.path().join("notes.db"), 4)
}

/// The file is there already, and its tables, and one process has written before.
#[test]
fn processes_go_on_with_a_file() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    disk::open(&path)?.ensure::<Note>()?;
    write_together(&path, 3)
}

/// The child waits with its write until the transaction that is open here is over.
#[test]
fn a_process_waits_for_a_transaction_of_another() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    db.ensure::<Note>()?;
    let mut child = child::command("processes::writer", &path)?.spawn()?;
    let mut told = child::told(&mut child);
    assert_eq!(told.next().as_deref(), Some("ready"));
    db.transaction(|tx| {
        for again in [1, 2] {
            tx.create(Note::draft().number(-1).again(Some(again).filter(|&again| again == 1)))?;
        }
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(b"go\n");
        }
        // It has the file open, and is about to write.
        assert_eq!(told.next().as_deref(), Some("write"));
        Ok(())
    })?;
    assert_eq!(told.count() as i64, EACH * 3 - 1);
    assert!(child.wait()?.success());
    assert_eq!(check_pairs(&db)? as i64, EACH * 2 + 2);
    assert!(db.verify()?.holds());
    Ok(())
}

#[test]
fn a_busy_file_is_told_after_the_timeout() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("notes.db");
    let db = disk::open(&path)?;
    let id = db.create(Note::draft().number(1))?;
    for timeout in [Duration::ZERO, Duration::from_millis(20)] {
        let hasty = disk::options().busy_timeout(timeout).open(&path)?;
        db.transaction(|tx| {
            tx.update(Note::patch(id).again(2))?;
            for error in [
                hasty.create(Note::draft().number(2)).map(drop).expect_err("is busy"),
                hasty.update(Note::patch(id).number(3)).map(drop).expect_err("is busy"),
                hasty.delete(id).map(drop).expect_err("is busy"),
                hasty.transaction(|_| Ok(())).expect_err("is busy"),
            ] {
                assert!(matches!(error, ara::Error::Busy), "{error:?}");
                assert!(error.to_string().ends_with("try again, or raise the busy timeout"));
            }
            // A reader is no writer, and a file can be opened meanwhile.
            assert_eq!(hasty.get(id)?.and_then(|note| note.number), Some(1));
            assert_eq!(disk::open(&path)?.query::<Note>().count()?, 1);
            Ok(())
        })?;
        assert!(hasty.update(Note::patch(id).number(1))?);
    }
    assert!(db.verify()?.holds());
    Ok(())
}

/// A transaction that stays open for as long as others read.
#[test]
fn readers_do_not_wait() -> TestResult {
    let folder = tempfile::tempdir()?;
    let db = disk::open(folder.path().join("notes.db"))?;
    db.create(Note::draft().number(0))?;
    let (begun, is_begun) = channel();
    let (finish, may_finish) = channel::<()>();
    let writer = thread::spawn({
        let db = db.clone();
        move || {
            db.transaction(|tx| {
                tx.create(Note::draft().number(1))?;
                begun.send(()).expect("somebody waits");
                may_finish.recv().expect("somebody reads");
                Ok(())
            })
        }
    });
    is_begun.recv()?;
    thread::scope(|scope| {
        // More of them than connections are kept.
        let readers: Vec<_> =
            (0..20).map(|_| scope.spawn(|| (db.query::<Note>().count(), db.verify()))).collect();
        for reader in readers {
            let (count, found) = reader.join().expect("does not panic");
            assert!(matches!(count, Ok(1)), "what is not committed is not seen: {count:?}");
            assert!(found.is_ok_and(|found| found.holds()));
        }
    });
    finish.send(())?;
    writer.join().expect("does not panic")?;
    assert_eq!(db.query::<Note>().count()?, 2);
    Ok(())
}

#[test]
fn threads_lose_nothing() -> TestResult {
    let folder = tempfile::tempdir()?;
    for db in [disk::open(folder.path().join("notes.db"))?, Database::memory()?] {
        let all: Vec<Id<Note>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let db = db.clone();
                    scope.spawn(move || -> ara::Result<Vec<_>> {
                        (0..30).map(|number| db.create(Note::draft().number(number))).collect()
                    })
                })
                .collect();
            let ids = threads.into_iter().map(|thread| thread.join().expect("does not panic"));
            ids.collect::<ara::Result<Vec<_>>>().map(|ids| ids.concat())
        })?;
        assert_eq!(all.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), 240);
        assert_eq!(db.query::<Note>().count()?, 240);
        assert!(db.verify()?.holds());
    }
    Ok(())
}
