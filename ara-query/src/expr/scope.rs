//! The tables of a query, as a tuple.

use ara_core::{Table, TableRef};

use crate::untyped::member::MemberRef;

/// A table as a query reads it: under its own name, or under an alias that [`alias!`](crate::alias) declares.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a table nor an alias of one",
    label = "expected a table",
    note = "put `#[derive(Table)]` on the struct, or declare an alias: `ara::alias! {{ pub Boss: Employee }}`"
)]
pub trait Member: 'static {
    /// The table.
    type Table: Table;

    /// The name by which the query reads it. That of an alias is never that of a table.
    #[doc(hidden)]
    const CALLED: &'static str;
}

#[diagnostic::do_not_recommend]
impl<T: Table> Member for T {
    type Table = T;
    const CALLED: &'static str = T::NAME;
}

impl MemberRef {
    /// Returns the table without its type.
    pub(crate) const fn of<M: Member>() -> Self {
        Self { table: TableRef::of::<M::Table>(), name: M::CALLED }
    }
}

/// The tables that a query reads, as a tuple: `(Todo,)`, or `(Todo, Category)` once they are joined.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of tables",
    label = "expected a tuple of tables, such as `(Todo,)`",
    note = "a query of one table is a `Query<'_, (Todo,)>`, with a comma"
)]
pub trait Scope: 'static {
    /// The table that the query begins with.
    type First: Table;

    /// The rows of the tables while no column is narrowed, as a tuple.
    type Rows;

    #[doc(hidden)]
    const MEMBERS: &'static [MemberRef];
}

/// Appends `X` to a tuple of up to seven.
#[diagnostic::on_unimplemented(
    message = "`{X}` cannot be joined to `{Self}`",
    label = "a query reads eight tables at most"
)]
pub trait Push<X> {
    /// The tuple with `X` at its end.
    type Out;
}

/// A tuple of tables that has the table `T` in it. `I` is inferred: it is the position of the table.
#[diagnostic::on_unimplemented(
    message = "table `{T}` is not part of this query",
    label = "the query reads `{Self}`",
    note = "join the table first, or take a column of a table that the query reads"
)]
pub trait Contains<T, I> {}

/// The position `N` in a tuple.
#[derive(Debug)]
pub struct At<const N: usize>;

macro_rules! scope {
    ($first:ident $_i:ident $_n:literal $($rest:ident $_j:ident $_m:literal)*) => {
        impl<$first: Table $(, $rest: Member)*> Scope for ($first, $($rest,)*) {
            type First = $first;
            type Rows = ($first::Row, $(<$rest::Table as Table>::Row,)*);

            const MEMBERS: &'static [MemberRef] =
                &[MemberRef::of::<$first>() $(, MemberRef::of::<$rest>())*];
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

macro_rules! push {
    ($($member:ident)*) => {
        impl<$($member,)* X> Push<X> for ($($member,)*) {
            type Out = ($($member,)* X,);
        }
    };
}

push! { A }
push! { A B }
push! { A B C }
push! { A B C D }
push! { A B C D E }
push! { A B C D E F }
push! { A B C D E F G }
tables! { scope }
members! { tables contains }
