//! Reads a row of SQLite as a typed row.

use ara_schema::{ColumnDef, ReadAs, TableDef};
use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use crate::model::table::{Column, Table};
use crate::value::{Id, Stored, Timestamp, Value, read_as};

/// A typed row of a table, which `#[derive(Table)]` implements.
///
/// It is the row that queries return, with any of its columns narrowed, or the app's own struct.
pub trait Record: Sized {
    /// The table whose rows it holds.
    type Table: Table;

    /// Reads a row. Returns `None` if a column that must have a value cannot be read.
    #[doc(hidden)]
    fn from_fields(fields: &Fields<'_>) -> Option<Self>;
}

/// The fields of a row of SQLite that selects what [`select_list`] names.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    row: &'a Row<'a>,
    first: usize,
}

/// The columns that ara fills, which precede those of the struct.
pub const SYSTEM_FIELDS: [&str; 3] = ["id", "created_at", "updated_at"];

/// Returns the names of the columns that a [`Record`] reads, in the order in which it expects them: those that are
/// not retired, as they are [shown](ColumnDef::shown).
pub fn select_list(table: &TableDef) -> impl Iterator<Item = &'static str> {
    let kept = table.columns.iter().filter(|column| !column.retired);
    SYSTEM_FIELDS.into_iter().chain(kept.map(ColumnDef::shown))
}

/// Appends the SQL of the columns that a [`Record`] reads. `of` is the name by which the statement reads the table, if
/// it has to be told.
pub fn put_columns(list: &mut String, table: &TableDef, of: Option<&str>) {
    let mut put = |name: &str, missing: Option<ReadAs>| {
        if !list.is_empty() {
            list.push_str(", ");
        }
        match missing.map(ReadAs::literal) {
            Some(Ok(literal)) => list.push_str(&read_as(of, name, &literal)),
            _ => {
                of.iter().for_each(|of| list.extend(["\"", of, "\"."]));
                list.extend(["\"", name, "\""]);
            }
        }
    };
    SYSTEM_FIELDS.into_iter().for_each(|name| put(name, None));
    let kept = table.columns.iter().filter(|column| !column.retired);
    kept.for_each(|column| put(column.shown(), column.missing));
}

impl<'a> Fields<'a> {
    /// Returns the fields of `row` from its column `first` on.
    pub fn new(row: &'a Row<'a>, first: usize) -> Self {
        Self { row, first }
    }

    #[inline]
    fn get(&self, at: usize) -> Option<Stored<'a>> {
        // The row selects the whole list, so this position exists.
        let value = self.row.get_ref(self.first + at).unwrap_or(ValueRef::Null);
        Stored::from_sql(value)
    }

    /// Returns the row's id.
    #[inline]
    pub fn id<T: Table>(&self) -> Option<Id<T>> {
        self.get(0).and_then(Uuid::read).map(Id::from_uuid)
    }

    /// Returns when the row was created.
    #[inline]
    pub fn created_at(&self) -> Option<Timestamp> {
        self.get(1).and_then(Timestamp::read)
    }

    /// Returns when the row was last changed.
    #[inline]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.get(2).and_then(Timestamp::read)
    }

    /// Returns the field of the column `C` at this position. Returns `None` if the field must have a value
    /// and the column has none that can be read.
    #[inline]
    pub fn field<C: Column, F: FieldOf<C>>(&self, at: usize) -> Option<F> {
        F::from_stored_column(self.get(SYSTEM_FIELDS.len() + at))
    }

    /// Returns the value of the column `C` at this position, if it has one that can be read.
    #[inline]
    pub fn value<C: Column>(&self, at: usize) -> Option<C::Value> {
        self.get(SYSTEM_FIELDS.len() + at).and_then(C::Value::read)
    }
}

/// The type of a row's field for the column `C`: the type of the column if the query narrowed it, and
/// an `Option` of that otherwise.
///
/// It is generic over the column and not over the type, so that the compiler reports a type that is not a
/// [`Value`] once for the column, and not again for the row.
#[diagnostic::on_unimplemented(
    message = "column `{C}` cannot be read as `{Self}`",
    label = "expected the column's own type, or an `Option` of it"
)]
pub trait FieldOf<C>: Sized {
    /// Whether the column has a value in each row: [`There`] or [`Maybe`].
    #[doc(hidden)]
    type Presence: Presence + 'static;

    #[doc(hidden)]
    fn from_stored_column(stored: Option<Stored<'_>>) -> Option<Self>;
}

impl<C: Column<Value = V>, V: Value> FieldOf<C> for V {
    type Presence = There;

    #[inline]
    fn from_stored_column(stored: Option<Stored<'_>>) -> Option<Self> {
        stored.and_then(V::read)
    }
}

impl<C: Column> FieldOf<C> for Option<C::Value> {
    type Presence = Maybe;

    #[inline]
    fn from_stored_column(stored: Option<Stored<'_>>) -> Option<Self> {
        Some(stored.and_then(C::Value::read))
    }
}

/// Whether a column of a row has a value: [`Maybe`] or [`There`].
///
/// It is the parameter of a row for a column whose type is less visible than the row, and so cannot
/// itself be the parameter.
pub trait Presence {
    /// The type of the row's field.
    type Of<T>;

    /// Returns the field, or `None` if it must have a value and there is none.
    #[doc(hidden)]
    fn of<T>(value: Option<T>) -> Option<Self::Of<T>>;
}

/// The column may have no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Maybe;

/// The column has a value: the query narrowed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct There;

impl Presence for Maybe {
    type Of<T> = Option<T>;

    #[inline]
    fn of<T>(value: Option<T>) -> Option<Option<T>> {
        Some(value)
    }
}

impl Presence for There {
    type Of<T> = T;

    #[inline]
    fn of<T>(value: Option<T>) -> Option<T> {
        value
    }
}
