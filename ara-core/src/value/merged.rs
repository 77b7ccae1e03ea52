//! Texts that devices edit at the same time.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use ara_schema::Type;
use serde::{Deserialize, Serialize};

use crate::value::column_type::Value;
use crate::value::into::IntoValue;
use crate::value::ordered::Ordered;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A text that devices edit at the same time.
///
/// What several devices insert and delete while they are apart merges letter by letter, whereas of any other text only the
/// last write would win. Everywhere else, such a text is a plain one: in queries, searches, exports, and as the column holds
/// it. It dereferences to `str`.
///
/// A patch takes the whole new text. ara finds out what changed, and merges that alone, so an app with a plain text field
/// merges as well. An editor that knows what was typed uses [`Transaction::text`](crate::Transaction::text).
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Note { id: Id<Note>, body: ara::Text }
///
/// let phone = Database::memory()?;
/// let laptop = Database::memory()?;
/// # let sync = |from: &Database, to: &Database| -> ara::Result<()> {
/// #     for changes in from.changes_since(&to.version_vector()?)? { to.merge(&changes?)?; }
/// #     Ok(())
/// # };
/// let note = phone.create(Note::draft().body("Buy milk"))?;
/// sync(&phone, &laptop)?;
///
/// phone.update(Note::patch(note).body("Buy fresh milk"))?;
/// laptop.update(Note::patch(note).body("Buy milk and bread"))?;
/// sync(&laptop, &phone)?;
/// assert_eq!(phone.query::<Note>().narrow(Note::body).one()?.body, "Buy fresh milk and bread");
/// # Ok::<(), ara::Error>(())
/// ```
///
/// - A text has at most 16 MB in UTF-8. A longer one cannot be written; one that became longer as devices wrote apart is
///   kept, and can only be made shorter.
/// - A row without a text was never given one. A text that was written is emptied, not cleared: `None` in a patch deletes
///   all letters that are there, and what another device types at the same time stays.
/// - Devices that both begin a text, as in a row with an [id from a key](crate::Id::from_key), get both beginnings, one after the
///   other. Begin with an empty text, or let one device begin.
/// - Everything that was ever inserted stays in the change log, also what was deleted.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

/// How many bytes a text that is written may have.
pub(crate) const LONGEST: usize = 16 << 20;

/// Returns the rule of a text that is too long.
pub(crate) fn too_long() -> Rule {
    Rule::new("must have 16 MB at most")
}

impl Text {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text as a `String`.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[diagnostic::do_not_recommend]
impl Value for Text {
    const TYPE: Type = Type::Merged;
    const EXACT: bool = true;

    fn store(self) -> Result<Stored<'static>, Rule> {
        if self.0.len() > LONGEST { Err(too_long()) } else { self.0.store() }
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        String::read(stored).map(Self)
    }

    fn readable() -> Readable {
        Readable::Texts
    }
}

#[diagnostic::do_not_recommend]
impl Ordered for Text {}

macro_rules! from_texts {
    ($($text:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoValue<Text> for $text {
            fn into_value(self) -> Result<Text, Rule> {
                Ok(Text(self.into()))
            }
        }

        impl From<$text> for Text {
            fn from(text: $text) -> Self {
                Self(text.into())
            }
        }
    )*};
}

from_texts!(&str, String, &String, Cow<'_, str>);

#[diagnostic::do_not_recommend]
impl IntoValue<String> for Text {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.0)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

macro_rules! equals_texts {
    ($($text:ty),*) => {$(
        impl PartialEq<$text> for Text {
            fn eq(&self, other: &$text) -> bool {
                self.0 == *other
            }
        }

        impl PartialEq<Text> for $text {
            fn eq(&self, other: &Text) -> bool {
                *self == other.0
            }
        }
    )*};
}

equals_texts!(str, &str, String, Cow<'_, str>);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// It is the output of the text's own `Debug`.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::tests::{others, stored_and_read};

    #[test]
    fn a_text_is_stored_as_plain_text() {
        for text in ["", "milk", "\0", "\u{1F600} e\u{301}"] {
            assert_eq!(stored_and_read(Text::from(text)), text);
        }
        for other in others("text") {
            assert_eq!(Text::read(other), None);
        }
    }

    #[test]
    fn a_text_has_a_longest_one() {
        let longest = "a".repeat(LONGEST);
        assert!(Text::from(longest.clone()).store().is_ok());
        assert!(Text::from(longest + "a").store().is_err());
    }
}
