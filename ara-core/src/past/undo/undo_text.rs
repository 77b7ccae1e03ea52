//! Undoing what transactions edited in a text, or doing it again.

#[cfg(feature = "text")]
pub(super) use with::TextUndoing;
#[cfg(not(feature = "text"))]
pub(super) use without::TextUndoing;

use crate::error::Result;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::RowClock;
use crate::past::undo::undo_row::RowUndoing;
use crate::past::undo::written_row::WrittenCell;
use crate::rows::any_rows::MarkedCell;

impl<'r> RowUndoing<'_, 'r> {
    /// Returns what takes back what transactions edited in a text, or does it again. What a row was created with stays.
    pub(super) fn text(
        &mut self,
        (key, (column, name)): (RowKey, (u32, &'r str)),
        turned: &[&WrittenCell],
        clock: &RowClock,
    ) -> Result<Option<MarkedCell<'r>>> {
        let earliest = clock.earliest();
        let earliest = earliest.and_then(|(at, node)| Some((at, self.registry.id_of(node)?)));
        let is_of_life = |cell: &&&WrittenCell| {
            cell.updates.iter().any(|(place, _)| Some((place.stamp, place.node)) == earliest)
        };
        let edits: Vec<_> = turned.iter().filter(|cell| !is_of_life(cell)).copied().collect();
        if edits.len() < turned.len() {
            self.outcome.is_any = true;
        }
        let written = self.turned_text((key, (column, name)), &edits)?;
        match &written {
            Some(_) => self.outcome.is_any = true,
            None => self.outcome.report.left += edits.len() as u64,
        }
        Ok(written)
    }
}

#[cfg(feature = "text")]
mod with {
    use std::collections::BTreeMap;

    use crate::error::Result;
    use crate::log::cells::{Standing, Write};
    use crate::log::marks::{Marks, PutBack, TextTurn};
    use crate::log::node::Precedence;
    use crate::log::row_changes::{RowKey, for_each_change_of, precedence};
    use crate::merged_text::document::Client;
    use crate::merged_text::inverse::taken_back;
    use crate::past::undo::undo_row::RowUndoing;
    use crate::past::undo::written_row::WrittenCell;
    use crate::rows::any_rows::MarkedCell;
    use crate::rows::folded_change::FoldedCell;
    use crate::rows::writing::Writing;

    /// What undoing edits of texts needs.
    pub(in crate::past::undo) struct TextUndoing {
        client: Client,
    }

    impl TextUndoing {
        pub(in crate::past::undo) fn new(writing: &mut Writing<'_>) -> Result<Self> {
            Ok(Self { client: writing.documents.client(writing.entropy)? })
        }
    }

    /// The updates of a text, with what an undo says of each that it wrote.
    type Updates = BTreeMap<Precedence, (Vec<u8>, Vec<TextTurn>)>;

    impl<'r> RowUndoing<'_, 'r> {
        pub(super) fn turned_text(
            &self,
            (key, column): (RowKey, (u32, &'r str)),
            edits: &[&WrittenCell],
        ) -> Result<Option<MarkedCell<'r>>> {
            if edits.is_empty() {
                return Ok(None);
            }
            let updates = self.updates(key, column.0)?;
            let mut taken = BTreeMap::new();
            let mut turns = Vec::with_capacity(edits.len());
            for edit in edits {
                let Some(turn) = self.turn(edit.target) else { continue };
                let Precedence { stamp, node, .. } = edit.last;
                let turn = TextTurn { of: PutBack { stamp, node }, is_undone: turn.is_undone };
                for place in in_force(&updates, edit, turn) {
                    taken.extend(updates.get(&place).map(|(update, _)| (place, &**update)));
                }
                turns.push(turn);
            }
            let all: Vec<&[u8]> = updates.values().map(|(update, _)| &**update).collect();
            let taken: Vec<&[u8]> = taken.into_values().collect();
            // What cannot be part of the text has done nothing to it.
            let undos = updates.values().filter(|(_, turns)| !turns.is_empty());
            let undos: Vec<&[u8]> = undos.map(|(update, _)| &**update).collect();
            let back = taken_back(self.texts.client, &all, (&taken, &undos)).ok().flatten();
            Ok(back.map(|update| MarkedCell {
                cell: FoldedCell::plain(column, Write::Update(update.into())),
                marks: TextTurn::to_marks(&turns),
            }))
        }

        /// Returns all updates of a text.
        fn updates(&self, key: RowKey, column: u32) -> Result<Updates> {
            let mut updates = Updates::new();
            for_each_change_of(self.connection, &[key].into(), |change| {
                for cell in change.record.cells.judged() {
                    if let (cell, Standing::Counts(Write::Update(update))) = cell?
                        && cell.column == column
                    {
                        let turns = Marks::turns(cell.marks);
                        let place = precedence(change, self.registry)?;
                        updates.insert(place, (update.into_owned(), turns));
                    }
                }
                Ok(())
            })?;
            Ok(updates)
        }
    }

    /// Returns the updates that make a text what it is of a transaction: its own, or, if it was undone, what the undos of
    /// it wrote, or, if it was done again after that, what did so.
    fn in_force(
        updates: &Updates,
        edit: &WrittenCell,
        TextTurn { of, is_undone }: TextTurn,
    ) -> Vec<Precedence> {
        let said = |is_undone: bool| {
            let turn = TextTurn { of, is_undone };
            let said = updates.iter().filter(move |(_, (_, turns))| turns.contains(&turn));
            said.map(|(place, _)| *place)
        };
        // What says the opposite came before it.
        let before = said(is_undone).next_back();
        let after: Vec<_> = said(!is_undone).filter(|place| Some(*place) > before).collect();
        // What is written there has no hash, unless two changes have one stamp.
        let is_own = |place: &&Precedence| {
            edit.updates.iter().any(|(own, _)| {
                (own.stamp, own.node) == (place.stamp, place.node)
                    && (own.hash == 0 || own.hash == place.hash)
            })
        };
        match before {
            None if is_undone && after.is_empty() => {
                updates.keys().filter(is_own).copied().collect()
            }
            _ => after,
        }
    }
}

#[cfg(not(feature = "text"))]
mod without {
    use crate::error::Result;
    use crate::log::row_changes::RowKey;
    use crate::past::undo::undo_row::RowUndoing;
    use crate::past::undo::written_row::WrittenCell;
    use crate::rows::any_rows::MarkedCell;
    use crate::rows::writing::Writing;

    /// Without the feature `text`, edits of texts are left.
    pub(in crate::past::undo) struct TextUndoing;

    impl TextUndoing {
        #[expect(clippy::unnecessary_wraps, reason = "with the feature, it needs randomness")]
        pub(in crate::past::undo) fn new(_: &mut Writing<'_>) -> Result<Self> {
            Ok(Self)
        }
    }

    impl<'r> RowUndoing<'_, 'r> {
        #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the feature needs both")]
        pub(super) fn turned_text(
            &self,
            _: (RowKey, (u32, &'r str)),
            _: &[&WrittenCell],
        ) -> Result<Option<MarkedCell<'r>>> {
            Ok(None)
        }
    }
}
