//! What a merge finds wrong in the file, so that it is repeated without that.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::growth::history::Growth;
use crate::growth::make::set_aside;
use crate::growth::mend::mend_tables;
use crate::log::node::NodeId;
use crate::log::recorder::WholeLog;
use crate::log::row_changes::RowKey;
use crate::rows::rebuild::rebuild_rows;
use crate::rows::touched::Touched;
use crate::rows::writing::Writing;

/// What was found wrong by the attempts at a merge.
#[derive(Default)]
pub(crate) struct Faults {
    /// The nodes of which what is known cannot be read. Their changes are refused.
    pub(super) nodes: HashSet<NodeId>,
    /// The tables that could not be written, and how often that was tried. The first time such a table is mended,
    /// if it can be; from then on what arrives for it stays in the log.
    tables: BTreeMap<i64, u32>,
    /// Whether the present attempt has found anything.
    is_any_new: bool,
}

impl Faults {
    /// Begins another attempt: mends the tables that could not be written, or sets them aside.
    pub(super) fn prepare(&mut self, writing: &mut Writing<'_>) -> Result<Growth> {
        let mut growth = Growth::default();
        for (&table, &attempts) in &self.tables {
            if attempts > 1 {
                set_aside(writing.connection, table)?;
            } else if let Some(table) = Registry::load(writing.connection)?.tables.get(&table) {
                writing.touch_everything();
                mend_tables(writing, Some(&table.name), &mut growth)?;
            }
        }
        Ok(growth)
    }

    /// Returns whether the present attempt has found anything.
    pub(super) fn are_new(&self) -> bool {
        self.is_any_new
    }

    /// Returns whether the last attempt has found something that another one goes without.
    pub(crate) fn call_for_another_attempt(&mut self) -> bool {
        std::mem::take(&mut self.is_any_new)
    }

    /// Returns whether what arrived for a table stays in the log, as the table could not be written.
    pub(crate) fn has_set_aside(&self) -> bool {
        self.tables.values().any(|attempts| *attempts > 1)
    }

    /// Rebuilds rows, table by table.
    pub(super) fn rebuild(
        &mut self,
        log: &WholeLog<'_>,
        (registry, rows): (&Registry, &BTreeSet<RowKey>),
        mut touched: Option<&mut Touched>,
    ) -> Result<()> {
        let mut of_table: BTreeMap<i64, BTreeSet<RowKey>> = BTreeMap::new();
        for row in rows {
            of_table.entry(row.0).or_default().insert(*row);
        }
        for (table, rows) in of_table {
            let rebuilt = rebuild_rows(log, registry, &rows, touched.as_deref_mut());
            rebuilt.map_err(|error| self.blame_table(table, error))?;
        }
        Ok(())
    }

    /// Notes that what is known of a node cannot be read.
    pub(super) fn blame_node(&mut self, node: NodeId) {
        self.is_any_new |= self.nodes.insert(node);
    }

    /// Notes that a table could not be written, if that is what an error may mean. Returns the error with which
    /// the attempt ends.
    pub(super) fn blame_table(&mut self, table: i64, error: Error) -> Error {
        if !error.may_be_of_one_table() {
            return error;
        }
        *self.tables.entry(table).or_default() += 1;
        self.is_any_new = true;
        Error::Broken
    }
}
