//! Aggregates of groups of rows.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use ara_core::schema::Type;
use ara_core::{FieldOf, Maybe, Ordered, Presence, Stored, Value};
use sea_query::{Expr as Sql, Func, FunctionCall};

use crate::expr::column::ColumnRef;
use crate::expr::number::Number;
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::group::Grouped;
use crate::query::holds::HoldsAt;
use crate::query::select::{Computed, Item, Selectable};
use crate::untyped::sql::{as_real, call, constant};
use crate::untyped::term::{Term, Untyped};

/// Counts the rows of a group.
///
/// ```
/// use ara::count;
/// # use ara::prelude::*;
/// # #[derive(Table)]
/// # struct Todo { id: Id<Todo>, place: Option<String> }
/// # let db = Database::memory()?;
/// for place in ["Home", "Home", "Work"] {
///     db.create(Todo::draft().place(place))?;
/// }
/// let places = db.query::<Todo>().narrow(Todo::place).group_by(Todo::place);
/// let places = places.filter(count().gt(1)).select((Todo::place, count()));
/// assert_eq!(places.all()?, [("Home".to_owned(), 2)]);
/// # Ok::<(), ara::Error>(())
/// ```
#[must_use]
pub fn count<S, G>() -> Count<Grouped<S, G>> {
    Count::of(Term::Computed(call("count", [constant(1_i64)])).into())
}

/// Aggregates of columns and expressions over the rows of a group. Rows in which the value is absent do not
/// count.
///
/// An aggregate is there if the group has a value. Of a column that is narrowed, each group has one, so that a query which
/// selects its sum returns no `Option`. If all rows are aggregated into one, there may be no row, and so each aggregate but
/// a count is an `Option`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, place: Option<String>, stars: Option<i64> }
///
/// let db = Database::memory()?;
/// for (place, stars) in [("Home", Some(1)), ("Home", Some(4)), ("Work", None)] {
///     db.create(Todo::draft().place(place).stars(stars))?;
/// }
/// let all = db.query::<Todo>().aggregate((
///     Todo::stars.count(),
///     Todo::place.count_distinct(),
///     Todo::stars.sum(),
///     Todo::stars.avg(),
///     Todo::stars.max(),
/// ));
/// assert_eq!(all.one()?, (2, 2, Some(5), Some(2.5), Some(4)));
/// # Ok::<(), ara::Error>(())
/// ```
pub trait Aggregates: Operand {
    /// Counts the rows in which it is there.
    fn count<S, G, I>(self) -> Count<Grouped<S, G>>
    where
        Self: Within<S, I>,
    {
        Count::of(self.untyped().aggregate(named("count")))
    }

    /// Counts the different values.
    fn count_distinct<S, G, I>(self) -> Count<Grouped<S, G>>
    where
        Self: Within<S, I>,
    {
        Count::of(self.untyped().aggregate(Func::count_distinct))
    }

    /// Returns the sum: an `i64` of integers and counters, an `f64` of floating-point numbers, and nothing
    /// if there is no value.
    ///
    /// If a sum of integers does not fit into an `i64`, the query fails with
    /// [`Error::Sqlite`](ara_core::Error::Sqlite) when it is run.
    fn sum<S, G, I>(self) -> Aggregate<Grouped<S, G>, Self, <Self::Value as Number>::Wide>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        let is_real = matches!(Self::Value::TYPE, Type::Real);
        // Whole floats may be stored as integers, whose sum would be one.
        let it = move |it: Sql| if is_real { as_real(it) } else { it };
        Aggregate::of(self.untyped().aggregate(move |value| named("sum")(it(value))))
    }

    /// Returns the mean, or nothing if there is no value.
    fn avg<S, G, I>(self) -> Aggregate<Grouped<S, G>, Self, f64>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        Aggregate::of(self.untyped().aggregate(named("avg")))
    }

    /// Returns the least value, or nothing if there is none.
    fn min<S, G, I>(self) -> Aggregate<Grouped<S, G>, Self, Self::Value>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
    {
        Aggregate::of(self.untyped().aggregate(named("min")))
    }

    /// Returns the greatest value, or nothing if there is none.
    fn max<S, G, I>(self) -> Aggregate<Grouped<S, G>, Self, Self::Value>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
    {
        Aggregate::of(self.untyped().aggregate(named("max")))
    }
}

impl<O: Operand> Aggregates for O {}

fn named(function: &'static str) -> impl FnOnce(Sql) -> FunctionCall {
    move |it| Func::cust(function).arg(it)
}

/// An aggregate of the operand `O` that gives a `T`, or nothing where a group has no value of the operand.
pub struct Aggregate<S, O, T> {
    expr: Expr<S, T>,
    of: PhantomData<fn() -> O>,
}

