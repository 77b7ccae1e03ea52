//! Running queries.
//!
//! The methods that end a chain of clauses are here, by how the rows are returned: [at once or one by
//! one](query), by [pages](page), [prepared](prepared) to be run again with other values, [watched](watch),
//! [each with the rows that refer to it](many), as a [union](union) with those of other queries. SQL that is
//! [written by hand](raw_sql) is run here too, and queries are [explained](explain).
//!
//! All of them run statements by the [reader](reader).

pub(crate) mod bind;
pub(crate) mod cursor;
pub(crate) mod digest;
mod explain;
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
