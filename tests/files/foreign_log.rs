//! A write-ahead log that lies beside a file and is not its own: it is told, and nothing of either is lost. The
//! log that a stopped program left is the file's own, whatever was done to the file before.

use std::fs;
use std::path::{Path, PathBuf};

use ara::prelude::*;
use ara::{Error, Options};
use support::random::Random;
use support::{Outcome, disk, verified};
use tempfile::TempDir;

#[derive(Debug, Table)]
struct Note {
    id: Id<Note>,
    text: String,
}

fn write(db: &Database, count: usize) -> ara::Result<()> {
    (0..count).try_for_each(|_| db.create(Note::draft().text("x".repeat(300))).map(drop))
}

/// The bytes of a file, and of the log beside it.
struct State(Vec<u8>, Vec<u8>);

impl State {
    fn of(path: &Path) -> std::io::Result<Self> {
        Ok(Self(fs::read(path)?, fs::read(log(path)).unwrap_or_default()))
    }

    /// Puts them into another folder.
    fn put(&self, folder: &Path) -> std::io::Result<PathBuf> {
        let path = folder.join("app.db");
        fs::write(&path, &self.0)?;
        fs::write(log(&path), &self.1)?;
        Ok(path)
    }
}

fn log(path: &Path) -> PathBuf {
    path.with_extension("db-wal")
}

/// Opening it is an error that says what to do. Done so, it opens.
fn refuse(state: &State, rows: u64) -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = state.put(folder.path())?;
    for options in [disk::options(), disk::options().read_only()] {
        let error = options.open(&path).map(drop).expect_err("it is not its own log");
        let told = error.to_string();
        assert!(matches!(error, Error::Open { .. }) && told.contains("app.db-wal"), "{told}");
        assert!(told.contains("move it away"), "{told}");
        let left = State::of(&path)?;
        assert!(left.0 == state.0 && left.1 == state.1, "something was changed");
    }
    fs::rename(log(&path), folder.path().join("away"))?;
    let db = disk::open(&path)?;
    assert_eq!(db.query::<Note>().count()?, rows);
    verified(&db)
}

#[test]
fn an_earlier_log_is_refused() -> Outcome {
    for (before, after) in [(1, 0), (1, 1), (1, 700), (50, 50), (60, 900), (900, 0), (900, 10)] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.db");
        let db = disk::open(&path)?;
        write(&db, before)?;
        let log = State::of(&path)?.1;
        write(&db, after)?;
        drop(db);
        println!("{before} before, {after} after");
        refuse(&State(fs::read(&path)?, log), (before + after) as u64)?;
    }
    Ok(())
}

/// Also if the program that wrote the file was stopped, so that no log was moved into the file at the end.
#[test]
fn an_earlier_log_is_refused_while_another_is_in_use() -> Outcome {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("app.db");
    let db = disk::open(&path)?;
    write(&db, 60)?;
    let log = State::of(&path)?.1;
    write(&db, 900)?;
    db.backup(folder.path().join("copy.db"))?;
    refuse(&State(fs::read(folder.path().join("copy.db"))?, log), 960)
}

#[test]
fn a_later_log_and_that_of_another_file_are_refused() -> Outcome {
    let folder = tempfile::tempdir()?;
    let [path, other] = ["app.db", "other.db"].map(|name| folder.path().join(name));
    let db = disk::open(&path)?;
    write(&db, 3)?;
    drop(db);
    let early = fs::read(&path)?;
    let db = disk::open(&path)?;
    write(&db, 900)?;
    drop(db);
    let db = disk::open(&path)?;
    write(&db, 3)?;
    refuse(&State(early.clone(), State::of(&path)?.1), 3)?;

    let db = disk::open(&other)?;
    write(&db, 3)?;
    drop(db);
    let db = disk::open(&other)?;
    write(&db, 3)?;
    refuse(&State(early, State::of(&other)?.1), 3)
}

/// A file, and who has it open.
struct World {
    folder: TempDir,
    rows: u64,
    open: Vec<Database>,
    random: Random,
}

impl World {
    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    fn db(&mut self) -> ara::Result<Database> {
        if self.open.is_empty() || (self.open.len() < 3 && self.random.below(6) == 0) {
            self.open.push(disk::open(self.path())?);
        }
        let at = self.random.below(self.open.len());
        Ok(self.open[at].clone())
    }

    fn sqlite(&self, sql: &str) -> Outcome {
        let sqlite = disk::sqlite(self.path())?;
        let mut statement = sqlite.prepare(sql)?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    }

    /// Does something that programs do to files.
    fn step(&mut self) -> Outcome {
        match self.random.below(8) {
            0 => {
                let at = self.random.below(self.open.len() + 1);
                self.open.truncate(at);
            }
            1 => self.sqlite("PRAGMA wal_checkpoint(TRUNCATE)")?,
            2 => self.sqlite("PRAGMA wal_checkpoint(RESTART)")?,
            3 if self.random.below(3) == 0 => self.sqlite("VACUUM")?,
            4 => {
                let (reads, writes) = (self.db()?, self.db()?);
                let mut is_first = true;
                self.rows += 20;
                reads.query::<Note>().for_each(|_| {
                    if std::mem::take(&mut is_first) { write(&writes, 20) } else { Ok(()) }
                })?;
                if is_first {
                    write(&writes, 20)?;
                }
            }
            5 => {
                let count = self.random.below(400);
                self.rows += count as u64;
                self.db()?.transaction(|tx| {
                    (0..count).try_for_each(|_| tx.create(Note::draft().text("long")).map(drop))
                })?;
            }
            _ => {
                let count = self.random.below(60);
                self.rows += count as u64;
                write(&self.db()?, count)?;
            }
        }
        Ok(())
    }

    /// What would be found if every program were stopped now, also half way through moving the log into
    /// the file.
    fn check(&mut self) -> Outcome {
        let before = State::of(&self.path())?;
        self.sqlite("PRAGMA wal_checkpoint(PASSIVE)")?;
        let after = fs::read(self.path())?;
        let mut half = before.0.clone();
        half.resize(after.len().max(half.len()), 0);
        for (page, moved) in half.chunks_mut(4096).zip(after.chunks(4096)) {
            if self.random.below(2) == 0 && page.len() == moved.len() {
                page.copy_from_slice(moved);
            }
        }
        // All that is done when nobody has it open is done whole.
        let states = if before.1.is_empty() {
            vec![before]
        } else {
            let log = before.1.clone();
            vec![State(half, log.clone()), State(after, log), before]
        };
        for state in states {
            let folder = tempfile::tempdir()?;
            let path = state.put(folder.path())?;
            for options in [Options::read_only as fn(Options) -> Options, |options| options] {
                let db = options(disk::options()).open(&path)?;
                assert_eq!(db.query::<Note>().count()?, self.rows);
            }
        }
        Ok(())
    }
}

#[test]
fn the_log_of_a_stopped_program_is_always_its_own() -> Outcome {
    let mut random = Random::new();
    for _ in 0..5 {
        let (folder, open) = (tempfile::tempdir()?, Vec::new());
        let mut world = World { folder, rows: 0, open, random };
        world.db()?.ensure::<Note>()?;
        for _ in 0..25 {
            world.step()?;
            world.check()?;
        }
        random = world.random;
    }
    Ok(())
}
