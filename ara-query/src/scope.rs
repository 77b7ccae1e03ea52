//! The tables of a query, as a tuple.

use ara_core::{Table, TableRef};

use crate::term::ColumnTerm;

/// The tables that a query reads, as a tuple: `(Todo,)`, and `(Todo, Category)` once joined.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of tables",
    label = "expected a tuple of tables, such as `(Todo,)`",
    note = "a query of one table is a `Query<'_, (Todo,)>`, with a comma"
)]
pub trait Scope: 'static {
    /// The table that the query began with.
    type First: Table;

    /// The rows when nothing is narrowed.
    type Rows;

    #[doc(hidden)]
    fn tables() -> Vec<TableRef>;

    #[doc(hidden)]
    fn required() -> Vec<ColumnTerm>;
}

/// The tuple of tables has table `T` in it, at position `I` (which is inferred).
#[diagnostic::on_unimplemented(
    message = "table `{T}` is not part of this query",
    label = "the query reads `{Self}`",
    note = "join the table first, or take a column of a table that the query reads"
)]
pub trait Contains<T, I> {}

/// A position in a tuple of tables.
#[derive(Debug)]
pub struct At<const N: usize>;

macro_rules! scope {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Table $(, $rest: Table)*> Scope for ($first, $($rest,)*) {
            type First = $first;
            type Rows = ($first::Row, $($rest::Row,)*);

            fn tables() -> Vec<TableRef> {
                vec![TableRef::of::<$first>() $(, TableRef::of::<$rest>())*]
            }

            fn required() -> Vec<ColumnTerm> {
                ColumnTerm::required::<$first>()
                    $(.chain(ColumnTerm::required::<$rest>()))*
                    .collect()
            }
        }
    };
}

macro_rules! contains {
    ([$($before:ident)*] $at:ident $n:literal [$($after:ident)*]) => {
        impl<$($before,)* $at, $($after),*> Contains<$at, At<$n>>
            for ($($before,)* $at, $($after,)*)
        {
        }
    };
}

tuples! { scope }
members! { contains }
