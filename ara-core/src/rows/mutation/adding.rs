//! Adding to counters.

use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::error::Result;
use crate::log::counters::{CounterCell, sum};
use crate::log::statements::bind;
use crate::rows::mutation::{Added, Mutation, Write};
use crate::value::Stored;

impl Mutation<'_, '_> {
    /// Returns the new state of each counter of a row after additions. An addition that does not change the
    /// total of this node, such as one of 0, is left out.
    pub(super) fn add_up(&mut self, id: Uuid, writes: &[Write<'_>]) -> Result<Vec<Added>> {
        let node = self.writing.recorder.node();
        let mut all = Vec::new();
        for (slot, amount) in writes.iter().filter(|(slot, _)| self.plan.is_counter(*slot)) {
            let Some(Stored::Integer(amount)) = *amount else { continue };
            let mut totals = match self.plan.ordinal {
                Some(table) => {
                    let (row, column) = (id.as_bytes(), self.ordinal(*slot));
                    self.writing.counters.totals(CounterCell { table, row, column })?
                }
                // Only this node adds to the counters of a local table.
                None => vec![(node, self.held(id, *slot)?)],
            };
            let at = totals.iter().position(|(of, _)| *of == node).unwrap_or_else(|| {
                totals.push((node, 0));
                totals.len() - 1
            });
            let Some((_, own)) = totals.get_mut(at) else { continue };
            let total = own.saturating_add(*amount);
            if total != std::mem::replace(own, total) {
                let sum = sum(totals.into_iter().map(|(_, total)| total));
                let [total, sum] = [total, sum].map(Stored::Integer);
                all.push(Added { slot: *slot, total, sum });
            }
        }
        Ok(all)
    }

    /// Returns the value of a counter in a row, or 0 if there is none.
    fn held(&mut self, id: Uuid, slot: usize) -> Result<i64> {
        let probe = self.writing.statements.get(&self.plan.edit(&[slot]).probe)?;
        bind(probe, 1, ValueRef::Blob(id.as_bytes()))?;
        let mut rows = probe.raw_query();
        Ok(match rows.next()?.map(|row| row.get_ref(1)).transpose()? {
            Some(ValueRef::Integer(held)) => held,
            _ => 0,
        })
    }

    /// Replaces the amounts that are added to counters by the new sums. An addition that [`add_up`] left out
    /// is not written.
    ///
    /// [`add_up`]: Self::add_up
    pub(super) fn put_sums<'w>(&self, writes: &mut Vec<Write<'w>>, added: &'w [Added]) {
        writes.retain_mut(|(slot, value)| {
            if !self.plan.is_counter(*slot) {
                return true;
            }
            let sum = added.iter().find(|added| added.slot == *slot).map(|added| &added.sum);
            *value = sum;
            sum.is_some()
        });
    }
}
