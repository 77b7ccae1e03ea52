//! Synchronization: which changes to send, merging them, what was set aside, and compaction.

pub(crate) mod batch;
pub(crate) mod changes_since;
pub(crate) mod client;
pub(crate) mod compact;
pub(crate) mod cursor;
pub(crate) mod merge;
pub(crate) mod set_aside;
