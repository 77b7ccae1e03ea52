//! Which columns the rows of a query have.

use ara_core::{Record, SystemColumn};

use crate::expr::column::{ColumnRef, Of, ValueOf};
use crate::expr::scope::At;
use crate::query::rows::{As, Left};

/// A row type that has the column `C`. `#[derive(Table)]` implements it for each column of the table.
#[diagnostic::on_unimplemented(
    message = "column `{C}` is not part of this query",
    label = "not a column of this query's rows",
    note = "join its table first; and select before `narrow_all`, or `narrow` the columns one by one"
)]
pub trait Holds<C> {
    /// The type of the row's field for the column: that of the column, or an `Option` of it.
    type Type;

    /// The row type in which that field is a `T`.
    type With<T>;
}

#[diagnostic::do_not_recommend]
impl<R: Record, C: SystemColumn<Table = R::Table>> Holds<C> for R {
    type Type = C::Value;
    type With<T> = R;
}

impl<A, R: Holds<C>, C> Holds<Of<A, C>> for As<A, R> {
    type Type = R::Type;
    type With<T> = As<A, R::With<T>>;
}

/// A row of a `left_join` is there or not as a whole, so that none of its columns can be narrowed.
impl<C: ColumnRef, P: Holds<C>> Holds<C> for Left<P> {
    type Type = Option<ValueOf<C>>;
    type With<T> = Self;
}

/// A tuple of rows one of which has the column `C`. `I` is inferred: it is the position of that row.
#[diagnostic::on_unimplemented(
    message = "column `{C}` is not part of this query",
    label = "not a column of this query's rows",
    note = "join its table first; and select before `narrow_all`, or `narrow` the columns one by one"
)]
pub trait HoldsAt<C, I> {
    /// The type of the row's field for the column.
    type Type;
}

macro_rules! holds {
    ([$($before:ident)*] $at:ident $n:literal [$($after:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<Col, $($before,)* $at: Holds<Col>, $($after),*> HoldsAt<Col, At<$n>>
            for ($($before,)* $at, $($after,)*)
        {
            type Type = $at::Type;
        }
    };
}

members! { tables holds }
