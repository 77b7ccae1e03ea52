//! Which key opens a file, and what the others are told.

use std::path::Path;
use std::sync::Barrier;
use std::{fs, thread};

use ara::prelude::*;
use ara::{Error, Key, Options};
use rusqlite::Connection;
use support::Outcome;
use support::folder::files;

use crate::{create, file, key, numbers, open};

/// The error with which a file is refused, which is left as it was.
fn refused(options: Options, path: &Path) -> Outcome<Error> {
    let folder = path.parent().ok_or("a folder")?;
    // The index of a log may be made anew.
    let without_index = || -> std::io::Result<_> {
        let mut files = files(folder)?;
        files.retain(|name, _| !name.ends_with("-shm"));
        Ok(files)
    };
    let before = without_index()?;
    let read_only = options.clone().read_only().open(path).map(drop);
    let error = options.open(path).map(drop).expect_err("another key");
    assert_eq!(error.name(), read_only.expect_err("another key").name());
    assert_eq!(without_index()?, before);
    assert!(!error.to_string().contains("secret"), "{error}");
    Ok(error)
}

fn with(key: Key) -> Options {
    Database::options().key(key)
}

#[test]
fn a_key_opens_what_it_has_encrypted() -> Outcome {
    for key in [key(1), Key::passphrase("a secret"), Key::random()?] {
        let (_folder, path) = file()?;
        create(&open(&path, &key)?, 0..3)?;
        create(&open(&path, &key)?, 3..5)?;
        assert_eq!(numbers(&open(&path, &key)?)?, [0, 1, 2, 3, 4]);
        let read_only = with(key.clone()).read_only().open(&path)?;
        assert_eq!(numbers(&read_only)?.len(), 5);
        let kept = Key::raw(key.expose().try_into().unwrap_or([0; 32]));
        assert_eq!(open(&path, &kept).is_ok(), key.expose().len() == 32);
    }
    Ok(())
}

#[test]
fn every_other_key_is_refused_and_nothing_is_written() -> Outcome {
    let (_folder, path) = file()?;
    create(&open(&path, &Key::passphrase("a secret"))?, 0..3)?;
    for other in [key(1), Key::passphrase("another secret"), Key::passphrase("A secret")] {
        let error = refused(with(other), &path)?;
        assert!(matches!(error, Error::WrongKey { .. }), "{error}");
    }
    let error = refused(Database::options(), &path)?;
    assert!(matches!(error, Error::Encrypted { .. }), "{error}");
    assert!(error.to_string().contains("`Options::key`"), "{error}");
    let error = refused(with(Key::passphrase("")), &path)?;
    assert!(error.to_string().contains("empty"), "{error}");
    assert_eq!(numbers(&open(&path, &Key::passphrase("a secret"))?)?, [0, 1, 2]);
    Ok(())
}

#[test]
fn a_file_without_a_key_is_told_from_one_with_another() -> Outcome {
    let (_folder, path) = file()?;
    create(&Database::open(&path)?, 0..3)?;
    let error = refused(with(key(1)), &path)?;
    assert!(matches!(error, Error::NotEncrypted { .. }), "{error}");
    // Damaged, it is still told.
    let mut bytes = fs::read(&path)?;
    bytes[40..3000].fill(0xff);
    fs::write(&path, &bytes)?;
    let error = refused(Database::options(), &path)?;
    assert!(matches!(error, Error::Corrupt), "{error}");
    // What is no database is not told from an encrypted one if it looks random, and has its length.
    for (bytes, no_key, any_key) in [
        (b"Dear diary, today\n".repeat(4096), "NotADatabase", "NotADatabase"),
        (vec![0xf7; 5000], "NotADatabase", "NotADatabase"),
        (vec![0xf7; 8192], "Encrypted", "WrongKey"),
        (vec![0xf7; 10], "NotADatabase", "NotADatabase"),
    ] {
        fs::write(&path, bytes)?;
        assert_eq!(refused(Database::options(), &path)?.name(), no_key);
        assert_eq!(refused(with(key(1)), &path)?.name(), any_key);
    }
    Ok(())
}

