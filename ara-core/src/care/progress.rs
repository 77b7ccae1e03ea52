//! How far a long piece of work has come.

use crate::error::Result;

/// How far a long piece of work has come, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How much is done.
    pub done: u64,
    /// How much there is to do.
    pub total: u64,
}

/// How much is done between two reports.
const STEP: u64 = 1000;

/// Counts what is done, and tells it now and then.
pub(crate) struct ProgressReporter<'t> {
    tell: Option<&'t mut dyn FnMut(Progress)>,
    done: u64,
    told: u64,
    total: u64,
}

impl<'t> ProgressReporter<'t> {
    /// Begins. What there is to do is counted only where somebody wants to know.
    pub(crate) fn new(
        tell: Option<&'t mut dyn FnMut(Progress)>,
        count: impl FnOnce() -> Result<u64>,
    ) -> Result<Self> {
        let total = if tell.is_some() { count()? } else { 0 };
        let mut counter = Self { tell, done: 0, told: 0, total };
        counter.tell();
        Ok(counter)
    }

    pub(crate) fn add(&mut self, done: u64) {
        // Parts that a damaged file counts otherwise must not lead beyond the whole.
        self.done = (self.done + done).min(self.total);
        if self.done - self.told >= STEP {
            self.tell();
        }
    }

    /// Tells that all is done.
    pub(crate) fn end(&mut self) {
        if self.told < self.total {
            self.done = self.total;
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.told = self.done;
        if let Some(tell) = &mut self.tell {
            tell(Progress { done: self.done, total: self.total });
        }
    }
}
