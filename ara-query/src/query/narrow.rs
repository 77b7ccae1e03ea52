//! Narrowing columns: from rows in which they may be missing to rows in which they are there.

use ara_core::{Column, Record};

use crate::expr::column::{ColumnRef, Of};
use crate::expr::scope::At;
use crate::query::holds::Holds;
use crate::query::rows::As;

/// A row type in which the column `C` may be missing.
#[diagnostic::on_unimplemented(
    message = "column `{C}` cannot be narrowed here",
    label = "not a column of this query's rows that may be missing",
    note = "it may be narrowed already, belong to another table, or be one of `id`, `created_at` and `updated_at`, \
            which are always there",
    note = "rows of `left_join` are there or not as a whole: use `join` to have only those that are there"
)]
pub trait Narrow<C> {
    /// The row type in which it is there: its field has the column's type, and not an `Option` of it.
    type Narrowed;
}

/// A column that may be missing in one of the rows `R`, a tuple. `I` is inferred: it is the position of
/// that row.
///
/// It says the same as [`Narrow`], but of the column, so that the compiler's message is about the column too.
#[diagnostic::on_unimplemented(
    message = "column `{Self}` cannot be narrowed here",
    label = "not a column of this query's rows that may be missing",
    note = "it may be narrowed already, belong to another table, or be one of `id`, `created_at` and `updated_at`, \
            which are always there",
    note = "rows of `left_join` are there or not as a whole: use `join` to have only those that are there"
)]
pub trait NarrowBy<R, I>: ColumnRef {
    /// The rows in which it is there, as a tuple.
    type Narrowed;
}

#[diagnostic::do_not_recommend]
impl<C: Column, R: Record + Holds<C, Type: Missable>> Narrow<C> for R {
    type Narrowed = R::With<<R::Type as Missable>::There>;
}

#[diagnostic::do_not_recommend]
impl<A, R: Narrow<C>, C> Narrow<Of<A, C>> for As<A, R> {
    type Narrowed = As<A, R::Narrowed>;
}

/// Implemented for `Option` only: the field of a column that may be absent.
pub trait Missable {
    /// The type of what is there.
    type There;
}

#[diagnostic::do_not_recommend]
impl<T> Missable for Option<T> {
    type There = T;
}

macro_rules! narrow_by {
    ([$($before:ident)*] $at:ident $n:literal [$($after:ident)*]) => {
        #[diagnostic::do_not_recommend]
        impl<Col: ColumnRef, $($before,)* $at: Narrow<Col>, $($after),*>
            NarrowBy<($($before,)* $at, $($after,)*), At<$n>> for Col
        {
            type Narrowed = ($($before,)* $at::Narrowed, $($after,)*);
        }
    };
}

members! { tables narrow_by }
