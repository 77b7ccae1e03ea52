//! Two devices that changed the same rows while they were apart: here, where the changes of the other one
//! are merged, and there.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ara::{Changes, Database, Result, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::by_hand;
use crate::report::timed;

/// How many rows an app changes in one transaction.
pub const AT_ONCE: usize = 100;

/// When the rows were made, in milliseconds.
pub const MADE: i64 = 1_700_000_000_000;

/// Which changes are the later ones.
#[derive(Clone, Copy)]
pub enum Later {
    Here,
    There,
    /// Those of every other transaction.
    Alternating,
}

impl Later {
    /// Whether the change there is the later one, of the transaction at a place.
    pub fn is_there(self, transaction: usize) -> bool {
        match self {
            Self::Here => false,
            Self::There => true,
            Self::Alternating => transaction.is_multiple_of(2),
        }
    }

    /// When a transaction there was made, in milliseconds. One of here is made at [`time_here`].
    pub fn time_there(self, transaction: usize) -> i64 {
        time_here(transaction) + if self.is_there(transaction) { 1 } else { -1 }
    }
}

/// When a transaction here was made, in milliseconds.
pub fn time_here(transaction: usize) -> i64 {
    MADE + 1000 + 10 * transaction as i64
}

/// A clock that is set.
#[derive(Clone)]
pub struct Wall(Arc<AtomicI64>);

impl Wall {
    pub fn set(&self, millis: i64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    fn open(&self, path: &Path) -> Result<Database> {
        let wall = Arc::clone(&self.0);
        let now = move || Timestamp::from_millis(wall.load(Ordering::SeqCst));
        Database::options().clock(now).open(path)
    }
}

/// The files of here as they are before the merge, and what there is to be merged.
pub struct Apart {
    dir: TempDir,
    wall: Wall,
    changes: Vec<Changes>,
}

impl Apart {
    /// Makes rows, then changes them here and there.
    pub fn new(
        make: impl FnOnce(&Database) -> Result<()>,
        change_here: impl FnOnce(&Database, &Wall) -> Result<()>,
        change_there: impl FnOnce(&Database, &Wall) -> Result<()>,
        by_hand: impl FnOnce(&Connection) -> Result<()>,
    ) -> Result<Self> {
        let dir = TempDir::new().expect("a folder for the files");
        let wall = Wall(Arc::new(AtomicI64::new(MADE)));
        let [here, there] = ["ara.db", "there.db"].map(|name| dir.path().join(name));
        make(&wall.open(&here)?)?;
        // A copy is a device of its own, which has the same rows.
        std::fs::copy(&here, &there).expect("is there");
        let vector = {
            let here = wall.open(&here)?;
            change_here(&here, &wall)?;
            here.version_vector()?
        };
        wall.set(MADE);
        let there = wall.open(&there)?;
        change_there(&there, &wall)?;
        let changes = there.changes_since(&vector)?.collect::<Result<_>>()?;
        by_hand(&by_hand::bare(&dir.path().join("hand.db"))?)?;
        // Later than all changes.
        wall.set(MADE + 1_000_000);
        Ok(Self { dir, wall, changes })
    }

    /// The database here.
    pub fn ara(&self) -> Result<(TempDir, Database)> {
        let (dir, path) = self.copy("ara.db");
        let db = self.wall.open(&path)?;
        checkpoint(&path)?;
        Ok((dir, db))
    }

    /// The same by hand.
    pub fn by_hand(&self) -> Result<(TempDir, Connection)> {
        let (dir, path) = self.copy("hand.db");
        Ok((dir, by_hand::roomy(&path)?))
    }

    /// How long it takes to merge what is from there.
    pub fn merge(&self, db: &Database) -> Result<Duration> {
        let (time, merged) =
            timed(|| self.changes.iter().try_for_each(|changes| db.merge(changes).map(drop)));
        merged.map(|()| time)
    }

    /// How long it takes to merge the same by hand, in the same transactions.
    pub fn merge_by_hand<C>(
        &self,
        by_hand: &Connection,
        incoming: &[C],
        merge: impl Fn(&C) -> rusqlite::Result<()>,
    ) -> Result<Duration> {
        let (time, merged) = timed(|| -> rusqlite::Result<()> {
            let mut incoming = incoming.iter();
            for changes in &self.changes {
                by_hand.execute_batch("BEGIN IMMEDIATE")?;
                incoming.by_ref().take(changes.len()).try_for_each(&merge)?;
                by_hand.execute_batch("COMMIT")?;
            }
            Ok(())
        });
        merged?;
        Ok(time)
    }

    fn copy(&self, name: &str) -> (TempDir, PathBuf) {
        let dir = TempDir::new().expect("a folder for the file");
        let path = dir.path().join(name);
        std::fs::copy(self.dir.path().join(name), &path).expect("is there");
        (dir, path)
    }
}

/// To open a file may write to it: no merge is to pay for that.
fn checkpoint(path: &Path) -> Result<()> {
    let connection = Connection::open(path)?;
    Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}
