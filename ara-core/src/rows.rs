//! The only code that writes rows: mutations of the app, changes of other devices, and rebuilding from the
//! log.

pub(crate) mod any_rows;
pub(crate) mod insert;
pub(crate) mod last_writer;
pub(crate) mod mutation;
pub(crate) mod plan;
pub(crate) mod plans;
pub(crate) mod rebuild;
pub(crate) mod refill;
pub(crate) mod touched;
pub(crate) mod writing;
