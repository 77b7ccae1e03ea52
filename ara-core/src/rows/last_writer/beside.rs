//! Keeping the last edits of columns whose last write was written through from others.

use crate::error::Result;
use crate::log::cells::Write;
use crate::log::column_set::ColumnSet;
use crate::log::row_clock::RowClock;
use crate::rows::folded_change::FoldedChange;
use crate::rows::last_writer::Rows;
use crate::value::Stored;

/// What a change writes into the columns that hold the last edits of others.
#[derive(Default)]
pub(in crate::rows) struct Beside<'a> {
    /// The names of the columns, and what is written into each.
    pub(in crate::rows) writes: Vec<(String, BesideWrite<'a>)>,
    /// The columns that hold edits of the change.
    pub(super) listed: ColumnSet,
    /// The columns whose edits changed, although they themselves did not.
    pub(super) touched: ColumnSet,
}

/// What is written into a column that holds the last edits of another one.
pub(in crate::rows) enum BesideWrite<'a> {
    /// The edit of the change.
    Edit(Option<Stored<'a>>),
    /// What the other column, which has this name, holds before the change: an edit until now.
    HeldBy(&'a str),
    /// Nothing, as the last write of the other column is an edit from now on.
    Nothing,
}

impl<'a> Beside<'a> {
    /// Returns the edits of the change, in their order.
    pub(in crate::rows) fn edits(&self) -> impl Iterator<Item = Option<&Stored<'a>>> {
        self.writes.iter().filter_map(|(_, write)| match write {
            BesideWrite::Edit(edit) => Some(edit.as_ref()),
            _ => None,
        })
    }
}

impl Rows<'_> {
    /// Finds out what a change writes beside its columns, and makes the clock of the row list it. The clock does not
    /// list the change itself yet. `later` are the columns that were written after it.
    pub(super) fn keep_edits<'a>(
        &mut self,
        change: &mut FoldedChange<'a>,
        (clock, later): (&mut RowClock, &ColumnSet),
    ) -> Result<Beside<'a>> {
        let mut beside = Beside::default();
        let (table, key) = (change.table, change.key());
        for cell in &mut change.cells {
            let (column, name) = cell.column;
            let was_written_through = clock.is_marked(column);
            match (later.has(column), cell.is_written_through) {
                (true, false) if was_written_through => {
                    let Write::Value(value) = &mut cell.write else {
                        // The last edit may be the sum of all additions, of which this is one.
                        self.unclear.insert(key);
                        continue;
                    };
                    let edits = self.table(table)?.edits_of(table, cell.column)?;
                    if !later.has(edits.ordinal) {
                        beside.listed.insert(edits.ordinal);
                        beside.touched.insert(column);
                        beside.writes.push((edits.name, BesideWrite::Edit(value.take())));
                    }
                }
                (false, true) if !was_written_through && clock.last_write(column).is_some() => {
                    let edits = self.table(table)?.edits_of(table, cell.column)?;
                    clock.list_beside(edits.ordinal, column);
                    beside.writes.push((edits.name, BesideWrite::HeldBy(name)));
                }
                (false, false) if was_written_through => {
                    let edits = self.table(table)?.known_edits_of(table, column)?;
                    let edits = edits.filter(|edits| clock.last_write(edits.ordinal).is_some());
                    if let Some(edits) = edits {
                        clock.take_out(edits.ordinal);
                        beside.writes.push((edits.name, BesideWrite::Nothing));
                    }
                }
                _ => {}
            }
        }
        Ok(beside)
    }
}
