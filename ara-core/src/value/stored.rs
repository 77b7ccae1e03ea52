//! Values as SQLite stores them.

use std::borrow::Cow;

use rusqlite::types::ValueRef;

/// A value in one of SQLite's storage classes other than NULL.
///
/// ```
/// use ara::{Stored, Value};
///
/// assert_eq!(true.store(), Ok(Stored::Integer(1)));
/// assert_eq!(bool::read(Stored::Integer(1)), Some(true));
/// assert_eq!(bool::read(Stored::Integer(2)), None);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Stored<'a> {
    /// A 64-bit signed integer.
    Integer(i64),
    /// A 64-bit floating-point number.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

impl<'a> Stored<'a> {
    /// Returns a value of SQLite, or `None` for NULL and for text that is not valid UTF-8.
    #[inline]
    pub fn from_sql(value: ValueRef<'a>) -> Option<Self> {
        match value {
            ValueRef::Null => None,
            ValueRef::Integer(integer) => Some(Self::Integer(integer)),
            ValueRef::Real(real) => Some(Self::Real(real)),
            ValueRef::Text(bytes) => {
                std::str::from_utf8(bytes).ok().map(|text| Self::Text(Cow::Borrowed(text)))
            }
            ValueRef::Blob(bytes) => Some(Self::Blob(Cow::Borrowed(bytes))),
        }
    }

    /// Returns the value as `rusqlite` binds it.
    #[inline]
    pub fn to_sql(&self) -> ValueRef<'_> {
        match self {
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }
    }
}
