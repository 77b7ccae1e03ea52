//! Updating a row.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::column_set::ColumnSet;
use crate::log::row_clock::{LeftOut, RowClock};
use crate::log::statements::bind;
use crate::rows::insert::bind_values;
use crate::rows::mutation::merging::Merging;
use crate::rows::mutation::{Mutation, Write, execute, slots};
use crate::rows::room::{is_too_large, within};
use crate::rows::writing::Writing;
use crate::value::size::LARGEST_WRITTEN;

impl Mutation<'_, '_> {
    /// Updates the row with this id if the condition holds. Returns whether it was updated.
    ///
    /// Without writes it does nothing: it records no change, and does not advance the clock.
    pub(super) fn edit(
        &mut self,
        id: Uuid,
        writes: &[Write<'_>],
        merging: &Merging,
        condition: If<'_>,
    ) -> Result<bool> {
        if writes.is_empty() && merging.updates.is_empty() {
            return Ok(false);
        }
        let stamp = match condition {
            If::AllDiffer => self.writing.recorder.next_stamp(),
            If::Any { latest, .. } => {
                let stamp = self.writing.recorder.stamp_after(latest.ok_or(Error::Corrupt)?);
                stamp.ok_or_else(|| Error::EndOfTime { table: self.plan.def.name.to_owned() })?
            }
        };
        match condition {
            If::Any { left_out, .. } if !left_out.is_empty() => {
                self.check_room(id, writes, left_out)?;
                self.record(stamp, id, writes.iter().copied(), Some(merging))?;
                let rebuilt = self.rebuild_row(id);
                rebuilt.inspect_err(|_| self.writing.recorder.break_off())?;
            }
            If::Any { must_fold: true, .. } => self.fold(stamp, id, writes, merging)?,
            _ => {
                if !self.update_row((stamp, id), writes, merging, condition)? {
                    return Ok(false);
                }
                self.record(stamp, id, writes.iter().copied(), Some(merging))?;
            }
        }
        Ok(true)
    }

    /// Writes into the row with this id if the condition holds. Returns whether it was written.
    fn update_row(
        &mut self,
        (stamp, id): (Stamp, Uuid),
        writes: &[Write<'_>],
        merging: &Merging,
        condition: If<'_>,
    ) -> Result<bool> {
        let updated = merging.updates.iter().map(|(slot, _)| *slot);
        let written = writes.iter().map(|write| write.slot).chain(updated);
        let columns: ColumnSet = written.map(|slot| self.ordinal(slot)).collect();
        let edit = self.plan.edit(&slots(writes));
        let sql = match condition {
            If::Any { .. } => &edit.update,
            If::AllDiffer => &edit.update_if_all_differ,
        };
        let mut clock = std::mem::take(&mut self.writing.clock);
        clock.clear();
        let change = (stamp, self.writing.recorder.node());
        RowClock::pack_one(&mut clock, change, &columns, &ColumnSet::default());
        let head = (id, &*clock);
        let written = match (self.run_update(sql, head, writes, LARGEST_WRITTEN), condition) {
            (Err(error), If::AllDiffer) if is_too_large(&error) => 0,
            (Err(error), If::Any { left_out, .. }) if is_too_large(&error) => {
                self.check_room(id, writes, left_out)?;
                self.run_update(sql, head, writes, u64::MAX)?
            }
            (written, _) => written?,
        };
        self.writing.clock = clock;
        match (written, condition) {
            (0, If::AllDiffer) => Ok(false),
            (0, If::Any { .. }) => Err(Error::unwritten(self.plan.def.name)),
            _ => {
                self.touch(id, &columns, false);
                Ok(true)
            }
        }
    }

    /// Runs an update of a row, which may get this many bytes. Returns how many rows were written.
    fn run_update(
        &mut self,
        sql: &Arc<str>,
        (id, clock): (Uuid, &[u8]),
        writes: &[Write<'_>],
        most: u64,
    ) -> rusqlite::Result<usize> {
        let Writing { connection, recorder, statements, .. } = &mut *self.writing;
        let update = statements.get(sql)?;
        bind(update, 1, ValueRef::Blob(id.as_bytes()))?;
        bind(update, 2, ValueRef::Blob(clock))?;
        bind(update, 3, ValueRef::Integer(recorder.date()))?;
        bind_values(update, 4, writes.iter().map(|write| write.value))?;
        within(connection, most, || execute(connection, recorder, || update.raw_execute()))
    }
}

/// On which condition a row is updated.
#[derive(Clone, Copy)]
pub(super) enum If<'a> {
    /// The row exists, its latest change has this stamp, and it lacks these values. Without a stamp, this is
    /// [`Error::Corrupt`]. If it must be folded in, columns of the row were written through, or are.
    Any { latest: Option<Stamp>, left_out: &'a [LeftOut], must_fold: bool },
    /// The row is not deleted, the clock is later than its latest change, and SQLite finds every value
    /// different. To SQLite 0.0 and -0.0 are equal, so that a row it does not update must still be compared by
    /// [`is_same`].
    AllDiffer,
}
