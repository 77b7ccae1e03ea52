//! Positions in a text that stay at their place while others edit it.

use yrs::StickyIndex;
use yrs::updates::decoder::Decode;
use yrs::updates::encoder::Encode;

use crate::value::Rule;

/// A position in a [`Text`](crate::Text) that stays at its place while others edit the text, as that of a cursor: it comes
/// after the letter that it was made behind, or, if that was deleted, where the letter was.
///
/// [`TextEdit::cursor`](crate::TextEdit::cursor) makes one. Its bytes are those of a relative position of Yjs, so an editor
/// that speaks Yjs can show it.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Note { id: Id<Note>, body: ara::Text }
///
/// let db = Database::memory()?;
/// let note = db.create(Note::draft().body("one two"))?;
/// let at = db.transaction(|tx| {
///     let cursor = tx.text(note, Note::body)?.cursor(3)?;
///     tx.text(note, Note::body)?.insert(0, "zero ")?;
///     Ok(tx.text(note, Note::body)?.index_of(&cursor)?)
/// })?;
/// assert_eq!(at, Some(8));
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TextCursor(pub(crate) StickyIndex);

impl TextCursor {
    /// Returns the cursor as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.encode_v1()
    }

    /// Returns the cursor of which these are the bytes.
    ///
    /// # Errors
    ///
    /// Returns a [`Rule`] if they are those of no cursor.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Rule> {
        let cursor = StickyIndex::decode_v1(bytes);
        cursor.map(Self).map_err(|_| Rule::new("must be the bytes of a cursor"))
    }
}
