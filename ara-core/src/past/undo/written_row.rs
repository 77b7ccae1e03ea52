//! What the transactions that are to be undone, or done again, wrote into a row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::error::Result;
use crate::log::cells::{Cell, Cells, Standing, Write, is_written_through};
use crate::log::marks::PutBack;
use crate::log::node::Precedence;
use crate::log::owned_change::OwnedChange;
use crate::log::owned_write::owned;

/// What the transactions wrote into a row.
#[derive(Default)]
pub(super) struct WrittenRow {
    /// By column, and then by transaction.
    pub(super) columns: BTreeMap<u32, Vec<WrittenCell>>,
    /// The transactions that wrote through from one column of the row into another one.
    pub(super) through: BTreeSet<usize>,
    /// How many values are of a kind that is not known, and so are left.
    pub(super) unknown: u64,
    /// About how many bytes of memory this takes.
    pub(super) bytes: usize,
}

/// What a transaction wrote into a column.
pub(super) struct WrittenCell {
    /// The position of the transaction among those that are read.
    pub(super) target: usize,
    /// The place of its last write.
    pub(super) last: Precedence,
    /// Whether that added to a counter.
    pub(super) is_addition: bool,
    /// The sum of what it added, if the column is a counter.
    pub(super) added: i64,
    /// The updates that it made, if the column is a text that devices edit at the same time.
    pub(super) updates: Vec<(Precedence, Vec<u8>)>,
}

/// What a cell writes, and whose value it puts back, if an undo wrote it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OwnedCell {
    pub(super) write: Write<'static>,
    pub(super) puts_back: Option<PutBack>,
    /// Whether it was written through from another column, and so is no edit.
    pub(super) is_written_through: bool,
}

impl WrittenCell {
    /// Returns whether it is an update of a text.
    pub(super) fn is_update(&self) -> bool {
        !self.updates.is_empty()
    }
}

impl OwnedCell {
    /// Returns what the cell adds to a counter. An addition that puts a counter back in the place of a value
    /// counts as a value.
    pub(super) fn added(&self) -> Option<i64> {
        match self.write {
            Write::Addition(addition) if self.puts_back.is_none() => Some(addition.by),
            _ => None,
        }
    }
}

impl WrittenRow {
    /// Reads a change of one of the transactions.
    pub(super) fn read(
        &mut self,
        target: usize,
        change: &OwnedChange,
        place: Precedence,
    ) -> Result<()> {
        self.bytes += change.cells.len() + 192;
        for (column, cell) in read_cells(Cells::new(&change.cells))? {
            let Some(cell) = cell else {
                self.unknown += 1;
                continue;
            };
            if cell.is_written_through {
                self.through.insert(target);
            }
            let (added, is_addition) = (cell.added().unwrap_or_default(), cell.added().is_some());
            let update = match cell.write {
                Write::Update(update) => Some((place, update.into_owned())),
                _ => None,
            };
            let cells = self.columns.entry(column).or_default();
            match cells.last_mut().filter(|last| last.target == target) {
                Some(held) => {
                    held.added = held.added.saturating_add(added);
                    (held.last, held.is_addition) = (place, is_addition);
                    held.updates.extend(update);
                }
                None => {
                    let (last, updates) = (place, update.into_iter().collect());
                    cells.push(WrittenCell { target, last, is_addition, added, updates });
                }
            }
        }
        Ok(())
    }
}

/// Returns what a change wrote, by column. `None` stands for a value of a kind that is not known.
fn read_cells(cells: Cells<'_>) -> Result<HashMap<u32, Option<OwnedCell>>> {
    let mut read = HashMap::new();
    for cell in cells.judged() {
        let (cell, standing) = cell?;
        let write = match standing {
            Standing::Counts(write) => Some(owned_cell(cell, write)),
            Standing::Unknown => None,
            Standing::Repeats => continue,
        };
        // If a cell of an unknown kind comes first, a newer version may count that one.
        read.entry(cell.column).or_insert(write);
    }
    Ok(read)
}

/// Returns what a change wrote into a column, or `None` if it did not write it, or something of a kind that is
/// not known.
pub(super) fn cell_of(cells: Cells<'_>, column: u32) -> Result<Option<OwnedCell>> {
    for cell in cells.judged() {
        let (cell, standing) = cell?;
        if cell.column != column {
            continue;
        }
        return Ok(match standing {
            Standing::Counts(write) => Some(owned_cell(cell, write)),
            Standing::Unknown | Standing::Repeats => None,
        });
    }
    Ok(None)
}

fn owned_cell(cell: Cell<'_>, write: Write<'_>) -> OwnedCell {
    let is_written_through = is_written_through(cell.column, &write, cell.marks);
    OwnedCell { write: owned(write), puts_back: cell.marks.puts_back(), is_written_through }
}
