//! Text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use ara_schema::Type;
use serde::{Deserialize, Deserializer, Serialize};

use super::{IntoValue, Readable, Rule, Stored, Value};

impl Value for String {
    const TYPE: Type = Type::Text;

    fn store(self) -> Result<Stored<'static>, Rule> {
        Ok(Stored::Text(Cow::Owned(self)))
    }

    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::Texts
    }
}

impl IntoValue<String> for String {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self)
    }
}

impl IntoValue<String> for &String {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.clone())
    }
}

impl IntoValue<String> for &str {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.to_owned())
    }
}

impl IntoValue<String> for Cow<'_, str> {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.into_owned())
    }
}

/// A text of 1 to `MAX` characters (Unicode scalar values) that is not blank: something in it is no
/// white space. It derefs to `str`.
///
/// ```
/// use ara_core::NonEmptyString;
///
/// let title = NonEmptyString::<10>::new("Buy milk")?;
/// assert_eq!(title.len(), 8);
/// assert!(NonEmptyString::<10>::new("   ").is_err());
/// assert!(NonEmptyString::<10>::new("Buy milk, bread and eggs").is_err());
/// # Ok::<(), ara_core::Rule>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NonEmptyString<const MAX: usize>(String);

impl<const MAX: usize> NonEmptyString<MAX> {
    /// Takes a text that keeps the rules.
    ///
    /// # Errors
    ///
    /// The text is blank, or has more than `MAX` characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Rule> {
        let text = text.into();
        Self::check(&text)?;
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }

    #[inline]
    fn check(text: &str) -> Result<(), Rule> {
        let plain_start = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
        if !plain_start && text.trim().is_empty() {
            return Err(Rule::new("must not be blank"));
        }
        if text.len() > MAX && text.chars().count() > MAX {
            return Err(Rule::new(format!("must have {MAX} characters at most")));
        }
        Ok(())
    }
}

impl<const MAX: usize> Value for NonEmptyString<MAX> {
    const TYPE: Type = Type::Text;

    fn store(self) -> Result<Stored<'static>, Rule> {
        self.0.store()
    }

    #[inline]
    fn read(stored: Stored<'_>) -> Option<Self> {
        match stored {
            Stored::Text(text) => {
                Self::check(&text).ok()?;
                Some(Self(text.into_owned()))
            }
            _ => None,
        }
    }

    fn readable() -> Readable {
        Readable::NonEmptyTexts { max: MAX, key: Readable::key::<Self>() }
    }
}

macro_rules! from_texts {
    ($($text:ty),*) => {$(
        impl<const MAX: usize> IntoValue<NonEmptyString<MAX>> for $text {
            fn into_value(self) -> Result<NonEmptyString<MAX>, Rule> {
                NonEmptyString::new(self)
            }
        }

        impl<const MAX: usize> TryFrom<$text> for NonEmptyString<MAX> {
            type Error = Rule;

            fn try_from(text: $text) -> Result<Self, Rule> {
                Self::new(text)
            }
        }
    )*};
}

from_texts!(String, &String, &str, Cow<'_, str>);

impl<const MAX: usize> IntoValue<Self> for NonEmptyString<MAX> {
    fn into_value(self) -> Result<Self, Rule> {
        Ok(self)
    }
}

impl<const MAX: usize> IntoValue<NonEmptyString<MAX>> for &NonEmptyString<MAX> {
    fn into_value(self) -> Result<NonEmptyString<MAX>, Rule> {
        Ok(self.clone())
    }
}

impl<const MAX: usize> std::str::FromStr for NonEmptyString<MAX> {
    type Err = Rule;

    fn from_str(text: &str) -> Result<Self, Rule> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<NonEmptyString<MAX>> for String {
    fn from(text: NonEmptyString<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> Deref for NonEmptyString<MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> AsRef<str> for NonEmptyString<MAX> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> PartialEq<str> for NonEmptyString<MAX> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl<const MAX: usize> PartialEq<&str> for NonEmptyString<MAX> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<const MAX: usize> fmt::Display for NonEmptyString<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// As the text's own.
impl<const MAX: usize> fmt::Debug for NonEmptyString<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for NonEmptyString<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Short = NonEmptyString<3>;

    #[test]
    fn rules_are_kept_when_made_and_when_read() {
        for good in ["a", "abc", " a ", "äöü", "\u{1F600}\u{1F600}\u{1F600}", "\0"] {
            assert_eq!(Short::new(good).expect("keeps the rules"), good);
            assert!(Short::read(Stored::Text(good.into())).is_some());
        }
        for bad in ["", "   ", "\u{a0}\u{2003}", "abcd", "    a"] {
            assert!(Short::new(bad).is_err());
            assert!(Short::read(Stored::Text(bad.into())).is_none());
            assert!(serde_json::from_value::<Short>(bad.into()).is_err());
        }
        assert!(Short::read(Stored::Integer(1)).is_none());
    }

    #[test]
    fn the_rule_holds_no_value() {
        let rule = Short::new("secret").expect_err("is too long");
        assert_eq!(rule.to_string(), "must have 3 characters at most");
    }
}
