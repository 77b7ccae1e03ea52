//! Full-text search: an FTS5 index over the words of a table's search columns.
//!
//! FTS5 and the table identify a row by the same integer, `ara_row`. The index is contentless: it holds
//! the words, but no second copy of the texts.
//!
//! Which words a text has, and how they are spelled, Rust code decides, as Unicode says it of each script; what is put
//! into the index is the outcome, and FTS5 only splits it at the spaces. What a user searches for goes the same way, and
//! so does a text of which a snippet is shown, so that all of them agree.
//!
//! Triggers note which rows changed, whichever program changes them. ara updates the index for all of
//! these rows at once, just before it commits: if the triggers themselves updated it, FTS5 would write
//! its words to the file after each statement, which takes five times as long. Rows that another
//! program wrote are indexed before the next search. So are, in steps, the rows of a table that gets a search: others
//! can write in between.
//!
//! SQLite runs no trigger for a row that another program removes by a `REPLACE`. The words of that row stay
//! in the index, where no query finds them, as no row has its row id any more. They are removed once a new
//! row gets it.

pub(crate) mod functions;
pub(crate) mod refresh;
mod snippet;
mod spelling;
mod tokens;
mod words;
