//! ara keeps an app's data on the user's own devices.

pub use ara_core::*;
pub use ara_macros::{Table, table};
pub use ara_query::*;

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
