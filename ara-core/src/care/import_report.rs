//! What an import tells of its lines.

use std::fmt;

/// What [`import_json`](crate::Database::import_json) did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use = "it tells whether lines were left out, and whether the app can read all values"]
pub struct ImportReport {
    /// How many rows were read, and are in the table now.
    pub rows: u64,
    /// How many lines were left out.
    pub skipped: u64,
    /// How many values were imported that this version of the app cannot read, so that they are missing in its
    /// queries.
    pub unreadable: u64,
    /// The columns that lines named and the table lacked, so that they were added to it: columns of other
    /// versions of the app, or misspelt ones.
    pub columns: Vec<String>,
}

/// Something in a line that an import cannot take as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineProblem {
    /// The line's number, from 1.
    pub line: u64,
    /// What is wrong with it, as the rest of a sentence that begins with the line. It never contains a value.
    pub reason: String,
    /// Whether the row can be imported all the same. It can if this version of the app cannot read a value,
    /// which another version may have written; it cannot if the line is no row.
    pub can_be_kept: bool,
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} {}", self.line, self.reason)
    }
}

/// How an import goes on after a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnProblem {
    /// Imports nothing, and returns [`Error::Line`](crate::Error::Line).
    Stop,
    /// Leaves the line out.
    Skip,
    /// Imports the line as it is. A line that cannot be kept is left out.
    Keep,
}
