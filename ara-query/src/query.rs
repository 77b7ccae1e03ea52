//! Queries, and the clauses that are added to them.
//!
//! The clauses that change the type of a query have files of their own: `join`, `select`, `group`,
//! `aggregate`, `view`, `one_of`. `rows` is what a query returns, `holds` which columns these rows have, and `narrow`
//! which of them may be missing.

pub(crate) mod aggregate;
pub(crate) mod group;
pub(crate) mod holds;
pub(crate) mod join;
pub(crate) mod narrow;
pub(crate) mod one_of;
pub(crate) mod rows;
pub(crate) mod search;
pub(crate) mod select;
pub(crate) mod subquery;
pub(crate) mod view;

use std::fmt;
use std::marker::PhantomData;

use ara_core::Handle;

use crate::expr::IntoFilter;
use crate::expr::order::IntoOrder;
use crate::expr::scope::Scope;
use crate::query::narrow::NarrowBy;
use crate::query::rows::Rows;
use crate::untyped::clauses::{Clauses, Deleted};

/// A query over the tables `S` that returns rows `R`. Both are tuples.
///
/// A query reads nothing until a method that ends the chain of clauses is called, such as [`all`](Self::all).
///
/// Only clauses that change the rows change the type. So filters can be added in a loop, and a function can
/// return a query as `Query<'_, (Todo,)>`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String, done: Option<bool> }
///
/// fn open(db: &Database) -> Query<'_, (Todo,)> {
///     db.query::<Todo>().filter(Todo::done.ne(true)).order_by(Todo::title)
/// }
///
/// let db = Database::memory()?;
/// db.create_all(["Buy milk", "Buy oat milk"].map(|title| Todo::draft().title(title)))?;
/// let mut found = open(&db);
/// for word in ["buy", "oat"] {
///     found = found.filter(Todo::title.like(format!("%{word}%")));
/// }
/// assert_eq!(found.one()?.title.as_deref(), Some("Buy oat milk"));
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use = "a query reads nothing until it is run: end it with `all`, `first`, `count` or the like"]
pub struct Query<'s, S: Scope, R = <S as Scope>::Rows> {
    pub(crate) source: Handle<'s>,
    pub(crate) clauses: Clauses,
    types: PhantomData<fn() -> (S, R)>,
}

impl<'s, S: Scope, R> Query<'s, S, R> {
    /// Begins a query without clauses.
    pub(crate) fn new(source: Handle<'s>) -> Self {
        Self::with(source, Clauses::default())
    }

    /// Returns the query with these clauses.
    pub(crate) fn with(source: Handle<'s>, clauses: Clauses) -> Self {
        Query { source, clauses, types: PhantomData }
    }

    /// Keeps the rows in which the column is there and can be read, and returns its values without `Option`.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk").stars(3))?;
    /// db.create(Todo::draft().title("Think"))?;
    /// let starred = db.query::<Todo>().narrow(Todo::stars).one()?;
    /// let (stars, title): (i64, Option<String>) = (starred.stars, starred.title);
    /// assert_eq!((stars, title.as_deref()), (3, Some("Buy milk")));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn narrow<C, I>(mut self, column: C) -> Query<'s, S, C::Narrowed>
    where
        C: NarrowBy<R, I>,
    {
        let _: C = column;
        self.clauses.narrowed.push(C::term());
        self.returning()
    }

    /// Narrows every required column, and returns the structs that declare the tables. The rows of a
    /// [`left_join`](Self::left_join) stay as they are.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// let todo: Todo = db.query::<Todo>().narrow_all().one()?;
    /// assert_eq!((&*todo.title, todo.stars), ("Buy milk", None));
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn narrow_all(mut self) -> Query<'s, S, R::Whole>
    where
        R: Rows,
    {
        self.clauses.narrowed.extend(R::required());
        self.returning()
    }

    /// Keeps the rows for which the filter holds. Of several filters, all must hold.
    pub fn filter(mut self, filter: impl IntoFilter<S>) -> Self {
        self.clauses.filter(filter.into_filter().untyped);
        self
    }

    /// Orders the rows. Several orders can be given in a tuple or by several calls. Each one orders the
    /// rows that those before it leave equal.
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
        let orders = order.into_orders().into_iter();
        self.clauses.order(orders.map(|order| (order.term, order.notes)));
        self
    }

    /// Ignores the case of texts in the order that the last [`order_by`](Self::order_by) gave, in every script:
    /// `apple` comes before `Zebra`. Texts that differ in case alone are equal. Accents count, and no index serves.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// db.create_all(["Zebra", "Ölung", "öl", "apple"].map(|title| Todo::draft().title(title)))?;
    /// let todos = db.query::<Todo>().order_by(Todo::title).ignoring_case().narrow(Todo::title);
    /// assert_eq!(todos.select(Todo::title).all()?, ["apple", "Zebra", "öl", "Ölung"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn ignoring_case(mut self) -> Self {
        self.clauses.ignore_case();
        self
    }

    /// Returns at most this many rows. The last limit counts.
    pub fn limit(mut self, rows: u64) -> Self {
        self.clauses.limit = Some(rows);
        self
    }

    /// Skips this many rows at the beginning. The last offset counts.
    pub fn offset(mut self, rows: u64) -> Self {
        self.clauses.offset = rows;
        self
    }

    /// Returns the deleted rows of the query's first table too.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.create(Todo::draft().title("Think"))?;
    /// db.delete(milk)?;
    /// assert_eq!(db.query::<Todo>().count()?, 1);
    /// assert_eq!(db.query::<Todo>().with_deleted().count()?, 2);
    /// assert_eq!(db.query::<Todo>().only_deleted().one()?.id, milk);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn with_deleted(mut self) -> Self {
        self.clauses.deleted = Deleted::Too;
        self
    }

    /// Returns only the deleted rows of the query's first table.
    pub fn only_deleted(mut self) -> Self {
        self.clauses.deleted = Deleted::Only;
        self
    }

    /// Returns the same query with other rows.
    fn returning<T>(self) -> Query<'s, S, T> {
        self.over()
    }

    /// Returns the same query over other tables and with other rows.
    pub(crate) fn over<T: Scope, Q>(self) -> Query<'s, T, Q> {
        Query { source: self.source, clauses: self.clauses, types: PhantomData }
    }
}

impl<S: Scope, R> Clone for Query<'_, S, R> {
    fn clone(&self) -> Self {
        Self { source: self.source.clone(), clauses: self.clauses.clone(), types: PhantomData }
    }
}

/// Shows the SQL, with a `?` for each value.
impl<S: Scope, R> fmt::Debug for Query<'_, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({})", self.clauses.clone().rows(S::MEMBERS).exactly().sql)
    }
}
