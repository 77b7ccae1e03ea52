//! Jobs about the same space, which share commits.
//!
//! They would wait for each other anyway, for the space's row and for the disk. So who has run its job and sees others
//! wait leaves the transaction open for them, and waits until one of them commits. Each job but the first is in a
//! savepoint, and so fails alone; where the database wants the transaction repeated, all of them are.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::store::batch::{Batch, locked};
use crate::store::postgres::fault::{Fault, Kind};
use crate::store::postgres::session::Session;
use crate::store::postgres::{Connections, Held, Postgres};
use crate::store::{Ending, Job, StoreError};

/// The most jobs that share a commit. PostgreSQL keeps 64 savepoints of a transaction at hand.
const MOST_JOBS: usize = 60;

/// Those who write about the same.
#[derive(Default)]
pub(super) struct Group {
    waiting: AtomicUsize,
    open: Mutex<Option<Open>>,
}

/// A transaction that is open.
struct Open {
    session: Session,
    batch: Arc<Batch<Fault>>,
    jobs: usize,
    held: Held,
}

/// How a job ended in a transaction.
enum Ended {
    /// It may be kept.
    Kept,
    /// It is undone, and nothing else is.
    Undone(Result<(), Fault>),
    /// The transaction is over, and all of it is undone.
    Over(Result<(), Fault>),
}

impl Group {
    /// Runs a job, and returns once it is committed.
    pub(super) fn run(&self, connections: &Connections, job: Job<'_>) -> Result<(), Fault> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut open = locked(&self.open);
        self.waiting.fetch_sub(1, Ordering::SeqCst);

        let mut current = match open.take() {
            Some(current) => current,
            None => Open::begin(connections)?,
        };
        let run = catch_unwind(AssertUnwindSafe(|| current.run(job)));
        let are_waiting = || self.waiting.load(Ordering::SeqCst) > 0;
        let ended = match run {
            Ok(ended) => current.settle(ended, are_waiting()),
            Err(panic) => {
                current.break_off();
                resume_unwind(panic);
            }
        };
        let outcome = match ended {
            Ended::Over(outcome) => {
                current.break_off();
                return outcome;
            }
            Ended::Undone(outcome) => outcome,
            Ended::Kept => Ok(()),
        };
        // Nobody is missed: who waits was counted before, and finds what is open here.
        if are_waiting() && current.jobs < MOST_JOBS && current.session.flush().is_ok() {
            let batch = current.batch.clone();
            *open = Some(current);
            drop(open);
            return batch.wait().and(outcome);
        }
        current.commit(connections).and(outcome)
    }
}

impl Open {
    fn begin(connections: &Connections) -> Result<Self, Fault> {
        let session = connections.begin("BEGIN")?;
        Ok(Self { session, batch: Arc::default(), jobs: 0, held: Held::default() })
    }

    fn is_first(&self) -> bool {
        self.jobs == 1
    }

    /// Runs a job. What it wrote is still there if it failed.
    fn run(&mut self, job: Job<'_>) -> (crate::store::Result<Ending>, Held) {
        self.jobs += 1;
        if !self.is_first() {
            self.session.control("SAVEPOINT job");
        }
        let before = self.held.clone();
        (job(&mut Postgres::writing(&mut self.session, &mut self.held)), before)
    }

    /// Undoes what a job wrote that is not to be kept.
    fn settle(
        &mut self,
        (result, before): (crate::store::Result<Ending>, Held),
        is_left_open: bool,
    ) -> Ended {
        let mut result = result.map_err(|error| self.fault_of(error));
        // Alone, it fails or is kept with its commit. Others must know before they go on.
        if (!self.is_first() || is_left_open)
            && matches!(result, Ok(Ending::Keep))
            && let Err(fault) = self.session.flush()
        {
            result = Err(fault);
        }
        let outcome = match result {
            Ok(Ending::Keep) => {
                if !self.is_first() {
                    self.session.control("RELEASE SAVEPOINT job");
                }
                return Ended::Kept;
            }
            Ok(Ending::Undo) => Ok(()),
            Err(fault) => Err(fault),
        };
        let is_lost = outcome.as_ref().is_err_and(|fault| fault.kind == Kind::Passing);
        if self.is_first() || is_lost {
            return Ended::Over(outcome);
        }
        self.held = before;
        self.session.forgive();
        self.session.control("ROLLBACK TO SAVEPOINT job");
        match self.session.flush() {
            Ok(()) => Ended::Undone(outcome),
            Err(fault) => Ended::Over(outcome.and(Err(fault))),
        }
    }

    /// Returns why a job failed: by the database, or by itself.
    fn fault_of(&mut self, error: StoreError) -> Fault {
        // What was sent before may have failed first.
        let flushed = self.session.flush();
        flushed.err().unwrap_or_else(|| Fault::lasting(error))
    }

    /// Commits for all who share it.
    fn commit(mut self, connections: &Connections) -> Result<(), Fault> {
        let written = self.held.write_with(&mut self.session);
        self.session.control("COMMIT");
        let flushed = self.session.flush();
        let outcome = flushed.and(written.map_err(Fault::lasting));
        self.batch.end(outcome.clone());
        if outcome.is_err() {
            self.session.end();
        } else {
            connections.committed();
        }
        outcome
    }

    /// Undoes all, for all who share it.
    fn break_off(self) {
        self.batch.end(Err(Fault::broke_off()));
        self.session.end();
    }
}
