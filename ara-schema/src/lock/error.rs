//! The error for a lock that is not valid.

use std::error::Error;
use std::fmt;

/// The error for a lock that is not valid. It says what to do about it.
///
/// ```
/// use ara_schema::LockError;
///
/// let error = LockError { line: Some(9), reason: "the date is no date".to_owned() };
/// assert_eq!(error.to_string(), "line 9: the date is no date");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockError {
    /// The line of the file, counted from 1, if the error is about one.
    pub line: Option<usize>,
    /// What is wrong, and what to do next.
    pub reason: String,
}

impl LockError {
    /// Returns the error for a line, if it is about one.
    pub(super) fn at(line: impl Into<Option<usize>>, reason: impl Into<String>) -> Self {
        Self { line: line.into(), reason: reason.into() }
    }
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl Error for LockError {}

/// The advice for a file that anything but `cargo ara lock` has changed.
pub(super) const RESTORE: &str =
    "take `ara.lock` back from version control, and let `cargo ara lock` write what is new";
