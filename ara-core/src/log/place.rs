//! Places in the log of a node.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// The number of a change within its node. A node numbers its changes 1, 2, 3, and so on; 0 is before the
/// first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ChangeNumber(i64);

impl ChangeNumber {
    /// The greatest number that a change may have.
    pub(crate) const MAX: Self = Self(1 << 62);

    /// Makes a number of the integer that the file holds.
    pub(crate) const fn new(number: i64) -> Self {
        Self(number)
    }

    /// Returns the integer that the file holds.
    pub(crate) const fn get(self) -> i64 {
        self.0
    }

    /// Returns the number that follows.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the number before.
    pub(crate) const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Returns whether a change may have the number.
    pub(crate) fn is_valid(self) -> bool {
        Self::default() < self && self <= Self::MAX
    }
}

impl ToSql for ChangeNumber {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for ChangeNumber {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}

/// A point in the log of a node, just after a change.
///
/// Two logs of a node that agree at a point hold the same changes up to it, even if one of them was
/// compacted: [`Compacted`](crate::log::change::Compacted) has an example.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Point {
    /// The number of the change.
    pub(crate) number: ChangeNumber,
    /// The XOR of the hashes of all changes of the node up to and including that one.
    pub(crate) digest: u64,
}

impl Point {
    /// Makes a point of the values in the file, which holds the digest as a signed integer.
    pub(crate) fn of(number: ChangeNumber, digest: i64) -> Self {
        Self { number, digest: digest.cast_unsigned() }
    }

    /// Returns whether the point is before the first change.
    pub(crate) fn is_start(self) -> bool {
        self.number == ChangeNumber::default()
    }
}
