//! Expressions, and their types: the tables that they read, and the values that they give.
//!
//! An [`Expr`] is one. Columns (`column`) and parameters (`param`) are [`Operand`]s too. What can be done
//! with operands are traits that all of them implement: they are compared (`compare`), calculated with
//! (`number`), taken apart as texts (`text`) and ordered by (`order`). The tables of a query are its
//! `scope`.

pub(crate) mod column;
pub(crate) mod comparand;
pub(crate) mod compare;
pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod param;
pub(crate) mod scope;
pub(crate) mod text;
pub(crate) mod time;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use ara_core::Value;
use sea_query::SqliteQueryBuilder;

use crate::untyped::condition::Condition;
use crate::untyped::sql;
use crate::untyped::term::{Term, Untyped};

/// An expression over the tables `S` that gives a `T`, or nothing where a value that it reads is absent.
///
/// `S` is a tuple of tables. It is inferred from the query that the expression is given to. A function that
/// returns an expression names it: `fn urgent() -> Filter<(Todo,)>` is for queries that read this table
/// alone, and `fn urgent<S: Contains<Todo, I>, I>() -> Filter<S>` for all queries that read it.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// pub struct Todo { pub id: Id<Todo>, pub title: String, pub stars: i64 }
///
/// fn weight<S: Contains<Todo, I>, I>() -> Expr<S, i64> {
///     Todo::stars.add(1) * Todo::title.length()
/// }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().title("Rest").stars(2))?;
/// assert_eq!(db.query::<Todo>().filter(weight().ge(12)).count()?, 1);
/// # Ok::<(), ara::Error>(())
/// ```
pub struct Expr<S, T> {
    pub(crate) untyped: Untyped,
    types: PhantomData<fn() -> (S, T)>,
}

/// A condition on the rows of a query over the tables `S`. The operators `&`, `|` and `!` combine filters.
///
/// ```
/// # use ara::prelude::*;
/// # #[derive(Table)]
/// # struct Todo { id: Id<Todo>, title: String, done: bool }
/// # let db = Database::memory()?;
/// for (title, done) in [("Buy milk", false), ("Buy bread", true), ("Think", false)] {
///     db.create(Todo::draft().title(title).done(done))?;
/// }
/// let to_buy = Todo::title.starts_with("Buy") & !Todo::done.eq(true);
/// assert_eq!(db.query::<Todo>().filter(to_buy).count()?, 1);
/// # Ok::<(), ara::Error>(())
/// ```
pub type Filter<S> = Expr<S, bool>;

impl<S, T> Expr<S, T> {
    pub(crate) fn new(untyped: Untyped) -> Self {
        Self { untyped, types: PhantomData }
    }

    /// Makes an expression of one of [`sea_query`](crate::sea_query), for what this crate cannot say.
    ///
    /// The caller must see to it that the expression gives a `T`, or NULL where that is absent, and that it
    /// reads only tables of the query. It names columns by their stored names, reads the stored values,
    /// also those that the app cannot read, and follows SQL's rules for NULL.
    ///
    /// ```
    /// use ara::prelude::*;
    /// use ara::sea_query;
    ///
    /// #[derive(Table)]
    /// pub struct Todo {
    ///     pub id: Id<Todo>,
    ///     pub title: NonEmptyString<1000>,
    /// }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// let words = sea_query::Expr::cust_with_values("instr(title, ?)", ["milk"]);
    /// let at: Expr<_, i64> = Expr::raw(words);
    /// assert_eq!(db.query::<Todo>().filter(at.gt(1)).count()?, 1);
    ///
    /// let long: Filter<_> = Expr::raw(sea_query::Expr::cust("length(title) > 20"));
    /// assert_eq!(db.query::<Todo>().filter(long).count()?, 0);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn raw(expr: sea_query::Expr) -> Self {
        Self::new(Term::Computed(expr).into())
    }

    /// Returns the expression as one of [`sea_query`](crate::sea_query).
    pub fn into_raw(self) -> sea_query::Expr {
        self.untyped.term.value()
    }
}

