//! Editing a text letter by letter.

use std::any::TypeId;
use std::fmt;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
use crate::log::texts::TextCell;
use crate::merged_text::cursor::TextCursor;
use crate::model::table::{Column, Table};
use crate::model::table_ref::TableRef;
use crate::rows::plan::{Plan, is_deleted};
use crate::rows::texts::documents::Held;
use crate::rows::texts::pending::Pending;
use crate::rows::writing::Writing;
use crate::value::merged::{LONGEST, too_long};
use crate::value::{Id, Text};

/// A [`Text`] of a row, to be edited letter by letter within a transaction, returned by [`Transaction::text`].
///
/// What is edited is seen at once by this handle, by others of the same text, and by queries of the transaction. It is
/// one change of the text, however many letters it has, unless the transaction reads or writes the row in between.
///
/// # Indices
///
/// Indices count characters, which are Unicode scalar values as of [`str::chars`]: not bytes, not the units of UTF-16 by
/// which JavaScript counts, and not letters with their accents. An index beyond the end is [`Error::Text`].
///
/// # Editors
///
/// An editor that speaks [Yjs](https://yjs.dev) can have the text as a document of its own. It finds it there as the
/// `Y.Text` with the name `text`, gives its updates to [`apply`](Self::apply), and takes those of others from
/// [`updates_since`](Self::updates_since), all in version 1 of the format.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Note { id: Id<Note>, body: ara::Text }
///
/// let db = Database::memory()?;
/// let note = db.create(Note::draft().body("Buy milk"))?;
/// db.transaction(|tx| {
///     let body = tx.text(note, Note::body)?;
///     body.insert(4, "fresh ")?;
///     body.delete(..3)?;
///     body.insert(0, "Sell")?;
///     assert_eq!(body.to_text()?, "Sell fresh milk");
///     Ok(())
/// })?;
/// assert_eq!(db.query::<Note>().narrow(Note::body).one()?.body, "Sell fresh milk");
/// # Ok::<(), ara::Error>(())
/// ```
pub struct TextEdit<'t, 'c> {
    transaction: &'t Transaction<'c>,
    plan: Arc<Plan>,
    slot: usize,
    cell: TextCell,
}

impl<'c> Transaction<'c> {
    /// Returns a text of a row, to be edited letter by letter.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if there is no row with this id, or it is deleted, or its table is `local`, so that nothing
    /// is merged; and [common errors](crate::Database#common-errors).
    pub fn text<C: Column<Value = Text>>(
        &self,
        id: Id<C::Table>,
        column: C,
    ) -> Result<TextEdit<'_, 'c>> {
        let _ = column;
        self.text_of::<C>(id)
    }

    pub(super) fn text_of<C: Column<Value = Text>>(
        &self,
        id: Id<C::Table>,
    ) -> Result<TextEdit<'_, 'c>> {
        let plan = self.plan(TableRef::of::<C::Table>())?;
        let (slot, cell) = text_cell::<C>(self.connection, &plan, id)?;
        if plan.is_to_be_followed_up() {
            let written = &mut self.state.borrow_mut().written;
            written.entry(TypeId::of::<C::Table>()).or_insert_with(|| Arc::clone(&plan));
        }
        Ok(TextEdit { transaction: self, plan, slot, cell })
    }

    /// Writes what was edited in the texts of a row or a table and is not written yet, or in all texts.
    pub(crate) fn write_texts(&self, is_asked: impl Fn(&TextCell) -> bool) -> Result<()> {
        if !self.state.borrow().writing.documents.has_pending() {
            return Ok(());
        }
        let state = &mut *self.state.borrow_mut();
        for (cell, pending) in state.writing.documents.take_pending(is_asked) {
            let (plan, slot) = (Arc::clone(&pending.plan), pending.slot);
            let id = uuid::Uuid::from_bytes(cell.row);
            for update in pending.into_updates() {
                let written = state.writing.mutation(&plan).update_text(id, slot, update);
                if !matches!(written, Ok(true)) {
                    state.writing.documents.forget();
                    state.writing.recorder.break_off();
                    return written.and(Err(Error::unwritten(plan.def.name)));
                }
            }
        }
        Ok(())
    }
}

