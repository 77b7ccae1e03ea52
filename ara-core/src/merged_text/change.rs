//! What changed in a text, as an editor takes it over.

use std::sync::{Arc, Mutex, PoisonError};

use yrs::types::Delta;
use yrs::types::text::TextEvent;
use yrs::{Any, Observable, Out, TransactionMut};

use crate::merged_text::diff;
use crate::merged_text::document::{BadUpdate, Document};

/// A part of what changed in a text. The parts follow one another, from the start of the text as it was before; what comes
/// after the last one stays. All numbers count characters, as [`str::chars`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextChange {
    /// So many characters stay.
    Keep(usize),
    /// This text is inserted.
    Insert(String),
    /// So many characters are deleted.
    Delete(usize),
}

impl TextChange {
    /// Makes the changes in a text.
    ///
    /// ```
    /// use ara::TextChange::{Delete, Insert, Keep};
    ///
    /// let changes = [Keep(4), Insert("oat ".to_owned()), Keep(4), Delete(5)];
    /// assert_eq!(ara::TextChange::applied(&changes, "Buy milk, now"), "Buy oat milk");
    /// ```
    #[must_use]
    pub fn applied(changes: &[Self], text: &str) -> String {
        let mut changed = String::with_capacity(text.len());
        let mut rest = text.chars();
        for change in changes {
            match change {
                Self::Keep(count) => changed.extend(rest.by_ref().take(*count)),
                Self::Insert(inserted) => changed.push_str(inserted),
                Self::Delete(count) => drop(rest.by_ref().take(*count).count()),
            }
        }
        changed.extend(rest);
        changed
    }
}

/// What the library tells of a change.
const TOLD: &str = "told";

impl Document {
    /// Unites the text with updates, and returns what that changes. After an error, the document must not be used any
    /// more.
    pub(crate) fn apply_telling<'u>(
        &mut self,
        updates: impl IntoIterator<Item = &'u [u8]>,
    ) -> Result<Vec<TextChange>, BadUpdate> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&told);
        let note = move |transaction: &TransactionMut<'_>, event: &TextEvent| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.extend_from_slice(event.delta(transaction));
        };
        self.parts().1.observe(TOLD, note);
        let before = self.text().to_owned();
        let applied = self.apply(updates);
        self.parts().1.unobserve(TOLD);
        applied?;
        let told = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(in_characters(&before, told).unwrap_or_else(|| changes(&before, self.text())))
    }
}

/// Returns what changed, of which the library tells in bytes, or `None` if that is not within the text.
fn in_characters(before: &str, told: Vec<Delta>) -> Option<Vec<TextChange>> {
    let mut changes = Vec::with_capacity(told.len());
    let mut rest = before;
    let mut count = |bytes: u32| {
        let (part, after) = rest.split_at_checked(bytes as usize)?;
        rest = after;
        Some(part.chars().count())
    };
    for part in told {
        match part {
            Delta::Retain(bytes, _) => put(&mut changes, TextChange::Keep(count(bytes)?)),
            Delta::Deleted(bytes) => put(&mut changes, TextChange::Delete(count(bytes)?)),
            Delta::Inserted(Out::Any(Any::String(text)), _) => {
                put(&mut changes, TextChange::Insert(text.to_string()));
            }
            Delta::Inserted(..) => return None,
        }
    }
    Some(without_end(changes))
}

/// Returns what makes one text of another.
pub(crate) fn changes(before: &str, after: &str) -> Vec<TextChange> {
    let mut changes = Vec::new();
    let mut at = 0;
    let count =
        |from: usize, to: usize| before.get(from..to).map_or(0, |part| part.chars().count());
    for (range, inserted) in diff::edits(before, after).into_iter().rev() {
        put(&mut changes, TextChange::Keep(count(at, range.start)));
        put(&mut changes, TextChange::Delete(count(range.start, range.end)));
        put(&mut changes, TextChange::Insert(inserted.to_owned()));
        at = range.end;
    }
    without_end(changes)
}

/// Adds a part, unless it says nothing.
fn put(changes: &mut Vec<TextChange>, part: TextChange) {
    match (changes.last_mut(), part) {
        (_, TextChange::Keep(0) | TextChange::Delete(0)) => {}
        (_, TextChange::Insert(text)) if text.is_empty() => {}
        (Some(TextChange::Keep(last)), TextChange::Keep(count)) => *last += count,
        (_, part) => changes.push(part),
    }
}

/// Leaves out that the end stays, which goes without saying.
fn without_end(mut changes: Vec<TextChange>) -> Vec<TextChange> {
    if let Some(TextChange::Keep(_)) = changes.last() {
        changes.pop();
    }
    changes
}
