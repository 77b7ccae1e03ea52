//! ara's database: one SQLite file whose tables grow with the app's structs, and the change log that
//! is its truth.
//!
//! Apps use it through the `ara` crate, which re-exports it.

mod ahead;
mod any_rows;
mod app_schema;
mod at;
mod backup;
mod cells;
mod change;
mod changes;
mod clock;
mod codec;
mod compact;
mod counters;
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
mod identity;
mod inspect;
mod journal;
mod json_lines;
mod json_value;
mod mend;
mod merge;
mod moved;
mod mutation;
mod options;
mod outgoing;
mod plan;
mod plans;
mod progress;
mod read_only;
mod readers;
mod rebuild;
mod rebuild_all;
mod record;
mod registry;
mod restore;
mod row_clock;
mod row_history;
mod search;
mod set_aside;
mod shape;
mod shown;
mod source;
mod statements;
mod table;
mod transaction;
mod transaction_id;
mod transaction_list;
mod transactions;
mod undo;
mod undone;
mod value;
mod vector;
mod verify;
mod wanted;
mod watch;
#[cfg(feature = "wire")]
mod wire;
mod writer;

pub use app_schema::{AppSchema, Schema, definitions};
pub use ara_schema as schema;
pub use at::Past;
pub use cells::Cells;
pub use changes::Changes;
pub use compact::Compaction;
pub use database::Database;
pub use ddl::ddl;
pub use drift::Drift;
pub use error::{Error, Result};
pub use failure::SchemaFailure;
pub use file_schema::{FileColumn, FileSchema, FileTable, RowCount};
#[doc(hidden)]
pub use history::HISTORY;
pub use history::{Growth, SchemaVersion};
pub use merge::{MergeReport, Reason, Refused};
pub use options::Options;
pub use outgoing::ChangesSince;
pub use progress::Progress;
pub use rebuild_all::RebuildReport;
pub use record::{
    FieldOf, Fields, Maybe, Presence, Record, SYSTEM_FIELDS, There, select_list, stored_table_name,
};
pub use row_history::{ColumnChange, RowChange};
#[doc(hidden)]
pub use search::search_tables;
pub use set_aside::{Obstacle, SetAside};
pub use source::{Reading, Source, TableRef};
pub use table::{
    Column, Create, IdOf, Missing, Provided, SearchColumn, Searchable, Set, SystemColumn, Table,
    Update, column_def, is_counter, readable, search_text,
};
pub use transaction::Transaction;
pub use transaction_id::TransactionId;
pub use transaction_list::{TransactionSummary, Transactions};
pub use undo::UndoReport;
pub use uuid::Uuid;
#[doc(hidden)]
pub use value::register_functions;
pub use value::{
    Addition, Class, Counter, FromSqlValue, Id, IntoOptional, IntoSqlValue, IntoValue, Json,
    MadeOf, NonEmptyString, Ordered, Patches, Plain, Readable, Rule, Stored, Timestamp, Value,
    Whole,
};
pub use vector::VersionVector;
pub use verify::{Difference, Verification, What};
#[doc(hidden)]
pub use watch::{Subscription, Until};
