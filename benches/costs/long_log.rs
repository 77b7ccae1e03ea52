//! The log of an app that was used for long: what it costs to keep, to look back in, and to compact.

use std::fs::File;
use std::path::{Path, PathBuf};

use ara::prelude::*;
use ara::{Result, Transaction};
use ara_measure::{Figure, ROUNDS, Random, Report, made, median, timed};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::tables::{Task, task};
use crate::{compact, verify};

const SIZE: &str = "bytes of log a change, 5 short columns";
const HISTORY: &str = "history of an old row, log of 1,000,000";

/// A file with a long log. A fifth of its changes made rows, the others changed one column of one of them.
pub struct LongLog {
    dir: TempDir,
    pub changes: usize,
    /// The rows, and how many changes each has.
    pub rows: Vec<(Id<Task>, usize)>,
}

pub fn long_log(report: &mut Report) -> Result<()> {
    let names = [&[SIZE, HISTORY][..], &verify::ONE_TABLE, &compact::NAMES];
    if !names.iter().any(|names| report.wants_any(names)) {
        return Ok(());
    }
    let size = report.size(1_000_000);
    let log = made("a log of 1,000,000 changes", || LongLog::of(size))?;
    if report.wants(SIZE) {
        let bytes = log.bytes()? as f64 / log.changes as f64;
        report.add(SIZE, Figure::Bytes(bytes), Some(Figure::Bytes(65.0)));
    }
    if report.wants(HISTORY) {
        history(report, &log)?;
    }
    verify::verify(report, verify::ONE_TABLE, &log.path(), log.changes);
    compact::compact(report, &log)
}

/// The history of the oldest rows.
fn history(report: &mut Report, log: &LongLog) -> Result<()> {
    let db = Database::open(log.path())?;
    let mut times = Vec::new();
    for (id, changes) in log.rows.iter().take(ROUNDS) {
        let (time, history) = timed(|| db.history(*id));
        assert_eq!(history?.len(), *changes);
        times.push(time);
    }
    report.add(HISTORY, Figure::Time(median(&times)), Some(Figure::millis(3)));
    Ok(())
}

impl LongLog {
    /// Makes a log of this many changes, in transactions of up to 40.
    fn of(size: usize) -> Result<Self> {
        let dir = TempDir::new().expect("a folder for the files");
        let mut log = Self { dir, changes: 0, rows: Vec::new() };
        let db = Database::open(log.path())?;
        let mut random = Random::new(1);
        while log.changes < size {
            let count = (1 + random.below(40)).min(size - log.changes);
            db.transaction(|tx| (0..count).try_for_each(|_| log.change(tx, &mut random)))?;
        }
        Ok(log)
    }

    fn change(&mut self, tx: &Transaction<'_>, random: &mut Random) -> Result<()> {
        self.changes += 1;
        // A value that no row has, so that each change is one.
        let n = self.changes;
        if self.rows.is_empty() || random.below(5) == 0 {
            self.rows.push((tx.create(task(n))?, 1));
            return Ok(());
        }
        let place = random.below(self.rows.len());
        let (id, changes) = &mut self.rows[place];
        *changes += 1;
        let patch = Task::patch(*id);
        let is_written = match random.below(4) {
            0 => tx.update(patch.title(format!("Water the {n} plants"))),
            1 => tx.update(
                patch.note(format!("Some are dry after {n} days of sun, the others not yet")),
            ),
            2 => tx.update(patch.stars(n as i64)),
            _ => tx.update(patch.score(n as f64 / 3.0)),
        };
        assert!(is_written?);
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("ara.db")
    }

    /// A copy of the file, which is a device of its own.
    pub fn copy(&self, name: &str) -> PathBuf {
        let copy = self.dir.path().join(name);
        std::fs::copy(self.path(), &copy).expect("is there");
        // Else the first commit that waits for the disk would wait for all of it.
        let file = File::options().write(true).open(&copy).expect("was copied");
        file.sync_all().expect("is written to the disk");
        copy
    }

    /// How many bytes the log takes in the file.
    fn bytes(&self) -> Result<i64> {
        log_bytes(&self.path())
    }
}

/// The size of the tables of the log, by whichever name the layout has them: whole pages, with what is free in
/// them.
fn log_bytes(path: &Path) -> Result<i64> {
    let sql = "SELECT sum(pgsize) FROM dbstat WHERE name IN \
               (SELECT name FROM sqlite_schema WHERE tbl_name IN ('ara_change', 'ara_log'))";
    Ok(Connection::open(path)?.query_row(sql, [], |row| row.get(0))?)
}
