//! ara keeps an app's data on the user's own devices.

pub use ara_core::*;
pub use ara_macros::{Table, table};
pub use ara_query::*;

/// What nearly every file of an app needs: `use ara::prelude::*;`
pub mod prelude {
    pub use ara_core::{
        Column, Create, Database, Id, Json, NonEmptyString, Source, Table, Timestamp, Transaction,
        Update, Value,
    };
    pub use ara_macros::Table;
    pub use ara_query::{Compare, Filter, NumberFunctions, Queries, Query, Sort, TextFunctions};
}

#[doc(hidden)]
pub mod __private {
    pub use ara_core::schema::{ColumnDef, IndexDef, TableDef, Type};
    pub use ara_core::{
        Cells, Column, Create, Field, Fields, Id, IdOf, IntoOptional, IntoValue, Maybe, Missing,
        Plain, Presence, Provided, Readable, Record, Result, Rule, Set, Stored, Table, There,
        Timestamp, Update, Value, Whole,
    };
    pub use ara_query::Narrow;
}