impl TextEdit<'_, '_> {
    /// Returns the text.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn to_text(&self) -> Result<String> {
        self.look(|held| Ok(held.document.text().to_owned()))
    }

    /// Inserts a text before the character at an index, or at the end.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if the index is beyond the end, [`Error::Rule`] if the text would have more than 16 MB,
    /// and [common errors](crate::Database#common-errors).
    pub fn insert(&self, index: usize, text: &str) -> Result<()> {
        self.replace(index..index, text)
    }

    /// Deletes a range of characters.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if the range ends beyond the end, or before it starts, and
    /// [common errors](crate::Database#common-errors).
    pub fn delete(&self, range: impl RangeBounds<usize>) -> Result<()> {
        self.replace(range, "")
    }

    /// Puts a text in the place of a range of characters.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`delete`](Self::delete) and [`insert`](Self::insert).
    pub fn replace(&self, range: impl RangeBounds<usize>, text: &str) -> Result<()> {
        self.edit(|held| {
            let range = bytes_of(held.document.text(), range);
            let range = range.ok_or_else(|| self.refused(BEYOND))?;
            if range.is_empty() && text.is_empty() {
                return Ok(None);
            }
            let longest = held.document.text().len() - range.len() + text.len() > LONGEST;
            if longest && text.len() > range.len() {
                let (table, column) = self.name();
                return Err(Error::Rule { table, column, rule: too_long() });
            }
            Ok(Some(held.document.replace(range, text)))
        })
    }

    /// Returns a position before the character at an index, or at the end, that stays at its place while others edit.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if the index is beyond the end, and [common errors](crate::Database#common-errors).
    pub fn cursor(&self, index: usize) -> Result<TextCursor> {
        self.look(|held| {
            let at = bytes_of(held.document.text(), index..index).map(|range| range.start);
            let sticky = at.and_then(|at| held.document.sticky(at));
            sticky.map(TextCursor).ok_or_else(|| self.refused(BEYOND))
        })
    }

    /// Returns the index at which a cursor is now, or `None` if it is of a text that has what this one has not: of
    /// another text, or of what another device wrote and was not received yet.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn index_of(&self, cursor: &TextCursor) -> Result<Option<usize>> {
        self.look(|held| {
            let at = held.document.place_of(&cursor.0);
            let before = at.and_then(|at| held.document.text().get(..at));
            Ok(before.map(|before| before.chars().count()))
        })
    }

    /// Unites the text with an update of an editor that speaks Yjs. What the text has already changes nothing.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if the bytes are no update, if it has more than a text, such as a map or an image, or if it
    /// builds on an update that was not applied; [`Error::Rule`] if the text would have more than 16 MB; and
    /// [common errors](crate::Database#common-errors).
    pub fn apply(&self, update: &[u8]) -> Result<()> {
        let mut is_broken = false;
        let applied = self.edit(|held| {
            let (length, lacked) = (held.document.text().len(), held.document.lacks_updates());
            let applied = held.document.apply_new(update);
            is_broken = true;
            let new = applied.map_err(|_| self.refused("is given what is no update of a text"))?;
            if held.document.lacks_updates() && !lacked {
                return Err(
                    self.refused("is given an update that builds on another one: apply that first")
                );
            }
            let now = held.document.text().len();
            if now > LONGEST && now > length {
                let (table, column) = self.name();
                return Err(Error::Rule { table, column, rule: too_long() });
            }
            is_broken = false;
            // What waits with what waited before is not told apart.
            Ok(if lacked { Some(update.to_vec()) } else { new })
        });
        if is_broken {
            self.begin_again()?;
        }
        applied
    }

    /// Returns, as an update, what a document of Yjs lacks that has this state vector. Every document lacks all where the
    /// vector is empty: `&[]` or `&[0]`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Text`] if the bytes are no state vector, and [common errors](crate::Database#common-errors).
    pub fn updates_since(&self, vector: &[u8]) -> Result<Vec<u8>> {
        let vector = if vector.is_empty() { &[0] } else { vector };
        self.look(|held| {
            let since = held.document.since(vector);
            since.map_err(|_| self.refused("is asked for updates since what is no state vector"))
        })
    }

    /// Returns the state vector, which tells what the text has, for an editor that sends what it lacks.
    ///
    /// # Errors
    ///
    /// Returns [common errors](crate::Database#common-errors).
    pub fn state_vector(&self) -> Result<Vec<u8>> {
        self.look(|held| Ok(held.document.vector()))
    }

    /// Looks at the text as it is now.
    fn look<R>(&self, look: impl FnOnce(&Held) -> Result<R>) -> Result<R> {
        self.transaction.check_open()?;
        let writing = &mut self.transaction.state.borrow_mut().writing;
        let Writing { connection, documents, entropy, .. } = writing;
        look(documents.open(connection, entropy, self.cell)?)
    }

    /// Edits the text, and keeps the update that it returns until it is written.
    fn edit(&self, edit: impl FnOnce(&mut Held) -> Result<Option<Vec<u8>>>) -> Result<()> {
        self.transaction.check_open()?;
        let writing = &mut self.transaction.state.borrow_mut().writing;
        let Writing { connection, documents, entropy, .. } = writing;
        let held = documents.open(connection, entropy, self.cell)?;
        if let Some(update) = edit(held)? {
            let begin = || Pending::new(Arc::clone(&self.plan), self.slot);
            held.pending.get_or_insert_with(begin).add(update);
        }
        Ok(())
    }

    /// Makes the text again of what is written, after an update that it could not take.
    fn begin_again(&self) -> Result<()> {
        let writing = &mut self.transaction.state.borrow_mut().writing;
        let pending = writing.documents.drop_held(self.cell);
        let Some(pending) = pending else { return Ok(()) };
        let Writing { connection, documents, entropy, .. } = writing;
        let held = documents.open(connection, entropy, self.cell)?;
        let applied = held.document.apply(pending.updates());
        applied.map_err(|_| Error::Corrupt)?;
        held.pending = Some(pending);
        Ok(())
    }

    fn name(&self) -> (&'static str, &'static str) {
        let column = self.plan.slots.get(self.slot).map_or("", |slot| slot.name);
        (self.plan.def.name, column)
    }

    fn refused(&self, reason: &'static str) -> Error {
        let (table, column) = self.name();
        Error::Text { table, column, reason }
    }
}

