//! What a file contains: its tables, columns and indexes, the names that the ordinals of the log stand
//! for, and the version of its format.

pub(crate) mod ddl;
pub(crate) mod edit_columns;
pub(crate) mod format;
pub(crate) mod own_tables;
pub(crate) mod read_as;
pub(crate) mod registry;
pub(crate) mod search_index;
pub(crate) mod shape;
pub(crate) mod shown_column;
pub(crate) mod sync_tables;