impl<S, O, T> Aggregate<S, O, T> {
    fn of(untyped: Untyped) -> Self {
        Self { expr: Expr::new(untyped), of: PhantomData }
    }

    /// Returns the aggregate as an expression.
    pub fn expr(self) -> Expr<S, T> {
        self.expr
    }
}

impl<S, O, T> Clone for Aggregate<S, O, T> {
    fn clone(&self) -> Self {
        Self { expr: self.expr.clone(), of: PhantomData }
    }
}

/// Shows the SQL, with a `?` for each value.
impl<S, O, T> fmt::Debug for Aggregate<S, O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<S, O, T: Value> Operand for Aggregate<S, O, T> {
    type Value = T;

    fn untyped(self) -> Untyped {
        self.expr.untyped
    }
}

#[diagnostic::do_not_recommend]
impl<S, O, T> Within<S, Anywhere> for Aggregate<S, O, T> {}

macro_rules! operators {
    ($($trait:ident $method:ident;)*) => {$(
        impl<S, O, T, B> $trait<B> for Aggregate<S, O, T>
        where
            Expr<S, T>: $trait<B>,
        {
            type Output = <Expr<S, T> as $trait<B>>::Output;

            fn $method(self, other: B) -> Self::Output {
                self.expr.$method(other)
            }
        }
    )*};
}

operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
    Rem rem;
}

impl<S, O, T> Neg for Aggregate<S, O, T>
where
    Expr<S, T>: Neg,
{
    type Output = <Expr<S, T> as Neg>::Output;

    fn neg(self) -> Self::Output {
        -self.expr
    }
}

/// Marks an aggregate of a column. `I` tells where the column is in the rows.
#[derive(Debug)]
pub struct OfColumn<I>(PhantomData<I>);

#[diagnostic::do_not_recommend]
impl<S, G, R, C, T, I> Selectable<Grouped<S, G>, R, OfColumn<I>> for Aggregate<Grouped<S, G>, C, T>
where
    C: ColumnRef,
    R: HoldsAt<C, I, Type: FieldOf<C::Column>>,
    G: GroupsOf<<R::Type as FieldOf<C::Column>>::Presence>,
    T: Value,
{
    type Item = Aggregated<G::Presence, T>;

    fn into_untyped(self) -> Untyped {
        self.expr.untyped
    }
}

#[diagnostic::do_not_recommend]
impl<S, R, E, V, T: Value> Selectable<S, R, Anywhere> for Aggregate<S, Expr<E, V>, T> {
    type Item = Computed<T>;

    fn into_untyped(self) -> Untyped {
        self.expr.untyped
    }
}

/// What a query is grouped by, a tuple. `P` tells whether a column is there in each row.
pub trait GroupsOf<P> {
    /// Whether an aggregate of the column is there in each group.
    type Presence: Presence + 'static;
}

/// All rows are one group, which may have none.
impl<P> GroupsOf<P> for () {
    type Presence = Maybe;
}

macro_rules! groups_of {
    ($($part:ident $_i:ident $_n:literal)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($part,)* Each: Presence + 'static> GroupsOf<Each> for ($($part,)*) {
            type Presence = Each;
        }
    };
}

tuples! { groups_of }

/// The [`Item`] of an [`Aggregate`] of a column. `P` tells whether it is there in each group.
#[derive(Debug)]
pub struct Aggregated<P, T>(PhantomData<fn() -> (P, T)>);

impl<P: Presence, T: Value> Item for Aggregated<P, T> {
    type Value = T;
    type Output = P::Of<T>;

    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<P::Of<T>> {
        P::of(stored.and_then(T::read))
    }
}

/// A number of rows. It is never absent, so a query that selects it returns an `i64` and not an `Option` of
/// it.
pub struct Count<S>(Expr<S, i64>);

impl<S> Count<S> {
    fn of(untyped: Untyped) -> Self {
        Self(Expr::new(untyped))
    }
}

impl<S> Operand for Count<S> {
    type Value = i64;

    fn untyped(self) -> Untyped {
        self.0.untyped
    }
}

#[diagnostic::do_not_recommend]
impl<S> Within<S, Anywhere> for Count<S> {}

#[diagnostic::do_not_recommend]
impl<S, R> Selectable<S, R, Anywhere> for Count<S> {
    type Item = Counted;

    fn into_untyped(self) -> Untyped {
        self.0.untyped
    }
}

/// The [`Item`] of a [`Count`].
#[derive(Debug)]
pub struct Counted(PhantomData<()>);

impl Item for Counted {
    type Value = i64;
    type Output = i64;

    #[inline]
    fn read(stored: Option<Stored<'_>>) -> Option<i64> {
        stored.and_then(i64::read)
    }
}
