//! Killed while the key of a file is changed, or the file is encrypted, it has what it had, with one key or the other.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use ara::{Error, Key};
use support::cases::scaled;
use support::random::Random;
use support::{Outcome, child};

use crate::{create, file, key, numbers, open};

const ROWS: i64 = 400;

/// The children: each goes on for ever.
fn child(work: fn(&Path) -> Outcome) -> Outcome {
    let Some(path) = child::file() else { return Ok(()) };
    child::tell("start");
    loop {
        work(&path)?;
        child::tell("once");
    }
}

/// By which of the keys the file opens: exactly by one.
fn key_of(path: &Path) -> Outcome<u8> {
    let opens = |number| match open(path, &key(number)) {
        Ok(_) => Ok(true),
        Err(Error::WrongKey { .. }) => Ok(false),
        Err(error) => Err(error),
    };
    match (opens(1)?, opens(2)?) {
        (true, false) => Ok(1),
        (false, true) => Ok(2),
        both => Err(format!("{both:?}").into()),
    }
}

fn change(path: &Path) -> Outcome {
    let old = key_of(path)?;
    open(path, &key(old))?.change_key(&key(3 - old))?;
    Ok(())
}

/// Encrypts the file, or puts it back as it was.
fn convert(path: &Path) -> Outcome {
    let copy = path.with_extension("copy");
    for unfinished in [copy.clone(), copy.with_added_extension("unfinished")] {
        let _ = fs::remove_file(unfinished);
    }
    let _ = fs::remove_file(path.with_added_extension("unfinished"));
    let options = Database::options().key(key(1));
    match Database::open(path) {
        Ok(db) => db.backup_with_key(&copy, &key(1))?,
        Err(Error::Encrypted { .. }) => options.clone().open(path)?.backup_without_key(&copy)?,
        Err(error) => return Err(error.into()),
    }
    Ok(options.restore_backup(&copy, path)?)
}

#[test]
fn changer() -> Outcome {
    child(change)
}

#[test]
fn converter() -> Outcome {
    child(convert)
}

/// Kills a child again and again at its work, and looks at the file each time.
fn kill(test: &str, path: &Path, look: impl Fn(&Path) -> Outcome<bool>) -> Outcome {
    let mut random = Random::new();
    let mut seen = [0; 2];
    for _ in 0..scaled(30) {
        let mut child = child::command(test, path)?.spawn()?;
        let mut told = child::told(&mut child);
        assert_eq!(told.next().as_deref(), Some("start"));
        // Each time that it tells something, it may be in the midst of the next time.
        for _ in 0..random.below(3) {
            assert_eq!(told.next().as_deref(), Some("once"));
        }
        let scale = 10 + random.below(17);
        (0..random.below(1 << scale)).for_each(|_| std::hint::spin_loop());
        child.kill()?;
        told.for_each(drop);
        child.wait()?;
        seen[usize::from(look(path)?)] += 1;
    }
    println!("{seen:?}");
    Ok(())
}

#[test]
fn a_change_of_the_key_is_whole() -> Outcome {
    let (_folder, path) = file()?;
    create(&open(&path, &key(1))?, 0..ROWS)?;
    kill("killed::changer", &path, |path| {
        let now = key_of(path)?;
        let db = open(path, &key(now))?;
        assert_eq!(numbers(&db)?, (0..ROWS).collect::<Vec<_>>());
        Ok(now == 2)
    })
}

#[test]
fn a_file_that_is_encrypted_is_whole() -> Outcome {
    let (_folder, path) = file()?;
    create(&Database::open(&path)?, 0..ROWS)?;
    kill("killed::converter", &path, |path| {
        let with = |key: Option<Key>| match key {
            Some(key) => open(path, &key),
            None => Database::open(path),
        };
        let (plain, encrypted) = (with(None).is_ok(), with(Some(key(1))).is_ok());
        assert!(plain != encrypted, "{plain}, {encrypted}");
        let db = with(encrypted.then(|| key(1)))?;
        assert_eq!(numbers(&db)?, (0..ROWS).collect::<Vec<_>>());
        Ok(encrypted)
    })
}
