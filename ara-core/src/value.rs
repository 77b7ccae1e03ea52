//! What a column can hold, and how it is stored.

mod bytes;
#[cfg(feature = "chrono")]
mod chrono;
mod civil;
mod counter;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod forms;
mod id;
mod into;
#[cfg(feature = "jiff")]
mod jiff;
mod json;
mod made_of;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod moments;
mod number;
mod ordered;
mod readable;
mod sql;
#[cfg(test)]
mod tests;
mod text;
#[cfg(feature = "time")]
mod time;
mod timestamp;

use std::borrow::Cow;
use std::fmt;

use ara_schema::Type;
use rusqlite::types::ValueRef;

pub use self::counter::{Addition, Counter, Patches};
pub use self::id::Id;
pub(crate) use self::id::uuid_of_key;
pub use self::into::{IntoOptional, IntoValue, Plain, Whole};
pub use self::json::Json;
pub use self::made_of::MadeOf;
pub use self::ordered::Ordered;
pub use self::readable::{Class, Readable, register_functions};
pub use self::sql::{FromSqlValue, IntoSqlValue};
pub use self::text::NonEmptyString;
pub use self::timestamp::Timestamp;

/// A type that a column can have.
///
/// Most apps never implement it: `#[derive(Value)]` makes a column type of a newtype or of an enum
/// without data.
///
/// What [`store`](Self::store) gives, [`read`](Self::read) must read.
///
/// ```
/// use ara::{Rule, Stored, Type, Value};
///
/// #[derive(Debug, PartialEq)]
/// struct Even(i64);
///
/// impl Value for Even {
///     const TYPE: Type = Type::Integer;
///
///     fn store(self) -> Result<Stored<'static>, Rule> {
///         if self.0 % 2 == 0 { self.0.store() } else { Err(Rule::new("must be even")) }
///     }
///
///     fn read(stored: Stored<'_>) -> Option<Self> {
///         i64::read(stored).filter(|number| number % 2 == 0).map(Self)
///     }
/// }
///
/// assert_eq!(Even::read(Stored::Integer(2)), Some(Even(2)));
/// assert_eq!(Even::read(Stored::Integer(3)), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a column",
    label = "not a column type",
    note = "column types implement `ara::Value`: put `#[derive(Value)]` on a newtype or an enum without data, \
            or store any serde type as `Json<{Self}>`",
    note = "integers are `i64` or smaller (`u64` and `usize` do not fit), a moment is `ara::Timestamp`, \
            and dates need the feature `jiff`, `chrono` or `time`"
)]
pub trait Value: Sized + 'static {
    /// How the values are stored; what `ara.lock` remembers of a column's type.
    const TYPE: Type;

    /// The value as it is stored.
    ///
    /// # Errors
    ///
    /// The rule that the value breaks.
    fn store(self) -> Result<Stored<'static>, Rule>;

    /// The value that was stored, or `None` where this type cannot read it. What cannot be read is
    /// absent to the app; it is neither changed nor lost.
    fn read(stored: Stored<'_>) -> Option<Self>;

    /// Which stored values [`read`](Self::read) reads, in a form that becomes SQL. The default asks
    /// `read` itself, from within SQLite.
    fn readable() -> Readable {
        Readable::checked::<Self>()
    }
}

/// A value in one of SQLite's storage classes.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored<'a> {
    /// An integer of 64 bits.
    Integer(i64),
    /// A floating-point number of 64 bits.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes.
    Blob(Cow<'a, [u8]>),
}

impl<'a> Stored<'a> {
    /// What SQLite holds, or `None` for NULL and for text that is not UTF-8.
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

    /// The value as SQLite takes it.
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

/// The rule that a value breaks: what is said of it in [`Error::Rule`](crate::Error::Rule). It never
/// holds the value.
///
/// ```
/// use ara::Rule;
///
/// assert_eq!(Rule::new("must not be blank").to_string(), "must not be blank");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Cow<'static, str>);

impl Rule {
    /// A rule in words that continue "the value": `must not be blank`.
    pub fn new(rule: impl Into<Cow<'static, str>>) -> Self {
        Self(rule.into())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Rule {}
