//! What a transaction wrote into a row, and the cells that set the row back.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;

use crate::catalog::registry::RegisteredTable;
use crate::error::{Error, Result};
use crate::log::cells::Standing;
use crate::log::change::{PackedCells, is_same};
use crate::log::clock::Time;
use crate::log::node::{NodeId, Stamp};
use crate::rows::fold::owned;
use crate::rows::last_writer::FoldedCell;
use crate::value::Stored;

/// What the transaction wrote into a row, by column.
pub(super) type WrittenRow = BTreeMap<u32, WrittenCell>;

/// What the transaction wrote into a column.
pub(super) struct WrittenCell {
    /// The time of its first write. Earlier values are candidates for the value before.
    pub(super) first: Time,
    /// The time of its last write.
    pub(super) last: Time,
    /// The value of its last write.
    pub(super) wrote: WrittenValue,
    /// Whether this is still the last write of the column. For a counter, whether the column still is one.
    pub(super) is_current: bool,
    /// Whether a later transaction has written the column, and is not passed over.
    pub(super) is_overwritten: bool,
    /// The value before, if there was any. For a counter, the total of the node at that time.
    before: Option<(Precedence, WrittenValue)>,
    /// Whether the log has been compacted since the column was first written.
    pub(super) is_compacted: bool,
}

/// A value, and whether it is the total of what a node has added to a counter.
#[derive(Clone)]
pub(super) struct WrittenValue {
    stored: Option<Stored<'static>>,
    pub(super) is_total: bool,
}

impl WrittenValue {
    /// Returns the total, if the value is one.
    pub(super) fn total(&self) -> Option<i64> {
        match self.stored {
            Some(Stored::Integer(total)) if self.is_total => Some(total),
            _ => None,
        }
    }
}

/// The precedence among values before a transaction: one that is not passed over comes before one that is,
/// and then a later stamp before an earlier one.
pub(super) type Precedence = (bool, Stamp);

impl WrittenCell {
    pub(super) fn new(time: Time, wrote: WrittenValue) -> Self {
        Self {
            first: time,
            last: time,
            wrote,
            is_current: false,
            is_overwritten: false,
            before: None,
            is_compacted: false,
        }
    }

    /// Takes a value as the value before, if it is earlier than the transaction and has precedence over the
    /// one that is known.
    pub(super) fn find(&mut self, precedence: Precedence, value: WrittenValue, node_id: NodeId) {
        let is_before = precedence.1 < Stamp { time: self.first, node: node_id };
        if is_before && self.before.as_ref().is_none_or(|(last, _)| *last < precedence) {
            self.before = Some((precedence, value));
        }
    }

    /// Drops a value before that is passed over, unless the log is compacted. Compaction may have dropped
    /// the value that the undo restored, and then what the undo wrote is the only copy of it.
    pub(super) fn forget_discounted(&mut self) {
        let is_compacted = self.is_compacted;
        self.before.take_if(|((counts, _), _)| !*counts && !is_compacted);
    }
}

/// Returns the cells that set a row back, and whether any value is to be set back, even if it is equal to the
/// value before. `own` returns this node's total of a counter, from which the transaction's addition is
/// subtracted.
pub(super) fn inverse<'t>(
    table: &'t RegisteredTable,
    row: WrittenRow,
    own: &mut dyn FnMut(u32) -> Result<i64>,
) -> Result<(Vec<FoldedCell<'t>>, bool)> {
    // A row that the transaction created is only deleted, and its counters are set back. Its other columns
    // stay, so that restoring it brings the whole row back.
    let is_created = row.get(&0).is_some_and(|life| life.before.is_none());
    let mut cells = Vec::with_capacity(row.len());
    let mut is_any = false;
    for (column, cell) in row {
        let is_set_back = cell.is_current && (column == 0 || !is_created || cell.wrote.is_total);
        let Some(name) = table.columns.get(&column).filter(|_| is_set_back) else { continue };
        is_any = true;
        let before = cell.before.map(|(_, before)| before);
        let found = before.as_ref().and_then(WrittenValue::total);
        let taken = match cell.wrote.total() {
            Some(total) => Some(total.saturating_sub(found.unwrap_or(0))),
            // The transaction overwrote a counter: writing a total makes the column a counter again.
            None => found.map(|_| 0),
        };
        let is_total = taken.is_some();
        let value = match (taken, before) {
            (Some(taken), _) => Some(Stored::Integer(own(column)?.saturating_sub(taken))),
            (None, Some(before)) => before.stored,
            (None, None) => Some(Stored::Integer(1)).filter(|_| column == 0),
        };
        let held = cell.wrote.stored.as_ref().map_or(ValueRef::Null, Stored::to_sql);
        let is_changed = match cell.wrote.is_total {
            true => taken != Some(0),
            false => is_total || !is_same(held, value.as_ref()),
        };
        if is_changed {
            cells.push(FoldedCell { column: (column, name), value, is_total });
        }
    }
    Ok((cells, is_any))
}

/// What a change wrote, by column. `None` stands for a value of a kind that is not known.
pub(super) type Cells = HashMap<u32, Option<WrittenValue>>;

/// Reads what a change wrote.
pub(super) fn cells(packed: &[u8]) -> Result<Cells> {
    let packed = PackedCells::open(packed).ok_or(Error::Corrupt)?;
    let mut cells = Cells::new();
    for cell in packed.judged() {
        let (cell, standing) = cell?;
        let value = match standing {
            Standing::Counts(value) => {
                let stored = value.map(owned);
                Some(WrittenValue { stored, is_total: cell.is_total() })
            }
            Standing::Unknown => None,
            Standing::Repeats => continue,
        };
        // If a cell of an unknown kind comes first, a newer version may count that one.
        cells.entry(cell.column).or_insert(value);
    }
    Ok(cells)
}
