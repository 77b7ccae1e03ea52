//! A batch of changes that is being read.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::exchange::changes::{Changes, Dictionary, Run, Sent};
use crate::log::change::Record;
use crate::log::node::NodeOrdinal;
use crate::log::place::Point;
use crate::sync::cursor::NodeCursor;

/// A batch of changes that is being read.
pub(super) struct Batch<'r> {
    registry: &'r Registry,
    pub(super) changes: Changes,
    tables: Dictionary,
    columns: Dictionary,
    /// The positions of the runs of the nodes.
    runs: HashMap<NodeOrdinal, u32>,
}

impl<'r> Batch<'r> {
    /// Begins without any change.
    pub(super) fn new(registry: &'r Registry) -> Self {
        let (tables, columns) = (Dictionary::default(), Dictionary::default());
        Self { registry, changes: Changes::default(), tables, columns, runs: HashMap::new() }
    }

    /// Returns how many bytes of changes there are.
    pub(super) fn len(&self) -> usize {
        self.changes.bytes.len()
    }

    /// Adds the next transaction of a node. Returns whether there was one: if it is damaged, nothing is added.
    pub(super) fn add_transaction(
        &mut self,
        connection: &Connection,
        cursor: &mut NodeCursor,
    ) -> Result<bool> {
        let before = (self.changes.changes.len(), self.changes.bytes.len());
        let from = cursor.at;
        let run = match self.runs.get(&cursor.node) {
            Some(run) => *run,
            None => u32::try_from(self.changes.runs.len()).unwrap_or(u32::MAX),
        };
        loop {
            let sent =
                cursor.send(connection, self.registry, |record, mark| self.add(run, record, mark));
            match sent {
                Ok(Some(false)) => {}
                Ok(Some(true)) => break,
                Ok(None) | Err(Error::Corrupt) => {
                    self.changes.changes.truncate(before.0);
                    self.changes.bytes.truncate(before.1);
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        if self.runs.insert(cursor.node, run).is_none() {
            let (node, is_forked) = (cursor.id, cursor.is_forked);
            self.changes.runs.push(Run { node, from, to: from, is_forked });
        }
        Ok(true)
    }

    /// Adds a change to a run.
    fn add(&mut self, run: u32, record: &Record<'_>, mark: Option<u64>) -> Result<()> {
        let Self { registry, changes, tables, columns, .. } = self;
        let Record { number, stamp, end, compacted, .. } = *record;
        let table = registry.tables.get(&record.table).ok_or(Error::Corrupt)?;
        let row = changes.put(&record.row);
        let start = changes.bytes.len();
        let mut cells = record.cells;
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            let name = table.names.get(&cell.column).ok_or(Error::Corrupt)?;
            let column = columns.place(&mut changes.columns, name);
            cell.put(&mut changes.bytes, column);
        }
        let cells = start..changes.bytes.len();
        let (gap, more) = (changes.put(record.gap.bytes()), changes.put(record.more));
        let table = tables.place(&mut changes.tables, &table.name);
        let sent = Sent { run, number, stamp, table, row, cells, gap, more, end, mark, compacted };
        changes.changes.push(sent);
        Ok(())
    }

    /// Lets go of the piece of a node, and notes where its run leads to.
    pub(super) fn let_go(&mut self, cursor: &mut NodeCursor) -> Result<()> {
        cursor.let_go(self.registry)?;
        let run =
            self.runs.get(&cursor.node).and_then(|run| self.changes.runs.get_mut(*run as usize));
        if let Some(run) = run {
            let Point { number, digest } = cursor.at;
            run.to = Point { number: run.to.number.max(number), digest };
        }
        Ok(())
    }
}
