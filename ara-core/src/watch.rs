//! Watching: noticing when a commit has touched what a query reads.
//!
//! While there is a watch, a transaction collects what it [touches](crate::rows::touched). After the commit,
//! [`Watches`](watches::Watches) marks each watch whose [interest](interest::Interest) meets that, and wakes
//! whoever waits for it. Commits of other processes are noticed by the [observer](observer::Observer), a
//! thread that runs while there is a watch, which reads them from the change log.
//!
//! Nothing here runs a query again. Whoever waits does so when it is ready, so that a hundred commits
//! cause one new result. Sync, which reads no query, [listens](listener) to every commit that wrote into the log.

pub(crate) mod host;
pub(crate) mod interest;
pub(crate) mod listener;
pub(crate) mod log_position;
pub(crate) mod observer;
pub(crate) mod own_writes;
pub(crate) mod reads;
pub(crate) mod signal;
pub(crate) mod watches;
