//! ara keeps an app's data on the user's own devices.

pub use ara_core::*;
pub use ara_macros::{Table, Value, schema, table};
pub use ara_query::*;

/// What most files of an app need: `use ara::prelude::*`.
pub mod prelude {
    pub use ara_core::{
        Column, Create, Id, Json, NonEmptyString, Source, Table, Timestamp, Update, Value,
    };
    // Never the attribute `table`: as a bare word it is the helper of the derive.
    pub use ara_macros::{Table, Value};
}

#[doc(hidden)]
pub mod __private {
    pub use ara_core::schema::{ColumnDef, IndexDef, TableDef, Type};
    pub use ara_core::{
        Cells, Column, Create, Field, Fields, Id, IdOf, IntoOptional, IntoValue, MadeOf, Maybe,
        Missing, Plain, Presence, Provided, Readable, Record, Result, Rule, Schema, Set, Stored,
        Table, TableRef, There, Timestamp, Update, Value, Whole, is_first,
    };
    pub use ara_query::Narrow;
}
