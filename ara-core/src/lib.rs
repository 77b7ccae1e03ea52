//! ara's database: one SQLite file whose tables grow with the app's structs, and the change log that
//! is its truth.
//!
//! Apps use it through the `ara` crate, which re-exports it.

mod app_schema;
mod cells;
mod error;
mod record;
mod source;
mod table;
mod value;

pub use app_schema::{Schema, is_first};
pub use ara_schema as schema;
pub use cells::Cells;
pub use error::{Error, Result};
pub use record::{Field, Fields, Maybe, Presence, Record, There, select_list};
pub use source::{Reading, Source, TableRef};
pub use table::{Column, Create, IdOf, Missing, Provided, Set, Table, Update};
pub use uuid::Uuid;
pub use value::{
    Class, Id, IntoOptional, IntoValue, Json, MadeOf, NonEmptyString, Plain, Readable, Rule,
    Stored, Timestamp, Value, Whole,
};
