//! The tables of a query, as a tuple.

use ara_core::schema::{Text, same};
use ara_core::{Table, TableRef};

/// A table as a query reads it: under its own name, or under an alias, which `ara::alias!` declares.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a table nor an alias of one",
    label = "expected a table",
    note = "put `#[derive(Table)]` on the struct, or declare an alias: `ara::alias! {{ pub Boss: Employee }}`"
)]
pub trait Member: 'static {
    /// The table.
    type Table: Table;

    /// What it is called in the query. No alias is called as a table is.
    #[doc(hidden)]
    const CALLED: &'static str;
}

#[diagnostic::do_not_recommend]
impl<T: Table> Member for T {
    type Table = T;
    const CALLED: &'static str = T::NAME;
}

/// A [`Member`] without its type.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct MemberRef {
    pub(crate) table: TableRef,
    pub(crate) name: &'static str,
}

/// What aliases are called begins so: see [`alias!`](crate::alias).
const ALIAS: &str = "as ";

impl MemberRef {
    pub(crate) const fn of<M: Member>() -> Self {
        Self { table: TableRef::of::<M::Table>(), name: M::CALLED }
    }

    /// The name of the alias, or that of the table.
    const fn name_in_rust(&self) -> &'static str {
        match self.name.split_at_checked(ALIAS.len()) {
            Some((before, name)) if same(before, ALIAS) => name,
            _ => self.name,
        }
    }
}

/// Refuses a query in which the table that was joined last goes by the name of another one. The compiler
/// asks it where it makes code of the query, and its panic is what the user reads, with the line of the
/// call to the function that asks.
pub(crate) const fn refuse_twice(members: &[MemberRef]) {
    let Some((last, others)) = members.split_last() else { return };
    let mut at = 0;
    while at < others.len() {
        if same(others[at].name, last.name) {
            let mut bytes = [0; 300];
            let mut text = Text::new(&mut bytes);
            text.push("this query reads `");
            text.push(last.name_in_rust());
            text.push("` twice: declare an alias, `ara::alias! { Other: ");
            text.push_pascal(last.table.def.name);
            text.push(
                " }`, and join it by `join_as(Other, ..)`, or by `join_many(column.of(Other))`",
            );
            panic!("{}", text.as_str());
        }
        at += 1;
    }
}

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
    const MEMBERS: &'static [MemberRef];
}

/// The tables `S` and one more.
#[diagnostic::on_unimplemented(
    message = "`{X}` cannot be joined to `{Self}`",
    label = "a query reads eight tables at most"
)]
pub trait Push<X> {
    /// The longer tuple.
    type Out;
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
tuples! { scope }
members! { contains }
