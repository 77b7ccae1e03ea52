//! Selecting columns and expressions instead of whole rows.

use std::marker::PhantomData;

use ara_core::{Column, FieldOf, Record, Stored, SystemColumn, Value};
use rusqlite::Row;

use crate::expr::column::{ColumnRef, Of, ValueOf};
use crate::expr::scope::{At, Scope};
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::Query;
use crate::query::rows::{As, Left, Rows};
use crate::untyped::term::{ColumnTerm, Untyped};

/// A row type that has the column `C`. `#[derive(Table)]` implements it for each column.
#[diagnostic::on_unimplemented(
    message = "column `{C}` is not part of this query",
    label = "not a column of this query's rows",
    note = "join its table first; and select before `narrow_all`, or `narrow` the columns one by one"
)]
pub trait Holds<C> {
    /// What it holds of it: the column's type, or an `Option` of it.
    type Type;

    /// The row type that holds a `T` of it instead.
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

/// It is there or not as a whole: nothing of it can be narrowed.
impl<C: ColumnRef, P: Holds<C>> Holds<C> for Left<P> {
    type Type = Option<ValueOf<C>>;
    type With<T> = Self;
}

/// Rows that have the column `C`, at a position `I` that is inferred.
#[diagnostic::on_unimplemented(
    message = "column `{C}` is not part of this query",
    label = "not a column of this query's rows",
    note = "join its table first; and select before `narrow_all`, or `narrow` the columns one by one"
)]
pub trait HoldsAt<C, I> {
    /// What they hold of it.
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

members! { holds }

/// Something that a query over `S` that returned rows `R` can select: a column, an expression or an
/// aggregate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected here",
    label = "expected a column, an expression, or a tuple of eight of them at most",
    note = "the query reads `{S}`: each part must be of a table that it reads, so `join` that first",
    note = "of groups, each part is a column of `group_by`, or an aggregate such as `count()`; \
            of all rows, aggregates are taken by `aggregate(..)`"
)]
pub trait Selectable<S, R, I> {
    /// How it is read.
    type Item: Item;

    #[doc(hidden)]
    fn into_untyped(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<S, R, C, I, J> Selectable<S, R, (I, J)> for C
where
    C: ColumnRef + Within<S, I>,
    R: HoldsAt<C, J, Type: FieldOf<C::Column>>,
{
    type Item = Taken<C::Column, R::Type>;

    fn into_untyped(self) -> Untyped {
        self.untyped()
    }
}

#[diagnostic::do_not_recommend]
impl<S, R, T: Value> Selectable<S, R, Anywhere> for Expr<S, T> {
    type Item = Computed<T>;

    fn into_untyped(self) -> Untyped {
        self.untyped
    }
}

/// How a part of a selection is read.
pub trait Item {
    /// The type of what is there.
    type Value: Value;

    /// What the query returns of it: the value, or an `Option` of it.
    type Output;

    #[doc(hidden)]
    fn read(stored: Option<Stored<'_>>) -> Option<Self::Output>;
}

/// The column `C`, as an `F`.
#[derive(Debug)]
pub struct Taken<C, F>(PhantomData<fn() -> (C, F)>);

impl<C: Column, F: FieldOf<C>> Item for Taken<C, F> {
    type Value = C::Value;
    type Output = F;

    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<F> {
        F::from_stored_column(stored)
    }
}

/// What was computed: nothing where what it was computed from is absent.
#[derive(Debug)]
pub struct Computed<T>(PhantomData<fn() -> T>);

impl<T: Value> Item for Computed<T> {
    type Value = T;
    type Output = Option<T>;

    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<Option<T>> {
        Some(stored.and_then(T::read))
    }
}

/// What [`select`](Query::select) takes: a column or expression, or a tuple of up to eight.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected here",
    label = "expected a column, an expression, or a tuple of eight of them at most",
    note = "the query reads `{S}`: each part must be of a table that it reads, so `join` that first",
    note = "of groups, each part is a column of `group_by`, or an aggregate such as `count()`; \
            of all rows, aggregates are taken by `aggregate(..)`"
)]
pub trait Selection<S, R, How> {
    /// The rows that the query returns.
    type Rows: Rows;