impl<S> Filter<S> {
    /// Returns the filter that holds where all of these hold. If there are none, it holds for every row.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String }
    /// # let db = Database::memory()?;
    /// db.create_all(["Buy milk", "Buy oat milk"].map(|title| Todo::draft().title(title)))?;
    /// let words = ["milk", "oat"].map(|word| Todo::title.contains(word));
    /// assert_eq!(db.query::<Todo>().filter(Filter::all(words)).count()?, 1);
    /// # Ok::<(), ara::Error>(())
    /// ```
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        let none = Self::new(Term::Condition(Condition::One(sql::constant(true))).into());
        filters.into_iter().reduce(|all, filter| all & filter).unwrap_or(none)
    }

    /// Returns the filter that holds where at least one of these holds. If there are none, it holds for no
    /// row.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        let none = Self::new(Term::Condition(Condition::One(sql::constant(false))).into());
        filters.into_iter().reduce(|any, filter| any | filter).unwrap_or(none)
    }

    fn combine(self, other: Self, with: fn(Condition, Condition) -> Condition) -> Self {
        Self::new(self.untyped.with(other.untyped, |left, right| {
            Term::Condition(with(left.condition(), right.condition()))
        }))
    }
}

impl<S> BitAnd for Filter<S> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.combine(other, Condition::and)
    }
}

impl<S> BitOr for Filter<S> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.combine(other, Condition::or)
    }
}

/// Returns the filter that holds wherever this one does not, also where it does not because a value is
/// absent.
impl<S> Not for Filter<S> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(self.untyped.map(|term| Term::Condition(term.condition().negate())))
    }
}

impl<S, T> Clone for Expr<S, T> {
    fn clone(&self) -> Self {
        Self::new(self.untyped.clone())
    }
}

/// Shows the SQL, with a `?` for each value.
impl<S, T> fmt::Debug for Expr<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut select = sea_query::Query::select();
        select.expr(self.untyped.term.clone().value());
        let (sql, _) = select.build(SqliteQueryBuilder);
        write!(f, "Expr({})", sql.strip_prefix("SELECT ").unwrap_or(&sql))
    }
}

/// What can stand in an expression: a column, such as `Todo::title`, an [`Expr`], or a
/// [`Param`](crate::Param).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column nor an expression",
    label = "expected a column, such as `Todo::title`, or an expression"
)]
pub trait Operand: Sized {
    /// The type of its value, without the `Option` of what may be absent.
    type Value: Value;

    #[doc(hidden)]
    fn untyped(self) -> Untyped;
}

impl<S, T: Value> Operand for Expr<S, T> {
    type Value = T;

    fn untyped(self) -> Untyped {
        self.untyped
    }
}

/// An operand that a query over the tables `S` can read. `I` is inferred: it tells where among them the
/// operand's table is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not part of this query",
    label = "the query reads `{S}`",
    note = "join the table first, or take a column of a table that the query reads",
    note = "groups have the columns that they are grouped by, aggregates, and expressions that they are grouped by, \
            as `.of_group()`"
)]
pub trait Within<S, I> {}

#[diagnostic::do_not_recommend]
impl<S, T> Within<S, Anywhere> for Expr<S, T> {}

/// Marker: the operand belongs to no single table, such as `count()`.
#[derive(Debug)]
pub struct Anywhere;

/// What [`filter`](crate::Query::filter) takes: a [`Filter`], or an expression of
/// [`sea_query`](crate::sea_query).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a filter of this query",
    label = "the query reads `{S}`: expected a condition on it, such as `Todo::done.eq(true)`",
    note = "compare a column with something, or write `.is_true()` for a column of type `bool`",
    note = "a `Filter<(Todo,)>` is of queries that read this table alone; a function for joined ones too is \
            `fn open<S: Contains<Todo, I>, I>() -> Filter<S>`",
    note = "a filter of groups, such as `count().gt(1)`, comes after `group_by`"
)]
pub trait IntoFilter<S> {
    #[doc(hidden)]
    fn into_filter(self) -> Filter<S>;
}

impl<S> IntoFilter<S> for Filter<S> {
    fn into_filter(self) -> Self {
        self
    }
}

impl<S> IntoFilter<S> for sea_query::Expr {
    fn into_filter(self) -> Filter<S> {
        Expr::raw(self)
    }
}
