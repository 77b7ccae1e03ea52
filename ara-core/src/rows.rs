//! The only code that writes rows: mutations of the app, the fold of what others wrote, and rebuilding from
//! the log.

pub(crate) mod any_rows;
pub(crate) mod fold;
pub(crate) mod last_writer;
pub(crate) mod mutation;
pub(crate) mod plan;
pub(crate) mod plans;
pub(crate) mod rebuild;
pub(crate) mod touched;
pub(crate) mod writing;
