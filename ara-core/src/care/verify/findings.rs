//! What a verification has found so far.

use std::collections::HashSet;

use crate::care::verification::{Verification, What};
use crate::catalog::registry::RegisteredTable;
use crate::log::node::NodeOrdinal;

/// The differences that were found. Each is told once, however many changes show it.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) found: Verification,
    rows: HashSet<(i64, [u8; 16], Option<String>, What)>,
    nodes: HashSet<(NodeOrdinal, What)>,
}

impl Findings {
    /// Adds a difference in a row, or in a column of it.
    pub(super) fn of_row(
        &mut self,
        table: &RegisteredTable,
        row: &[u8; 16],
        (column, what): (Option<&str>, What),
    ) {
        // What is not told need not be remembered.
        let place = || (table.ordinal, *row, column.map(str::to_owned), what);
        if !self.found.is_full() && self.rows.insert(place()) {
            self.found.differ(Some(&table.name), column, what);
        }
    }

    /// Adds a difference in the log of a node.
    pub(super) fn of_node(&mut self, node: NodeOrdinal, what: What) {
        if !self.found.is_full() && self.nodes.insert((node, what)) {
            self.found.differ(None, None, what);
        }
    }
}
