//! A disk that is full, or a limit on the size of files.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ara::prelude::*;
use support::child;
use support::disk;

use crate::kill::forget;

type TestResult = Result<(), Box<dyn Error>>;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    number: i64,
    bytes: Option<Vec<u8>>,
}

fn is_full(error: &ara::Error) -> bool {
    let told = error.to_string();
    match error {
        ara::Error::DiskFull => told.contains("free some space"),
        ara::Error::Io { .. } => told.contains("check the disk"),
        _ => false,
    }
}

/// Writes until the disk is full. How many transactions were acknowledged; each has two notes.
fn fill(db: &Database, size: usize, acknowledge: fn()) -> Result<u64, Box<dyn Error>> {
    for number in 0.. {
        let written = db.transaction(|tx| {
            tx.create(Note::draft().number(number).bytes(vec![7; size]))?;
            tx.create(Note::draft().number(number))
        });
        match written {
            Ok(_) => acknowledge(),
            Err(error) => {
                assert!(is_full(&error), "{error:?}");
                return Ok(number.unsigned_abs());
            }
        }
    }
    Ok(0)
}

/// What must hold once it was full: this handle still reads, and says no to writes, or writes them.
fn check_full(db: &Database, acknowledged: u64) -> TestResult {
    assert_eq!(db.query::<Note>().count()?, acknowledged * 2);
    assert!(db.verify()?.holds());
    check_given(db, acknowledged)?;
    // Errors that are passed over do not make half a transaction a whole one.
    let refused = db.transaction(|tx| {
        for number in 0..60 {
            let _ = tx.create(Note::draft().number(number).bytes(vec![7; 1 << 20]));
        }
        let _ = tx.create(Note::draft().number(-1));
        let _ = tx.ensure::<Other>();
        let _ = tx.create(Other::draft());
        Ok(())
    });
    let error = refused.expect_err("is full");
    assert!(is_full(&error) || matches!(error, ara::Error::Broken), "{error:?}");
    assert_eq!(db.query::<Note>().count()?, acknowledged * 2);
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    Ok(())
}

/// What is committed can be brought elsewhere.
fn check_given(db: &Database, acknowledged: u64) -> TestResult {
    let other = Database::memory()?;
    for changes in db.changes_since(&other.version_vector()?)? {
        other.merge(&changes?)?;
    }
    assert_eq!(other.query::<Note>().count()?, acknowledged * 2);
    assert_eq!(other.version_vector()?, db.version_vector()?);
    Ok(())
}

#[derive(Debug, Table)]
struct Other {
    id: Id<Other>,
}

/// The child: its files cannot grow beyond a limit.
#[test]
fn limited() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    let db = match disk::open(path) {
        Ok(db) => db,
        Err(ara::Error::Open { .. }) => return Ok(()),
        Err(error) if is_full(&error) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if let Err(error) = db.ensure::<Note>() {
        assert!(is_full(&error), "{error:?}");
        return Ok(());
    }
    let acknowledged = fill(&db, 3000, || child::tell("done"))?;
    check_full(&db, acknowledged)
}

/// Runs a child under a limit, in blocks of 512 or 1024 bytes: shells differ. What it told.
fn run_limited(test: &str, path: &Path, blocks: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let child = child::command(test, path)?;
    let mut limited = Command::new("sh");
    // Without the trap, the signal would end the process where the limit is met.
    limited.arg("-c").arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""));
    limited.arg(child.get_program()).args(child.get_args());
    limited.envs(child.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = limited.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let told = child::told(&mut child).collect();
    let output = child.wait_with_output()?;
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{blocks} blocks: {messages}");
    Ok(told)
}

#[test]
fn what_was_acknowledged_outlasts_a_limit() -> TestResult {
    let folder = tempfile::tempdir()?;
    for blocks in [0, 1, 8, 20, 40, 64, 65, 80, 100, 200, 400, 1000, 6000, 9000] {
        let path = folder.path().join(format!("{blocks}.db"));
        let done = run_limited("disk_full::limited", &path, blocks)?.len() as u64;
        assert!(done > 0 || blocks < 400, "{blocks} blocks");
        // Without the limit, it goes on.
        let db = disk::open(&path)?;
        assert_eq!(db.query::<Note>().count()?, done * 2, "{blocks} blocks");
        let found = db.verify()?;
        assert!(found.holds(), "{blocks} blocks: {found:?}");
        db.create(Note::draft().number(1).bytes(vec![7; 100_000]))?;
        assert!(db.verify()?.holds());
    }
    Ok(())
}

/// The child: forgets rows, as far as its files have room for it.
#[test]
fn limited_forgetter() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    let db = match disk::open(path) {
        Ok(db) => db,
        Err(ara::Error::Open { .. }) => return Ok(()),
        Err(error) if is_full(&error) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for key in 0..forget::SECRETS {
        match db.forget(forget::id(key)) {
            Ok(_) => child::tell(&key.to_string()),
            Err(error) => assert!(is_full(&error), "{error:?}"),
        }
    }
    for vacuumed in [db.vacuum(), db.forget_deleted(Timestamp::from_millis(i64::MAX))] {
        assert!(vacuumed.as_ref().err().is_none_or(is_full), "{vacuumed:?}");
    }
    let found = db.verify()?;
    assert!(found.holds(), "{found:?}");
    Ok(())
}

