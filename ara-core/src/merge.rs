//! Merging the changes of other devices.
//!
//! Changes arrive in one [run] for each node. The transactions of a run are [checked] one after the other,
//! written into the [log](logged), and folded into the [rows](crate::rows). Tables and columns that they
//! [name](names) are created. If something is wrong with the changes of a node, only these are refused.

pub(crate) mod arriving;
pub(crate) mod checked;
pub(crate) mod dropped;
pub(crate) mod hashes;
pub(crate) mod incoming;
pub(crate) mod last_common;
pub(crate) mod logged;
pub(crate) mod names;
pub(crate) mod renew;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod settle;
pub(crate) mod stop;
pub(crate) mod void;
