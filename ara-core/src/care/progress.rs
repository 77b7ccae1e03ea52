//! Progress reports of long operations.

use rusqlite::Connection;

use crate::error::Result;
use crate::log::pieces::count_changes;

/// The progress of a long operation, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How much is done.
    pub done: u64,
    /// How much there is to do in all.
    pub total: u64,
}

/// How much is done between two reports.
const STEP: u64 = 1000;

/// Counts what is done, and reports it at intervals.
pub(crate) struct ProgressReporter<'t> {
    tell: Option<&'t mut dyn FnMut(Progress)>,
    done: u64,
    told: u64,
    total: u64,
}

impl<'t> ProgressReporter<'t> {
    /// Begins an operation that reads each change of the log twice. The changes are counted only if somebody
    /// wants reports.
    pub(crate) fn of_reading_twice(
        connection: &Connection,
        tell: Option<&'t mut dyn FnMut(Progress)>,
    ) -> Result<Self> {
        let total = match tell {
            Some(_) => count_changes(connection)? * 2,
            None => 0,
        };
        let mut progress = Self { tell, done: 0, told: 0, total };
        progress.report();
        Ok(progress)
    }

    /// Begins an operation in which there is so much to do.
    pub(crate) fn of(total: u64, tell: &'t mut dyn FnMut(Progress)) -> Self {
        let mut progress = Self { tell: Some(tell), done: 0, told: 0, total };
        progress.report();
        progress
    }

    /// Adds what was done.
    pub(crate) fn add(&mut self, done: u64) {
        self.count(done);
        if self.done - self.told >= STEP {
            self.report();
        }
    }

    /// Adds what was done in a step that may have taken long, and reports it.
    pub(crate) fn add_step(&mut self, done: u64) {
        self.count(done);
        self.report();
    }

    fn count(&mut self, done: u64) {
        // In a damaged file, the parts may add up to more than the total.
        self.done = (self.done + done).min(self.total);
    }

    /// Reports that all is done, unless the last report said so.
    pub(crate) fn end(&mut self) {
        if self.told < self.total {
            self.done = self.total;
            self.report();
        }
    }

    fn report(&mut self) {
        self.told = self.done;
        if let Some(tell) = &mut self.tell {
            tell(Progress { done: self.done, total: self.total });
        }
    }
}
