//! Columns, of tables and of aliases.

use std::marker::PhantomData;

use ara_core::Column;

use crate::expr::scope::{Contains, Member};
use crate::expr::{Operand, Within};
use crate::untyped::column::ColumnTerm;
use crate::untyped::member::MemberRef;
use crate::untyped::term::Untyped;

/// A column of a query: one of a table, such as `Todo::title`, or one of an alias, such as
/// `Employee::name.of(Boss)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column",
    label = "not a column",
    note = "columns are constants of the table's struct, such as `Todo::title`"
)]
pub trait ColumnRef: Copy + 'static {
    /// The table or alias that it belongs to.
    type Member: Member;

    /// The column of the table.
    type Column: Column;

    #[doc(hidden)]
    fn term() -> ColumnTerm {
        ColumnTerm::of::<Self::Column>(MemberRef::of::<Self::Member>())
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

/// Names the columns of a table that a query reads under an alias.
pub trait OfAlias: Column {
    /// Returns the column of the table that the query reads under this alias.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Employee { id: Id<Employee>, name: String, boss_id: Option<Id<Employee>> }
    ///
    /// ara::alias! { Boss: Employee }
    ///
    /// let db = Database::memory()?;
    /// let ada = db.create(Employee::draft().name("Ada"))?;
    /// db.create(Employee::draft().name("Bob").boss_id(ada))?;
    ///
    /// let names = db.query::<Employee>().join_as(Boss, Employee::boss_id);
    /// let names = names.select((Employee::name, Employee::name.of(Boss)));
    /// assert_eq!(names.one()?, (Some("Bob".to_owned()), Some("Ada".to_owned())));
    /// # Ok::<(), ara::Error>(())
    /// ```
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

/// Marks a column of the table at position `I` of a query.
#[derive(Debug)]
pub struct InTable<I>(PhantomData<I>);

/// The type of the values of a column.
pub type ValueOf<C> = <<C as ColumnRef>::Column as Column>::Value;
