//! What an import tells of what it does.

use std::fmt;

/// What an [import](crate::Importer) did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
#[must_use = "it tells whether rows were refused"]
pub struct Imported {
    /// How many rows the source had.
    pub read: u64,
    /// How many rows were created.
    pub created: u64,
    /// How many rows were there already, and were changed or restored.
    pub changed: u64,
    /// How many rows were there already, and were left as they were.
    pub unchanged: u64,
    /// How many rows were refused.
    pub refused: u64,
    /// The first hundred of the rows that were refused, in the order of the source.
    pub refusals: Vec<RefusedRow>,
}

impl Imported {
    /// How many refusals are kept.
    const MOST: usize = 100;

    /// Adds a row that was refused.
    pub(crate) fn refuse(&mut self, refused: RefusedRow) {
        self.refused += 1;
        if self.refusals.len() < Self::MOST {
            self.refusals.push(refused);
        }
    }
}

/// A row of a source that an import has refused. It displays as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedRow {
    /// The number of the row in the source, from 1. In CSV, it is the number of its first line.
    pub row: u64,
    /// Why it was refused. It contains names, and never a value.
    pub reason: String,
}

impl fmt::Display for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.reason)
    }
}

/// How far an import has come, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportProgress {
    /// How many rows of the source are done.
    pub rows: u64,
    /// How many rows the source has, if it is a SQLite file. What is read from a reader ends where it ends.
    pub total: Option<u64>,
}
