//! What operands are compared with.

use ara_core::{Borrowed, IntoOptional, IntoValue, Plain, Value, Whole};

use crate::expr::{Operand, Within};
use crate::untyped::term::Untyped;

/// What can be compared with a `T`: values that convert to one, and columns and expressions that give one.
/// `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{T}`",
    label = "expected `{T}`, what converts to it, or a column or expression of this type",
    note = "an `Option` may be absent: of a row that was read, `narrow` in its query gives the column without `Option`",
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

/// What can be compared with a `T` that may be absent: every [`Comparand`], an `Option<T>`, and a reference to an
/// `Option` of what converts to a `T`. `How` is inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with a column of type `{T}`",
    label = "expected `{T}`, what converts to it, `None`, or a column or expression of this type",
    note = "an `Option` of what converts to `{T}` is taken by reference: `&option`",
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
impl<'a, S, T: Value, V> OptionalComparand<S, T, Borrowed> for &'a Option<V>
where
    &'a Option<V>: IntoOptional<T, Borrowed>,
{
    fn optional_comparand(self) -> Untyped {
        Untyped::stored(self.into_optional().and_then(|value| value.map(T::store).transpose()))
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
