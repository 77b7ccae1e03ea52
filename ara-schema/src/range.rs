//! How wide a column is: the range of the values that it can hold.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Text;
use crate::ty::Type;

/// The range of the values that a column can hold, including both ends.
///
/// What it counts depends on the stored type:
///
/// | type | range | examples |
/// |---|---|---|
/// | [`Integer`](Type::Integer) | the integers themselves | `u8`: `0..=255`, `i64`: `..` |
/// | [`Text`](Type::Text) | the number of characters; from 1 on, a text is not blank either | `NonEmptyString<100>`: `1..=100`, `String`: `..` |
/// | [`Real`](Type::Real) | the bits of a number | `f32`: `..=32`, `f64`: `..` |
///
/// Columns of other types have no range. A released range may get wider, and never narrower, so that every
/// later version can read what an older one has written.
///
/// It displays as in the table, and is the same text in JSON.
///
/// ```
/// use ara_schema::Range;
///
/// let byte = Range::new(0, 255);
/// assert_eq!(byte.to_string(), "0..=255");
/// assert!(Range::ALL.holds(byte) && !byte.holds(Range::new(-128, 127)));
/// assert_eq!(byte.and(Range::new(-128, 127)), Range::new(-128, 255));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Range {
    /// The lowest value.
    pub min: i64,
    /// The greatest value.
    pub max: i64,
}

impl Range {
    /// The range that holds every value.
    pub const ALL: Self = Self::new(i64::MIN, i64::MAX);

    /// Returns the range from `min` to `max`.
    #[must_use]
    pub const fn new(min: i64, max: i64) -> Self {
        Self { min, max }
    }

    /// Returns the range of the texts of 1 to `max` characters.
    #[must_use]
    pub const fn of_non_empty_text(max: usize) -> Self {
        // A length that is greater than the greatest `i64` is none that a text can have.
        Self::new(1, if max as u64 > i64::MAX as u64 { i64::MAX } else { max as i64 })
    }

    /// Returns what is recorded of a column that is stored as `ty`.
    #[must_use]
    pub const fn of_column(self, ty: Type) -> Option<Self> {
        match ty {
            Type::Integer | Type::Text | Type::Real => Some(self),
            _ => None,
        }
    }

    /// Returns whether this range has every value of another.
    #[must_use]
    pub const fn holds(self, other: Self) -> bool {
        self.min <= other.min && self.max >= other.max
    }

    /// Returns the narrowest range that has every value of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            min: if other.min < self.min { other.min } else { self.min },
            max: if other.max > self.max { other.max } else { self.max },
        }
    }

    /// Writes the range as it displays.
    pub(crate) const fn write(self, text: &mut Text<'_>) {
        if self.min != i64::MIN {
            text.push_integer(self.min);
        }
        text.push("..");
        if self.max != i64::MAX {
            text.push("=");
            text.push_integer(self.max);
        }
    }
}

/// The length of the longest range as text.
const MAX_LENGTH: usize = 48;

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; MAX_LENGTH];
        let mut text = Text::new(&mut bytes);
        self.write(&mut text);
        f.pad(text.as_str())
    }
}

impl From<Range> for String {
    fn from(range: Range) -> Self {
        range.to_string()
    }
}

impl TryFrom<String> for Range {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        read(&text)
            // Each range has one text.
            .filter(|range| range.to_string() == text)
            .ok_or("a range is written as \"0..=255\", \"0..\", \"..=255\" or \"..\"")
    }
}

fn read(text: &str) -> Option<Range> {
    let (min, max) = text.split_once("..")?;
    let min = if min.is_empty() { i64::MIN } else { min.parse().ok()? };
    let max = if max.is_empty() { i64::MAX } else { max.strip_prefix('=')?.parse().ok()? };
    Some(Range { min, max })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges() -> impl Strategy<Value = Range> {
        let end = || prop_oneof![-2..3_i64, any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
        (end(), end()).prop_map(|(min, max)| Range { min, max })
    }

    #[test]
    fn each_range_has_one_text() {
        for (range, text) in [
            (Range::ALL, ".."),
            (Range::new(0, 255), "0..=255"),
            (Range::new(-128, 127), "-128..=127"),
            (Range::new(i64::MIN, 32), "..=32"),
            (Range::new(i64::MIN + 1, i64::MAX - 1), "-9223372036854775807..=9223372036854775806"),
            (Range::of_non_empty_text(100), "1..=100"),
            (Range::of_non_empty_text(0), "1..=0"),
            (Range::of_non_empty_text(usize::MAX), "1.."),
        ] {
            assert_eq!(range.to_string(), text);
            assert_eq!(Range::try_from(text.to_owned()), Ok(range));
        }
        for none in ["", "1", "1..2", "..=", "1..=", "+1..=2", "01..=2", "1 ..=2", "a..=b"] {
            assert!(Range::try_from(none.to_owned()).is_err(), "{none}");
        }
        assert!(Range::try_from(format!("{}..=5", i64::MIN)).is_err(), "it is written as ..=5");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(range in ranges()) {
            let json = serde_json::to_string(&range)?;
            prop_assert_eq!(serde_json::from_str::<Range>(&json)?, range);
        }

        #[test]
        fn both_are_in_what_holds_both(a in ranges(), b in ranges(), value: i64) {
            let both = a.and(b);
            prop_assert!(both.holds(a) && both.holds(b));
            prop_assert_eq!(both, b.and(a));
            prop_assert_eq!(a.holds(b), both == a);
            let has = |range: Range| range.min <= value && value <= range.max;
            prop_assert!(!a.holds(b) || !has(b) || has(a));
        }
    }
}