/// A process was killed: what it wrote last is in the log alone.
#[test]
fn a_log_is_left_alone_by_who_has_not_the_key() -> Outcome {
    let (folder, path) = file()?;
    let db = open(&path, &key(1))?;
    create(&db, 0..3)?;
    let killed = tempfile::tempdir()?;
    for (name, bytes) in files(folder.path())? {
        fs::write(killed.path().join(name), &*bytes)?;
    }
    drop(db);
    let path = killed.path().join("notes.db");
    assert!(fs::metadata(killed.path().join("notes.db-wal"))?.len() > 0);
    assert!(matches!(refused(with(key(2)), &path)?, Error::WrongKey { .. }));
    assert!(matches!(refused(Database::options(), &path)?, Error::Encrypted { .. }));
    assert_eq!(numbers(&open(&path, &key(1))?)?, [0, 1, 2]);
    Ok(())
}

#[test]
fn damage_is_noticed_in_each_page() -> Outcome {
    let (_folder, path) = file()?;
    create(&open(&path, &key(1))?, 0..500)?;
    let whole = fs::read(&path)?;
    assert_eq!(whole.len() % 4096, 0);
    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096 + 1000] ^= 1;
        fs::write(&path, &bytes)?;
        let read = open(&path, &key(1)).map_err(Into::into).and_then(|db| numbers(&db));
        match read {
            // The page is one of an index that nobody has read.
            Ok(numbers) => assert_eq!(numbers.len(), 500),
            Err(error) => match error.downcast_ref::<Error>() {
                Some(Error::WrongKey { .. }) if page == 0 => {}
                Some(Error::Corrupt) if page > 0 => {}
                _ => panic!("page {page}: {error}"),
            },
        }
    }
    Ok(())
}

/// Whoever comes first makes up the salt, by which the others derive their keys.
#[test]
fn many_open_a_new_file_at_once() -> Outcome {
    for _ in 0..5 {
        let (_folder, path) = file()?;
        let start = Barrier::new(6);
        thread::scope(|scope| {
            let each = |number| {
                let (start, path) = (&start, &path);
                scope.spawn(move || -> ara::Result<()> {
                    start.wait();
                    let db = open(path, &Key::passphrase("a secret"))?;
                    create(&db, number..number + 1)
                })
            };
            let all: Vec<_> = (0..6).map(each).collect();
            all.into_iter().try_for_each(|one| one.join().expect("it does not panic"))
        })?;
        let db = open(&path, &Key::passphrase("a secret"))?;
        assert_eq!(numbers(&db)?, [0, 1, 2, 3, 4, 5]);
    }
    Ok(())
}

#[test]
fn other_programs_that_know_sqlcipher_open_the_file() -> Outcome {
    let (_folder, path) = file()?;
    create(&open(&path, &Key::passphrase("it's a secret"))?, 0..3)?;
    let sqlite = Connection::open(&path)?;
    sqlite.pragma_update(None, "key", "it's a secret")?;
    let count: i64 = sqlite.query_row("SELECT count(*) FROM note", [], |row| row.get(0))?;
    assert_eq!(count, 3);
    drop(sqlite);
    let theirs = path.with_file_name("theirs.db");
    let sqlite = Connection::open(&theirs)?;
    sqlite.pragma_update(None, "key", "it's a secret")?;
    sqlite.execute_batch("CREATE TABLE theirs (x)")?;
    drop(sqlite);
    let error = refused(with(Key::passphrase("it's a secret")), &theirs)?;
    assert!(matches!(error, Error::ForeignDatabase { .. }), "{error}");
    Ok(())
}

#[test]
fn keys_are_not_shown() -> Outcome {
    let options = with(Key::passphrase("a secret"));
    assert!(!format!("{options:?} {:?}", Key::passphrase("a secret")).contains("secret"));
    let db = options.memory()?;
    create(&db, 0..2)?;
    assert!(!format!("{db:?}").contains("secret"));
    Ok(())
}
