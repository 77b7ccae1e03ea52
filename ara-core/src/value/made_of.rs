//! How the newtypes of `#[derive(Value)]` are made of their inner values.

use std::fmt::Display;

use crate::value::rule::Rule;

/// A newtype that can be made of its inner value. The trait exists for the compiler's message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made of `{Inner}`",
    label = "needs `TryFrom<{Inner}>` or `From<{Inner}>`",
    note = "implement `From<{Inner}>` for it, or `TryFrom<{Inner}>` with an error that implements `Display`: \
            ara reads and takes its values through it"
)]
pub trait MadeOf<Inner>: Sized {
    #[doc(hidden)]
    fn made_of(inner: Inner) -> Result<Self, Rule>;
}

#[diagnostic::do_not_recommend]
impl<T, Inner> MadeOf<Inner> for T
where
    T: TryFrom<Inner, Error: Display>,
{
    /// Makes the newtype. The rule has the message of the newtype's own error.
    fn made_of(inner: Inner) -> Result<Self, Rule> {
        Self::try_from(inner).map_err(|error| Rule::new(error.to_string()))
    }
}
