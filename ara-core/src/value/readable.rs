//! Which stored values a type can read, so that SQL and Rust agree on it.

use std::any::TypeId;
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::value::column_type::Value;
use crate::value::stored::Stored;

/// Which stored values a [`Value`] can read, in a form that ara translates into a SQL condition.
///
/// ```
/// use ara::{Readable, Value};
///
/// assert_eq!(u8::readable(), Readable::Integers(0, 255));
/// assert_eq!(bool::readable(), Readable::Integers(0, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readable {
    /// The integers of this range, including both ends.
    Integers(i64, i64),
    /// Every floating-point number, and the integers that are floats without a loss, as those up to 2^53 are.
    Reals,
    /// Every text. SQLite can hold text that is not valid UTF-8, which no type can read, but ara never
    /// writes it.
    Texts,
    /// Texts of 1 to `max` characters that are not blank.
    ///
    /// A text that begins with a visible ASCII character and has at most `max` bytes is always one. For
    /// any other text, SQL calls `ara_reads` with the key. (The bytes are counted by `octet_length`, as
    /// SQLite's `length` stops at a NUL.)
    NonEmptyTexts {
        /// The greatest number of characters.
        max: usize,
        /// The key, as in [`Readable::Checked`].
        key: i64,
    },
    /// These texts.
    Names(&'static [&'static str]),
    /// Every blob.
    Blobs,
    /// Blobs of this many bytes.
    BlobsOf(usize),
    /// The values of one storage class for which the SQL function `ara_reads(key, value)` returns true.
    Checked {
        /// The storage class.
        class: Class,
        /// The key by which the function finds the type.
        key: i64,
    },
}

/// A storage class of SQLite other than NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `INTEGER`.
    Integer,
    /// `REAL`.
    Real,
    /// `TEXT`.
    Text,
    /// `BLOB`.
    Blob,
}

impl Class {
    /// Returns the name that SQLite's `typeof` returns for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Text => "text",
            Self::Blob => "blob",
        }
    }

    /// Returns the storage class of a stored type.
    fn of(ty: ara_schema::Type) -> Self {
        use ara_schema::Type;
        match ty {
            Type::Bool | Type::Integer | Type::Counter | Type::Timestamp => Self::Integer,
            Type::Real => Self::Real,
            Type::Blob | Type::Uuid | Type::Id(_) => Self::Blob,
            _ => Self::Text,
        }
    }
}

type Check = fn(Stored<'_>) -> bool;

/// The checks of types, which keys index. The list only ever grows, and by no more than the column
/// types of the program.
static CHECKS: RwLock<Vec<(TypeId, Check)>> = RwLock::new(Vec::new());

impl Readable {
    /// Returns the form in which SQLite calls `V::read` for each value in question.
    pub fn checked<V: Value>() -> Self {
        Self::Checked { class: Class::of(V::TYPE), key: Self::key::<V>() }
    }

    /// Returns the key of `V`, which is registered if it has none yet.
    pub(super) fn key<V: Value>() -> i64 {
        let ty = TypeId::of::<V>();
        let find = |checks: &[(TypeId, Check)]| checks.iter().position(|(known, _)| *known == ty);
        let known = find(&CHECKS.read().unwrap_or_else(PoisonError::into_inner));
        let at = known.unwrap_or_else(|| {
            let mut checks = CHECKS.write().unwrap_or_else(PoisonError::into_inner);
            find(&checks).unwrap_or_else(|| {
                checks.push((ty, |stored| V::read(stored).is_some()));
                checks.len() - 1
            })
        });
        i64::try_from(at).unwrap_or(i64::MAX)
    }
}

/// Registers what queries call: the SQL function `ara_reads(key, value)`, which [`Readable::Checked`] describes, and
/// the table `rarray(values)` of the values that are bound as one.
///
/// # Errors
///
/// Returns the error of `rusqlite` if SQLite cannot register it.
pub(crate) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("ara_reads", 2, flags, |context| {
        let key = usize::try_from(context.get::<i64>(0)?).unwrap_or(usize::MAX);
        let checks = CHECKS.read().unwrap_or_else(PoisonError::into_inner);
        let check = checks.get(key).map(|(_, check)| *check);
        drop(checks);
        let stored = Stored::from_sql(context.get_raw(1));
        Ok(check.zip(stored).is_some_and(|(check, stored)| check(stored)))
    })?;
    rusqlite::vtab::array::load_module(connection)
}
