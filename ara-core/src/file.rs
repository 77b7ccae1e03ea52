//! Opening a file, telling whose it is, and the connections to it.

pub(crate) mod identity;
pub(crate) mod open;
pub(crate) mod read_only;
pub(crate) mod readers;
