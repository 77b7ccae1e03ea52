//! Expressions, typed by the tables of their query and by what they give.

pub(crate) mod column;
pub(crate) mod comparand;
pub(crate) mod compare;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod scope;
pub(crate) mod text;

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use ara_core::Value;
use sea_query::SqliteQueryBuilder;

use crate::untyped::condition::Condition;
use crate::untyped::sql;
use crate::untyped::term::{Term, Untyped};

/// An expression over the tables `S` that gives a `T`, or nothing where what it reads is absent.
///
/// `S` is a tuple of tables and is inferred from the query that the expression is given to. A function
/// that returns an expression names it: `fn urgent() -> Filter<(Todo,)>`, or, for every query that
/// reads the table, `fn urgent<S: Contains<Todo, I>, I>() -> Filter<S>`.
pub struct Expr<S, T> {
    pub(crate) untyped: Untyped,
    types: PhantomData<fn() -> (S, T)>,
}

/// A condition on the rows of a query over the tables `S`. Combine filters with `&`, `|` and `!`.
pub type Filter<S> = Expr<S, bool>;

impl<S, T> Expr<S, T> {
    pub(crate) fn new(untyped: Untyped) -> Self {
        Self { untyped, types: PhantomData }
    }

    /// An expression of [`sea_query`](crate::sea_query), for what this crate has no word for. That it
    /// gives a `T` (or NULL, which is absent), and that it reads only tables of the query, is the
    /// caller's word.
    ///
    /// In it a column is read as it is stored, by its stored name, and NULL follows SQL's rules.
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

    /// The expression as sea-query's.
    pub fn into_raw(self) -> sea_query::Expr {
        self.untyped.term.value()
    }
}

impl<S> Filter<S> {
    /// The filter that holds where all of these hold; always, if there are none.
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        let none = Self::new(Term::Condition(Condition::One(sql::constant(true))).into());
        filters.into_iter().reduce(|all, filter| all & filter).unwrap_or(none)
    }

    /// The filter that holds where one of these holds; never, if there are none.
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

/// Holds where the filter does not, also where it does not because something is absent.
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

/// The SQL, with a `?` for each value.
impl<S, T> fmt::Debug for Expr<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut select = sea_query::Query::select();
        select.expr(self.untyped.term.clone().value());
        let (sql, _) = select.build(SqliteQueryBuilder);
        write!(f, "Expr({})", sql.strip_prefix("SELECT ").unwrap_or(&sql))
    }
}

/// What can stand in an expression: a column, such as `Todo::title`, or an [`Expr`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column nor an expression",
    label = "expected a column, such as `Todo::title`, or an expression"
)]
pub trait Operand: Sized {
    /// What it gives, without the `Option` of what may be absent.
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

/// An operand of a query over the tables `S`; `I`, where its table is among them, is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not part of this query",
    label = "the query reads `{S}`",
    note = "join the table first, or take a column of a table that the query reads",
    note = "groups have the columns that they are grouped by, and aggregates"
)]
pub trait Within<S, I> {}

#[diagnostic::do_not_recommend]
impl<S, T> Within<S, Anywhere> for Expr<S, T> {}

/// Marks an operand that is not of one table.
#[derive(Debug)]
pub struct Anywhere;

/// What [`filter`](crate::Query::filter) takes: a [`Filter`], or an expression of sea-query.
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
