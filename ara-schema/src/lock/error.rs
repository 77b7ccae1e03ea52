//! Why a lock is refused.

use std::error::Error;
use std::fmt;

/// Why a lock is refused, and what to do about it.
///
/// ```
/// use ara_schema::LockError;
///
/// let error = LockError { line: Some(9), reason: "the date is no date".to_owned() };
/// assert_eq!(error.to_string(), "line 9: the date is no date");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockError {
    /// The line of the file, counted from 1, where there is one to show.
    pub line: Option<usize>,
    /// What is wrong, and what to do next.
    pub reason: String,
}

impl LockError {
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

/// What to do about a file that was changed by anything else than `cargo ara lock`.
pub(super) const RESTORE: &str =
    "take `ara.lock` back from version control, and let `cargo ara lock` write what is new";
