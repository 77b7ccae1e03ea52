//! Merging changes of another database.

use crate::database::Database;
use crate::error::Result;
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
        let _span = span!("merge", changes = changes.len());
        let mut faults = Faults::default();
        let report = loop {
            let merged = self.fresh_transaction(|fresh| {
                let plans = fresh.lensed()?;
                let mut state = fresh.into_state();
                state.has_met_nodes = true;
                merge(&mut state.writing, changes, plans, &mut faults)
            });
            // Otherwise it is repeated without what turned out to be damaged.
            if !faults.call_for_another_attempt() {
                break merged?;
            }
        };
        if faults.has_set_aside() {
            self.0.plans.forget();
        }
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
        Ok(report)
    }
}
