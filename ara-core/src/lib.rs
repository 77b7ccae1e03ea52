//! ara's database: one SQLite file whose tables grow with the app's structs, and the change log that
//! is its truth.
//!
//! Apps use it through the `ara` crate, which re-exports it.

mod app_schema;
mod cells;
mod change;
mod clock;
mod codec;
mod database;
mod ddl;
mod drift;
mod ensure;
mod entropy;
mod error;
mod failure;
mod file;
mod file_schema;
mod fold;
mod format;
mod growth;
mod history;
mod inspect;
mod journal;
mod mend;
mod mutation;
mod options;
mod plan;
mod plans;
mod progress;
mod read_only;
mod readers;
mod rebuild;
mod record;
mod registry;
mod row_clock;
mod search;
mod shape;
mod source;
mod statements;
mod table;
mod transaction;
mod value;
mod verify;
mod wanted;
mod watch;
mod writer;

pub use app_schema::{AppSchema, Schema, definitions};
pub use ara_schema as schema;
pub use cells::Cells;
pub use database::Database;
pub use ddl::ddl;
pub use drift::Drift;
pub use error::{Error, Result};
pub use failure::SchemaFailure;
pub use file_schema::{FileColumn, FileSchema, FileTable, RowCount};
#[doc(hidden)]
pub use history::HISTORY;
pub use history::{Growth, SchemaVersion};
pub use options::Options;
pub use progress::Progress;
pub use record::{
    FieldOf, Fields, Maybe, Presence, Record, SYSTEM_FIELDS, There, select_list, stored_table_name,
};
#[doc(hidden)]
pub use search::search_tables;
pub use source::{Reading, Source, TableRef};
pub use table::{
    Column, Create, IdOf, Missing, Provided, SearchColumn, Searchable, Set, SystemColumn, Table,
    Update, column_def, readable, search_text,
};
pub use transaction::Transaction;
pub use uuid::Uuid;
#[doc(hidden)]
pub use value::register_functions;
pub use value::{
    Class, FromSqlValue, Id, IntoOptional, IntoSqlValue, IntoValue, Json, MadeOf, NonEmptyString,
    Ordered, Plain, Readable, Rule, Stored, Timestamp, Value, Whole,
};
pub use verify::{Difference, Verification, What};
#[doc(hidden)]
pub use watch::{Subscription, Until};
