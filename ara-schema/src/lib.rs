//! What a schema is to ara: the names it may use, the types it stores, the tables it is made of, and what
//! was released of it.
//!
//! This crate knows no database. The macros use it while an app is compiled, and the database while the
//! app runs.

pub mod compile_time;
mod fact;
mod json;
mod lock;
mod lookup;
mod name;
mod range;
mod refusal;
mod snapshot;
mod table;
mod text;
mod ty;
mod violation;

#[doc = include_str!("../schema-changes.md")]
pub mod schema_changes {}

pub use fact::{Fact, FactKey, checksum};
pub use json::write_json;
pub use lock::{LOCK_FILE, Lock, LockError, Release};
pub use lookup::find_table;
pub use name::{MAX_NAME_LENGTH, NameFault, SYSTEM_COLUMNS, check_column_name, check_table_name};
pub use range::Range;
pub use refusal::{Place, lacks_a_table, place_of_refusal, write_lacking_tables, write_refusal};
pub use snapshot::{ColumnSnapshot, ReplacesSnapshot, Snapshot, TableSnapshot, TypeSnapshot};
pub use table::{ColumnDef, IndexDef, ReadAs, Replaces, TableDef, column_shown_in, shown_column};
pub use text::{Text, same};
pub use ty::Type;
pub use violation::{UNRELEASED, Violation, Violations, plainly_keeps};
