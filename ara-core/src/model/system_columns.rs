//! The columns that every table has, for code that is generic over the table.

use std::fmt;
use std::marker::PhantomData;

use crate::model::table::{Column, SystemColumn, Table};
use crate::value::{Id, Timestamp};

macro_rules! system_columns {
    ($($(#[$doc:meta])* $column:ident $name:literal $value:ty;)*) => {$(
        $(#[$doc])*
        pub struct $column<T>(PhantomData<fn() -> T>);

        impl<T> $column<T> {
            pub(crate) const fn new() -> Self {
                Self(PhantomData)
            }
        }

        impl<T> Copy for $column<T> {}

        impl<T> Clone for $column<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> fmt::Debug for $column<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($column))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: Table> Column for $column<T> {
            type Table = T;
            type Value = $value;
            const NAME: &'static str = $name;
        }

        #[diagnostic::do_not_recommend]
        impl<T: Table> SystemColumn for $column<T> {}
    )*};
}

system_columns! {
    /// The ids of the rows of `T`: see [`Table::id_column`].
    IdColumn "id" Id<T>;
    /// When the rows of `T` were created: see [`Table::created_at`].
    CreatedAt "created_at" Timestamp;
    /// When the rows of `T` were last changed: see [`Table::updated_at`].
    UpdatedAt "updated_at" Timestamp;
}
