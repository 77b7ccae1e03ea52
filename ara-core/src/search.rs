//! Full-text search: an FTS5 index over the words of a table's search columns.
//!
//! FTS5 and the table identify a row by the same integer, `ara_row`. The index is contentless: it holds
//! the words, but no second copy of the texts.
//!
//! Triggers note which rows changed, whichever program changes them. ara updates the index for all of
//! these rows at once, just before it commits: if the triggers themselves updated it, FTS5 would write
//! its words to the file after each statement, which takes five times as long. Rows that another
//! program wrote are indexed before the next search.
//!
//! SQLite runs no trigger for a row that another program removes by a `REPLACE`. The words of that row stay
//! in the index, where no query finds them, as no row has its row id any more. They are removed once a new
//! row gets it.

pub(crate) mod functions;
pub(crate) mod refresh;
pub(crate) mod snippet;
pub(crate) mod words;
