//! Opening a file, checking that it is one of ara, and the connections to it.

pub(crate) mod at_path;
pub(crate) mod checks;
pub(crate) mod cipher;
pub(crate) mod claim;
pub(crate) mod functions;
pub(crate) mod identity;
pub(crate) mod log_length;
pub(crate) mod log_mark;
pub(crate) mod open;
pub(crate) mod read_only;
pub(crate) mod readers;
