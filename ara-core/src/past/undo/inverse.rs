//! What a transaction wrote into a row, and what makes the row what it was before.

use std::collections::{BTreeMap, HashMap};

use rusqlite::types::ValueRef;

use crate::catalog::registry::RegisteredTable;
use crate::error::{Error, Result};
use crate::log::change::{PackedCells, is_same};
use crate::log::clock::Time;
use crate::log::node::{NodeId, Stamp};
use crate::rows::fold::owned;
use crate::rows::last_writer::FoldedCell;
use crate::value::Stored;

/// What the transaction wrote into a row, by column.
pub(super) type WrittenRow = BTreeMap<u32, WrittenCell>;

pub(super) struct WrittenCell {
    /// When it first did: what is before that is what it found.
    pub(super) first: Time,
    /// When it last did.
    pub(super) last: Time,
    /// What it wrote in the end.
    pub(super) wrote: WrittenValue,
    /// It is still the last one of its column; of a counter, the column still is one.
    pub(super) is_current: bool,
    /// Another one, which counts, has written it since.
    pub(super) is_overwritten: bool,
    /// The clock and the value of what it found, where something was; of a counter, of what its node had
    /// added to it.
    before: Option<(Precedence, WrittenValue)>,
    /// The log was compacted since there is something in the column.
    pub(super) is_compacted: bool,
}

/// A value, and whether it is what a node has added to a counter so far.
#[derive(Clone)]
pub(super) struct WrittenValue {
    stored: Option<Stored<'static>>,
    pub(super) is_total: bool,
}

impl WrittenValue {
    pub(super) fn total(&self) -> Option<i64> {
        match self.stored {
            Some(Stored::Integer(total)) if self.is_total => Some(total),
            _ => None,
        }
    }
}

/// Whether it counts: what is undone does not, nor does what undid it. And its stamp.
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

    /// Takes a value for what was there before, if it was, and there was none after it.
    pub(super) fn find(&mut self, found: Precedence, value: WrittenValue, node_id: NodeId) {
        let is_before = found.1 < Stamp { time: self.first, node: node_id };
        if is_before && self.before.as_ref().is_none_or(|(last, _)| *last < found) {
            self.before = Some((found, value));
        }
    }

    /// What does not count stands in alone for what compaction may have dropped, which it was put in the
    /// place of.
    pub(super) fn forget_undone(&mut self) {
        let is_compacted = self.is_compacted;
        self.before.take_if(|((counts, _), _)| !*counts && !is_compacted);
    }
}

/// What makes a row what it was before, and whether anything is to be, even if it is that already. `own`
/// tells what this node has added to a counter so far: from that is taken what the transaction added.
pub(super) fn inverse<'t>(
    table: &'t RegisteredTable,
    row: WrittenRow,
    own: &mut dyn FnMut(u32) -> Result<i64>,
) -> Result<(Vec<FoldedCell<'t>>, bool)> {
    // To be deleted, and to lose what was added to it, is all that can be undone of a row that was not there:
    // so it can come back whole.
    let is_created = row.get(&0).is_some_and(|life| life.before.is_none());
    let mut cells = Vec::with_capacity(row.len());
    let mut is_any = false;
    for (column, cell) in row {
        let is_due = cell.is_current && (column == 0 || !is_created || cell.wrote.is_total);
        let Some(name) = table.columns.get(&column).filter(|_| is_due) else { continue };
        is_any = true;
        let before = cell.before.map(|(_, before)| before);
        let found = before.as_ref().and_then(WrittenValue::total);
        let taken = match cell.wrote.total() {
            Some(total) => Some(total.saturating_sub(found.unwrap_or(0))),
            // A counter that was overwritten is the sum again of what was added to it.
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

/// What a change wrote, by column: `None` in place of a value of a kind that is not known.
pub(super) type Cells = HashMap<u32, Option<WrittenValue>>;

pub(super) fn cells(packed: &[u8]) -> Result<Cells> {
    let mut packed = PackedCells::open(packed).ok_or(Error::Corrupt)?;
    let mut cells = Cells::new();
    while let Some(cell) = packed.next_cell().ok_or(Error::Corrupt)? {
        // Of a column that is there twice, the first one counts.
        let value = cell.value();
        let value =
            value.map(|value| WrittenValue { stored: value.map(owned), is_total: cell.is_total() });
        cells.entry(cell.column).or_insert(value);
    }
    Ok(cells)
}
