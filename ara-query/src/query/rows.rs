//! What a query returns for a row of SQLite.

use std::marker::PhantomData;

use ara_core::{Fields, Record, Table, select_list};
use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::expr::scope::Member;
use crate::untyped::column::ColumnTerm;
use crate::untyped::member::MemberRef;

/// The rows that a query returns: a tuple with a row type for each table, or what was selected.
#[diagnostic::on_unimplemented(
    message = "this query does not say yet what it returns",
    label = "its rows are `{Self}`",
    note = "a query that is grouped returns what is selected: `.select((Todo::place, count()))`"
)]
pub trait Rows {
    /// What the query returns for each row: a row of one table, or a tuple of the rows of several.
    type Output;

    /// The rows once every required column is narrowed.
    type Whole;

    #[doc(hidden)]
    fn required() -> Vec<ColumnTerm>;

    /// Reads a row. `None` if a narrowed column is absent.
    #[doc(hidden)]
    fn from_row(row: &Row<'_>) -> Option<Self::Output>;
}

/// One table's share of a query's row: a row type of the table, [`As`] or [`Left`].
pub trait Part {
    /// The type that the query returns.
    type Output;

    /// The same once every required column is narrowed.
    type Whole;

    #[doc(hidden)]
    fn required(columns: &mut Vec<ColumnTerm>);

    /// Returns how many values it is read from.
    #[doc(hidden)]
    fn width() -> usize;

    /// Reads it from the values from `first` on. `None` if a narrowed column is absent.
    #[doc(hidden)]
    fn from_row(row: &Row<'_>, first: usize) -> Option<Self::Output>;
}

impl<R: Record> Part for R {
    type Output = R;
    type Whole = R::Table;

    fn required(columns: &mut Vec<ColumnTerm>) {
        columns.extend(ColumnTerm::required(MemberRef::of::<R::Table>()));
    }

    #[inline]
    fn width() -> usize {
        select_list(R::Table::TABLE).count()
    }

    #[inline]
    fn from_row(row: &Row<'_>, first: usize) -> Option<R> {
        R::from_fields(&Fields::new(row, first))
    }
}

/// Marks the rows `R` of a table that the query reads under the alias `A`. The query returns an `R`.
#[derive(Debug)]
pub struct As<A, R>(PhantomData<fn() -> (A, R)>);

impl<A: Member, R: Record<Table = A::Table>> Part for As<A, R> {
    type Output = R;
    type Whole = As<A, R::Table>;

    fn required(columns: &mut Vec<ColumnTerm>) {
        columns.extend(ColumnTerm::required(MemberRef::of::<A>()));
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

/// Marks the rows `P` of a table that is joined by `left_join`. The query returns an `Option` of them.
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
        // Every row has an id, which comes first, so without one there is no row.
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
    ($first:ident $_i:ident $_n:literal) => {};
    ($($part:ident $_i:ident $_n:literal)*) => {
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

tables! { rows }
