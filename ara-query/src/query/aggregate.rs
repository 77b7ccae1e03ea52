//! What can be computed from a group of rows.

use std::marker::PhantomData;

use ara_core::{Ordered, Stored, Value};
use sea_query::{Expr as Sql, Func, FunctionCall};

use crate::expr::number::Number;
use crate::expr::{Anywhere, Expr, Operand, Within};
use crate::query::group::Grouped;
use crate::query::select::{Item, Selectable};
use crate::untyped::sql::{call, constant};
use crate::untyped::term::{Term, Untyped};

/// How many rows a group has.
#[must_use]
pub fn count<S, G>() -> Count<Grouped<S, G>> {
    Count::of(Term::Computed(call("count", [constant(1_i64)])).into())
}

/// Aggregates of columns and expressions over the rows of a group. What is absent in a row does not
/// count; where it is absent in all of them there is nothing to aggregate.
pub trait Aggregates: Operand {
    /// In how many rows it is there.
    fn count<S, G, I>(self) -> Count<Grouped<S, G>>
    where
        Self: Within<S, I>,
    {
        Count::of(self.untyped().aggregate(named("count")))
    }

    /// How many different values there are.
    fn count_distinct<S, G, I>(self) -> Count<Grouped<S, G>>
    where
        Self: Within<S, I>,
    {
        Count::of(self.untyped().aggregate(Func::count_distinct))
    }

    /// The sum: an `i64` of integers, an `f64` of floating-point numbers, nothing of nothing. A sum of
    /// integers that is no `i64` is an error when the query runs.
    fn sum<S, G, I>(self) -> Expr<Grouped<S, G>, <Self::Value as Number>::Wide>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        Expr::new(self.untyped().aggregate(named("sum")))
    }

    /// The mean, nothing of nothing.
    fn avg<S, G, I>(self) -> Expr<Grouped<S, G>, f64>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        Expr::new(self.untyped().aggregate(named("avg")))
    }

    /// The least value, nothing of nothing.
    fn min<S, G, I>(self) -> Expr<Grouped<S, G>, Self::Value>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
    {
        Expr::new(self.untyped().aggregate(named("min")))
    }

    /// The greatest value, nothing of nothing.
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

/// A number of rows. Selected, it comes as it is: there is always a number.
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

/// How a [`Count`] is read.
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
