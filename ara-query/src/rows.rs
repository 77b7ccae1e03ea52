//! From a row of SQLite to the rows of a query.

use ara_core::{Fields, Record};
use rusqlite::Row;

/// The rows that a query returns, as a tuple of one row type a table.
#[diagnostic::on_unimplemented(
    message = "a query cannot return rows of type `{Self}`",
    label = "not a tuple of row types"
)]
pub trait Rows {
    /// What the query returns for each row: of one table, its row.
    type Output;

    /// Reads a row, or `None` where a column that was narrowed is absent.
    #[doc(hidden)]
    fn from_row(row: &Row<'_>) -> Option<Self::Output>;
}

impl<A: Record> Rows for (A,) {
    type Output = A;

    #[inline]
    fn from_row(row: &Row<'_>) -> Option<A> {
        A::from_fields(&Fields::new(row, 0))
    }
}
