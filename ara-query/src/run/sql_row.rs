//! The rows of SQL that is written by hand.

use std::any::type_name;

use ara_core::{Error, FromSqlValue, Result, Stored};
use rusqlite::Row;
use rusqlite::types::ValueRef;

/// A row of [`sql`](crate::Queries::sql): a tuple of up to sixteen values, each a [`Value`](ara_core::Value)
/// or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a row of SQL",
    label = "expected a tuple of values, such as `(Id<Todo>, Option<String>)`",
    note = "a row of one value is `(Value,)`, with a comma"
)]
pub trait SqlRow: Sized {
    #[doc(hidden)]
    const WIDTH: usize;

    #[doc(hidden)]
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

fn read<T: FromSqlValue>(row: &Row<'_>, at: usize) -> Result<T> {
    let value = row.get_ref(at)?;
    T::from_sql_value(Stored::from_sql(value)).ok_or_else(|| not_read::<T>(row, at, value))
}

/// Returns the error for a value that is not of the type it is read as. It does not hold the value.
#[cold]
fn not_read<T>(row: &Row<'_>, at: usize, value: ValueRef<'_>) -> Error {
    // SQLite names a column without a name by the text of its expression, which may contain values.
    let is_name = |name: &&str| {
        let mut characters = name.chars();
        characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    };
    let name = row.as_ref().column_name(at).ok().filter(is_name);
    let found = match value {
        ValueRef::Null => "NULL",
        ValueRef::Integer(_) => "INTEGER",
        ValueRef::Real(_) => "REAL",
        ValueRef::Text(_) => "TEXT",
        ValueRef::Blob(_) => "BLOB",
    };
    let column = name.map_or_else(|| (at + 1).to_string(), str::to_owned);
    Error::RawValue { column, expected: name_of::<T>(), found }
}

/// Returns the name of a type without the modules that it is in.
fn name_of<T>() -> String {
    let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let paths = type_name::<T>().split_inclusive(|c| !is_of_path(c));
    paths.map(|path| path.rsplit("::").next().unwrap_or(path)).collect()
}

macro_rules! sql_rows {
    ($($part:ident $_i:ident $n:literal)*) => {
        impl<$($part: FromSqlValue),*> SqlRow for ($($part,)*) {
            const WIDTH: usize = [$($n),*].len();

            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(read::<$part>(row, $n)?,)*))
            }
        }
    };
}

tuples! { sql_rows }
