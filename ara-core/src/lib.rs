//! ara's database: one SQLite file whose tables grow with the app's structs, and the change log that
//! is its truth.
//!
//! Apps use it through the `ara` crate, which re-exports it.

mod cells;
mod error;
mod record;
mod source;
mod table;
mod value;

pub use ara_schema as schema;
pub use cells::Cells;
pub use error::{Error, Result};
pub use record::{Field, Fields, Record, select_list, stored_table_name};
pub use source::{Reading, Source, TableRef};
pub use table::{Column, Create, IdOf, Missing, Provided, Set, Table, Update};
pub use uuid::Uuid;
#[doc(hidden)]
pub use value::register_functions;
pub use value::{
    Class, Id, IntoOptional, IntoValue, Json, NonEmptyString, Plain, Readable, Rule, Stored,
    Timestamp, Value, Whole,
};