    #[doc(hidden)]
    fn into_parts(self) -> Vec<Untyped>;
}

/// A selection of one thing.
#[derive(Debug)]
pub struct Single<I>(PhantomData<I>);

#[diagnostic::do_not_recommend]
impl<S, R, I, X: Selectable<S, R, I>> Selection<S, R, Single<I>> for X {
    type Rows = Selected<X::Item>;

    fn into_parts(self) -> Vec<Untyped> {
        vec![self.into_untyped()]
    }
}

/// Rows of what was selected: one [`Item`], or a tuple of them.
#[derive(Debug)]
pub struct Selected<I>(PhantomData<fn() -> I>);

impl<I: Item> Rows for Selected<I> {
    type Output = I::Output;
    type Whole = Self;

    fn required() -> Vec<ColumnTerm> {
        Vec::new()
    }

    #[inline]
    fn from_row(row: &Row<'_>) -> Option<I::Output> {
        read::<I>(row, 0)
    }
}

#[inline]
fn read<I: Item>(row: &Row<'_>, at: usize) -> Option<I::Output> {
    I::read(row.get_ref(at).ok().and_then(Stored::from_sql))
}

macro_rules! selections {
    ($($part:ident)*) => {
        selections! { [$($part)*] $($part)* @ I0 I1 I2 I3 I4 I5 I6 I7 @ 0 1 2 3 4 5 6 7 @ }
    };
    // Gives each part the name of its index and its position.
    ([$($all:ident)*] $part:ident $($parts:ident)* @ $index:ident $($indexes:ident)* @ $n:literal $($ns:literal)* @ $($done:tt)*) => {
        selections! { [$($all)*] $($parts)* @ $($indexes)* @ $($ns)* @ $($done)* ($part $index $n) }
    };
    ([$($all:ident)*] @ $($indexes:ident)* @ $($ns:literal)* @ $(($part:ident $index:ident $n:literal))*) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<S, R, $($index, $part: Selectable<S, R, $index>),*> Selection<S, R, ($($index,)*)>
            for ($($part,)*)
        {
            type Rows = Selected<($($part::Item,)*)>;

            fn into_parts(self) -> Vec<Untyped> {
                let ($($part,)*) = self;
                vec![$($part.into_untyped()),*]
            }
        }

        impl<$($part: Item),*> Rows for Selected<($($part,)*)> {
            type Output = ($($part::Output,)*);
            type Whole = Self;

            fn required() -> Vec<ColumnTerm> {
                Vec::new()
            }

            #[inline]
            fn from_row(row: &Row<'_>) -> Option<Self::Output> {
                Some(($(read::<$part>(row, $n)?,)*))
            }
        }
    };
}

tuples! { selections }

impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Returns these columns and expressions instead of whole rows. A column that was narrowed comes
    /// without `Option`; an expression comes as an `Option`, since what it reads may be absent.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk").stars(2))?;
    ///
    /// let todos = db.query::<Todo>().narrow(Todo::title);
    /// let rows: Vec<(String, Option<i64>, Option<i64>)> =
    ///     todos.select((Todo::title, Todo::stars, Todo::stars.mul(10))).all()?;
    /// assert_eq!(rows, [("Buy milk".to_owned(), Some(2), Some(20))]);
    ///
    /// let ids: Vec<Id<Todo>> = db.query::<Todo>().select(Todo::id).all()?;
    /// assert_eq!(ids.len(), 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn select<X: Selection<S, R, How>, How>(mut self, selection: X) -> Query<'s, S, X::Rows> {
        self.clauses.select(selection.into_parts());
        self.over()
    }
}

impl<'s, S: Scope, I> Query<'s, S, Selected<I>> {
    /// Returns rows that are the same in all that was selected only once.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, place: Option<String> }
    /// # let db = Database::memory()?;
    /// for place in ["Home", "Home", "Work"] {
    ///     db.create(Todo::draft().place(place))?;
    /// }
    /// assert_eq!(db.query::<Todo>().select(Todo::place).distinct().count()?, 2);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn distinct(mut self) -> Self {
        self.clauses.distinct = true;
        self
    }
}
