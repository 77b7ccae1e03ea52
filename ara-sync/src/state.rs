//! What the database file keeps of sync.
//!
//! All of it is in two tables: facts by key, and the segments that the relay has. Whoever writes does so in one
//! transaction with what it belongs to, so that a crash leaves the file as it was before or after.

mod alarm;
pub(crate) mod alarms;
pub(crate) mod doubts;
pub(crate) mod facts;
pub(crate) mod gone;
pub(crate) mod place;
pub(crate) mod records;
pub(crate) mod segments;
pub(crate) mod slots;
pub(crate) mod stood;
pub(crate) mod unread;
mod who;

pub use alarm::Alarm;
pub use who::Who;
