//! From a row of SQLite to the rows of a query.

use std::marker::PhantomData;

use ara_core::{Fields, Record, SYSTEM_FIELDS, Table};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::expr::scope::Member;
use crate::untyped::term::ColumnTerm;

/// The rows that a query returns, as a tuple of one row type a table.
#[diagnostic::on_unimplemented(
    message = "this query does not say yet what it returns",
    label = "its rows are `{Self}`",
    note = "a query that is grouped returns what is selected: `.select((Todo::place, count()))`"
)]
pub trait Rows {
    /// What the query returns for each row: of one table, its row; of several, a tuple of their rows.
    type Output;

    /// The rows when every required column is narrowed.
    type Whole;

    #[doc(hidden)]
    fn required() -> Vec<ColumnTerm>;

    /// Reads a row, or `None` where a column that was narrowed is absent.
    #[doc(hidden)]
    fn from_row(row: &Row<'_>) -> Option<Self::Output>;
}

/// What a query returns of one of its tables: a row of it, [`As`] or [`Left`].
pub trait Part {
    /// What the query returns.
    type Output;

    /// The same when every required column is narrowed.
    type Whole;

    #[doc(hidden)]
    fn required(columns: &mut Vec<ColumnTerm>);

    /// How many of the row's values it is read from.
    #[doc(hidden)]
    fn width() -> usize;

    /// Reads it from the values that begin at `first`.
    #[doc(hidden)]
    fn from_row(row: &Row<'_>, first: usize) -> Option<Self::Output>;
}

impl<R: Record> Part for R {
    type Output = R;
    type Whole = R::Table;

    fn required(columns: &mut Vec<ColumnTerm>) {
        columns.extend(ColumnTerm::required::<R::Table>());
    }

    #[inline]
    fn width() -> usize {
        SYSTEM_FIELDS.len() + R::Table::TABLE.columns.len()
    }

    #[inline]
    fn from_row(row: &Row<'_>, first: usize) -> Option<R> {
        R::from_fields(&Fields::new(row, first))
    }
}

/// The rows `R` of a table that the query reads under the alias `A`. The query returns an `R`.
#[derive(Debug)]
pub struct As<A, R>(PhantomData<fn() -> (A, R)>);

impl<A: Member, R: Record<Table = A::Table>> Part for As<A, R> {
    type Output = R;
    type Whole = As<A, R::Table>;

    fn required(columns: &mut Vec<ColumnTerm>) {
        columns.extend(ColumnTerm::required::<A>());
    }

    #[inline]
    fn width() -> usize {
        <R as Part>::width()
    }

    #[inline]
    fn from_row(row: &Row<'_>, first: usize) -> Option<R> {
        <R as Part>::from_row(row, first)
    }
}

/// The rows `P` of a table that was joined by `left_join`. The query returns an `Option` of them.
#[derive(Debug)]
pub struct Left<P>(PhantomData<fn() -> P>);

impl<P: Part> Part for Left<P> {
    type Output = Option<P::Output>;
    type Whole = Self;

    fn required(_: &mut Vec<ColumnTerm>) {}

    #[inline]
    fn width() -> usize {
        P::width()
    }

    #[inline]
    fn from_row(row: &Row<'_>, first: usize) -> Option<Option<P::Output>> {
        // Every row has an id.
        match row.get_ref(first) {
            Ok(ValueRef::Null) | Err(_) => Some(None),
            Ok(_) => P::from_row(row, first).map(Some),
        }
    }
}

impl<A: Part> Rows for (A,) {
    type Output = A::Output;
    type Whole = (A::Whole,);

    fn required() -> Vec<ColumnTerm> {
        let mut columns = Vec::new();
        A::required(&mut columns);
        columns
    }

    #[inline]
    fn from_row(row: &Row<'_>) -> Option<A::Output> {
        A::from_row(row, 0)
    }
}

macro_rules! rows {
    ($first:ident) => {};
    ($($part:ident)*) => {
        impl<$($part: Part),*> Rows for ($($part,)*) {
            type Output = ($($part::Output,)*);
            type Whole = ($($part::Whole,)*);

            fn required() -> Vec<ColumnTerm> {
                let mut columns = Vec::new();
                $($part::required(&mut columns);)*
                columns
            }

            #[inline]
            fn from_row(row: &Row<'_>) -> Option<Self::Output> {
                let mut next = 0;
                let mut first = |width| {
                    next += width;
                    next - width
                };
                Some(($($part::from_row(row, first($part::width()))?,)*))
            }
        }
    };
}

tuples! { rows }