pub(super) const BEYOND: &str = "is shorter than an index: count its characters, as `chars` does";

impl fmt::Debug for TextEdit<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextEdit").finish_non_exhaustive()
    }
}

/// Returns the slot of a text, and the text in a row, or [`Error::Text`] if the row is not there, or nothing is merged.
pub(super) fn text_cell<C: Column<Value = Text>>(
    connection: &Connection,
    plan: &Plan,
    id: Id<C::Table>,
) -> Result<(usize, TextCell)> {
    let slot = plan.slots.iter().position(|slot| slot.name == C::NAME).unwrap_or_default();
    let refused = |reason| Error::Text { table: C::Table::NAME, column: C::NAME, reason };
    let Some(table) = plan.ordinal.filter(|_| plan.is_text(slot)) else {
        return Err(refused("is in a local table: write it as a whole"));
    };
    let sql = format!("SELECT \"is_deleted\" FROM \"{}\" WHERE \"id\" = ?1", plan.stored_name());
    let deleted = connection
        .prepare_cached(&sql)?
        .query_row([id.as_bytes()], |row| Ok(is_deleted(row.get_ref(0)?)))
        .optional()?;
    if deleted != Some(false) {
        return Err(refused("is of a row that is not there: create or restore it"));
    }
    let column = plan.slots.get(slot).map_or(0, |slot| slot.ordinal);
    Ok((slot, TextCell { table, row: id.uuid().into_bytes(), column }))
}

/// Returns a range of characters in bytes, or `None` if it is not within the text.
pub(super) fn bytes_of(text: &str, range: impl RangeBounds<usize>) -> Option<Range<usize>> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(start) => start.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let from = byte_of(text, start)?;
    let to = match range.end_bound() {
        Bound::Included(end) => end.checked_add(1)?.checked_sub(start)?,
        Bound::Excluded(end) => end.checked_sub(start)?,
        Bound::Unbounded => return Some(from..text.len()),
    };
    Some(from..from + byte_of(text.get(from..)?, to)?)
}

/// Returns where a character begins, in bytes, or where the text ends.
fn byte_of(text: &str, index: usize) -> Option<usize> {
    // It has as many bytes at least.
    if index > text.len() {
        return None;
    }
    let mut characters = text.char_indices();
    match index.checked_sub(1) {
        None => Some(0),
        Some(before) => characters.nth(before).map(|_| characters.offset()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_count_characters() {
        let text = "aé\u{1F600}z";
        assert_eq!(bytes_of(text, 1..3), Some(1..7));
        assert_eq!(bytes_of(text, ..), Some(0..8));
        assert_eq!(bytes_of(text, 2..=2), Some(3..7));
        assert_eq!(bytes_of(text, 4..), Some(8..8));
        assert_eq!(bytes_of(text, 4..4), Some(8..8));
        assert_eq!(bytes_of(text, 5..), None);
        assert_eq!(bytes_of(text, ..5), None);
        #[expect(clippy::reversed_empty_ranges, reason = "it is to be refused")]
        let reversed = bytes_of(text, 2..1);
        assert_eq!(reversed, None);
        assert_eq!(bytes_of("", 0..0), Some(0..0));
    }
}
