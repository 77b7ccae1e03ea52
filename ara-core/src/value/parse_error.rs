//! The error of parsing a text.

/// The error of parsing a text: it does not have the form that the type expects. It never contains the text.
///
/// ```
/// use ara::Timestamp;
///
/// let error = "yesterday".parse::<Timestamp>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the text is not a timestamp: write it as in RFC 3339, such as 2026-11-21T08:30:00Z"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(&'static str);

impl ParseError {
    /// Returns the error with this message, a whole sentence that says which form is expected.
    #[doc(hidden)]
    pub const fn new(message: &'static str) -> Self {
        Self(message)
    }
}
