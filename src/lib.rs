// Here the links of the README lead to pages of the documentation: see `guide`.
#![doc = include_str!("guide_links.md")]
#![doc = include_str!("../README.md")]

// What the macros generate names the crate as apps do.
extern crate self as ara;

pub mod guide;
mod lens_laws;
mod schema_history;
#[cfg(feature = "sync")]
pub mod sync;

#[cfg(feature = "encryption")]
pub use ara_core::Key;
#[cfg(feature = "chrono")]
#[doc(no_inline)]
pub use ara_core::chrono;
#[cfg(feature = "jiff")]
#[doc(no_inline)]
pub use ara_core::jiff;
pub use ara_core::schema::{
    ColumnDef, ColumnSnapshot, IndexDef, Range, Replaces, ReplacesSnapshot, Snapshot, TableDef,
    TableSnapshot, Type, TypeSnapshot,
};
#[cfg(feature = "time")]
#[doc(no_inline)]
pub use ara_core::time;
pub use ara_core::{
    Addition, Changes, ChangesSince, Class, Column, ColumnChange, Compaction, Counter, Create,
    CreatedAt, Database, Difference, Drift, Error, FileColumn, FileSchema, FileTable, FromSqlValue,
    Growth, Id, IdColumn, ImportProgress, ImportReport, ImportRow, ImportValue, Imported, Importer,
    IntoOptional, IntoSqlValue, IntoValue, Json, KeyPart, LineProblem, MergeReport, NaturalKey,
    NonEmptyString, Obstacle, OnProblem, Options, Ordered, ParseError, Past, Progress, Readable,
    Reason, RebuildReport, Record, RecordedType, Refused, RefusedRow, Result, RowChange, RowCount,
    Rule, Schema, SchemaFailure, SchemaVersion, SearchColumn, Searchable, SetAside, Source, Stored,
    Table, Timestamp, Transaction, TransactionId, TransactionSummary, Transactions, UndoReport,
    UnfitCells, Update, UpdatedAt, UtcOffset, Uuid, Value, Verification, VersionVector, What, ddl,
};
#[cfg(feature = "text")]
pub use ara_core::{Text, TextChange, TextCursor, TextEdit, TextWatch};
// Named in the compiler's messages, which would spell them `ara::__private::Missing` otherwise.
#[doc(hidden)]
pub use ara_core::{
    Always, Document, Fallibly, IdBeside, KeyReference, Perhaps, Reads, SetsKey, UpgradesTo, Writes,
};
pub use ara_core::{IdOf, MadeOf, Missing, Patches, Provided, Set};
pub use ara_macros::{OneOf, Table, Value, Versioned, View, schema, table};
pub use ara_query::*;
pub use schema_history::{SchemaHistory, SchemaHistoryDraft, SchemaHistoryPatch, SchemaHistoryRow};

/// What nearly every file of an app needs: `use ara::prelude::*;`
pub mod prelude {
    pub use ara_core::{
        Column, Counter, Create, Database, Id, Json, NonEmptyString, Source, Table, Timestamp,
        Transaction, Update, Value,
    };
    // For `row.id()` in code that is generic over the table. The name is left to apps.
    pub use ara_core::Record as _;
    // Never the attribute `table`: as a bare word it is the helper of the derive.
    // The links of the derives' pages are relative, and lead nowhere from a page in this module.
    #[doc(no_inline)]
    pub use ara_macros::{OneOf, Table, Value, Versioned, View};
    pub use ara_query::{
        Aggregates, Compare, Contains, Expr, Filter, InQuery, JsonFunctions, Mutations,
        NumberFunctions, OfAlias, OneOf, OwnedQueries, Queries, Query, Referring, Sort,
        TextFunctions, TimeFunctions, View,
    };
    #[cfg(feature = "sync")]
    pub use ara_sync::Syncing;
}

#[doc(hidden)]
pub mod __private {
    /// The derive, whose name is that of a trait here as well.
    pub mod derive {
        pub use ara_macros::Table;
    }

    pub use ara_core::schema::compile_time::*;
    pub use ara_core::schema::{
        ColumnDef, IndexDef, Range, Replaces, TableDef, Type, lacks_a_table, place_of_refusal,
        plainly_keeps,
    };
    pub use ara_core::{
        AppSchema, AsRead, Cells, Column, Create, Document, FieldOf, Fields, HISTORY, Id, IdBeside,
        IdOf, IntoOptional, IntoValue, KeyReference, LawFault, LensLaws, LensValues, Lenses,
        MadeOf, Maybe, Missing, MissingValue, Ordered, Patches, Plain, Presence, Provided, ReadBy,
        ReadLens, Readable, Reads, Record, Result, Rule, Schema, SearchColumn, Searchable, Set,
        SetsKey, Stored, SystemColumn, Table, TableRef, There, Timestamp, Update, UpgradesTo,
        Value, Versioned, Whole, WriteBy, WriteLens, Writes, as_read, call_read, call_read_with,
        call_write, column_def, definitions, given, given_at, is_counter, key_read, key_replaced,
        key_text, key_written, missing_value, read_data, read_value, refuse_missing_counter,
        replaces_no_counter, search_text, serde, store_data, written_value,
    };
    pub use ara_query::{
        Grouped, Holds, Number, OneOf, OneOfColumn, StartsWith, View, ViewPart, ViewRow,
        read_variant, refuse_local,
    };
    pub use core::marker::PhantomData;
    pub use core::option::Option::{self, None, Some};
    pub use std::vec;
}
