//! ara's database: one SQLite file whose tables grow with the app's structs, and the change log that
//! is its truth.
//!
//! Apps use it through the `ara` crate, which re-exports it.

mod care;
mod catalog;
mod database;
mod error;
mod exchange;
mod file;
mod growth;
mod import;
mod log;
mod merge;
#[cfg(feature = "text")]
mod merged_text;
mod model;
mod names;
mod past;
mod rows;
mod search;
mod sync;
mod text;
mod trace;
mod value;
mod watch;

#[cfg(feature = "chrono")]
#[doc(no_inline)]
pub use ::chrono;
#[cfg(feature = "jiff")]
#[doc(no_inline)]
pub use ::jiff;
#[cfg(feature = "time")]
#[doc(no_inline)]
pub use ::time;
pub use ara_schema as schema;
pub use care::import_report::{ImportReport, LineProblem, OnProblem};
#[doc(hidden)]
pub use care::panicking_lenses::{PanickingLens, panicking_lenses};
pub use care::progress::Progress;
pub use care::rebuild_all::RebuildReport;
pub use care::unfit_cells::UnfitCells;
pub use care::verification::{Difference, Verification, What};
pub use catalog::ddl::ddl;
#[doc(hidden)]
pub use catalog::own_tables::HISTORY;
#[doc(hidden)]
pub use catalog::search_index::search_table;
#[doc(hidden)]
pub use catalog::shown_column::{checked_limit, edit_columns_of};
pub use database::Database;
pub use database::options::Options;
pub use database::source::{Handle, Reading, Source};
#[doc(hidden)]
pub use database::subscription::{Subscription, Until};
#[cfg(feature = "text")]
pub use database::text_edit::TextEdit;
#[cfg(feature = "text")]
pub use database::text_watch::TextWatch;
pub use database::transaction::Transaction;
pub use error::{Error, Result};
pub use exchange::changes::Changes;
#[doc(hidden)]
pub use exchange::points::{NodePoint, NodeRun};
pub use exchange::vector::VersionVector;
#[cfg(feature = "encryption")]
pub use file::cipher::key::Key;
#[doc(hidden)]
pub use file::functions::register_functions;
pub use growth::drift::Drift;
pub use growth::failure::SchemaFailure;
pub use growth::file_schema::{FileColumn, FileSchema, FileTable, RowCount};
pub use growth::history::{Growth, SchemaVersion};
pub use growth::recorded_types::RecordedType;
pub use import::imported::{ImportProgress, Imported, RefusedRow};
pub use import::importer::Importer;
pub use import::row::ImportRow;
pub use import::value::ImportValue;
pub use log::transaction_id::TransactionId;
pub use merge::report::{MergeReport, Reason, Refused};
#[cfg(feature = "text")]
pub use merged_text::change::TextChange;
#[cfg(feature = "text")]
pub use merged_text::cursor::TextCursor;
pub use model::app_schema::{AppSchema, Schema, definitions};
pub use model::cells::Cells;
#[doc(hidden)]
pub use model::key::{IdBeside, SetsKey, key_text};
#[doc(hidden)]
pub use model::lens::{Lenses, ReadBy, ReadLens, WriteBy, WriteLens};
#[doc(hidden)]
pub use model::lens_functions::{
    Always, Fallibly, KeyReference, Perhaps, Reads, Writes, call_read, call_read_with, call_write,
    given, given_at, key_read, key_replaced, key_written, read_value, replaces_no_counter,
    written_value,
};
#[doc(hidden)]
pub use model::lens_laws::{LawFault, LensLaws, LensValues};
pub use model::natural_key::{KeyPart, NaturalKey};
pub use model::record::{
    FieldOf, Fields, Maybe, Presence, Record, SYSTEM_FIELDS, There, put_columns, select_list,
};
pub use model::system_columns::{CreatedAt, IdColumn, UpdatedAt};
pub use model::table::{
    Column, Create, IdOf, Missing, MissingValue, Provided, SearchColumn, Searchable, Set,
    SystemColumn, Table, Update, as_read, column_def, is_counter, missing_value,
    refuse_missing_counter, search_text,
};
pub use model::table_ref::TableRef;
pub use names::stored_table_name;
pub use past::as_of::Past;
pub use past::row_history::{ColumnChange, RowChange};
pub use past::transaction_list::{TransactionSummary, Transactions};
pub use past::undo::UndoReport;
/// What generated code reads and writes data with.
#[doc(hidden)]
pub use serde;
pub use sync::changes_since::ChangesSince;
#[doc(hidden)]
pub use sync::client::commits::CommitListener;
#[doc(hidden)]
pub use sync::client::held::HeldBySchema;
#[doc(hidden)]
pub use sync::client::identity::FileIdentity;
#[doc(hidden)]
pub use sync::client::nodes::SyncNode;
#[doc(hidden)]
pub use sync::client::schema_facts::{SchemaFacts, schema_facts};
pub use sync::compact::Compaction;
pub use sync::set_aside::{Obstacle, SetAside};
pub use uuid::Uuid;
#[cfg(feature = "text")]
pub use value::Text;
#[doc(hidden)]
pub use value::foreign::write::{put_json, put_json_text, text_of};
pub use value::{
    Addition, AsRead, Borrowed, Class, Counter, FromSqlValue, Id, IntoOptional, IntoSqlValue,
    IntoValue, Json, MadeOf, NonEmptyString, Ordered, ParseError, Patches, Plain, Readable, Rule,
    Stored, Timestamp, UtcOffset, Value, Whole,
};
#[doc(hidden)]
pub use value::{Document, UpgradesTo, Versioned, one_of_value, read_as, read_data, store_data};
