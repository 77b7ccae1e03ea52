//! The change log: its format, its clocks and digests, and the tables of the file that hold it.
//!
//! The log is the source of truth: the rows of every synced table are the fold of its changes.

pub(crate) mod cells;
pub(crate) mod change;
pub(crate) mod clock;
pub(crate) mod codec;
pub(crate) mod column_set;
pub(crate) mod counters;
pub(crate) mod entropy;
pub(crate) mod forgotten;
pub(crate) mod gap;
pub(crate) mod journal;
pub(crate) mod marks;
pub(crate) mod mending;
pub(crate) mod meta;
pub(crate) mod node;
pub(crate) mod node_log;
pub(crate) mod nodes;
pub(crate) mod ordering;
pub(crate) mod owned_change;
pub(crate) mod owned_write;
pub(crate) mod piece;
pub(crate) mod pieces;
pub(crate) mod place;
pub(crate) mod points;
pub(crate) mod recorder;
pub(crate) mod remains;
pub(crate) mod row_changes;
pub(crate) mod row_clock;
pub(crate) mod statements;
pub(crate) mod stretch;
#[cfg(feature = "text")]
pub(crate) mod text_states;
pub(crate) mod texts;
pub(crate) mod transaction_id;
