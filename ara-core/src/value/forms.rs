//! The stored forms of dates and times: text of a fixed width, so that it sorts as the times do. The
//! types of `chrono`, `jiff` and `time` share them, so that an app can change from one library to
//! another.

use std::fmt;

use ara_schema::Type;

use crate::value::civil::{Date, DateTime, Reader, Time};
use crate::value::rule::Rule;

/// The fields of a stored form.
pub(super) trait Form: fmt::Display + Sized {
    /// The stored type.
    const TYPE: Type;

    /// Returns the rule that the fields break if the form cannot hold them.
    fn check(&self) -> Result<(), Rule>;

    /// Reads the form. It accepts exactly what [`Display`](fmt::Display) writes.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// A type of a date library that is stored in such a form.
pub(super) trait Civil: Sized {
    /// The form.
    type Form: Form;

    /// Returns the fields, or `None` if the form cannot hold the value.
    fn fields(&self) -> Option<Self::Form>;

    /// Returns the value with these fields, or `None` if the library cannot hold it.
    fn of(fields: Self::Form) -> Option<Self>;
}

/// Implements the traits of column types for types that are [`Civil`].
macro_rules! civil_values {
    ($($ty:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl $crate::value::column_type::Value for $ty {
            const TYPE: ara_schema::Type =
                <<Self as $crate::value::forms::Civil>::Form as $crate::value::forms::Form>::TYPE;

            fn store(self) -> Result<$crate::value::stored::Stored<'static>, $crate::value::rule::Rule> {
                let text = $crate::value::forms::text(&self)?;
                Ok($crate::value::stored::Stored::Text(text.into()))
            }

            fn read(stored: $crate::value::stored::Stored<'_>) -> Option<Self> {
                match stored {
                    $crate::value::stored::Stored::Text(text) => $crate::value::forms::from_text(&text),
                    _ => None,
                }
            }
        }

        #[diagnostic::do_not_recommend]
        impl $crate::value::ordered::Ordered for $ty {}
    )*};
}

pub(super) use civil_values;

/// Returns a value as stored text, or the rule that it breaks.
pub(super) fn text<C: Civil>(value: &C) -> Result<String, Rule> {
    let fields = value.fields().ok_or(OUT_OF_YEARS)?;
    fields.check()?;
    Ok(fields.to_string())
}

/// Returns the value that was stored as this text.
pub(super) fn from_text<C: Civil>(text: &str) -> Option<C> {
    let mut reader = Reader::new(text);
    let fields = C::Form::read(&mut reader)?;
    reader.end()?;
    C::of(fields)
}

const OUT_OF_YEARS: Rule = Rule::fixed("must be in the years 0000 to 9999 (UTC)");
const LEAP_SECOND: Rule = Rule::fixed("must not be within a leap second");

impl Form for Date {
    const TYPE: Type = Type::Date;

    fn check(&self) -> Result<(), Rule> {
        if (0..=9_999).contains(&self.year) { Ok(()) } else { Err(OUT_OF_YEARS) }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}

impl Form for Time {
    const TYPE: Type = Type::Time;

    fn check(&self) -> Result<(), Rule> {
        // Some libraries represent a leap second as a second with more than 1,000,000,000 nanoseconds.
        let is_leap = self.second >= 60 || self.nanosecond >= 1_000_000_000;
        if is_leap { Err(LEAP_SECOND) } else { Ok(()) }
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let time = Self::read_seconds(reader)?;
        reader.one_of(b".")?;
        Some(Self { nanosecond: reader.number(9)?, ..time })
    }
}

impl Form for DateTime {
    const TYPE: Type = Type::DateTime;

    fn check(&self) -> Result<(), Rule> {
        self.date.check()?;
        self.time.check()
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let date = <Date as Form>::read(reader)?;
        reader.one_of(b"T")?;
        Some(Self { date, time: <Time as Form>::read(reader)? })
    }
}

/// A moment, as its date and time in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant(pub DateTime);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Z", self.0)
    }
}

impl Form for Instant {
    const TYPE: Type = Type::Instant;

    fn check(&self) -> Result<(), Rule> {
        self.0.check()
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let utc = DateTime::read(reader)?;
        reader.one_of(b"Z")?;
        Some(Self(utc))
    }
}
