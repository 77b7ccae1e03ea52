//! The nodes, which write changes, and the precedence of what they wrote.

use std::fmt;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use uuid::Uuid;

use crate::log::clock::Stamp;

/// The id of a node, by which all devices know it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId([u8; 16]);

impl NodeId {
    /// The id that no node has.
    pub(crate) const NOBODY: Self = Self([0; 16]);

    /// Makes the id of its bytes.
    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Returns the id as a UUID.
    pub(crate) const fn uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }
}

impl From<Uuid> for NodeId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.into_bytes())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid().fmt(f)
    }
}

impl ToSql for NodeId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for NodeId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}

/// The number of a node in one file. It is shorter than the id, and means nothing in another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeOrdinal(i64);

impl NodeOrdinal {
    /// The number that no node has.
    pub(crate) const NONE: Self = Self(0);

    /// Makes the ordinal of its number.
    pub(crate) const fn new(ordinal: i64) -> Self {
        Self(ordinal)
    }

    /// Returns the number.
    pub(crate) const fn get(self) -> i64 {
        self.0
    }
}

impl ToSql for NodeOrdinal {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for NodeOrdinal {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}

/// Which of two writes of a column wins: the one of the greater precedence. Writes are compared by their
/// stamps, then by the ids of their nodes, and then, for changes of a node that forked, by their hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Precedence {
    pub(crate) stamp: Stamp,
    pub(crate) node: NodeId,
    /// The hash of the change as it was first written.
    pub(crate) hash: u64,
}
