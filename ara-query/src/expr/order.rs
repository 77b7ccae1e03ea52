//! The order of a query's rows.

use std::marker::PhantomData;

use ara_core::Plain;
use sea_query::{NullOrdering, Order as Direction, OrderedStatement};

use crate::expr::comparand::Read;
use crate::expr::{Operand, Within};
use crate::untyped::notes::Notes;
use crate::untyped::term::{Term, Untyped};

/// A column or expression to order by, and in which direction: `Todo::created_at.desc()`.
pub struct Order<S> {
    pub(crate) ordered: Ordered,
    pub(crate) notes: Notes,
    scope: PhantomData<fn() -> S>,
}

impl<S> Order<S> {
    fn new(by: Untyped, direction: Direction) -> Self {
        let Untyped { term, notes } = by;
        Self { ordered: Ordered { by: term, direction, nulls: None }, notes, scope: PhantomData }
    }

    /// Rows where it was never set come first.
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.ordered.nulls = Some(NullOrdering::First);
        self
    }

    /// Rows where it was never set come last.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.ordered.nulls = Some(NullOrdering::Last);
        self
    }
}

/// What rows are ordered by, in which direction, and where those come in which it is NULL.
#[derive(Debug, Clone)]
pub(crate) struct Ordered {
    pub by: Term,
    pub direction: Direction,
    pub nulls: Option<NullOrdering>,
}

impl Ordered {
    pub(crate) fn put(self, statement: &mut impl OrderedStatement) {
        let by = self.by.stored();
        match self.nulls {
            Some(nulls) => statement.order_by_expr_with_nulls(by, self.direction, nulls),
            None => statement.order_by_expr(by, self.direction),
        };
    }
}

/// The direction of an order, on columns and expressions.
///
/// A column is ordered by what is stored, so that an index on it serves: enums by the stored names of
/// their variants, JSON by its text. Where it was never set, the
/// row comes first in ascending and last in descending order. A value that this app cannot read stands
/// among the others of its storage class: numbers, then texts, then bytes. `narrow` the column to leave
/// those rows out, or order by an expression of it.
pub trait Sort: Operand {
    /// From the least to the greatest.
    fn asc<S, I>(self) -> Order<S>
    where
        Self: Within<S, I>,
    {
        Order::new(self.untyped(), Direction::Asc)
    }

    /// From the greatest to the least.
    fn desc<S, I>(self) -> Order<S>
    where
        Self: Within<S, I>,
    {
        Order::new(self.untyped(), Direction::Desc)
    }
}

impl<O: Operand> Sort for O {}

/// What [`order_by`](crate::Query::order_by) takes: an [`Order`], or a column or expression, which
/// stands for its ascending order; or a tuple of up to eight of them.
#[diagnostic::on_unimplemented(
    message = "a query cannot be ordered by `{Self}`",
    label = "expected a column or expression, with `.asc()` or `.desc()` or without, or a tuple of them"
)]
pub trait IntoOrder<S, How> {
    #[doc(hidden)]
    fn into_orders(self) -> Vec<Order<S>>;
}

impl<S> IntoOrder<S, Plain> for Order<S> {
    fn into_orders(self) -> Vec<Self> {
        vec![self]
    }
}

impl<S, O: Operand + Within<S, I>, I> IntoOrder<S, Read<I>> for O {
    fn into_orders(self) -> Vec<Order<S>> {
        vec![self.asc()]
    }
}

macro_rules! orders {
    ($($part:ident)*) => {
        orders! { $($part)* @ H0 H1 H2 H3 H4 H5 H6 H7 @ }
    };
    ($part:ident $($parts:ident)* @ $how:ident $($hows:ident)* @ $($done:tt)*) => {
        orders! { $($parts)* @ $($hows)* @ $($done)* ($part $how) }
    };
    (@ $($hows:ident)* @ $(($part:ident $how:ident))*) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case)]
        impl<S, $($how, $part: IntoOrder<S, $how>),*> IntoOrder<S, ($($how,)*)> for ($($part,)*) {
            fn into_orders(self) -> Vec<Order<S>> {
                let ($($part,)*) = self;
                [$($part.into_orders()),*].into_iter().flatten().collect()
            }
        }
    };
}

tuples! { orders }
