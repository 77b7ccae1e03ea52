//! Watching: telling those who read when a commit has touched what they read.
//!
//! A transaction collects what it [touches](touched), if anybody watches. Once it is committed, the
//! [registry](watches) marks the watches whose [interest](interest) that is, and wakes who waits for
//! them. Commits of others who have the file open are noticed by the [observer](observer), a thread that
//! runs while there is a watch, and are read from the change log.
//!
//! Nothing is run again here: who waits for a [`Subscription`] does so when it wants to, so that a
//! hundred commits make one new result.

pub(crate) mod host;
pub(crate) mod interest;
pub(crate) mod log_position;
pub(crate) mod observer;
pub(crate) mod own_writes;
pub(crate) mod reads;
pub(crate) mod signal;
pub(crate) mod watches;
