//! What a schema is to ara: the names it may use, the types it stores and the tables it is made of.
//!
//! This crate knows no database. The macros use it at compile time, the database at run time.

mod name;
mod table;
mod ty;

pub use name::{MAX_NAME_LENGTH, NameFault, SYSTEM_COLUMNS, check_column_name, check_table_name};
pub use table::{ColumnDef, IndexDef, TableDef};
pub use ty::Type;
