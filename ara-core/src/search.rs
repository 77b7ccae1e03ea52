//! Full-text search: an FTS5 index over the words of a table's search columns.
//!
//! FTS5 knows rows by integers, and ara's have ids, so a map stands between them. The index keeps the
//! words alone, not a second copy of the texts.
//!
//! Triggers note which rows changed, whoever changes them, and ara reads those rows into the index before
//! it commits, all at once: FTS5 would write its words to the file after each statement that a trigger
//! gives it, which takes five times as long. What another program wrote is read in before the next
//! search.

pub(crate) mod functions;
pub(crate) mod refresh;
pub(crate) mod snippet;
pub(crate) mod words;