#[test]
fn what_is_forgotten_on_a_full_disk_is_gone_once_there_is_room() -> TestResult {
    let folder = tempfile::tempdir()?;
    let whole = folder.path().join("whole.db");
    forget::make(&whole)?;
    let size = std::fs::metadata(&whole)?.len() as usize / 512;
    let (mut least, mut most) = (usize::MAX, 0);
    for percent in [5, 90, 101, 120, 150, 400] {
        let path = folder.path().join(format!("{percent}.db"));
        std::fs::copy(&whole, &path)?;
        let told = run_limited("disk_full::limited_forgetter", &path, size * percent / 100)?;
        let told = told.iter().map(|key| key.parse()).collect::<Result<BTreeSet<u32>, _>>()?;
        (least, most) = (least.min(told.len()), most.max(told.len()));
        forget::check(&path, &told)?;
    }
    assert_eq!((least, most), (0, forget::SECRETS as usize));
    Ok(())
}

/// A small disk of its own, if this user may make one.
struct Disk(tempfile::TempDir);

impl Disk {
    fn new(size: &str) -> std::io::Result<Option<Self>> {
        let folder = tempfile::tempdir()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "ara-test"]).arg(folder.path());
        let mounted = mount.stderr(Stdio::null()).status();
        Ok(mounted.is_ok_and(|status| status.success()).then_some(Self(folder)))
    }
}

impl Disk {
    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Leaves no room at all.
    fn fill_up(&self) -> std::io::Result<()> {
        let mut file = std::fs::File::create(self.filler())?;
        while file.write_all(&[7; 512]).is_ok() {}
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_told() -> TestResult {
    for size in ["400k", "1m", "3m"] {
        let Some(disk) = Disk::new(size)? else {
            println!("skipped: this user cannot mount a disk");
            return Ok(());
        };
        let path = disk.0.path().join("notes.db");
        let db = disk::open(&path)?;
        let mut acknowledged = fill(&db, 2000, || {})?;
        let elsewhere = tempfile::tempdir()?;
        disk.fill_up()?;
        check_full(&db, acknowledged)?;
        db.backup(elsewhere.path().join("backup.db"))?;
        let backup = disk::open(elsewhere.path().join("backup.db"))?;
        assert_eq!(backup.query::<Note>().count()?, acknowledged * 2);
        std::fs::remove_file(disk.filler())?;
        drop(db);
        // It may be moved into the file now, and it may be that there is no room for that either.
        match disk::open(&path) {
            Ok(db) => {
                assert_eq!(db.query::<Note>().count()?, acknowledged * 2);
                acknowledged += fill(&db, 2000, || {})?;
                check_full(&db, acknowledged)?;
            }
            Err(error) => assert!(is_full(&error), "{error:?}"),
        }
        let kept = tempfile::tempdir()?;
        for entry in std::fs::read_dir(disk.0.path())? {
            let entry = entry?;
            std::fs::copy(entry.path(), kept.path().join(entry.file_name()))?;
        }
        let db = disk::open(kept.path().join("notes.db"))?;
        assert_eq!(db.query::<Note>().count()?, acknowledged * 2, "{size}");
        assert!(db.verify()?.holds());
        db.create(Note::draft().number(1))?;
    }
    Ok(())
}

/// The child: vacuums the file, for which there is no room in the folder for temporary files.
#[test]
fn vacuumer() -> TestResult {
    let Some(path) = child::file() else { return Ok(()) };
    let db = disk::open(path)?;
    for error in [db.vacuum(), db.vacuum_with(|_| {})].map(|done| done.expect_err("no room")) {
        assert!(is_full(&error), "{error:?}");
    }
    assert!(db.verify()?.holds());
    db.create(Note::draft().number(-1))?;
    child::tell("refused");
    Ok(())
}

#[test]
fn a_vacuum_needs_room_and_leaves_the_file_alone_without() -> TestResult {
    let Some(disk) = Disk::new("256m")? else {
        println!("skipped: this user cannot mount a disk");
        return Ok(());
    };
    let path = disk.0.path().join("notes.db");
    let db = disk::open(&path)?;
    for number in 0..400 {
        db.create(Note::draft().number(number).bytes(vec![7; 60_000]))?;
    }
    drop(db);
    let db = disk::open(&path)?;
    disk.fill_up()?;
    for error in [db.vacuum(), db.vacuum_with(|_| {})].map(|done| done.expect_err("no room")) {
        assert!(is_full(&error), "{error:?}");
        assert_eq!(db.query::<Note>().count()?, 400);
        assert!(db.verify()?.holds());
    }
    std::fs::remove_file(disk.filler())?;
    drop(db);

    // The disk for temporary files may be another one. A file of up to 32 MB would need none.
    let Some(temporary) = Disk::new("300k")? else { return Ok(()) };
    let mut child = child::command("disk_full::vacuumer", &path)?;
    let mut child = child.env("SQLITE_TMPDIR", temporary.0.path()).spawn()?;
    assert_eq!(child::told(&mut child).collect::<Vec<_>>(), ["refused"]);
    assert!(child.wait()?.success());

    let db = disk::open(&path)?;
    db.vacuum()?;
    assert_eq!(db.query::<Note>().count()?, 401);
    assert!(db.verify()?.holds());
    Ok(())
}

/// No room for the file itself; with room, it is made.
#[test]
fn a_file_is_made_once_there_is_room() -> TestResult {
    let Some(disk) = Disk::new("300k")? else {
        println!("skipped: this user cannot mount a disk");
        return Ok(());
    };
    let path = disk.0.path().join("notes.db");
    disk.fill_up()?;
    let error = disk::open(&path).map(drop).expect_err("there is no room");
    assert!(is_full(&error) || matches!(error, ara::Error::Open { .. }), "{error:?}");
    std::fs::remove_file(disk.filler())?;
    assert!(disk::open(&path)?.verify()?.holds());
    Ok(())
}
