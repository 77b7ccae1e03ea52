//! Running queries.

pub(crate) mod bind;
pub(crate) mod digest;
mod explain;
pub(crate) mod many;
pub(crate) mod page;
pub(crate) mod prepared;
mod query;
pub(crate) mod raw_sql;
pub(crate) mod reader;
#[cfg(feature = "stream")]
mod stream;
pub(crate) mod union;
pub(crate) mod unreadable;
pub(crate) mod watch;
