//! Commits that are shared.
//!
//! To write a commit through to the disk takes longer than most jobs do. So who has run its job and sees others wait
//! for the connection leaves the transaction open for them, and waits until one of them commits. Each job is in a
//! savepoint, and so fails alone. The last one commits for all: who waits for the connection is counted before it
//! does, and once it has the connection, it either commits or sees another wait.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use crate::store::Job;
use crate::store::batch::{Batch, locked};
use crate::store::error::{Result, StoreError};
use crate::store::sqlite::write_with;

/// The most jobs that share a commit.
const MOST_JOBS: usize = 256;

/// The connection that writes, and those who wait for it.
#[derive(Debug)]
pub(super) struct Group {
    waiting: AtomicUsize,
    commits: AtomicU64,
    writer: Mutex<Writer>,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    /// The transaction that is open, with how many jobs it has.
    open: Option<(Arc<Batch<StoreError>>, usize)>,
}

impl Group {
    pub(super) fn new(connection: Connection) -> Self {
        let writer = Mutex::new(Writer { connection, open: None });
        Self { waiting: AtomicUsize::new(0), commits: AtomicU64::new(0), writer }
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Runs a job, and returns once it is committed.
    pub(super) fn run(&self, job: Job<'_>) -> Result<()> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut writer = locked(&self.writer);
        self.waiting.fetch_sub(1, Ordering::SeqCst);

        let batch = writer.begin()?;
        let run = catch_unwind(AssertUnwindSafe(|| write_with(&writer.connection, job)));
        let outcome = match run {
            Ok(outcome) => outcome,
            Err(panic) => {
                writer.break_off(StoreError::BrokeOff);
                resume_unwind(panic);
            }
        };
        if writer.connection.is_autocommit() {
            // The disk is full, or something as bad: SQLite has rolled back all of it.
            let error = outcome.err().unwrap_or(StoreError::BrokeOff);
            writer.break_off(error.clone());
            return Err(error);
        }
        if self.waiting.load(Ordering::SeqCst) > 0 && writer.has_room() {
            drop(writer);
            return batch.wait().and(outcome);
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        writer.commit().and(outcome)
    }

    /// Does something outside of any transaction, once those that are open have ended.
    pub(super) fn alone(&self, action: impl FnOnce(&mut Connection) -> Result<()>) -> Result<()> {
        let mut writer = locked(&self.writer);
        writer.commit()?;
        action(&mut writer.connection)
    }
}

impl Writer {
    fn begin(&mut self) -> Result<Arc<Batch<StoreError>>> {
        if let Some((batch, jobs)) = &mut self.open {
            *jobs += 1;
            return Ok(batch.clone());
        }
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let batch = Arc::<Batch<StoreError>>::default();
        self.open = Some((batch.clone(), 1));
        Ok(batch)
    }

    fn has_room(&self) -> bool {
        self.open.as_ref().is_some_and(|(_, jobs)| *jobs < MOST_JOBS)
    }

    /// Commits what is open, for all who share it.
    fn commit(&mut self) -> Result<()> {
        let Some((batch, _)) = self.open.take() else { return Ok(()) };
        let committed = self.connection.prepare_cached("COMMIT");
        let committed = committed.and_then(|mut commit| commit.execute([]));
        let outcome = committed.map(|_| ()).map_err(StoreError::from);
        if outcome.is_err() && !self.connection.is_autocommit() {
            // If this fails too, the next transaction cannot begin, and says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        batch.end(outcome.clone());
        outcome
    }

    /// Undoes what is open, and tells all who share it why.
    fn break_off(&mut self, why: StoreError) {
        let Some((batch, _)) = self.open.take() else { return };
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        batch.end(Err(why));
    }
}
