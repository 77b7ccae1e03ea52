//! Writing a row of which another program has damaged the clock.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::rows::mutation::Mutation;
use crate::rows::rebuild::rebuild_rows;
use crate::rows::writing::Writing;

impl Mutation<'_, '_> {
    /// Runs what writes a row. If that finds the row damaged, the row is made anew from the log, and it is run
    /// again. A row after whose last change none can come may be damaged, too.
    pub(super) fn mending<R>(
        &mut self,
        row: Uuid,
        mut write: impl FnMut(&mut Self) -> Result<R>,
    ) -> Result<R> {
        match write(self) {
            Err(Error::Corrupt | Error::EndOfTime { .. }) => {
                self.rebuild_row(row)?;
                write(self)
            }
            written => written,
        }
    }

    /// Makes a row anew from the log.
    pub(super) fn rebuild_row(&mut self, row: Uuid) -> Result<()> {
        // The log has no rows of a local table.
        let Some(table) = self.plan.ordinal else { return Ok(()) };
        let registry = Registry::load(self.writing.connection)?;
        let rows = BTreeSet::from([(table, *row.as_bytes())]);
        self.writing.in_savepoint(|writing| {
            let Writing { recorder, touched, .. } = writing;
            rebuild_rows(&recorder.whole_log()?, &registry, &rows, touched.as_mut())
        })
    }
}
