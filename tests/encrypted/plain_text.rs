//! No file that ara writes holds what is in the database.

use std::fs;
use std::path::Path;

use ara::prelude::*;
use support::Outcome;

use crate::{Note, SECRET, create, file, key, numbers, open};

/// What is long.
#[derive(Debug, Table)]
struct Chapter {
    id: Id<Chapter>,
    text: String,
}

fn holds_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|found| found == SECRET.as_bytes())
}

/// The files of a folder that hold the secret, and how many there are in all.
fn in_folder(folder: &Path) -> Outcome<(Vec<String>, usize)> {
    let files = support::folder::files(folder)?;
    let found = files.iter().filter(|(_, bytes)| holds_secret(bytes));
    Ok((found.map(|(name, _)| name.clone()).collect(), files.len()))
}

/// Reads the temporary files that this process has open, which have no name any more. Returns how many hold
/// something, and how many of them the secret.
fn temporary() -> (usize, usize) {
    let Ok(open) = fs::read_dir("/proc/self/fd") else { return (0, 0) };
    let paths = open.flatten().map(|entry| entry.path());
    // To open another one, and to close it, would release its locks.
    let is_gone = |path: &std::path::PathBuf| {
        fs::read_link(path).is_ok_and(|to| to.to_string_lossy().ends_with(" (deleted)"))
    };
    let files: Vec<_> = paths.filter(is_gone).filter_map(|path| fs::read(path).ok()).collect();
    let filled = files.iter().filter(|bytes| bytes.len() > 4096).count();
    (filled, files.iter().filter(|bytes| holds_secret(bytes)).count())
}

/// Writes some 45 MB, each value into its row and into the log.
fn write_large(db: &Database) -> ara::Result<()> {
    for _ in 0..9 {
        let chapter = |_| Chapter::draft().text(SECRET.repeat(160));
        db.create_all((0..1000).map(chapter))?;
    }
    Ok(())
}

#[test]
fn it_is_found_where_nothing_is_encrypted() -> Outcome {
    let (folder, path) = file()?;
    create(&Database::open(&path)?, 0..3)?;
    assert_eq!(in_folder(folder.path())?.0, ["notes.db"]);
    Ok(())
}

#[test]
fn it_is_in_no_file_beside_the_database() -> Outcome {
    let (folder, path) = file()?;
    let db = open(&path, &key(1))?;
    create(&db, 0..100)?;
    assert_eq!(db.query::<Note>().search(SECRET).count()?, 100);
    let look = |least| -> Outcome {
        let (found, files) = in_folder(folder.path())?;
        assert!(found.is_empty(), "{found:?}");
        assert!(files >= least, "{files}");
        Ok(())
    };
    look(3)?;
    db.transaction(|tx| {
        // More than the cache holds, so that it gets into the log before the commit.
        tx.create_all((0..80).map(|_| Chapter::draft().text(SECRET.repeat(20_000))))?;
        look(3).map_err(|error| ara::Error::Io { reason: error.to_string() })
    })?;
    db.backup(folder.path().join("backup.db"))?;
    look(4)?;
    db.compact(&[db.version_vector()?])?;
    db.rebuild()?;
    db.vacuum()?;
    look(4)?;
    let left = numbers(&db)?.len();
    drop(db);
    look(2)?;
    assert_eq!(numbers(&open(&path, &key(1))?)?.len(), left);
    // What is exported is there to be read.
    let mut exported = Vec::new();
    open(&path, &key(1))?.export_json::<Note>(&mut exported)?;
    assert!(holds_secret(&exported));
    Ok(())
}

/// What is large goes into temporary files: tables of the past, and a copy that a vacuum makes.
#[test]
fn it_is_in_no_temporary_file() -> Outcome {
    let (_folder, path) = file()?;
    let db = open(&path, &key(1))?;
    write_large(&db)?;
    let past = db.at(Timestamp::now());
    assert_eq!(past.query::<Chapter>().count()?, 9000);
    assert_eq!(temporary().1, 0);
    drop(past);
    let (mut filled, mut found) = (0, 0);
    db.vacuum_with(|_| {
        let now = temporary();
        filled = filled.max(now.0);
        found = found.max(now.1);
    })?;
    println!("{filled} temporary files during a vacuum");
    assert_eq!(found, 0);
    Ok(())
}
