//! Merging what other devices wrote.
//!
//! Changes come in runs of a node. Of each run the transactions are [checked](checked) one after the
//! other, written into the [log](logged) as they are, and folded into the tables, [row](rows) by row.
//! Tables and columns are [made](make) as their [names](names) arrive. What goes wrong with one
//! node stops that node alone.

mod checked;
mod dropped;
mod hashes;
mod incoming;
mod logged;
mod make;
mod names;
mod renew;
mod report;
mod rows;
mod run;
mod settle;
mod void;

pub(crate) use logged::rewrite;
pub(crate) use make::{column_of, make_logged_columns, make_logged_tables};
pub(crate) use renew::{is_ahead, renew};
pub use report::{MergeReport, Reason, Refused};
pub(crate) use rows::{FoldedCell, FoldedChange, Rows};
pub(crate) use settle::{due, settle};
pub(crate) use void::{VOIDS, mend_voids};

/// How far ahead of this device's clock a transaction may be dated to be folded in at once: five
/// minutes. One that is further ahead is folded in when its time comes.
pub(crate) const MOST_AHEAD: i64 = 5 * 60 * 1000;
