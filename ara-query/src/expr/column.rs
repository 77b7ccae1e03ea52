//! Columns as a query names them.

use std::marker::PhantomData;

use ara_core::Column;

use crate::expr::scope::{Contains, Member};
use crate::expr::{Operand, Within};
use crate::untyped::term::{ColumnTerm, Untyped};

/// A column of a query: `Todo::title`, or `Employee::name.of(Boss)`, of a table under an alias.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column",
    label = "not a column",
    note = "columns are constants of the table's struct, such as `Todo::title`"
)]
pub trait ColumnRef: Copy + 'static {
    /// What it belongs to: the table, or the alias.
    type Member: Member;

    /// The column.
    type Column: Column;

    #[doc(hidden)]
    fn term() -> ColumnTerm {
        ColumnTerm::of::<Self::Member, Self::Column>()
    }
}

#[diagnostic::do_not_recommend]
impl<C: Column> ColumnRef for C {
    type Member = C::Table;
    type Column = C;
}

/// The column `C` of a table that a query reads under the alias `A`.
#[derive(Debug)]
pub struct Of<A, C>(PhantomData<fn() -> (A, C)>);

impl<A, C> Copy for Of<A, C> {}

impl<A, C> Clone for Of<A, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Member<Table = C::Table>, C: Column> ColumnRef for Of<A, C> {
    type Member = A;
    type Column = C;
}

/// Names a column of a table that is read under an alias.
pub trait OfAlias: Column {
    /// The column of the table that the query reads under this alias.
    fn of<A: Member<Table = Self::Table>>(self, alias: A) -> Of<A, Self> {
        let _ = alias;
        Of(PhantomData)
    }
}

impl<C: Column> OfAlias for C {}

#[diagnostic::do_not_recommend]
impl<C: ColumnRef> Operand for C {
    type Value = <C::Column as Column>::Value;

    fn untyped(self) -> Untyped {
        Untyped::column(C::term())
    }
}

#[diagnostic::do_not_recommend]
impl<S: Contains<C::Member, I>, C: ColumnRef, I> Within<S, InTable<I>> for C {}

/// A column of a table at a position that is inferred.
#[derive(Debug)]
pub struct InTable<I>(PhantomData<I>);

/// What a column holds.
pub type ValueOf<C> = <<C as ColumnRef>::Column as Column>::Value;
