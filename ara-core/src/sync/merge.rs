//! Merging changes of another database.

use rusqlite::Connection;

use crate::catalog::sync_tables;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::exchange::changes::Changes;
use crate::merge::faults::Faults;
use crate::merge::incoming::merge;
use crate::merge::report::MergeReport;
use crate::trace::{event, span};

impl Database {
    /// Merges changes of another database, in one transaction. They are added to the change log, and in each
    /// column of each row the last writer wins. Batches of different devices may arrive in any order; those of
    /// one [`changes_since`](Self::changes_since) must arrive in theirs. Each may arrive more than once.
    ///
    /// Tables and columns that this database lacks are created. If the changes of a node cannot be accepted,
    /// that node alone is refused, and the report says why. What arrives for a table that cannot be written, as
    /// another program has changed it, stays in the log: see [`set_aside`](Self::set_aside).
    ///
    /// Where columns replace others, the merge also writes the old columns again that devices have written apart, if
    /// the table was used or [ensured](Self::ensure) since the database was opened. Otherwise the first query of the
    /// table does so.
    ///
    /// See [`changes_since`](Self::changes_since) for an example of both sides.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors). Nothing is merged then, and the merge can be repeated.
    pub fn merge(&self, changes: &Changes) -> Result<MergeReport> {
        self.merge_then(changes, |_, _| Ok(())).map(|(report, ())| report)
    }

    /// Merges changes like [`merge`](Self::merge), and runs a closure in the same transaction, so that what it
    /// writes into the tables of sync is committed with the changes, or not at all. The closure must not use the
    /// database. For the crate `ara-sync`.
    ///
    /// # Errors
    ///
    /// Returns the error of the closure, and the errors of [`merge`](Self::merge). Nothing is merged then.
    #[doc(hidden)]
    pub fn merge_and<R>(
        &self,
        changes: &Changes,
        then: impl FnOnce(&Connection, &MergeReport) -> Result<R>,
    ) -> Result<(MergeReport, R)> {
        self.merge_then(changes, |connection, report| {
            sync_tables::make(connection)?;
            then(connection, report)
        })
    }

    /// Merges changes, and runs a closure before the commit.
    fn merge_then<R>(
        &self,
        changes: &Changes,
        then: impl FnOnce(&Connection, &MergeReport) -> Result<R>,
    ) -> Result<(MergeReport, R)> {
        let _span = span!("merge", changes = changes.len());
        let mut faults = Faults::default();
        let mut then = Some(then);
        let merged = loop {
            let merged = self.fresh_transaction(|fresh| {
                let connection = fresh.connection();
                let plans = fresh.lensed()?;
                let mut state = fresh.into_state();
                state.has_met_nodes = true;
                let report = merge(&mut state.writing, changes, plans, &mut faults)?;
                // Only an attempt that fails is repeated, so the closure is there.
                let then = then.take().ok_or(Error::Broken)?;
                let result = then(connection, &report)?;
                Ok((report, result))
            });
            // Otherwise it is repeated without what turned out to be damaged.
            if !faults.call_for_another_attempt() {
                break merged?;
            }
        };
        if faults.has_set_aside() {
            self.0.plans.forget();
        }
        tell(&merged.0);
        Ok(merged)
    }
}

/// Tells the feature `tracing` what was merged.
fn tell(report: &MergeReport) {
    event!(
        DEBUG,
        "merged",
        new = report.changes,
        known = report.known,
        written = report.written,
        outdated = report.outdated,
        set_aside = report.set_aside,
        refused = report.refused.len(),
        forked = report.forked.len(),
    );
    report.growth.tell();
}

#[cfg(test)]
mod tests;
