//! Adding to counters.

use uuid::Uuid;

use crate::error::Result;
use crate::log::codec::Addition;
use crate::log::counters::{CounterCell, Sum};
use crate::rows::mutation::{Added, Mutation, Write, Writes};
use crate::value::Stored;

impl Mutation<'_, '_> {
    /// Returns the new state of each counter of a row after additions. An addition of 0 is left out.
    pub(super) fn add_up(&mut self, id: Uuid, writes: &[Write<'_>]) -> Result<Vec<Added>> {
        let node = self.writing.recorder.node();
        let mut all = Vec::new();
        for Write { slot, value, .. } in
            writes.iter().filter(|write| self.plan.is_counter(write.slot))
        {
            let Some(Stored::Integer(by)) = *value else { continue };
            if *by == 0 {
                continue;
            }
            let Some(table) = self.plan.ordinal else {
                let held = self.look(id, *slot, |held| held.as_i64().unwrap_or_default())?;
                let value = Stored::Integer(held.unwrap_or_default().saturating_add(*by));
                let addition = Addition { by: *by, total: *by };
                all.push(Added { slot: *slot, addition, before: Sum::NOTHING, value });
                continue;
            };
            let (row, column) = (id.as_bytes(), self.ordinal(*slot));
            let known = self.writing.counters.get(CounterCell { table, row, column })?;
            let before = known.unwrap_or(Sum::NOTHING);
            let total = before.total_of(node).wrapping_add(*by);
            let after = Sum { sum: before.sum.saturating_add((*by).into()), ..before };
            let value = Stored::Integer(after.value());
            let addition = Addition { by: *by, total };
            all.push(Added { slot: *slot, addition, before, value });
        }
        Ok(all)
    }

    /// Replaces the amounts that are added to counters by the new sums. An addition that [`add_up`] left out
    /// is not written.
    ///
    /// [`add_up`]: Self::add_up
    pub(super) fn with_sums<'w>(&self, writes: &[Write<'w>], added: &'w [Added]) -> Writes<'w> {
        let sum_of = |slot| added.iter().find(|added| added.slot == slot).map(|added| &added.value);
        let with_sum = |write: &Write<'w>| match self.plan.is_counter(write.slot) {
            true => sum_of(write.slot).map(|sum| Write { value: Some(sum), ..*write }),
            false => Some(*write),
        };
        writes.iter().filter_map(with_sum).collect()
    }
}
