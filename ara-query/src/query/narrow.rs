//! From rows whose columns may be missing to rows whose columns are there.

use ara_core::{Column, Record};

use crate::expr::column::{ColumnRef, Of};
use crate::expr::scope::At;
use crate::query::rows::As;
use crate::query::select::Holds;

/// A row type in which column `C` may be missing still: the row type in which it is there.
#[diagnostic::on_unimplemented(
    message = "column `{C}` cannot be narrowed here",
    label = "not a column of this query's rows that may be missing",
    note = "it may be narrowed already, belong to another table, or be one of `id`, `created_at` and `updated_at`, \
            which are always there",
    note = "rows of `left_join` are there or not as a whole: use `join` to have only those that are there"
)]
pub trait Narrow<C> {
    /// The row with the column's own type instead of its `Option`.
    type Narrowed;
}

/// A column that may be missing in rows `R`, a tuple; `I`, where in the tuple, is inferred. It exists
/// for its message.
#[diagnostic::on_unimplemented(
    message = "column `{Self}` cannot be narrowed here",
    label = "not a column of this query's rows that may be missing",
    note = "it may be narrowed already, belong to another table, or be one of `id`, `created_at` and `updated_at`, \
            which are always there",
    note = "rows of `left_join` are there or not as a whole: use `join` to have only those that are there"
)]
pub trait NarrowBy<R, I>: ColumnRef {
    /// The rows in which it is there.
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

/// What may be missing.
pub trait Missable {
    /// What is there, if it is not missing.
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

members! { narrow_by }
