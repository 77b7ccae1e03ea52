//! From a row of SQLite to a typed row.

use std::borrow::Cow;

use ara_schema::TableDef;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::table::Table;
use crate::value::{Id, Stored, Timestamp, Value};

/// A typed row of a table: the row that queries return, in any state of narrowing, or the user's
/// own struct. `#[derive(Table)]` implements it.
pub trait Record: Sized {
    /// The table whose rows it holds.
    type Table: Table;

    /// Reads a row, or `None` where a column that must be there cannot be read.
    #[doc(hidden)]
    fn from_fields(fields: &Fields<'_>) -> Option<Self>;
}

/// The fields of a table's row, where the row selects what [`select_list`] names.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    row: &'a Row<'a>,
    first: usize,
}

/// Fields before those of the struct: `id`, `created_at`, `updated_at`.
const SYSTEM_FIELDS: usize = 3;

/// The stored names of the columns that a [`Record`] reads, in the order it expects them.
pub fn select_list(table: &TableDef) -> impl Iterator<Item = &'static str> {
    let system: [_; SYSTEM_FIELDS] = ["id", "created_at", "updated_at"];
    system.into_iter().chain(table.columns.iter().map(|column| column.name))
}

/// The name that a table has in the file. Local tables live under a prefix of their own.
pub fn stored_table_name(table: &TableDef) -> Cow<'static, str> {
    if table.local {
        Cow::Owned(format!("ara_local_{}", table.name))
    } else {
        Cow::Borrowed(table.name)
    }
}

impl<'a> Fields<'a> {
    /// The fields of `row` from its column `first` on.
    pub fn new(row: &'a Row<'a>, first: usize) -> Self {
        Self { row, first }
    }

    #[inline]
    fn get(&self, at: usize) -> Option<Stored<'a>> {
        // A wider position than the row has cannot be: the row selects the very list.
        let value = self.row.get_ref(self.first + at).unwrap_or(ValueRef::Null);
        Stored::from_sql(value)
    }

    /// The row's id.
    #[inline]
    pub fn id<T: Table>(&self) -> Option<Id<T>> {
        self.get(0).and_then(Uuid::read).map(Id::from_uuid)
    }

    /// When the row was made.
    #[inline]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.get(1).and_then(Timestamp::read)
    }

    /// When the row was last changed.
    #[inline]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.get(2).and_then(Timestamp::read)
    }

    /// The column at this position of the table's definition.
    #[inline]
    pub fn column<F: Field>(&self, column: usize) -> Option<F> {
        F::from_stored(self.get(SYSTEM_FIELDS + column))
    }
}

/// The type of a row's field: a [`Value`] where the column was narrowed, else an `Option` of one.
pub trait Field: Sized {
    #[doc(hidden)]
    fn from_stored(stored: Option<Stored<'_>>) -> Option<Self>;
}

impl<V: Value> Field for V {
    #[inline]
    fn from_stored(stored: Option<Stored<'_>>) -> Option<Self> {
        stored.and_then(V::read)
    }
}

impl<V: Value> Field for Option<V> {
    #[inline]
    fn from_stored(stored: Option<Stored<'_>>) -> Option<Self> {
        Some(stored.and_then(V::read))
    }
}

/// What a row knows of a column whose type is hidden where the row is not: there the row's parameter
/// is not the type, but one of [`Maybe`] and [`There`].
pub trait Presence {
    /// The type of the row's field.
    type Of<T>;
}

/// The column may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maybe;

/// The column is there: the query narrowed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct There;

impl Presence for Maybe {
    type Of<T> = Option<T>;
}

impl Presence for There {
    type Of<T> = T;
}
