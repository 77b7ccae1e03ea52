//! From a row of SQLite to a typed row.

use ara_schema::TableDef;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::model::table::{Column, Table};
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

/// The columns that ara fills for every row, in front of those of the struct.
pub const SYSTEM_FIELDS: [&str; 3] = ["id", "created_at", "updated_at"];

/// The stored names of the columns that a [`Record`] reads, in the order it expects them.
pub fn select_list(table: &TableDef) -> impl Iterator<Item = &'static str> {
    SYSTEM_FIELDS.into_iter().chain(table.columns.iter().map(|column| column.name))
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

    /// The column `C`, which is at this position, as a row's field.
    #[inline]
    pub fn field<C: Column, F: FieldOf<C>>(&self, at: usize) -> Option<F> {
        F::from_stored_column(self.get(SYSTEM_FIELDS.len() + at))
    }

    /// The value of the column `C`, which is at this position.
    #[inline]
    pub fn value<C: Column>(&self, at: usize) -> Option<C::Value> {
        self.get(SYSTEM_FIELDS.len() + at).and_then(C::Value::read)
    }
}

/// The type of a row's field for the column `C`: the column's own where it was narrowed, else an
/// `Option` of it. It asks the column and not the type, so that a column whose type is no [`Value`] is
/// an error of the column alone, and not of its row too.
#[diagnostic::on_unimplemented(
    message = "column `{C}` cannot be read as `{Self}`",
    label = "expected the column's own type, or an `Option` of it"
)]
pub trait FieldOf<C>: Sized {
    #[doc(hidden)]
    fn from_stored_column(stored: Option<Stored<'_>>) -> Option<Self>;
}

impl<C: Column<Value = V>, V: Value> FieldOf<C> for V {
    #[inline]
    fn from_stored_column(stored: Option<Stored<'_>>) -> Option<Self> {
        stored.and_then(V::read)
    }
}

impl<C: Column> FieldOf<C> for Option<C::Value> {
    #[inline]
    fn from_stored_column(stored: Option<Stored<'_>>) -> Option<Self> {
        Some(stored.and_then(C::Value::read))
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
