//! Merging what other devices wrote.
//!
//! Changes come in runs of a node. Of each run the transactions are [checked](checked) one after the
//! other, written into the [log](logged) as they are, and folded into the tables, [row](rows) by row.
//! Tables and columns are [made](make) as their [names](names) arrive. What goes wrong with one
//! node stops that node alone.

pub(crate) mod checked;
pub(crate) mod dropped;
pub(crate) mod hashes;
pub(crate) mod incoming;
pub(crate) mod logged;
pub(crate) mod names;
pub(crate) mod renew;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod settle;
pub(crate) mod void;
