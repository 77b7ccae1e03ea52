//! Changing the key of a file that is in use.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use ara::Error;
use ara::prelude::*;
use support::{Outcome, child};

use crate::{Note, NoteRow, create, file, key, numbers, open};

#[test]
fn the_file_has_the_new_key_alone() -> Outcome {
    let (folder, path) = file()?;
    let db = open(&path, &key(1))?;
    create(&db, 0..300)?;
    let old = fs::read(&path)?;
    db.change_key(&key(2))?;
    create(&db, 300..301)?;
    db.change_key(&ara::Key::passphrase("a secret"))?;
    create(&db, 301..302)?;
    assert_eq!(numbers(&db)?.len(), 302);
    drop(db);
    for other in [key(1), key(2)] {
        assert!(matches!(open(&path, &other), Err(Error::WrongKey { .. })));
    }
    assert_eq!(numbers(&open(&path, &ara::Key::passphrase("a secret"))?)?.len(), 302);
    // No page is encrypted by the old key.
    let new = fs::read(&path)?;
    let pages = |bytes: &[u8]| bytes.chunks(4096).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let old = pages(&old);
    assert!(pages(&new).iter().all(|page| !old.contains(page)));
    assert_eq!(support::folder::files(folder.path())?.len(), 1);
    Ok(())
}

#[test]
fn only_a_file_that_has_a_key_gets_another_one() -> Outcome {
    let (_folder, path) = file()?;
    let db = Database::open(&path)?;
    assert!(matches!(db.change_key(&key(1)), Err(Error::NotEncrypted { .. })));
    create(&db, 0..1)?;
    drop(db);
    assert_eq!(numbers(&Database::open(&path)?)?, [0]);
    let (_folder, path) = file()?;
    drop(open(&path, &key(1))?);
    let read_only = Database::options().key(key(1)).read_only().open(&path)?;
    assert!(matches!(read_only.change_key(&key(2)), Err(Error::OpenedReadOnly)));
    Database::memory()?.change_key(&key(1))?;
    Ok(())
}

#[test]
fn threads_read_write_and_watch_meanwhile() -> Outcome {
    let (_folder, path) = file()?;
    let db = open(&path, &key(0))?;
    create(&db, 0..100)?;
    let mut watch = db.query::<Note>().watch()?;
    assert_eq!(watch.recv_timeout(Duration::from_secs(120))?.ok_or("late")?.len(), 100);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| -> Outcome {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| -> ara::Result<()> {
                    while !is_over.load(Ordering::Relaxed) {
                        assert!(db.query::<Note>().all()?.len() >= 100);
                    }
                    Ok(())
                })
            })
            .collect();
        let writer = scope.spawn(|| -> ara::Result<i64> {
            let mut number = 100;
            while !is_over.load(Ordering::Relaxed) {
                create(&db, number..number + 1)?;
                number += 1;
            }
            Ok(number)
        });
        let changed = (1..20).try_for_each(|number| db.change_key(&key(number)));
        is_over.store(true, Ordering::Relaxed);
        changed?;
        for reader in readers {
            reader.join().expect("it does not panic")?;
        }
        let written = writer.join().expect("it does not panic")?;
        assert_eq!(numbers(&db)?.len() as i64, written);
        Ok(())
    })?;
    // The watch goes on, also for what another database writes.
    for (number, db) in [(1000, &db), (1001, &open(&path, &key(19))?)] {
        create(db, number..number + 1)?;
        let is_it = |note: &NoteRow| note.number == Some(number);
        while !watch.recv_timeout(Duration::from_secs(120))?.ok_or("late")?.iter().any(is_it) {}
    }
    Ok(())
}

#[test]
fn a_query_that_goes_on_is_waited_for_but_not_for_ever() -> Outcome {
    let (_folder, path) = file()?;
    let patience = Duration::from_millis(50);
    let db = Database::options().key(key(1)).busy_timeout(patience).open(&path)?;
    create(&db, 0..10)?;
    let mut refused = None;
    db.query::<Note>().for_each(|_| {
        refused.get_or_insert_with(|| db.change_key(&key(2)));
        Ok(())
    })?;
    assert!(matches!(refused, Some(Err(Error::Busy))), "{refused:?}");
    create(&db, 10..11)?;
    assert_eq!(numbers(&db)?.len(), 11);
    db.change_key(&key(2))?;
    assert_eq!(numbers(&db)?.len(), 11);
    Ok(())
}

/// What somebody who has the file open by the old key is told.
fn is_told(db: &Database) {
    let refused = |result: ara::Result<()>| {
        let error = result.expect_err("the key is another one");
        assert!(matches!(error, Error::WrongKey { .. }), "{error}");
    };
    for _ in 0..3 {
        refused(create(db, 5000..5001));
        refused(db.query::<Note>().count().map(drop));
    }
}

#[test]
fn another_database_is_told() -> Outcome {
    let (_folder, path) = file()?;
    let db = open(&path, &key(1))?;
    create(&db, 0..100)?;
    let other = open(&path, &key(1))?;
    let reads = Database::options().key(key(1)).read_only().open(&path)?;
    assert_eq!(numbers(&other)?.len(), 100);
    assert_eq!(reads.query::<Note>().count()?, 100);
    create(&other, 100..101)?;
    db.change_key(&key(2))?;
    is_told(&other);
    assert!(matches!(reads.query::<Note>().count(), Err(Error::WrongKey { .. })));
    create(&db, 101..102)?;
    is_told(&other);
    drop((other, reads));
    assert_eq!(numbers(&db)?.len(), 102);
    drop(db);
    assert_eq!(numbers(&open(&path, &key(2))?)?.len(), 102);
    Ok(())
}

/// The child: has the file open, and uses it again once it is told to.
#[test]
fn holder() -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    let db = open(&path, &key(1))?;
    assert_eq!(numbers(&db)?.len(), 100);
    create(&db, 100..101)?;
    child::tell("opened");
    std::io::stdin().read_line(&mut String::new())?;
    is_told(&db);
    child::tell("told");
    Ok(())
}

fn holds(path: &Path) -> Outcome<std::process::Child> {
    Ok(child::command("change::holder", path)?.spawn()?)
}

#[test]
fn another_process_is_told_and_damages_nothing() -> Outcome {
    let (_folder, path) = file()?;
    create(&open(&path, &key(1))?, 0..100)?;
    let mut holder = holds(&path)?;
    let mut told = child::told(&mut holder);
    assert_eq!(told.next().as_deref(), Some("opened"));
    let db = open(&path, &key(1))?;
    db.change_key(&key(2))?;
    create(&db, 101..102)?;
    std::io::Write::write_all(&mut holder.stdin.take().ok_or("a pipe")?, b"\n")?;
    assert_eq!(told.next().as_deref(), Some("told"));
    assert!(holder.wait()?.success());
    assert_eq!(numbers(&db)?.len(), 102);
    drop(db);
    assert_eq!(numbers(&open(&path, &key(2))?)?.len(), 102);
    Ok(())
}
