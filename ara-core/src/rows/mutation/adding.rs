//! Adding to counters.

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::error::Result;
use crate::log::codec::Addition;
use crate::log::counters::{CounterCell, Sum};
use crate::log::statements::bind;
use crate::rows::mutation::{Added, Mutation, Write, Writes};
use crate::value::Stored;

impl Mutation<'_, '_> {
    /// Returns the new state of each counter of a row after additions. An addition of 0 is left out.
    pub(super) fn add_up(&mut self, id: Uuid, writes: &[Write<'_>]) -> Result<Vec<Added>> {
        let node = self.writing.recorder.node();
        let mut all = Vec::new();
        for (slot, amount) in writes.iter().filter(|(slot, _)| self.plan.is_counter(*slot)) {
            let Some(Stored::Integer(by)) = *amount else { continue };
            if *by == 0 {
                continue;
            }
            let Some(table) = self.plan.ordinal else {
                let value = Stored::Integer(self.held(id, *slot)?.saturating_add(*by));
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

    /// Returns the value of a counter in a row, or 0 if there is none.
    fn held(&mut self, id: Uuid, slot: usize) -> Result<i64> {
        let probe = self.writing.statements.get(&self.plan.edit(&[slot]).probe)?;
        bind(probe, 1, ValueRef::Blob(id.as_bytes()))?;
        let mut rows = probe.raw_query();
        // Before the slot, `is_deleted` and the clock are selected.
        Ok(match rows.next()?.map(|row| row.get_ref(2)).transpose()? {
            Some(ValueRef::Integer(held)) => held,
            _ => 0,
        })
    }

    /// Replaces the amounts that are added to counters by the new sums. An addition that [`add_up`] left out
    /// is not written.
    ///
    /// [`add_up`]: Self::add_up
    pub(super) fn with_sums<'w>(&self, writes: &[Write<'w>], added: &'w [Added]) -> Writes<'w> {
        let sum_of = |slot| added.iter().find(|added| added.slot == slot).map(|added| &added.value);
        let with_sum = |&(slot, value): &Write<'w>| match self.plan.is_counter(slot) {
            true => sum_of(slot).map(|sum| (slot, Some(sum))),
            false => Some((slot, value)),
        };
        writes.iter().filter_map(with_sum).collect()
    }
}
