//! How a row is inserted: the SQL, and its parameters.

use std::fmt::Write;

use rusqlite::Statement;
use rusqlite::types::ValueRef;

use crate::log::statements::bind;
use crate::names::quoted;
use crate::value::Stored;

/// What becomes of a statement that writes one row, and of which a part cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// Nothing of it is done, nor of what triggers have done with it.
    Abort,
    /// What was done stays. If there are no triggers but ara's own, there is nothing that could stay, and no trigger whose
    /// own way of handling conflicts this would replace. It spares SQLite a copy of each page before it is written, which
    /// it makes wherever there are triggers.
    Fail,
}

impl OnConflict {
    /// Returns the part of the SQL of the statement that says so.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::Abort => "",
            Self::Fail => " OR FAIL",
        }
    }
}

/// The parameter of the first column after the [head](RowHead).
pub(crate) const FIRST_COLUMN: usize = 5;

/// Returns the SQL that inserts a row, unless it exists: its [head](RowHead), then the given columns.
pub(crate) fn insert_sql<'a>(
    into: (OnConflict, &str),
    columns: impl IntoIterator<Item = &'a str>,
) -> String {
    let head = ("", "?1, ?2, ?3, ?4");
    // Another program may have made an index that is unique, too. To violate that is an error.
    insert(into, head, columns.into_iter().zip(FIRST_COLUMN..)) + " ON CONFLICT (\"id\") DO NOTHING"
}

/// The parameter of the first column of [`insert_new_sql`].
pub(crate) const FIRST_COLUMN_OF_NEW: usize = 4;

/// Returns the SQL that inserts a row which was never there: its id, its clock, the date of its only change,
/// then the given columns. It is not deleted.
pub(crate) fn insert_new_sql<'a>(
    into: (OnConflict, &str),
    columns: impl IntoIterator<Item = &'a str>,
) -> String {
    let head = (", \"is_deleted\"", "?1, ?2, ?3, ?3, 0");
    insert(into, head, columns.into_iter().zip(FIRST_COLUMN_OF_NEW..))
}

/// Returns the SQL that inserts a row: the head, which may have more names than that of all rows, and the
/// given columns with their parameters.
fn insert<'a>(
    (on_conflict, stored_name): (OnConflict, &str),
    (more, values): (&str, &str),
    columns: impl Iterator<Item = (&'a str, usize)>,
) -> String {
    let mut names = format!("\"id\", \"ara_clock\", \"created_at\", \"updated_at\"{more}");
    let mut values = values.to_owned();
    for (column, parameter) in columns {
        let _ = write!(names, ", {}", quoted(column));
        let _ = write!(values, ", ?{parameter}");
    }
    format!("INSERT{} INTO {} ({names}) VALUES ({values})", on_conflict.sql(), quoted(stored_name))
}

/// The columns that ara itself maintains in every row, in the order of their parameters.
pub(crate) struct RowHead<'a> {
    pub(crate) id: &'a [u8],
    /// The packed clock.
    pub(crate) clock: &'a [u8],
    pub(crate) created_at: Option<i64>,
    pub(crate) updated_at: Option<i64>,
}

impl RowHead<'_> {
    /// Binds the first four parameters of a statement.
    pub(crate) fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        bind(statement, 1, ValueRef::Blob(self.id))?;
        bind(statement, 2, ValueRef::Blob(self.clock))?;
        bind(statement, 3, self.created_at.map_or(ValueRef::Null, ValueRef::Integer))?;
        bind(statement, 4, self.updated_at.map_or(ValueRef::Null, ValueRef::Integer))
    }
}

/// Binds values to the parameters from `first` on.
pub(crate) fn bind_values<'a>(
    statement: &mut Statement<'_>,
    first: usize,
    values: impl IntoIterator<Item = Option<&'a Stored<'a>>>,
) -> rusqlite::Result<()> {
    for (value, parameter) in values.into_iter().zip(first..) {
        bind(statement, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
    }
    Ok(())
}
