//! The values of a row that is imported.

use std::fmt;

use crate::error::{Error, Result};
use crate::value::foreign::read::{Reading, Unit, no_utf8, nothing, read};
use crate::value::{IntoValue, Rule, Stored, Value};

/// What a source has in a column of a row: see [`ImportRow::get`](crate::ImportRow::get).
///
/// The setters of drafts take it, for columns of every type, as other programs and people write values of this type:
///
/// | column | takes |
/// |---|---|
/// | `bool` | 0 and 1; `true`, `yes`, `t` or `y`, `false`, `no`, `f` or `n`, in any case |
/// | integers | integers, and numbers and texts of numbers without a fraction |
/// | floating-point numbers | numbers, and texts of numbers with a point |
/// | texts | texts and integers |
/// | [`Timestamp`](crate::Timestamp), and moments of `chrono`, `jiff` and `time` | `2026-11-21T08:30:00Z`, with any offset, also with a space in the place of the `T`, and without seconds; without an offset in that of the [importer](crate::Importer::at_offset); a number only after [`unix_seconds`](Self::unix_seconds) or [`unix_millis`](Self::unix_millis) |
/// | dates and times without a zone | `2026-11-21`, `08:30` or `08:30:00.5`, and both with a `T` or a space between them |
/// | [`Id`](crate::Id) | a UUID as it is; any other text, or an integer, as the key from which [`Id::from_key`](crate::Id::from_key) makes the id |
/// | `Uuid` | a UUID, in 16 bytes or as text |
/// | enums | the stored name of a variant |
/// | bytes | bytes, and their hexadecimal digits |
/// | [`Json`](crate::Json) | JSON of its type, and a text that is none as a string |
///
/// An optional column has no value where the source has none, which in CSV is an empty field. A required column refuses
/// that, but an empty field of CSV is an empty text to a column of texts. A value that a column does not take breaks a
/// rule of it, which refuses the row.
#[derive(Clone)]
#[must_use = "a value is imported when a setter takes it"]
pub struct ImportValue<'r> {
    /// The name of the column in the source.
    pub(crate) column: &'r str,
    pub(crate) held: Held<'r>,
    pub(crate) reading: Reading,
}

/// What a source has.
#[derive(Clone)]
pub(crate) enum Held<'r> {
    Nothing,
    Value(Stored<'r>),
    /// An empty field of CSV.
    Empty,
    /// Text that is not valid UTF-8.
    NoText,
}

impl Held<'_> {
    pub(crate) fn borrowed(&self) -> Held<'_> {
        match self {
            Self::Nothing => Held::Nothing,
            Self::Value(value) => Held::Value(value.borrowed()),
            Self::Empty => Held::Empty,
            Self::NoText => Held::NoText,
        }
    }
}

impl ImportValue<'_> {
    /// Takes a number as the seconds since 1970-01-01T00:00:00Z, where a column of moments takes the value.
    pub fn unix_seconds(self) -> Self {
        self.counting(Unit::Seconds)
    }

    /// Takes a number as the milliseconds since 1970-01-01T00:00:00Z, where a column of moments takes the value.
    pub fn unix_millis(self) -> Self {
        self.counting(Unit::Millis)
    }

    fn counting(self, unit: Unit) -> Self {
        Self { reading: Reading { unit: Some(unit), ..self.reading }, ..self }
    }

    /// Takes a text that is blank for no value, as many programs store one where there is none.
    pub fn unless_blank(self) -> Self {
        match &self.held {
            Held::Value(Stored::Text(text)) if text.trim().is_empty() => {
                Self { held: Held::Nothing, ..self }
            }
            _ => self,
        }
    }

    /// Returns the value as one of a type that a column can have, to compute with it.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Expense { id: Id<Expense>, title: String, cents: i64 }
    ///
    /// let db = Database::memory()?;
    /// let imported = db.importer().json(&br#"[{"title": "Milk", "euros": 1.29}]"#[..], |row| {
    ///     let euros: f64 = row.get("euros")?.to()?;
    ///     Ok(Expense::draft().title(row.get("title")?).cents((euros * 100.0).round() as i64))
    /// })?;
    /// assert_eq!(imported.created, 1);
    /// assert_eq!(db.query::<Expense>().one()?.cents, Some(129));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Row`], which refuses the row, if there is no value, or none of the type.
    pub fn to<V: Value>(self) -> Result<V> {
        self.read_as(Self::into_value)
    }

    /// Returns the value as one of a type that a column can have, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Row`], which refuses the row, if the value is not one of the type.
    pub fn to_option<V: Value>(self) -> Result<Option<V>> {
        self.read_as(Self::into_value_or_none)
    }

    fn read_as<R>(self, read: impl FnOnce(Self) -> Result<R, Rule>) -> Result<R> {
        let column = self.column;
        read(self)
            .map_err(|rule| Error::Row { row: 0, reason: format!("column `{column}` {rule}") })
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> IntoValue<T> for ImportValue<'_> {
    fn into_value(self) -> Result<T, Rule> {
        match self.held {
            Held::Value(value) => read(&value, self.reading),
            // Only a column of texts has a value that is empty.
            Held::Empty => T::read(Stored::Text("".into())).ok_or_else(nothing::<T>),
            Held::Nothing => Err(nothing::<T>()),
            Held::NoText => Err(no_utf8::<T>()),
        }
    }

    fn into_value_or_none(self) -> Result<Option<T>, Rule> {
        match self.held {
            Held::Nothing | Held::Empty => Ok(None),
            _ => self.into_value().map(Some),
        }
    }
}

/// Shows the column, and not the value.
impl fmt::Debug for ImportValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportValue").field("column", &self.column).finish_non_exhaustive()
    }
}
