//! The values that the setters of drafts and patches take.

use std::borrow::Cow;

use crate::value::column_type::Value;
use crate::value::rule::Rule;

/// A value that a column of type `T` takes: it converts to `T` without loss, or breaks a rule of `T`. Only moments
/// are rounded down to the millisecond, as a [`Timestamp`](crate::Timestamp) says.
///
/// A column takes its own type, also by reference if that can be cloned.
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
    note = "a required column always has a value: it takes no `Option` and cannot be cleared; of a row that was read, \
            `narrow` in its query gives the column without `Option`",
    note = "convert other types first: `x.into()` or `x.try_into()?`",
    note = "if both have the same name, they are of two versions of a crate: use ara's, such as `ara::jiff`"
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

    /// Returns the value for an optional column. Only what is imported may be none there.
    #[doc(hidden)]
    fn into_value_or_none(self) -> Result<Option<T>, Rule>
    where
        Self: Sized,
    {
        self.into_value().map(Some)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> IntoValue<T> for T {
    fn into_value(self) -> Result<T, Rule> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value + Clone> IntoValue<T> for &T {
    fn into_value(self) -> Result<T, Rule> {
        Ok(self.clone())
    }
}

/// What a reference to an `Option<&str>` holds.
#[diagnostic::do_not_recommend]
impl<'a, T> IntoValue<T> for &&'a str
where
    &'a str: IntoValue<T>,
{
    fn into_value(self) -> Result<T, Rule> {
        (*self).into_value()
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T> IntoValue<T> for &'a Cow<'_, str>
where
    &'a str: IntoValue<T>,
{
    fn into_value(self) -> Result<T, Rule> {
        (**self).into_value()
    }
}

/// A value that an optional column of type `T` takes: one that is [`IntoValue<T>`], an `Option<T>`, or a reference to
/// an `Option` of what converts to `T`, such as `&form.note` of an `Option<String>`.
///
/// An `Option` by value is of the column's own type, as `None` would be of no certain type otherwise.
///
/// ```
/// use ara::{IntoOptional, NonEmptyString};
///
/// fn stars<How>(stars: impl IntoOptional<u8, How>) -> Option<u8> {
///     stars.into_optional().ok().flatten()
/// }
///
/// assert_eq!([stars(5), stars(Some(5)), stars(None)], [Some(5), Some(5), None]);
///
/// let (note, place) = (Some("cold".to_owned()), Some("Home"));
/// let note: Option<NonEmptyString<10>> = (&note).into_optional()?;
/// let place: Option<NonEmptyString<10>> = (&place).into_optional()?;
/// assert_eq!((note.as_deref(), place.as_deref()), (Some("cold"), Some("Home")));
/// # Ok::<(), ara::Rule>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "an optional column of type `{T}` does not take `{Self}`",
    label = "expected `{T}`, `Option<{T}>`, `None`, or what converts to `{T}`",
    note = "an `Option` of what converts to `{T}` is taken by reference: `&option`",
    note = "convert other types first: `x.into()` or `x.try_into()?`",
    note = "if both have the same name, they are of two versions of a crate: use ara's, such as `ara::jiff`"
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

/// The marker of an [`IntoOptional`] that is a reference to an `Option`.
#[derive(Debug)]
pub struct Borrowed;

#[diagnostic::do_not_recommend]
impl<T, V: IntoValue<T>> IntoOptional<T, Plain> for V {
    fn into_optional(self) -> Result<Option<T>, Rule> {
        self.into_value_or_none()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Value> IntoOptional<T, Whole> for Option<T> {
    fn into_optional(self) -> Result<Option<T>, Rule> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, T: Value, V> IntoOptional<T, Borrowed> for &'a Option<V>
where
    &'a V: IntoValue<T>,
{
    fn into_optional(self) -> Result<Option<T>, Rule> {
        self.as_ref().map(IntoValue::into_value).transpose()
    }
}
