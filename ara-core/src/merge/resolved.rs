//! Arriving changes in the terms of this file.

use crate::error::Error;
use crate::exchange::changes::{Changes, Sent};
use crate::log::cells::{Cells, Forgotten, IS_DELETED, Write};
use crate::log::change::{Compacted, Record};
use crate::log::gap::Gap;
use crate::log::remains::{has_values, remains};
use crate::log::row_changes::RowKey;
use crate::log::row_clock::Tick;
use crate::merge::names::Names;
use crate::merge::stop::Stop;
use crate::names::is_ara_s;
use crate::rows::folded_change::{FoldedCell, FoldedChange};

/// A change whose names are resolved.
pub(crate) struct Resolved<'m> {
    /// The table's ordinal, and its name.
    table: (i64, &'m str),
    /// Whether the table is in the file, and not in the log only.
    is_table_made: bool,
    row: [u8; 16],
    /// All of its cells, as the log contains them.
    cells: Vec<u8>,
    /// The cells that can be written into the row.
    folded: Vec<FoldedCell<'m>>,
    /// Whether these are all of its cells.
    is_whole: bool,
    /// Whether it tells that its row was forgotten.
    pub(crate) forgotten: Option<Forgotten>,
    /// Whether it tells that the log of its node was compacted. That its values were removed does not.
    pub(crate) is_compacted: bool,
    /// The hash of the change as it was written, if its values were removed here, as its row was forgotten.
    removed: Option<u64>,
}

impl<'m> Resolved<'m> {
    /// Resolves the names of a change.
    pub(crate) fn of(
        changes: &'m Changes,
        names: &mut Names<'m>,
        sent: &Sent,
    ) -> Result<Self, Stop> {
        let table = names.table(sent.table)?;
        let bytes = changes.get(&sent.cells);
        let mut packed = Vec::with_capacity(bytes.len() + 8);
        let mut folded = Vec::with_capacity(8);
        let (mut is_whole, mut forgotten) = (true, None);
        let mut cells = Cells::new(bytes);
        while let Some(cell) = cells.next_cell().ok_or_else(corrupt)? {
            let column = names.column(sent.table, cell.column)?;
            cell.put(&mut packed, column.ordinal);
            match cell.write() {
                Some(Write::Forgotten(_)) if column.ordinal != IS_DELETED => is_whole = false,
                Some(Write::Update(_)) if column.ordinal == IS_DELETED => is_whole = false,
                Some(write) if column.is_made || matches!(write, Write::Forgotten(_)) => {
                    if let Write::Forgotten(how) = write {
                        forgotten = forgotten.or(Some(how));
                    }
                    let column = (column.ordinal, column.name);
                    folded.push(FoldedCell::new(column, write, cell.marks));
                }
                _ => is_whole = false,
            }
        }
        let row = changes.get(&sent.row).try_into().map_err(|_| Error::Corrupt)?;
        let (is_table_made, table) = (table.is_made, (table.ordinal, table.name));
        let Compacted { original, dropped } = sent.compacted;
        let is_compacted = dropped != 0 || original.is_some() && forgotten.is_none();
        Ok(Self {
            table,
            is_table_made,
            row,
            cells: packed,
            folded,
            is_whole,
            forgotten,
            is_compacted,
            removed: None,
        })
    }

    /// Returns the change as the log contains it.
    pub(crate) fn record<'r>(&'r self, changes: &'r Changes, sent: &Sent) -> Record<'r> {
        let Sent { number, stamp, end, mut compacted, .. } = *sent;
        compacted.original = self.removed.or(compacted.original);
        let (table, row) = self.key();
        let (mut more, cells) = (changes.get(&sent.more), Cells::new(&self.cells));
        if self.removed.is_some() {
            more = &[];
        }
        let gap = Gap::new(changes.get(&sent.gap)).unwrap_or_default();
        Record { number, stamp, table, row, end, compacted, gap, more, cells }
    }

    /// Returns the row.
    pub(crate) fn key(&self) -> RowKey {
        (self.table.0, self.row)
    }

    /// Removes the values, if there are any, as the row was forgotten, and returns whether there were. The change has
    /// these unknown fields, and this hash.
    pub(crate) fn remove_values(&mut self, more: &[u8], hash: u64) -> bool {
        let cells = Cells::new(&self.cells);
        if !has_values(cells, more) {
            return false;
        }
        let (cells, forgotten) = remains(cells);
        let write = Write::Forgotten(forgotten);
        self.cells = cells;
        self.folded = vec![FoldedCell::plain((IS_DELETED, "is_deleted"), write)];
        (self.is_whole, self.forgotten) = (true, Some(forgotten));
        self.removed = Some(hash);
        true
    }

    /// Returns whether some of the change cannot be shown.
    pub(crate) fn is_set_aside(&self) -> bool {
        !self.is_table_made || !self.is_whole
    }

    /// Returns whether the change is of a table of the app.
    pub(crate) fn is_of_app(&self) -> bool {
        !is_ara_s(self.table.1)
    }

    /// Returns the change to be folded in, or `None` if its table is in the log only.
    pub(crate) fn into_folded(self, tick: Tick) -> Option<FoldedChange<'m>> {
        let Self { table, row, folded: cells, .. } = self;
        self.is_table_made.then_some(FoldedChange { table, row, tick, cells })
    }
}

/// An error that is made for each cell, even if it is not needed, takes longer than the cell.
fn corrupt() -> Error {
    Error::Corrupt
}
