//! The values that a column can hold, and how they are stored.

mod as_read;
mod bytes;
#[cfg(feature = "chrono")]
mod chrono;
mod civil;
mod column_type;
mod counter;
mod fits;
pub(crate) mod foreign;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod forms;
mod id;
mod into;
#[cfg(feature = "jiff")]
mod jiff;
mod json;
mod literal;
mod made_of;
#[cfg(feature = "text")]
pub(crate) mod merged;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod moments;
mod number;
pub(crate) mod one_of;
mod ordered;
mod parse_error;
mod readable;
mod rule;
pub(crate) mod size;
mod sql;
mod stored;
#[cfg(test)]
mod tests;
mod text;
#[cfg(feature = "time")]
mod time;
mod timestamp;
mod utc_offset;

pub use self::as_read::AsRead;
pub use self::column_type::Value;
pub use self::counter::{Addition, Counter, Patches};
pub(crate) use self::fits::fits;
pub use self::id::Id;
pub(crate) use self::id::uuid_of_key;
pub use self::into::{Borrowed, IntoOptional, IntoValue, Plain, Whole};
pub use self::json::{Document, Json, UpgradesTo, Versioned, read_data, store_data};
pub(crate) use self::literal::literal;
pub use self::literal::read_as;
pub use self::made_of::MadeOf;
#[cfg(feature = "text")]
pub use self::merged::Text;
pub use self::one_of::one_of_value;
pub use self::ordered::Ordered;
pub use self::parse_error::ParseError;
pub(crate) use self::readable::register_functions;
pub use self::readable::{Class, Readable};
pub use self::rule::Rule;
pub use self::sql::{FromSqlValue, IntoSqlValue};
pub use self::stored::Stored;
pub(crate) use self::stored::is_same;
pub use self::text::NonEmptyString;
pub use self::timestamp::Timestamp;
pub use self::utc_offset::UtcOffset;
