//! What the database file keeps of sync.

mod alarm;

pub use alarm::Alarm;
