//! The rules that a type sets for its values.

use std::borrow::Cow;
use std::fmt;

/// The rule that a value breaks: what is said of it in [`Error::Rule`](crate::Error::Rule). It never
/// holds the value.
///
/// ```
/// use ara::Rule;
///
/// assert_eq!(Rule::new("must not be blank").to_string(), "must not be blank");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Cow<'static, str>);

impl Rule {
    /// A rule in words that continue "the value": `must not be blank`.
    pub fn new(rule: impl Into<Cow<'static, str>>) -> Self {
        Self(rule.into())
    }

    /// Makes a rule of fixed words, for a constant.
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
