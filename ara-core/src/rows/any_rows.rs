//! Writing rows of any table of the file, also of those that the app does not declare.

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::Result;
use crate::log::node::Stamp;
use crate::log::recorder::Recorder;
use crate::rows::last_writer::{FoldedCell, FoldedChange, Rows};
use crate::rows::touched::Touched;
use crate::value::Stored;

/// Makes changes of this node, and folds them in as a merge folds in those of other nodes.
pub(crate) struct AnyRows<'c, 'r> {
    registry: &'r Registry,
    rows: Rows<'c>,
}

impl<'c, 'r> AnyRows<'c, 'r> {
    pub(crate) fn new(connection: &'c Connection, registry: &'r Registry) -> Self {
        Self { registry, rows: Rows::new(connection) }
    }

    /// Writes cells into a row, and creates the row if it does not exist. All cells are recorded: the caller
    /// leaves out those that would change nothing.
    pub(crate) fn write(
        &mut self,
        recorder: &mut Recorder<'_>,
        table: &RegisteredTable,
        row: [u8; 16],
        cells: Vec<FoldedCell<'_>>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        let time = recorder.next_time();
        recorder.advance(time);
        if !table.is_local {
            let table = (table.ordinal, table.name.as_str());
            let mut change = recorder.change(time, table, Uuid::from_bytes(row));
            for FoldedCell { column: (ordinal, name), value, is_total } in &cells {
                match value {
                    Some(Stored::Integer(total)) if *is_total => {
                        change.total(*ordinal, name, *total);
                    }
                    value => change.cell(*ordinal, name, value.as_ref()),
                }
            }
            recorder.record(change)?;
        }
        let stamp = Stamp { time, node: recorder.node_id() };
        let table = (table.ordinal, table.name.as_str());
        let mut change = FoldedChange { table, row, stamp, node: recorder.node(), cells };
        let id_of = |node| self.registry.nodes.get(&node).map(|node| node.id);
        self.rows.fold(&mut change, &id_of, touched)
    }
}
