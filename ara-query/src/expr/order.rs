//! Ordering rows.

use std::marker::PhantomData;

use ara_core::Plain;
use sea_query::{NullOrdering, Order as Direction};

use crate::expr::comparand::Read;
use crate::expr::{Operand, Within};
use crate::untyped::notes::Notes;
use crate::untyped::order::OrderTerm;
use crate::untyped::term::Untyped;

/// A column or expression to order by, with its direction, such as `Todo::created_at.desc()`.
pub struct Order<S> {
    pub(crate) term: OrderTerm,
    pub(crate) notes: Notes,
    scope: PhantomData<fn() -> S>,
}

impl<S> Order<S> {
    fn new(by: Untyped, direction: Direction) -> Self {
        let Untyped { term: by, notes } = by;
        Self { term: OrderTerm { by, direction, nulls: None }, notes, scope: PhantomData }
    }

    /// Puts the rows first in which nothing is stored.
    ///
    /// ```
    /// # use ara::prelude::*;
    /// # #[derive(Table)]
    /// # struct Todo { id: Id<Todo>, title: String, due: Option<i64> }
    /// # let db = Database::memory()?;
    /// db.create(Todo::draft().title("Think"))?;
    /// db.create(Todo::draft().title("Buy milk").due(3))?;
    /// db.create(Todo::draft().title("Rest").due(5))?;
    /// let todos = db.query::<Todo>().narrow(Todo::title).order_by(Todo::due.desc().nulls_first());
    /// assert_eq!(todos.select(Todo::title).all()?, ["Think", "Rest", "Buy milk"]);
    /// # Ok::<(), ara::Error>(())
    /// ```
    #[must_use]
    pub fn nulls_first(mut self) -> Self {
        self.term.nulls = Some(NullOrdering::First);
        self
    }

    /// Puts the rows last in which nothing is stored.
    #[must_use]
    pub fn nulls_last(mut self) -> Self {
        self.term.nulls = Some(NullOrdering::Last);
        self
    }
}

/// Gives columns and expressions a direction, to order rows by them.
///
/// Rows are ordered by the stored values of a column, so that an index on it serves: enums by the stored
/// names of their variants, and JSON by its text. Where nothing is stored, the row comes first in ascending
/// order and last in descending order.
///
/// Values that this app cannot read are ordered too, all numbers before all texts, and those before all
/// blobs. [`narrow`](crate::Query::narrow) the column to leave out these rows, or order by an expression of
/// it, which takes them for absent.
pub trait Sort: Operand {
    /// Orders from the least value to the greatest.
    fn asc<S, I>(self) -> Order<S>
    where
        Self: Within<S, I>,
    {
        Order::new(self.untyped(), Direction::Asc)
    }

    /// Orders from the greatest value to the least.
    fn desc<S, I>(self) -> Order<S>
    where
        Self: Within<S, I>,
    {
        Order::new(self.untyped(), Direction::Desc)
    }
}

impl<O: Operand> Sort for O {}

/// What [`order_by`](crate::Query::order_by) takes: an [`Order`], a column or an expression, or a tuple of
/// up to sixteen of these. A column or an expression is ordered from the least value to the greatest. `How`
/// is inferred.
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
    ($($part:ident $how:ident $_n:literal)*) => {
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
