//! Selecting columns and expressions instead of whole rows.

use std::marker::PhantomData;

use ara_core::{Column, FieldOf, Stored, Value};
use rusqlite::Row;

use crate::expr::column::ColumnRef;
use crate::expr::scope::Scope;
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::Query;
use crate::query::holds::HoldsAt;
use crate::query::rows::Rows;
use crate::untyped::column::ColumnTerm;
use crate::untyped::term::Untyped;

/// A column, an expression or an aggregate that a query over the tables `S` with the rows `R` can select.
/// `I` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected here",
    label = "expected a column, an expression, or a tuple of sixteen of them at most",
    note = "the query reads `{S}`: each part must be of a table that it reads, so `join` that first",
    note = "of groups, each part is a column of `group_by`, or an aggregate such as `count()`; \
            of all rows, aggregates are taken by `aggregate(..)`"
)]
pub trait Selectable<S, R, I> {
    /// What the query returns of it.
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

/// A part of a selection, and how it is read.
pub trait Item {
    /// The type of the value.
    type Value: Value;

    /// The type that the query returns: that of the value, or an `Option` of it.
    type Output;

    #[doc(hidden)]
    fn read(stored: Option<Stored<'_>>) -> Option<Self::Output>;
}

/// A selected column `C`, returned as `F`: its type, or an `Option` of it.
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

/// The [`Item`] of an expression, which is returned as an `Option`: what it reads may be absent.
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

/// What [`select`](Query::select) takes: a column or expression, or a tuple of up to sixteen. `How` is
/// inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be selected here",
    label = "expected a column, an expression, or a tuple of sixteen of them at most",
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

/// Marker: the selection is not a tuple.
#[derive(Debug)]
pub struct Single<I>(PhantomData<I>);

#[diagnostic::do_not_recommend]
impl<S, R, I, X: Selectable<S, R, I>> Selection<S, R, Single<I>> for X {
    type Rows = Selected<X::Item>;

    fn into_parts(self) -> Vec<Untyped> {
        vec![self.into_untyped()]
    }
}

/// The row type of a query after [`select`](Query::select). `I` is an [`Item`], or a tuple of them.
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
    ($($part:ident $index:ident $n:literal)*) => {
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
    /// Returns these columns and expressions instead of whole rows. A column that is narrowed comes without
    /// `Option`. An expression comes as an `Option`, since what it reads may be absent.
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
    /// Returns rows that are equal in all that is selected only once.
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
