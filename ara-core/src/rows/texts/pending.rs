//! What a transaction has edited in a text, and not written yet.

use std::sync::Arc;

use crate::merged_text::document::united;
use crate::rows::plan::Plan;

/// How many updates are gathered before they become one.
const MOST: usize = 64;

/// What a transaction has edited in a text, and not written yet.
pub(crate) struct Pending {
    /// The table of the row.
    pub(crate) plan: Arc<Plan>,
    /// The slot of the column.
    pub(crate) slot: usize,
    updates: Vec<Vec<u8>>,
}

impl Pending {
    pub(crate) fn new(plan: Arc<Plan>, slot: usize) -> Self {
        Self { plan, slot, updates: Vec::new() }
    }

    /// Adds an update.
    pub(crate) fn add(&mut self, update: Vec<u8>) {
        self.updates.push(update);
        if self.updates.len() >= MOST {
            self.updates = united(std::mem::take(&mut self.updates));
        }
    }

    /// Returns the updates.
    pub(crate) fn updates(&self) -> impl Iterator<Item = &[u8]> {
        self.updates.iter().map(Vec::as_slice)
    }

    /// Returns all of them: as a single one, if they can be united.
    pub(crate) fn into_updates(self) -> Vec<Vec<u8>> {
        united(self.updates)
    }
}
