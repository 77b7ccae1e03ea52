//! Queries, clause by clause.

pub(crate) mod aggregate;
pub(crate) mod group;
pub(crate) mod join;
pub(crate) mod narrow;
pub(crate) mod rows;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod subquery;
pub(crate) mod view;

use std::fmt;
use std::marker::PhantomData;

use ara_core::Source;

use crate::expr::IntoFilter;
use crate::expr::order::IntoOrder;
use crate::expr::scope::Scope;
use crate::query::narrow::NarrowBy;
use crate::query::rows::Rows;
use crate::untyped::clauses::{Clauses, Deleted};

/// A query over the tables `S` that returns rows `R`; both are tuples. Nothing is read before one of
/// the methods at the end of a chain is called, such as [`all`](Self::all).
///
/// Clauses do not change the type, except for those that change the rows: filters can be added in a
/// loop, and a function can return a query as `Query<'_, (Todo,)>`.
#[must_use = "a query reads nothing until it is run: end it with `all`, `first`, `count` or the like"]
pub struct Query<'s, S: Scope, R = <S as Scope>::Rows> {
    pub(crate) source: &'s dyn Source,
    pub(crate) clauses: Clauses,
    types: PhantomData<fn() -> (S, R)>,
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    pub(crate) fn new(source: &'s dyn Source) -> Self {
        Query { source, clauses: Clauses::default(), types: PhantomData }
    }

    /// Keeps the rows in which the column is there and can be read, and returns it without its
    /// `Option`.
    pub fn narrow<C, I>(mut self, column: C) -> Query<'s, S, C::Narrowed>
    where
        C: NarrowBy<R, I>,
    {
        let _: C = column;
        self.clauses.narrowed.push(C::term());
        self.returning()
    }

    /// Narrows every required column, and returns the structs that declare the tables. Rows of
    /// [`left_join`](Self::left_join) stay as they are.
    pub fn narrow_all(mut self) -> Query<'s, S, R::Whole>
    where
        R: Rows,
    {
        self.clauses.narrowed.extend(R::required());
        self.returning()
    }

    /// Keeps the rows for which the filter holds. Several filters must hold all.
    pub fn filter(mut self, filter: impl IntoFilter<S>) -> Self {
        self.clauses.filter(filter.into_filter().untyped);
        self
    }

    /// Orders the rows. Several orders, in a tuple or by several calls, count one after the other: the second
    /// among rows that the first leaves equal.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    /// # let db = Database::memory()?;
    /// for (title, stars) in [("Think", 1), ("Buy milk", 1), ("Rest", 5)] {
    ///     db.create(Todo::draft().title(title).stars(stars))?;
    /// }
    /// let todos = db.query::<Todo>().narrow(Todo::title).order_by((Todo::stars.desc(), Todo::title));
    /// assert_eq!(todos.select(Todo::title).all()?, ["Rest", "Buy milk", "Think"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn order_by<H>(mut self, order: impl IntoOrder<S, H>) -> Self {
        order.into_orders().into_iter().for_each(|order| self.clauses.order(order));
        self
    }

    /// Returns this many rows at most. The last limit counts.
    pub fn limit(mut self, rows: u64) -> Self {
        self.clauses.limit = Some(rows);
        self
    }

    /// Leaves out this many rows at the beginning. The last offset counts.
    pub fn offset(mut self, rows: u64) -> Self {
        self.clauses.offset = rows;
        self
    }

    /// Returns deleted rows too.
    pub fn with_deleted(mut self) -> Self {
        self.clauses.deleted = Deleted::Too;
        self
    }

    /// Returns deleted rows only.
    pub fn only_deleted(mut self) -> Self {
        self.clauses.deleted = Deleted::Only;
        self
    }

    fn returning<T>(self) -> Query<'s, S, T> {
        self.over()
    }

    pub(crate) fn over<T: Scope, Q>(self) -> Query<'s, T, Q> {
        Query { source: self.source, clauses: self.clauses, types: PhantomData }
    }
}

impl<S: Scope, R> Clone for Query<'_, S, R> {
    fn clone(&self) -> Self {
        Self { source: self.source, clauses: self.clauses.clone(), types: PhantomData }
    }
}

/// The SQL, with a `?` for each value.
impl<S: Scope, R> fmt::Debug for Query<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({})", self.clauses.clone().rows(S::MEMBERS).exactly().sql)
    }
}
