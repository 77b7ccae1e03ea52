//! Values as SQLite stores them.

use std::borrow::Cow;
use std::fmt;

use rusqlite::types::ValueRef;
use uuid::Uuid;

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

    /// Returns the same value, which borrows from this one.
    pub(crate) fn borrowed(&self) -> Stored<'_> {
        match self {
            Self::Integer(integer) => Stored::Integer(*integer),
            Self::Real(real) => Stored::Real(*real),
            Self::Text(text) => Stored::Text(Cow::Borrowed(text)),
            Self::Blob(bytes) => Stored::Blob(Cow::Borrowed(bytes)),
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

/// Formats the value for people: text and numbers as they are, 16 bytes as a UUID, and other bytes as their
/// number.
///
/// Text that looks like a number is formatted like the number; `Debug` tells them apart. As a stored value
/// does not know the type of its column, a moment is formatted as a number of milliseconds, which
/// [`Timestamp::read`](crate::Value::read) turns into a moment.
///
/// ```
/// use ara::{Stored, Uuid};
///
/// assert_eq!(Stored::Text("Buy milk".into()).to_string(), "Buy milk");
/// assert_eq!(Stored::Integer(7).to_string(), "7");
/// assert_eq!(Stored::Real(7.0).to_string(), "7.0");
/// assert_eq!(Stored::Blob(vec![1, 2].into()).to_string(), "2 bytes");
/// let id: Uuid = "0194c1c2-9f3e-7d4e-8f00-0123456789ab".parse().expect("is one");
/// assert_eq!(Stored::Blob(id.as_bytes().into()).to_string(), id.to_string());
///
/// use ara::{Timestamp, Value};
/// let moment = Stored::Integer(1_800_000_000_000);
/// assert_eq!(moment.to_string(), "1800000000000");
/// let moment = Timestamp::read(moment).expect("is one");
/// assert_eq!(moment.to_string(), "2027-01-15T08:00:00.000Z");
/// ```
impl fmt::Display for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Real(real) => write!(f, "{real:?}"),
            Self::Text(text) => f.write_str(text),
            Self::Blob(bytes) => match Uuid::from_slice(bytes) {
                Ok(uuid) => write!(f, "{uuid}"),
                Err(_) if bytes.len() == 1 => f.write_str("1 byte"),
                Err(_) => write!(f, "{} bytes", bytes.len()),
            },
        }
    }
}

/// Returns whether two values are equal bit for bit and in their storage class. NaN equals NULL,
/// because SQLite stores it so.
pub(crate) fn is_same(held: ValueRef<'_>, value: Option<&Stored<'_>>) -> bool {
    match (held, value) {
        (ValueRef::Null, None) => true,
        (ValueRef::Null, Some(Stored::Real(real))) => real.is_nan(),
        (ValueRef::Integer(held), Some(Stored::Integer(integer))) => held == *integer,
        (ValueRef::Real(held), Some(Stored::Real(real))) => held.to_bits() == real.to_bits(),
        (ValueRef::Text(held), Some(Stored::Text(text))) => held == text.as_bytes(),
        (ValueRef::Blob(held), Some(Stored::Blob(bytes))) => held == &**bytes,
        _ => false,
    }
}
