//! More threads that read at once than connections may be open, and reads within reads.

use std::fs;
use std::sync::{Barrier, mpsc};
use std::thread;

use ara::prelude::*;
use support::{Outcome, child, disk};
use tempfile::TempDir;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
}

fn open(readers: usize) -> Outcome<(TempDir, Database)> {
    let folder = tempfile::tempdir()?;
    let db = disk::options().readers(readers).open(folder.path().join("notes.db"))?;
    db.create(Note::draft().number(1))?;
    Ok((folder, db))
}

/// Runs something with each row while it is read.
fn within(db: &Database, mut run: impl FnMut() -> Outcome) -> Outcome {
    let mut outcome = None;
    db.query::<Note>().for_each(|_| {
        outcome = Some(run());
        Ok(())
    })?;
    outcome.ok_or("there is no row")?
}

fn descriptors() -> Option<usize> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count())
}

/// The child: it may have 256 files open.
#[test]
fn limited() -> Outcome {
    const THREADS: usize = 512;
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    db.create(Note::draft().number(1))?;
    for _ in 0..3 {
        let barrier = Barrier::new(THREADS);
        let waits = || {
            barrier.wait();
            Ok(())
        };
        // Each is in the middle of a read while all others are.
        let read = || within(&db, &waits).map_err(|error| error.to_string());
        let failed = thread::scope(|scope| {
            let start = || thread::Builder::new().stack_size(1 << 20).spawn_scoped(scope, read);
            let threads: Vec<_> = (0..THREADS).map(|_| start().expect("starts")).collect();
            threads.into_iter().filter_map(|thread| thread.join().expect("no panic").err()).count()
        });
        assert_eq!(failed, 0);
        db.create(Note::draft().number(1))?;
        db.delete(db.query::<Note>().first()?.ok_or("a row")?.id)?;
        if let Some(descriptors) = descriptors() {
            // SQLite keeps those of the file itself for connections to come, one of each that there was at once.
            assert!(descriptors < 32 + 8 + 20, "{descriptors}");
        }
    }
    Ok(())
}

#[test]
fn threads_beyond_the_limit_of_descriptors_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let output =
        child::limited("many_readers::limited", &folder.path().join("notes.db"), 256)?.output()?;
    let told =
        [output.stdout, output.stderr].map(|told| String::from_utf8_lossy(&told).into_owned());
    assert!(output.status.success(), "{}", told.concat());
    Ok(())
}

/// Whatever holds a connection and calls the app's code.
fn read_within_reads(db: &Database, folder: &TempDir, depth: usize) -> Outcome {
    if depth == 0 {
        return Ok(());
    }
    let next = || read_within_reads(db, folder, depth - 1);
    within(db, next)?;
    let mut outcome = Ok(());
    let mut is_first = true;
    let mut once = || {
        if std::mem::take(&mut is_first) && outcome.is_ok() {
            outcome = next();
        }
    };
    match depth % 2 {
        0 => drop(db.verify_with(|_| once())?),
        _ => {
            let to = folder
                .path()
                .join(format!("backup {}", depth * 1000 + fs::read_dir(folder.path())?.count()));
            db.backup_with(to, |_| once())?;
        }
    }
    outcome
}

#[test]
fn a_thread_reads_within_its_reads() -> Outcome {
    for readers in [0, 1, 2, 3, 32] {
        let (folder, db) = open(readers)?;
        read_within_reads(&db, &folder, 6)?;
        assert_eq!(db.query::<Note>().count()?, 1);
    }
    Ok(())
}

#[test]
fn a_thread_that_reads_waits_for_another_that_does() -> Outcome {
    for readers in [1, 2, 3] {
        let (_folder, db) = open(readers)?;
        thread::scope(|scope| {
            let (ask, asked) = mpsc::channel::<mpsc::Sender<u64>>();
            let db = &db;
            scope.spawn(move || {
                for answer in asked {
                    let _ = answer.send(db.query::<Note>().count().unwrap_or_default());
                }
            });
            let readers: Vec<_> = (0..4)
                .map(|_| {
                    let ask = ask.clone();
                    scope.spawn(move || {
                        within(db, || {
                            let (answer, answered) = mpsc::channel();
                            ask.send(answer)?;
                            assert_eq!(answered.recv()?, 1);
                            Ok(())
                        })
                        .is_ok()
                    })
                })
                .collect();
            drop(ask);
            assert!(readers.into_iter().all(|reader| reader.join().is_ok_and(|is_ok| is_ok)));
        });
    }
    Ok(())
}

#[test]
fn a_panic_gives_the_connection_back() -> Outcome {
    let (_folder, db) = open(2)?;
    for _ in 0..5 {
        let read = || within(&db, || panic!("in the app"));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read().is_ok()));
        assert!(caught.is_err());
    }
    assert_eq!(db.query::<Note>().count()?, 1);
    Ok(())
}

/// The results of all are right while somebody writes.
#[test]
fn reads_that_wait_see_what_was_committed_before() -> Outcome {
    let (_folder, db) = open(2)?;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| -> ara::Result<()> {
                    for _ in 0..10 {
                        let id = db.create(Note::draft().number(2))?;
                        assert!(db.get(id)?.is_some());
                    }
                    Ok(())
                })
            })
            .collect();
        assert!(threads.into_iter().all(|thread| matches!(thread.join(), Ok(Ok(())))));
    });
    assert_eq!(db.query::<Note>().count()?, 161);
    Ok(())
}
