//! Merging what another database wrote.

use crate::database::Database;
use crate::error::Result;
use crate::exchange::changes::Changes;
use crate::merge::incoming::merge;
use crate::merge::report::MergeReport;

impl Database {
    /// Takes over what another database wrote, in one transaction: its log is united with this one's, and of
    /// each column of each row the last write stays, whatever the order in which changes travel, and however
    /// often.
    ///
    /// Tables and columns that this database lacks are made. What goes wrong with the changes of one
    /// node stops that node alone, and the report tells it.
    ///
    /// See [`changes_since`](Self::changes_since) for both ends of it.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction). Nothing is taken over then, and the merge can be repeated.
    pub fn merge(&self, changes: &Changes) -> Result<MergeReport> {
        self.fresh_transaction(|fresh| {
            let mut state = fresh.into_state();
            state.has_met_nodes = true;
            merge(&mut state.writing, changes)
        })
    }
}
