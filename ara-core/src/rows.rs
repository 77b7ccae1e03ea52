//! The only code that writes rows: mutations of the app, changes of other devices, and rebuilding from the
//! log.

pub(crate) mod any_rows;
pub(crate) mod by_position;
pub(crate) mod clocks;
#[cfg(test)]
pub(crate) mod column_cells;
pub(crate) mod effective;
pub(crate) mod folded_change;
pub(crate) mod forgetting;
pub(crate) mod insert;
pub(crate) mod key_of;
pub(crate) mod last_writer;
pub(crate) mod lensed;
pub(crate) mod mutation;
pub(crate) mod plan;
pub(crate) mod plans;
pub(crate) mod rebuild;
pub(crate) mod refill;
mod room;
pub(crate) mod shown_values;
pub(crate) mod table_rows;
pub(crate) mod texts;
pub(crate) mod touched;
pub(crate) mod whole_row;
pub(crate) mod writing;
pub(crate) mod written_through;
