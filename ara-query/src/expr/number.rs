//! Arithmetic.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use ara_core::{Counter, IntoValue, Plain, Value};
use sea_query::BinOper;

use crate::expr::comparand::Read;
use crate::expr::{Expr, Operand, Within};
use crate::untyped::sql::{binary, call, constant};
use crate::untyped::term::Untyped;

/// Types that can be calculated with: integers, counters and floating-point numbers.
///
/// `#[derive(Value)]` makes a newtype of a number one. A [`Value`] that is implemented by hand and stored as an integer or
/// a floating-point number can be one too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number",
    label = "expected a column or expression of numbers",
    note = "a newtype of a number is one by `#[derive(Value)]`; for a `Value` that is written by hand and stored as a \
            number, implement `ara::Number`; of a text, `.length()` is a number"
)]
pub trait Number: Value {
    /// The type that calculations give: `i64` for integers and counters, `f64` for floating-point numbers.
    type Wide: Number<Wide = Self::Wide>;
}

macro_rules! numbers {
    ($wide:ty: $($ty:ty)*) => {$(
        impl Number for $ty {
            type Wide = $wide;
        }
    )*};
}

numbers! { i64: i8 i16 i32 i64 u8 u16 u32 Counter }
numbers! { f64: f32 f64 }

/// What can be added to numbers of the wide type `W`, subtracted from them, and so on: values that convert to
/// `W`, and columns and expressions of numbers with this wide type. `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "cannot calculate with `{Self}` and numbers of type `{W}`",
    label = "expected `{W}`, or a column or expression of such numbers",
    note = "numbers are not converted silently: write `x.into()` or `x.try_into()?`"
)]
pub trait NumberOperand<S, W, How> {
    #[doc(hidden)]
    fn number_operand(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<S, W: Number, V: IntoValue<W>> NumberOperand<S, W, Plain> for V {
    fn number_operand(self) -> Untyped {
        Untyped::bound::<W, _>(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S, W, O, I> NumberOperand<S, W, Read<I>> for O
where
    O: Operand<Value: Number<Wide = W>> + Within<S, I>,
{
    fn number_operand(self) -> Untyped {
        self.untyped()
    }
}

macro_rules! arithmetic {
    ($($(#[$doc:meta])* $name:ident $op:ident $where:ident;)*) => {$(
        $(#[$doc])*
        fn $name<S, V, H, I>(self, other: V) -> Expr<S, Wide<Self>>
        where
            Self: Within<S, I>,
            V: NumberOperand<S, Wide<Self>, H>,
            Self::Value: $where,
        {
            Expr::new(calculate(self.untyped(), BinOper::$op, other.number_operand()))
        }
    )*};
}

type Wide<O> = <<O as Operand>::Value as Number>::Wide;

/// Types that can be divided with a remainder: integers and counters.
#[diagnostic::on_unimplemented(message = "`{Self}` is not an integer", label = "expected integers")]
pub trait Integer: Number<Wide = i64> {}

impl<T: Number<Wide = i64>> Integer for T {}

/// Calculations with columns and expressions of numbers. Where a number is absent, so is the result.
///
/// Integers give `i64`, and floating-point numbers `f64`. As in SQLite, a result that does not fit into an
/// `i64` becomes a floating-point number, with which the calculation goes on. Expressions also take the
/// operators `+`, `-`, `*`, `/` and `%`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, stars: i64, hours: Option<f64> }
///
/// let db = Database::memory()?;
/// db.create(Todo::draft().stars(3))?;
/// let numbers = db.query::<Todo>().select((Todo::stars.add(1) * 2, Todo::stars.rem(2), Todo::hours.mul(2.0)));
/// assert_eq!(numbers.one()?, (Some(8), Some(1), None));
/// # Ok::<(), ara::Error>(())
/// ```
pub trait NumberFunctions: Operand {
    arithmetic! {
        /// Adds a number.
        add Add Number;
        /// Subtracts a number.
        sub Sub Number;
        /// Multiplies by a number.
        mul Mul Number;
        /// Divides by a number. Of integers, the result is rounded toward zero. Division by zero gives
        /// nothing.
        div Div Number;
        /// Returns the remainder of the division of integers, with the sign of the left one. Division by zero
        /// gives nothing.
        rem Mod Integer;
    }

    /// Returns the negative number.
    fn neg<S, I>(self) -> Expr<S, Wide<Self>>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        Expr::new(negative(self.untyped()))
    }

    /// Returns the absolute value.
    fn abs<S, I>(self) -> Expr<S, Wide<Self>>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        // SQLite's `abs` fails for `i64::MIN`, and the whole query with it.
        let largest = |it: sea_query::Expr| {
            let negative = binary(constant(0_i64), BinOper::Sub, it.clone());
            call("max", [it, negative])
        };
        Expr::new(self.untyped().compute(largest))
    }

    /// Rounds to this many decimal places. Half of the last place is rounded away from zero.
    fn round<S, I>(self, places: u8) -> Expr<S, f64>
    where
        Self: Within<S, I>,
        Self::Value: Number,
    {
        let round = |it| call("round", [it, constant(i64::from(places))]);
        Expr::new(self.untyped().compute(round))
    }
}

impl<O: Operand> NumberFunctions for O {}

fn calculate(left: Untyped, op: BinOper, right: Untyped) -> Untyped {
    left.compute_with(right, |left, right| binary(left, op, right))
}

fn negative(it: Untyped) -> Untyped {
    it.compute(|it| binary(constant(0_i64), BinOper::Sub, it))
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident $bound:ident;)*) => {$(
        impl<S, T: $bound, U: Number<Wide = T::Wide>> $trait<Expr<S, U>> for Expr<S, T> {
            type Output = Expr<S, T::Wide>;

            fn $method(self, other: Expr<S, U>) -> Self::Output {
                Expr::new(calculate(self.untyped, BinOper::$op, other.untyped))
            }
        }

        impl<S, T: $bound + Number<Wide = i64>> $trait<i64> for Expr<S, T> {
            type Output = Expr<S, i64>;

            fn $method(self, other: i64) -> Self::Output {
                Expr::new(calculate(self.untyped, BinOper::$op, Untyped::bound::<i64, _>(other)))
            }
        }
    )*};
}

operators! {
    Add add Add Number;
    Sub sub Sub Number;
    Mul mul Mul Number;
    Div div Div Number;
    Rem rem Mod Integer;
}

macro_rules! real_operators {
    ($($trait:ident $method:ident;)*) => {$(
        impl<S, T: Number<Wide = f64>> $trait<f64> for Expr<S, T> {
            type Output = Expr<S, f64>;

            fn $method(self, other: f64) -> Self::Output {
                Expr::new(calculate(self.untyped, BinOper::$trait, Untyped::bound::<f64, _>(other)))
            }
        }
    )*};
}

real_operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

impl<S, T: Number> Neg for Expr<S, T> {
    type Output = Expr<S, T::Wide>;

    fn neg(self) -> Self::Output {
        Expr::new(negative(self.untyped))
    }
}
