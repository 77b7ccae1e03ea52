//! Updating a row of which a column was written through from another one, or is.

use std::sync::Arc;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::cells;
use crate::log::clock::Stamp;
use crate::log::marks::Marks;
use crate::log::nodes;
use crate::log::row_clock::Tick;
use crate::model::cells::Kind;
use crate::rows::any_rows::{MarkedCell, changed};
use crate::rows::folded_change::{FoldedCell, FoldedChange};
use crate::rows::last_writer::Rows;
use crate::rows::mutation::merging::Merging;
use crate::rows::mutation::{Added, Mutation, Write};
use crate::rows::writing::Writing;
use crate::value::size::{LARGEST_WRITTEN, length};

/// How many bytes of values a row has room for in any case. Were they in each column, it would not be too large.
const NEGLIGIBLE: u64 = LARGEST_WRITTEN / 4096;

impl Mutation<'_, '_> {
    /// Records a change, and folds it into its row as a merge does, so that the last edits stay beside the columns.
    pub(super) fn fold(
        &mut self,
        stamp: Stamp,
        id: Uuid,
        writes: &[Write<'_>],
        merging: &Merging,
    ) -> Result<()> {
        if writes.iter().map(|write| length(write.value)).sum::<u64>() > NEGLIGIBLE {
            self.check_room(id, writes, &[])?;
        }
        // Only rows with a clock have columns that were written through.
        let ordinal = self.plan.ordinal.ok_or(Error::Corrupt)?;
        let table = (ordinal, self.plan.def.name);
        let written = writes.iter().filter_map(|write| self.marked_cell(write, &merging.added));
        let updated = merging.updates.iter().filter_map(|update| self.update_cell(update));
        let cells: Vec<MarkedCell<'_>> = written.chain(updated).collect();
        let change = changed(&mut self.writing.recorder, (stamp, table, id), &cells);
        let cells = cells.into_iter().map(|marked| marked.cell).collect();
        // If it fails, as another program has changed the table, nothing of it is done, so that the table can be mended.
        let plan = self.plan;
        let is_clear = self.writing.in_savepoint_of_rows(|writing| {
            Mutation { writing, plan }.fold_into_row(stamp, id, (table, cells))
        })?;
        let recorded = self.writing.recorder.record(change);
        let done = recorded.and_then(|()| if is_clear { Ok(()) } else { self.rebuild_row(id) });
        done.inspect_err(|_| self.writing.recorder.break_off())
    }

    /// Folds cells into a row. Returns whether that could be done without the log.
    fn fold_into_row(
        &mut self,
        stamp: Stamp,
        id: Uuid,
        (table, cells): ((i64, &str), Vec<FoldedCell<'_>>),
    ) -> Result<bool> {
        let Writing { connection, recorder, folding, touched, .. } = &mut *self.writing;
        let node = (recorder.node(), recorder.node_id());
        let tick = Tick { stamp, node, date: recorder.date() };
        let mut change = FoldedChange { table, row: id.into_bytes(), tick, cells };
        let rows = Rows::new(connection)?.showing(vec![Arc::clone(self.plan)]);
        let mut rows = rows.with_tables(std::mem::take(folding));
        rows.fold(&mut change, &nodes::ids(connection, node), touched.as_mut())?;
        let is_clear = rows.unclear.is_empty();
        *folding = rows.into_tables();
        Ok(is_clear)
    }

    /// Returns the cell that a write records.
    fn marked_cell(&self, write: &Write<'_>, added: &[Added]) -> Option<MarkedCell<'static>> {
        let slot = self.plan.slots.get(write.slot)?;
        let addition = added.iter().find(|added| added.slot == write.slot);
        let written = match addition {
            Some(added) => cells::Write::Addition(added.addition),
            None => cells::Write::Value(write.value.cloned()),
        };
        let marks = self.marks_of(write);
        let cell = FoldedCell::new((slot.ordinal, slot.name), written, marks);
        Some(MarkedCell { cell, marks: marks.0.to_vec() })
    }

    /// Returns the cell that records an update of a text.
    fn update_cell(&self, (slot, update): &(usize, Vec<u8>)) -> Option<MarkedCell<'static>> {
        let slot = self.plan.slots.get(*slot)?;
        let update = cells::Write::Update(update.clone().into());
        let cell = FoldedCell::plain((slot.ordinal, slot.name), update);
        Some(MarkedCell { cell, marks: Vec::new() })
    }

    /// Returns whether an update has to be folded, given whether columns were written through last, by their ordinals.
    pub(super) fn must_fold(
        &self,
        writes: &[Write<'_>],
        was_written_through: impl Fn(u32) -> bool,
    ) -> bool {
        // What the row shows is written with what replaces others.
        let is_shown = |write: &Write<'_>| write.kind != Kind::Plain && self.plan.ordinal.is_some();
        writes.iter().any(|write| is_shown(write) || was_written_through(self.ordinal(write.slot)))
    }

    /// Returns the marks of the cell that a write records.
    pub(super) fn marks_of(&self, write: &Write<'_>) -> Marks<'static> {
        match (write.kind == Kind::Through) && self.plan.ordinal.is_some() {
            true if !self.plan.is_counter(write.slot) => Marks::OF_WRITTEN_THROUGH,
            _ => Marks::default(),
        }
    }
}
