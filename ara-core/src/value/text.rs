//! Texts.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::ops::Deref;

use ara_schema::{Range, Type};
use serde::{Deserialize, Deserializer, Serialize};

use crate::value::column_type::Value;
use crate::value::into::IntoValue;
use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

#[diagnostic::do_not_recommend]
impl Value for String {
    const TYPE: Type = Type::Text;
    const EXACT: bool = true;

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

#[diagnostic::do_not_recommend]
impl IntoValue<String> for &str {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.to_owned())
    }
}

#[diagnostic::do_not_recommend]
impl IntoValue<String> for Cow<'_, str> {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.into_owned())
    }
}

/// A text of 1 to `MAX` characters (Unicode scalar values) that is not blank: it does not consist of
/// white space alone.
///
/// It dereferences to `str`.
///
/// ```
/// use ara::NonEmptyString;
///
/// let title = NonEmptyString::<10>::new("Buy milk")?;
/// assert_eq!(title.len(), 8);
/// assert!(NonEmptyString::<10>::new("   ").is_err());
/// assert!(NonEmptyString::<10>::new("Buy milk, bread and eggs").is_err());
/// # Ok::<(), ara::Rule>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct NonEmptyString<const MAX: usize>(String);

impl<const MAX: usize> NonEmptyString<MAX> {
    /// Returns the text as a `NonEmptyString`.
    ///
    /// # Errors
    ///
    /// Returns a [`Rule`] if the text is blank or has more than `MAX` characters.
    pub fn new(text: impl Into<String>) -> Result<Self, Rule> {
        let text = text.into();
        Self::check(&text)?;
        Ok(Self(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text as a `String`.
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

#[diagnostic::do_not_recommend]
impl<const MAX: usize> Value for NonEmptyString<MAX> {
    const TYPE: Type = Type::Text;
    const EXACT: bool = true;
    const RANGE: Range = Range::of_non_empty_text(MAX);

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
        #[diagnostic::do_not_recommend]
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

#[diagnostic::do_not_recommend]
impl<const MAX: usize> IntoValue<String> for NonEmptyString<MAX> {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.0)
    }
}

#[diagnostic::do_not_recommend]
impl<const MAX: usize> IntoValue<String> for &NonEmptyString<MAX> {
    fn into_value(self) -> Result<String, Rule> {
        Ok(self.0.clone())
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

/// It compares, sorts and hashes as its text does, so a map with such keys can be searched by `&str`.
impl<const MAX: usize> Borrow<str> for NonEmptyString<MAX> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

macro_rules! equals_texts {
    ($($text:ty),*) => {$(
        impl<const MAX: usize> PartialEq<$text> for NonEmptyString<MAX> {
            fn eq(&self, other: &$text) -> bool {
                self.as_str() == &other[..]
            }
        }

        impl<const MAX: usize> PartialEq<NonEmptyString<MAX>> for $text {
            fn eq(&self, other: &NonEmptyString<MAX>) -> bool {
                &self[..] == other.as_str()
            }
        }
    )*};
}

equals_texts!(str, &str, String, Cow<'_, str>);

impl<const MAX: usize> fmt::Display for NonEmptyString<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// It is the output of the text's own `Debug`.
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
    use std::collections::{BTreeSet, HashSet};

    use proptest::prelude::*;

    use super::*;
    use crate::value::tests::{others, stored_and_read};

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
    fn texts_come_back() {
        for text in ["", " ", "Buy milk", "\0", "a\0b", "\u{1F600}"] {
            assert_eq!(stored_and_read(text.to_owned()), text);
        }
        assert_eq!(stored_and_read(Short::new("a b").expect("good")), "a b");
        for other in others("text") {
            assert_eq!(String::read(other.clone()), None);
            assert_eq!(Short::read(other), None);
        }
    }

    #[test]
    fn it_converts_from_texts_and_back() {
        let text = String::from("abc");
        let short = Short::new("abc").expect("good");
        assert_eq!(Short::try_from("abc").as_ref(), Ok(&short));
        assert_eq!(Short::try_from(&text).as_ref(), Ok(&short));
        assert_eq!(Short::try_from(text.clone()).as_ref(), Ok(&short));
        assert_eq!(Short::try_from(Cow::Borrowed("abc")).as_ref(), Ok(&short));
        assert_eq!("abc".parse().as_ref(), Ok(&short));
        assert_eq!(Short::try_from(""), Err(Rule::new("must not be blank")));
        assert_eq!("abcd".parse::<Short>(), Err(Rule::new("must have 3 characters at most")));
        assert_eq!(String::from(short.clone()), text);
        assert_eq!(short.into_string(), text);
    }

    #[test]
    fn it_is_used_as_its_text() {
        let short = Short::new("b a").expect("good");
        let (text, cow) = (String::from("b a"), Cow::Borrowed("b a"));
        assert_eq!(short, "b a");
        assert_eq!("b a", short);
        assert_eq!(short, *text.as_str());
        assert_eq!(*text.as_str(), short);
        assert_eq!(short, text);
        assert_eq!(text, short);
        assert_eq!(short, cow);
        assert_eq!(cow, short);
        assert_eq!((short.as_str(), short.as_ref(), short.len()), ("b a", "b a", 3));
        assert_eq!(format!("{short:>5}|{short:?}"), "  b a|\"b a\"");
        assert!(HashSet::from([short.clone()]).contains("b a"));
        assert!(BTreeSet::from([short]).contains("b a"));
    }

    #[test]
    fn serde_keeps_the_rules() {
        let short = Short::new("abc").expect("good");
        assert_eq!(serde_json::to_value(&short).ok(), Some("abc".into()));
        assert_eq!(serde_json::from_str::<Short>("\"abc\"").ok(), Some(short.clone()));
        assert_eq!(serde_json::from_reader::<_, Short>(&b"\"abc\""[..]).ok(), Some(short));
        let error = serde_json::from_str::<Short>("\"secret\"").expect_err("is too long");
        assert!(error.to_string().starts_with("must have 3 characters at most"));
        assert!(serde_json::from_str::<Short>("7").is_err());
    }

    proptest! {
        #[test]
        fn it_takes_what_has_one_to_max_characters_and_is_not_blank(text in "[ a\u{a0}\u{e4}\\x00]{0,5}") {
            let good = text.chars().count() <= 3 && text.chars().any(|char| !char.is_whitespace());
            prop_assert_eq!(Short::new(text.clone()).is_ok(), good);
            prop_assert_eq!(Short::read(Stored::Text(text.into())).is_some(), good);
        }
    }

    #[test]
    fn the_rule_holds_no_value() {
        let rule = Short::new("secret").expect_err("is too long");
        assert_eq!(rule.to_string(), "must have 3 characters at most");
    }
}
