//! A file that is mounted by itself, as in a container: it can be written, and not be replaced.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ara::prelude::*;
use support::{Outcome, disk, verified};

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
}

/// A file that lies over another one.
struct Mounted(PathBuf);

impl Mounted {
    /// `None` if this user cannot mount.
    fn new(file: &Path, at: &Path) -> Outcome<Option<Self>> {
        fs::write(at, "")?;
        let mut mount = Command::new("mount");
        let mounted = mount.arg("--bind").args([file, at]).stderr(Stdio::null()).status();
        Ok(mounted.is_ok_and(|status| status.success()).then(|| Self(at.to_owned())))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// Neither what is in the file is lost, nor what a stopped program left in the log beside it.
#[test]
fn a_restore_that_fails_at_its_last_step_leaves_what_was_there() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let db = disk::open(path("running.db"))?;
    db.create(Note::draft().number(0))?;
    db.backup(path("backup.db"))?;
    db.create_all((1..=50).map(|number| Note::draft().number(number)))?;
    fs::copy(path("running.db"), path("app.db"))?;
    fs::copy(path("running.db-wal"), path("mounted.db-wal"))?;
    let Some(mounted) = Mounted::new(&path("app.db"), &path("mounted.db"))? else {
        println!("skipped: this user cannot mount a file");
        return Ok(());
    };
    for _ in 0..2 {
        let restored = disk::options().restore_backup(path("backup.db"), &mounted.0);
        let told = restored.expect_err("it cannot be replaced").to_string();
        assert!(told.contains("holds what it held") && told.contains("its folder"), "{told}");
        let db = disk::open(&mounted.0)?;
        assert_eq!(db.query::<Note>().count()?, 51);
        verified(&db)?;
    }
    let mut names: Vec<_> = fs::read_dir(folder.path())?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    names.retain(|name| name.starts_with("mounted") || name.starts_with("backup"));
    names.sort();
    assert_eq!(names, ["backup.db", "mounted.db"]);
    Ok(())
}
