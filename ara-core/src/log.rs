//! The change log: its format, its clocks and digests, and the tables of the file that hold it.
//!
//! The log is the source of truth: the rows of every synced table are the fold of its changes.

pub(crate) mod ahead;
pub(crate) mod all_changes;
pub(crate) mod cells;
pub(crate) mod change;
pub(crate) mod clock;
pub(crate) mod codec;
pub(crate) mod counters;
pub(crate) mod entropy;
pub(crate) mod journal;
pub(crate) mod logged_change;
pub(crate) mod meta;
pub(crate) mod node;
pub(crate) mod node_changes;
pub(crate) mod nodes;
pub(crate) mod point;
pub(crate) mod recorder;
pub(crate) mod row_clock;
pub(crate) mod span;
pub(crate) mod statements;
pub(crate) mod table_changes;
#[cfg(test)]
mod tests;
pub(crate) mod transaction_id;
pub(crate) mod transactions;
pub(crate) mod twins;
pub(crate) mod writing;
pub(crate) mod written_rows;
