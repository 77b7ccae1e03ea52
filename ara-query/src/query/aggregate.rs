//! Aggregates of groups of rows.

use std::marker::PhantomData;

use ara_core::schema::Type;
use ara_core::{Ordered, Stored, Value};
use sea_query::{Expr as Sql, Func, FunctionCall};

use crate::expr::number::Number;
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::group::Grouped;
use crate::query::select::{Item, Selectable};
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
    /// [`Error::Overflow`](ara_core::Error::Overflow) when it is run.
    fn sum<S, G, I>(self) -> Expr<Grouped<S, G>, <Self::Value as Number>::Wide>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        let is_real = matches!(Self::Value::TYPE, Type::Real);
        // Whole floats may be stored as integers, whose sum would be one.
        let it = move |it: Sql| if is_real { as_real(it) } else { it };
        Expr::new(self.untyped().aggregate(move |value| named("sum")(it(value))))
    }

    /// Returns the mean, or nothing if there is no value.
    fn avg<S, G, I>(self) -> Expr<Grouped<S, G>, f64>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        Expr::new(self.untyped().aggregate(named("avg")))
    }

    /// Returns the least value, or nothing if there is none.
    fn min<S, G, I>(self) -> Expr<Grouped<S, G>, Self::Value>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
    {
        Expr::new(self.untyped().aggregate(named("min")))
    }

    /// Returns the greatest value, or nothing if there is none.
    fn max<S, G, I>(self) -> Expr<Grouped<S, G>, Self::Value>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
    {
        Expr::new(self.untyped().aggregate(named("max")))
    }
}

impl<O: Operand> Aggregates for O {}

fn named(function: &'static str) -> impl FnOnce(Sql) -> FunctionCall {
    move |it| Func::cust(function).arg(it)
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
