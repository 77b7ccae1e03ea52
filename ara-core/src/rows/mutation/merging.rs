//! What merges instead of being replaced: additions to counters, and updates of texts.

use uuid::Uuid;

use crate::error::Result;
use crate::log::change::Change;
use crate::log::clock::Stamp;
use crate::log::marks::Marks;
use crate::log::texts::{TextCell, Texts};
use crate::model::cells::Cell;
use crate::rows::mutation::{Added, Mutation};

/// What an update of a row merges with what is there.
#[derive(Default)]
pub(super) struct Merging {
    /// The new states of the counters to which it adds.
    pub(super) added: Vec<Added>,
    /// What it changes in texts, each given by its slot.
    pub(super) updates: Vec<(usize, Vec<u8>)>,
}

impl Mutation<'_, '_> {
    /// Returns the text in a slot of a row, if devices edit it at the same time.
    pub(super) fn text_cell(&self, id: Uuid, slot: usize) -> Option<TextCell> {
        let table = self.plan.ordinal.filter(|_| self.plan.is_text(slot))?;
        Some(TextCell { table, row: id.into_bytes(), column: self.ordinal(slot) })
    }

    /// Records the updates of texts with a change, and adds them to those that wait.
    pub(super) fn record_updates(
        &mut self,
        change: &mut Change,
        (stamp, id): (Stamp, Uuid),
        updates: &[(usize, Vec<u8>)],
    ) -> Result<()> {
        let writer = (stamp, self.writing.recorder.node());
        let mut texts = Texts::new(self.writing.connection);
        for (slot, update) in updates {
            let Some(cell) = self.text_cell(id, *slot) else { continue };
            let Some(of) = self.plan.slots.get(*slot) else { continue };
            change.update((of.ordinal, of.name), update, Marks::default());
            let at = texts.add(cell, writer, update)?;
            self.writing.documents.note(cell, at);
        }
        Ok(())
    }

    /// Returns what cells change in texts of a row that exists, if they do: what a text that is given as a whole has that
    /// the one in the row has not.
    #[cfg(feature = "text")]
    pub(super) fn edit_texts(&mut self, id: Uuid, cells: &[Cell]) -> Result<Vec<(usize, Vec<u8>)>> {
        use crate::rows::writing::Writing;
        use crate::value::Stored;

        let mut updates = Vec::new();
        for Cell { column, value, .. } in cells.iter().filter(|cell| !cell.is_default) {
            let slot = column + 1;
            let Some(cell) = self.text_cell(id, slot) else { continue };
            let Writing { connection, documents, entropy, .. } = &mut *self.writing;
            let held = documents.open(connection, entropy, cell)?;
            let text = match value {
                Some(Stored::Text(text)) => Some(&**text),
                _ => None,
            };
            let update = held.become_text(text);
            updates.extend(update.map(|update| (slot, update)));
        }
        Ok(updates)
    }

    #[cfg(not(feature = "text"))]
    pub(super) fn edit_texts(&mut self, _: Uuid, _: &[Cell]) -> Result<Vec<(usize, Vec<u8>)>> {
        Ok(Vec::new())
    }

    /// Returns what the first text of a new row is as an update, and notes that nothing waits for being united with it.
    #[cfg(feature = "text")]
    pub(super) fn begin_text(
        &mut self,
        cell: TextCell,
        stamp: Stamp,
        text: &str,
    ) -> Result<Vec<u8>> {
        use crate::log::text_states::{TextState, first_number, put_state};
        use crate::merged_text::document::{Document, EMPTY};
        use crate::rows::writing::Writing;

        let Writing { connection, recorder, documents, entropy, .. } = &mut *self.writing;
        let mut document = Document::new(documents.client(entropy)?);
        let update = document.become_text(text).unwrap_or_else(|| EMPTY.to_vec());
        let (at, last) = (first_number(entropy.bits()?), (stamp, recorder.node()));
        put_state(connection, cell, &TextState { at, last, state: update.clone() })?;
        Ok(update)
    }
}
