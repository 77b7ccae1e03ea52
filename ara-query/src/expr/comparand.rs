//! What operands are compared with.

use ara_core::{IntoValue, Plain, Value, Whole};

use crate::expr::{Operand, Within};
use crate::untyped::term::Untyped;

/// What can be compared with a `T`: values that convert to one, and columns and expressions that give one.
/// `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{T}`",
    label = "expected `{T}`, what converts to it, or a column or expression of this type",
    note = "convert other types first: `x.into()` or `x.try_into()?`",
    note = "a column must be of a table that the query reads"
)]
pub trait Comparand<S, T, How> {
    #[doc(hidden)]
    fn comparand(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<S, T: Value, V: IntoValue<T>> Comparand<S, T, Plain> for V {
    fn comparand(self) -> Untyped {
        Untyped::bound::<T, _>(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Value, O: Operand<Value = T> + Within<S, I>, I> Comparand<S, T, Read<I>> for O {
    fn comparand(self) -> Untyped {
        self.untyped()
    }
}

/// What can be compared with a `T` that may be absent: every [`Comparand`], and an `Option<T>`. `How` is
/// inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{T}`",
    label = "expected `{T}`, what converts to it, `None`, or a column or expression of this type",
    note = "an `Option` must be of the column's own type: `option.map(Into::into)`, \
            or `option.map(TryInto::try_into).transpose()?` where that can fail",
    note = "convert other types first: `x.into()` or `x.try_into()?`",
    note = "a column must be of a table that the query reads"
)]
pub trait OptionalComparand<S, T, How> {
    #[doc(hidden)]
    fn optional_comparand(self) -> Untyped;
}

#[diagnostic::do_not_recommend]
impl<S, T: Value, V: IntoValue<T>> OptionalComparand<S, T, Plain> for V {
    fn optional_comparand(self) -> Untyped {
        Untyped::bound::<T, _>(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Value> OptionalComparand<S, T, Whole> for Option<T> {
    fn optional_comparand(self) -> Untyped {
        Untyped::optional(self)
    }
}

#[diagnostic::do_not_recommend]
impl<S, T: Value, O: Operand<Value = T> + Within<S, I>, I> OptionalComparand<S, T, Read<I>> for O {
    fn optional_comparand(self) -> Untyped {
        self.untyped()
    }
}

/// Marker: the operand is a column or expression of the table at position `I`, and not a plain value.
#[derive(Debug)]
pub struct Read<I>(std::marker::PhantomData<I>);
