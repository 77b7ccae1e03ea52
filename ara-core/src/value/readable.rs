//! Which stored values a type reads, so that SQL and Rust agree on it.

use std::any::TypeId;
use std::sync::{PoisonError, RwLock};

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use crate::value::column_type::Value;
use crate::value::stored::Stored;

/// Which stored values a [`Value`] reads. ara turns it into a SQL condition.
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
    /// The integers of this range, both ends included.
    Integers(i64, i64),
    /// Every floating-point number.
    Reals,
    /// Every text. SQLite would hold bytes as text that are not UTF-8, which no type reads: ara lets
    /// none in.
    Texts,
    /// Texts of 1 to this many characters that are not blank. Those that begin with a printing ASCII
    /// character and have at most so many bytes are (`octet_length`: SQLite's `length` ends at a NUL);
    /// of the others the key decides.
    NonEmptyTexts {
        /// The most characters.
        max: usize,
        /// As in [`Readable::Checked`].
        key: i64,
    },
    /// These texts.
    Names(&'static [&'static str]),
    /// Every blob.
    Blobs,
    /// Blobs of this many bytes.
    BlobsOf(usize),
    /// Those of one storage class that the SQL function `ara_reads(key, value)` accepts.
    Checked {
        /// The storage class.
        class: Class,
        /// Tells the function which type is asked.
        key: i64,
    },
}

/// A storage class of SQLite, without NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// INTEGER
    Integer,
    /// REAL
    Real,
    /// TEXT
    Text,
    /// BLOB
    Blob,
}

impl Class {
    /// The name that SQLite's `typeof` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Text => "text",
            Self::Blob => "blob",
        }
    }

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

/// The types that were asked for, by the key they were given: an index into this list. It only grows,
/// and only by the column types of the program.
static CHECKS: RwLock<Vec<(TypeId, Check)>> = RwLock::new(Vec::new());

impl Readable {
    /// Those stored values that `V::read` reads: SQLite calls it for each row in question.
    pub fn checked<V: Value>() -> Self {
        Self::Checked { class: Class::of(V::TYPE), key: Self::key::<V>() }
    }

    /// The key under which SQL can ask `V::read`.
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

/// Gives a connection the function `ara_reads(key, value)` that [`Readable::Checked`] speaks of.
///
/// # Errors
///
/// SQLite's.
pub fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
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
    })
}
