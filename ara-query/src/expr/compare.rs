//! Comparing columns and expressions.

use ara_core::{IntoValue, Ordered};
use sea_query::BinOper;

use crate::expr::comparand::{Comparand, OptionalComparand};
use crate::expr::{Expr, Filter, Operand, Within};
use crate::untyped::null_rules;
use crate::untyped::sql;
use crate::untyped::term::{Term, Untyped};

/// Comparisons of columns and expressions.
///
/// A value may be absent: it was never set, it was cleared, or this app cannot read it. What is absent equals
/// only what is absent, and is neither less nor greater than anything:
///
/// - `Todo::done.eq(true)` holds where `done` is there and `true`.
/// - `Todo::done.ne(true)` holds in all other rows, also where `done` is absent.
/// - `Todo::stars.gt(3)` holds where `stars` is there and greater than 3, and `!Todo::stars.gt(3)` in all
///   other rows.
///
/// Values are compared as they are stored: texts byte by byte, and `false` is less than `true`. For types
/// that are [`Ordered`], this is the order of the Rust type too. For all others, such as enums, `lt`, `le`,
/// `gt`, `ge` and `between` do not compile.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String, stars: Option<i64> }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().title("Buy milk").stars(5))?;
/// db.create(Todo::draft().title("Think"))?;
///
/// let todos = || db.query::<Todo>();
/// assert_eq!(todos().filter(Todo::stars.gt(3)).count()?, 1);
/// assert_eq!(todos().filter(!Todo::stars.gt(3)).count()?, 1);
/// assert_eq!(todos().filter(Todo::stars.ne(5)).count()?, 1);
/// assert_eq!(todos().filter(Todo::stars.eq(None)).count()?, 1);
/// assert_eq!(todos().filter(Todo::title.is_in(["Think", "Rest"])).count()?, 1);
/// assert_eq!(todos().filter(Todo::stars.coalesce(0).le(5)).count()?, 2);
/// # Ok::<(), ara::Error>(())
/// ```
#[allow(clippy::wrong_self_convention, reason = "columns and expressions are taken by value")]
pub trait Compare: Operand {
    /// Holds where both are equal, or both absent.
    fn eq<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        V: OptionalComparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::equal(self.untyped(), other.optional_comparand()))
    }

    /// Holds where they are not equal, or only one of them is absent: the opposite of [`eq`](Self::eq).
    fn ne<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        V: OptionalComparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::unequal(self.untyped(), other.optional_comparand()))
    }

    /// Holds where both are there, and this is less than the other.
    fn lt<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::SmallerThan, other.comparand()))
    }

    /// Holds where both are there, and this is less than the other or equal.
    fn le<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::SmallerThanOrEqual, other.comparand()))
    }

    /// Holds where both are there, and this is greater than the other.
    fn gt<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::GreaterThan, other.comparand()))
    }

    /// Holds where both are there, and this is greater than the other or equal.
    fn ge<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::GreaterThanOrEqual, other.comparand()))
    }

    /// Holds where all three are there, and this is at least `low` and at most `high`.
    fn between<S, V, W, H, J, I>(self, low: V, high: W) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
        W: Comparand<S, Self::Value, J>,
    {
        Expr::new(null_rules::between(self.untyped(), low.comparand(), high.comparand()))
    }

    /// Holds where it is absent.
    fn is_null<S, I>(self) -> Filter<S>
    where
        Self: Within<S, I>,
    {
        Expr::new(null_rules::is_absent(self.untyped()))
    }

    /// Holds where it is there.
    fn is_not_null<S, I>(self) -> Filter<S>
    where
        Self: Within<S, I>,
    {
        Expr::new(null_rules::is_there(self.untyped()))
    }

    /// Holds where it equals one of these values. If there are none, it holds for no row.
    ///
    /// There may be any number of them, and an index on the column serves.
    fn is_in<S, V, I>(self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        Self: Within<S, I>,
        V: IntoValue<Self::Value>,
    {
        Expr::new(null_rules::among(
            self.untyped(),
            values.into_iter().map(Untyped::bound::<Self::Value, _>),
        ))
    }

    /// Holds where it is absent, or equals none of these values: the opposite of [`is_in`](Self::is_in).
    fn is_not_in<S, V, I>(self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        Self: Within<S, I>,
        V: IntoValue<Self::Value>,
    {
        !self.is_in(values)
    }

    /// Holds where it is there and `true`.
    fn is_true<S, I>(self) -> Filter<S>
    where
        Self: Operand<Value = bool> + Within<S, I>,
    {
        Expr::new(match self.untyped() {
            it @ Untyped { term: Term::Condition(_), .. } => it,
            it => null_rules::equal(it, Untyped::bound::<bool, _>(true)),
        })
    }

    /// Holds where it is there and `false`.
    fn is_false<S, I>(self) -> Filter<S>
    where
        Self: Operand<Value = bool> + Within<S, I>,
    {
        Expr::new(null_rules::equal(self.untyped(), Untyped::bound::<bool, _>(false)))
    }

    /// Returns the value, or `other` where it is absent.
    fn coalesce<S, V, H, I>(self, other: V) -> Expr<S, Self::Value>
    where
        Self: Within<S, I>,
        V: Comparand<S, Self::Value, H>,
    {
        let other = other.comparand();
        Expr::new(
            self.untyped()
                .compute_with(other, |value, other| sql::call("coalesce", [value, other])),
        )
    }
}

impl<O: Operand> Compare for O {}
