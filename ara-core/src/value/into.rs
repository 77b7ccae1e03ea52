//! The values that the setters of drafts and patches take.

use crate::value::column_type::Value;
use crate::value::rule::Rule;

/// A value that a column of type `T` takes: it converts to `T` without loss, or breaks a rule of `T`.
///
/// ```
/// use ara::{IntoValue, NonEmptyString};
///
/// let title: NonEmptyString<10> = "Buy milk".into_value()?;
/// assert_eq!(title, "Buy milk");
/// # Ok::<(), ara::Rule>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a column of type `{T}` does not take `{Self}`",
    label = "expected `{T}` or what converts to it",
    note = "a required column always has a value: it takes no `Option` and cannot be cleared",
    note = "convert other types first: `x.into()` or `x.try_into()?`"
)]
pub trait IntoValue<T> {
    /// Whether it is an amount to add, with which nothing can be compared.
    #[doc(hidden)]
    const IS_ADDITION: bool = false;

    /// Returns the value as a `T`.
    ///
    /// # Errors
    ///
    /// Returns the [`Rule`] of `T` that the value breaks.
    fn into_value(self) -> Result<T, Rule>;
}

/// A value that an optional column of type `T` takes: one that is [`IntoValue<T>`], or an `Option<T>`.
///
/// ```
/// use ara::IntoOptional;
///
/// fn stars<How>(stars: impl IntoOptional<u8, How>) -> Option<u8> {
///     stars.into_optional().ok().flatten()
/// }
///
/// assert_eq!([stars(5), stars(Some(5)), stars(None)], [Some(5), Some(5), None]);
/// ```
#[diagnostic::on_unimplemented(
    message = "an optional column of type `{T}` does not take `{Self}`",
    label = "expected `{T}`, `Option<{T}>`, `None`, or what converts to `{T}`",
    note = "an `Option` must be of the column's own type: `option.map(Into::into)`, \
            or `option.map(TryInto::try_into).transpose()?` where that can fail",
    note = "convert other types first: `x.into()` or `x.try_into()?`"
)]
pub trait IntoOptional<T, How = Plain> {
    /// Returns the value as a `T`, or `None` if the column is to have no value.
    ///
    /// # Errors
    ///
    /// Returns the [`Rule`] of `T` that the value breaks.
    fn into_optional(self) -> Result<Option<T>, Rule>;
}

/// The marker of an [`IntoOptional`] that is not an `Option`.
#[derive(Debug)]
pub struct Plain;

/// The marker of an [`IntoOptional`] that is an `Option`.
#[derive(Debug)]
pub struct Whole;

#[diagnostic::do_not_recommend]
impl<T, V: IntoValue<T>> IntoOptional<T, Plain> for V {
    fn into_optional(self) -> Result<Option<T>, Rule> {
        self.into_value().map(Some)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> IntoOptional<T, Whole> for Option<T> {
    fn into_optional(self) -> Result<Option<T>, Rule> {
        Ok(self)
    }
}
