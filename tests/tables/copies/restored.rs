//! A backup that is put in the place of a file, above all of one whose program was stopped.

use std::fs;
use std::path::{Path, PathBuf};

use ara::prelude::*;
use ara::{Error, Options};
use tempfile::TempDir;

use crate::copies::Todo;
use support::{Outcome, agree, disk, send, verified};

/// A file with one row, a backup of it, and what its program wrote after that before it was stopped: that is
/// in the log beside the file.
struct Stopped {
    folder: TempDir,
    /// Another device, which knows all of it.
    other: Database,
}

impl Stopped {
    fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let (running, other) = (folder.path().join("running.db"), Database::memory()?);
        let db = disk::open(&running)?;
        db.create(Todo::draft().title("before"))?;
        db.backup(folder.path().join("backup.db"))?;
        db.create_all((0..50).map(|_| Todo::draft().title("after")))?;
        send(&db, &other)?;
        for ending in ["", "-wal"] {
            let [from, to] = ["running", "app"].map(|name| format!("{name}.db{ending}"));
            fs::copy(folder.path().join(from), folder.path().join(to))?;
        }
        Ok(Self { folder, other })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn restore(&self) -> ara::Result<()> {
        disk::options().restore_backup(self.path("backup.db"), self.path("app.db"))
    }
}

fn count(db: &Database) -> ara::Result<u64> {
    db.query::<Todo>().count()
}

/// The files of a folder, and what they hold.
fn files(folder: &Path) -> Outcome<Vec<(PathBuf, Vec<u8>)>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        files.push((path.clone(), fs::read(path)?));
    }
    files.sort();
    Ok(files)
}

#[test]
fn what_the_file_and_its_log_held_is_gone() -> Outcome {
    let stopped = Stopped::new()?;
    let backup = fs::read(stopped.path("backup.db"))?;
    stopped.restore()?;
    assert!(!stopped.path("app.db-wal").exists() && !stopped.path("app.db.unfinished").exists());
    let db = disk::open(stopped.path("app.db"))?;
    assert_eq!(count(&db)?, 1);
    verified(&db)?;
    assert_eq!(fs::read(stopped.path("backup.db"))?, backup);
    Ok(())
}

/// It writes as another device, so that it gets back what it lost, and loses nothing of what it writes.
#[test]
fn a_restored_file_syncs() -> Outcome {
    let stopped = Stopped::new()?;
    stopped.restore()?;
    let db = disk::open(stopped.path("app.db"))?;
    db.create_all((0..20).map(|_| Todo::draft().title("anew")))?;
    assert_eq!(db.version_vector()?.len(), 2);
    send(&db, &stopped.other)?;
    send(&stopped.other, &db)?;
    assert_eq!(count(&db)?, 71);
    assert_eq!(count(&stopped.other)?, 71);
    agree(&db, &stopped.other)
}

/// A backup that was made by copying a file that was closed: it says that it is that very file.
#[test]
fn a_plain_copy_is_a_backup_too() -> Outcome {
    let stopped = Stopped::new()?;
    stopped.restore()?;
    drop(disk::open(stopped.path("app.db"))?);
    fs::copy(stopped.path("app.db"), stopped.path("backup.db"))?;
    let db = disk::open(stopped.path("app.db"))?;
    db.create(Todo::draft().title("after"))?;
    send(&db, &stopped.other)?;
    drop(db);
    stopped.restore()?;
    let db = disk::open(stopped.path("app.db"))?;
    db.create(Todo::draft().title("anew"))?;
    send(&db, &stopped.other)?;
    send(&stopped.other, &db)?;
    assert_eq!(count(&db)?, 53);
    agree(&db, &stopped.other)
}

#[test]
fn where_nothing_is_a_file_is_made() -> Outcome {
    let stopped = Stopped::new()?;
    // Its log alone is left.
    fs::remove_file(stopped.path("app.db"))?;
    stopped.restore()?;
    assert_eq!(count(&disk::open(stopped.path("app.db"))?)?, 1);
    let path = stopped.path("new.db");
    disk::options().restore_backup(stopped.path("backup.db"), &path)?;
    assert_eq!(count(&disk::open(&path)?)?, 1);
    Ok(())
}

#[test]
fn a_damaged_file_is_replaced() -> Outcome {
    let stopped = Stopped::new()?;
    let mut bytes = fs::read(stopped.path("app.db"))?;
    for damaged in [20..bytes.len(), 20..100] {
        bytes[damaged].fill(0xff);
        fs::write(stopped.path("app.db"), &bytes)?;
        stopped.restore()?;
        assert_eq!(count(&disk::open(stopped.path("app.db"))?)?, 1);
    }
    Ok(())
}

#[test]
fn a_file_in_use_is_refused_and_left() -> Outcome {
    let stopped = Stopped::new()?;
    let open = |options: Options| options.open(stopped.path("app.db"));
    let db = open(disk::options())?;
    for reads in [None, Some(open(disk::options().read_only())?)] {
        let refused = stopped.restore().expect_err("it is open");
        assert!(matches!(refused, Error::Open { .. }), "{refused}");
        assert!(refused.to_string().contains("in use"), "{refused}");
        drop(reads);
    }
    assert_eq!(count(&db)?, 51);
    db.create(Todo::draft().title("more"))?;
    drop(db);
    assert_eq!(count(&open(disk::options())?)?, 52);
    assert!(!stopped.path("app.db.unfinished").exists());
    Ok(())
}

#[test]
fn what_is_no_backup_or_in_the_way_is_told_and_left() -> Outcome {
    let stopped = Stopped::new()?;
    fs::write(stopped.path("notes.txt"), "not a database at all")?;
    let foreign = stopped.path("foreign.db");
    disk::sqlite(&foreign)?.execute_batch("CREATE TABLE theirs (x)")?;
    let before = files(stopped.folder.path())?;
    let refused = |backup: &str, path: &str| {
        let restored = disk::options().restore_backup(stopped.path(backup), stopped.path(path));
        restored.expect_err(path)
    };
    assert!(matches!(refused("notes.txt", "app.db"), Error::NotADatabase { .. }));
    assert!(matches!(refused("foreign.db", "app.db"), Error::ForeignDatabase { .. }));
    assert!(matches!(refused("missing.db", "app.db"), Error::Open { .. }));
    assert!(matches!(refused("backup.db", "notes.txt"), Error::NotADatabase { .. }));
    assert!(matches!(refused("backup.db", "foreign.db"), Error::ForeignDatabase { .. }));
    assert!(matches!(refused("backup.db", ""), Error::Open { .. }));
    assert!(refused("backup.db", "no/app.db").to_string().contains("folder does not exist"));
    assert_eq!(files(stopped.folder.path())?, before);
    Ok(())
}
