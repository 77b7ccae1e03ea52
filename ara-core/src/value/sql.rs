//! What SQL that is written by hand takes and gives.

use std::borrow::Cow;

use ara_schema::Type;

use crate::value::column_type::Value;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A value for a parameter of SQL that is written by hand: any [`Value`], `&str`, `&[u8]`, or an
/// `Option` of these. `None` is NULL. It is bound as a column of its type stores it; a value of another
/// serde type is [`Json(value)`](crate::Json).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to a parameter of SQL",
    label = "expected a type that a column can have, or an `Option` of one",
    note = "integers are `i64` or smaller: convert others by `x.try_into()?`",
    note = "bind any other serde type as `Json(value)`"
)]
pub trait IntoSqlValue {
    /// The value as it is bound; `None` for NULL.
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

/// What a value that SQL gives can be read as: a [`Value`], or an `Option` of one. An integer is read as
/// a floating-point number too, where it is the very same number.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from SQL",
    label = "expected a type that a column can have, or an `Option` of one"
)]
pub trait FromSqlValue: Sized {
    /// Reads it, `None` being NULL; gives `None` where it is not of this type.
    #[doc(hidden)]
    fn from_sql_value(stored: Option<Stored<'_>>) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<V: Value> FromSqlValue for V {
    fn from_sql_value(stored: Option<Stored<'_>>) -> Option<Self> {
        V::read(match stored? {
            Stored::Integer(integer) if matches!(V::TYPE, Type::Real) => real(integer)?,
            other => other,
        })
    }
}

impl<V: Value> FromSqlValue for Option<V> {
    fn from_sql_value(stored: Option<Stored<'_>>) -> Option<Self> {
        Some(V::from_sql_value(stored))
    }
}

/// The floating-point number that is this integer, if one is.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "is checked")]
fn real(integer: i64) -> Option<Stored<'static>> {
    let real = integer as f64;
    (real as i128 == i128::from(integer)).then_some(Stored::Real(real))
}
