//! A change as it is folded into its row.

use rusqlite::types::ValueRef;

use crate::log::cells::{Forgotten, Write, is_written_through};
use crate::log::column_set::ColumnSet;
use crate::log::counters::CounterCell;
use crate::log::marks::Marks;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::Tick;
use crate::log::texts::TextCell;
use crate::names::is_ara_s;
use crate::value::Stored;

/// A change to be folded in. Its table and all of its columns exist in the file.
#[derive(Debug)]
pub(crate) struct FoldedChange<'a> {
    /// The table's ordinal, and its name in the file.
    pub(crate) table: (i64, &'a str),
    pub(crate) row: [u8; 16],
    /// Who made it, and when.
    pub(crate) tick: Tick,
    pub(crate) cells: Vec<FoldedCell<'a>>,
}

/// A cell of a [`FoldedChange`].
#[derive(Debug)]
pub(crate) struct FoldedCell<'a> {
    /// The column's ordinal, and its name in the file.
    pub(crate) column: (u32, &'a str),
    pub(crate) write: Write<'a>,
    /// Whether it was written through from another column, and so is no edit of its own.
    pub(crate) is_written_through: bool,
}

impl<'a> FoldedChange<'a> {
    /// Returns the counter in a column of the row.
    pub(crate) fn counter(&self, column: u32) -> CounterCell<'_> {
        CounterCell { table: self.table.0, row: &self.row, column }
    }

    /// Returns the text in a column of the row.
    pub(crate) fn text(&self, column: u32) -> TextCell {
        TextCell { table: self.table.0, row: self.row, column }
    }

    /// Takes out the updates of texts, which are united apart from the row.
    pub(crate) fn take_updates(&mut self) -> Vec<FoldedCell<'a>> {
        let is_update = |cell: &mut FoldedCell<'a>| matches!(cell.write, Write::Update(_));
        // Most changes have none.
        match self.cells.iter_mut().any(is_update) {
            true => self.cells.extract_if(.., is_update).collect(),
            false => Vec::new(),
        }
    }

    /// Returns the row.
    pub(crate) fn key(&self) -> RowKey {
        (self.table.0, self.row)
    }

    /// Returns whether the change tells that its row was forgotten.
    pub(crate) fn forgotten(&self) -> Option<Forgotten> {
        self.cells.iter().find_map(|cell| match cell.write {
            Write::Forgotten(forgotten) => Some(forgotten),
            _ => None,
        })
    }

    /// Returns whether the change creates or restores its row.
    pub(crate) fn is_of_life(&self) -> bool {
        let is_alive = |cell: &FoldedCell<'_>| {
            cell.column.0 == 0 && cell.write == Write::Value(Some(Stored::Integer(0)))
        };
        self.cells.iter().any(is_alive)
    }

    /// Returns the ordinals of the columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = u32> {
        self.cells.iter().map(|cell| cell.column.0)
    }

    /// Returns the columns that were written through from others.
    pub(crate) fn written_through(&self) -> ColumnSet {
        let cells = self.cells.iter().filter(|cell| cell.is_written_through);
        cells.map(|cell| cell.column.0).collect()
    }

    /// Returns how many values of the app the change has: none, if the table is one of ara's own.
    pub(crate) fn count(&self) -> u64 {
        if is_ara_s(self.table.1) { 0 } else { self.cells.len() as u64 }
    }
}

impl<'a> FoldedCell<'a> {
    /// Makes a cell of what is written into a column, and of its marks.
    pub(crate) fn new(column: (u32, &'a str), write: Write<'a>, marks: Marks<'_>) -> Self {
        let is_written_through = is_written_through(column.0, &write, marks);
        Self { column, write, is_written_through }
    }

    /// Makes a cell of a value, without marks.
    pub(crate) fn plain(column: (u32, &'a str), write: Write<'a>) -> Self {
        Self { column, write, is_written_through: false }
    }

    /// Returns the value that a new row has: of a counter, what is added. A text is worked out when it is read.
    pub(crate) fn value(&self) -> ValueRef<'_> {
        match &self.write {
            Write::Value(value) => value.as_ref().map_or(ValueRef::Null, Stored::to_sql),
            Write::Addition(addition) => ValueRef::Integer(addition.by),
            Write::Update(_) => ValueRef::Null,
            Write::Forgotten(_) => ValueRef::Integer(1),
        }
    }
}
