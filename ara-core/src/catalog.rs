//! What a file holds: its tables, columns and indexes, what the ordinals of the log stand for, and the
//! format.

pub(crate) mod ddl;
pub(crate) mod format;
pub(crate) mod own_tables;
pub(crate) mod registry;
pub(crate) mod search_index;
pub(crate) mod shape;
