//! Merging the changes of other devices.
//!
//! Changes arrive in one [run] for each node. What has arrived is [checked] first, and then written into the
//! log, at its end or [within](unite) it, and folded into the [rows](crate::rows). Tables and
//! columns that the changes [name](names) are created. If something is wrong with the changes of a node, only
//! these are refused.

pub(crate) mod checked;
pub(crate) mod faults;
pub(crate) mod incoming;
pub(crate) mod names;
pub(crate) mod report;
pub(crate) mod resolved;
pub(crate) mod run;
pub(crate) mod same_ends;
pub(crate) mod stop;
pub(crate) mod unite;
