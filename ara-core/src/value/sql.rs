//! The values that raw SQL takes and returns.

use std::borrow::Cow;

use crate::value::column_type::Value;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A value for a parameter of raw SQL: any [`Value`], `&str` or `&[u8]`, or an `Option` of these, where
/// `None` is NULL.
///
/// It is bound as a column of its type stores it. Wrap a value of any other serde type in
/// [`Json`](crate::Json).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to a parameter of SQL",
    label = "expected a type that a column can have, or an `Option` of one",
    note = "integers are `i64` or smaller: convert others by `x.try_into()?`",
    note = "bind any other serde type as `Json(value)`"
)]
pub trait IntoSqlValue {
    /// Returns the value as it is bound, or `None` for NULL.
    #[doc(hidden)]
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule>;
}

#[diagnostic::do_not_recommend]
impl<V: Value> IntoSqlValue for V {
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
        self.store().map(Some)
    }
}

#[diagnostic::do_not_recommend]
impl<V: Value> IntoSqlValue for Option<V> {
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
        self.map(V::store).transpose()
    }
}

macro_rules! borrowed {
    ($({$($of:tt)*} $ty:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($of)*> IntoSqlValue for $ty {
            fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
                Some(self.to_owned()).into_sql_value()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($of)*> IntoSqlValue for Option<$ty> {
            fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
                self.map(|value| value.to_owned()).into_sql_value()
            }
        }
    )*};
}

borrowed!({} &str, {} &String, {} &[u8], {} &Vec<u8>);
borrowed!({const MAX: usize} &crate::value::text::NonEmptyString<MAX>);

#[diagnostic::do_not_recommend]
impl<const N: usize> IntoSqlValue for &[u8; N] {
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
        self.as_slice().into_sql_value()
    }
}

#[diagnostic::do_not_recommend]
impl IntoSqlValue for Cow<'_, str> {
    fn into_sql_value(self) -> Result<Option<Stored<'static>>, Rule> {
        self.into_owned().into_sql_value()
    }
}

/// A type as which a value from raw SQL can be read: a [`Value`], or an `Option` of one.
///
/// A floating-point type also reads an integer, if it can represent exactly that number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from SQL",
    label = "expected a type that a column can have, or an `Option` of one"
)]
pub trait FromSqlValue: Sized {
    /// Reads a value; `None` is NULL. Returns `None` if the value is not one of this type.
    #[doc(hidden)]
    fn from_sql_value(stored: Option<Stored<'_>>) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<V: Value> FromSqlValue for V {
    fn from_sql_value(stored: Option<Stored<'_>>) -> Option<Self> {
        V::read(stored?)
    }
}

impl<V: Value> FromSqlValue for Option<V> {
    fn from_sql_value(stored: Option<Stored<'_>>) -> Option<Self> {
        Some(V::from_sql_value(stored))
    }
}
