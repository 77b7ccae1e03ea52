//! Running queries.
//!
//! The methods that end a chain of clauses are here, by how they return the rows: once (`query`), as pages
//! (`page`), again with other values (`prepared`), as often as they change (`watch`), together with the
//! rows that refer to them (`many`), or with those of other queries (`union`), or written for people (`export`). SQL that is written by hand
//! is run here too (`raw_sql`), and rows are updated and deleted (`write`).
//!
//! All of them run statements by `reader`.

pub(crate) mod bind;
pub(crate) mod cursor;
pub(crate) mod digest;
mod explain;
pub(crate) mod export;
pub(crate) mod many;
pub(crate) mod page;
pub(crate) mod prepared;
mod query;
pub(crate) mod raw_sql;
pub(crate) mod reader;
pub(crate) mod sql_row;
#[cfg(feature = "stream")]
mod stream;
pub(crate) mod union;
pub(crate) mod unreadable;
pub(crate) mod watch;
pub(crate) mod write;
