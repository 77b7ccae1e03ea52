//! The rules of types for their values.

use std::borrow::Cow;
use std::fmt;

/// A rule of a type that a value breaks, as [`Error::Rule`](crate::Error::Rule) reports it. It never
/// contains the value.
///
/// ```
/// use ara::Rule;
///
/// assert_eq!(Rule::new("must not be blank").to_string(), "must not be blank");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Cow<'static, str>);

impl Rule {
    /// Returns a rule. Its words continue a sentence that begins with the value: `must not be blank`.
    pub fn new(rule: impl Into<Cow<'static, str>>) -> Self {
        Self(rule.into())
    }

    /// Returns a rule of fixed words, for constants.
    pub(crate) const fn fixed(rule: &'static str) -> Self {
        Self(Cow::Borrowed(rule))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rule {}
