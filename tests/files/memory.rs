//! Databases in memory, which have one connection for all threads.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ara::Error;
use ara::prelude::*;
use support::Outcome;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
}

/// A file is read while others write. In memory, a read waits, and for no longer than is allowed: it would wait for
/// ever for a transaction that waits for it.
#[test]
fn a_transaction_that_waits_for_a_read_of_another_thread_ends() -> Outcome {
    let folder = tempfile::tempdir()?;
    let options = || Database::options().busy_timeout(Duration::from_millis(50));
    let file = options().open(folder.path().join("app.db"))?;
    for (db, is_in_memory) in [(options().memory()?, true), (file, false)] {
        db.create(Note::draft().number(1))?;
        let other = db.clone();
        let (asked, answered) = mpsc::channel();
        let read = db.transaction(|tx| {
            tx.create(Note::draft().number(2))?;
            thread::spawn(move || {
                let watched = other.query::<Note>().watch().map(drop);
                let _ = asked.send((other.query::<Note>().count(), watched));
            });
            Ok(answered.recv())
        })?;
        match (read?, is_in_memory) {
            ((Ok(1), Ok(())), false) => {}
            ((Err(Error::BusyInMemory), Err(Error::BusyInMemory)), true) => {}
            (read, _) => panic!("{read:?}"),
        }
        assert_eq!(db.query::<Note>().count()?, 2);
    }
    Ok(())
}

/// Whoever reads gets its turn, however much others write.
#[test]
fn reads_are_not_starved_by_writes() -> Outcome {
    let db = Database::options().busy_timeout(Duration::from_secs(300)).memory()?;
    db.create(Note::draft().number(0))?;
    let (done, is_done) = mpsc::channel::<()>();
    let written = thread::scope(|scope| -> Outcome<u64> {
        let writers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| -> ara::Result<u64> {
                    let mut written = 0;
                    while db.query::<Note>().filter(Note::number.eq(-1)).count()? == 0 {
                        db.create(Note::draft().number(1))?;
                        written += 1;
                    }
                    Ok(written)
                })
            })
            .collect();
        for _ in 0..200 {
            assert!(db.query::<Note>().count()? > 0);
        }
        db.create(Note::draft().number(-1))?;
        drop(done);
        let mut written = 0;
        for writer in writers {
            written += writer.join().expect("does not panic")?;
        }
        Ok(written)
    })?;
    assert!(is_done.recv().is_err());
    assert_eq!(db.query::<Note>().count()?, written + 2);
    Ok(())
}
