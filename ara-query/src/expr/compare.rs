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
/// Everything may be absent: never set, cleared, or not readable by this app. What is absent equals
/// only what is absent, and lies neither above nor below anything:
///
/// - `Todo::done.eq(true)` holds where `done` is there and `true`;
/// - `Todo::done.ne(true)` holds everywhere else, also where it is absent;
/// - `Todo::stars.gt(3)` holds where `stars` is there and above 3, and `!Todo::stars.gt(3)` everywhere
///   else.
///
/// Values are compared as they are stored: texts byte by byte, `false` before `true`. For types that
/// are [`Ordered`] this is the order of the Rust type too; for the others, such as enums, `lt`, `le`,
/// `gt`, `ge` and `between` do not compile.
#[allow(clippy::wrong_self_convention, reason = "columns and expressions are taken by value")]
pub trait Compare: Operand {
    /// Equal, or both absent.
    fn eq<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        V: OptionalComparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::equal(self.untyped(), other.optional_comparand()))
    }

    /// Not equal, or only one of them absent: the opposite of [`eq`](Self::eq).
    fn ne<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        V: OptionalComparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::unequal(self.untyped(), other.optional_comparand()))
    }

    /// Below.
    fn lt<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::SmallerThan, other.comparand()))
    }

    /// Below or equal, and both there.
    fn le<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::SmallerThanOrEqual, other.comparand()))
    }

    /// Above.
    fn gt<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::GreaterThan, other.comparand()))
    }

    /// Above or equal, and both there.
    fn ge<S, V, H, I>(self, other: V) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
    {
        Expr::new(null_rules::order(self.untyped(), BinOper::GreaterThanOrEqual, other.comparand()))
    }

    /// From `low` to `high`, both included.
    fn between<S, V, W, H, J, I>(self, low: V, high: W) -> Filter<S>
    where
        Self: Within<S, I>,
        Self::Value: Ordered,
        V: Comparand<S, Self::Value, H>,
        W: Comparand<S, Self::Value, J>,
    {
        Expr::new(null_rules::between(self.untyped(), low.comparand(), high.comparand()))
    }

    /// Absent.
    fn is_null<S, I>(self) -> Filter<S>
    where
        Self: Within<S, I>,
    {
        Expr::new(null_rules::is_absent(self.untyped()))
    }

    /// There.
    fn is_not_null<S, I>(self) -> Filter<S>
    where
        Self: Within<S, I>,
    {
        Expr::new(null_rules::is_there(self.untyped()))
    }

    /// Equal to one of these values; never, if there are none. SQLite takes some 32,000 values in a
    /// query; running one with more is an error.
    fn is_in<S, V, I>(self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        Self: Within<S, I>,
        V: IntoValue<Self::Value>,
    {
        Expr::new(null_rules::among(
            self.untyped(),
            values.into_iter().map(Untyped::bound::<Self::Value>),
        ))
    }

    /// Absent, or equal to none of these values: the opposite of [`is_in`](Self::is_in).
    fn is_not_in<S, V, I>(self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        Self: Within<S, I>,
        V: IntoValue<Self::Value>,
    {
        !self.is_in(values)
    }

    /// There and `true`.
    fn is_true<S, I>(self) -> Filter<S>
    where
        Self: Operand<Value = bool> + Within<S, I>,
    {
        Expr::new(match self.untyped() {
            it @ Untyped { term: Term::Condition(_), .. } => it,
            it => null_rules::equal(it, Untyped::bound::<bool>(true)),
        })
    }

    /// There and `false`.
    fn is_false<S, I>(self) -> Filter<S>
    where
        Self: Operand<Value = bool> + Within<S, I>,
    {
        Expr::new(null_rules::equal(self.untyped(), Untyped::bound::<bool>(false)))
    }

    /// The value, or `other` where it is absent.
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
