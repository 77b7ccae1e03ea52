//! The types that a column can have.

use ara_schema::Type;

use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A type that a column can have.
///
/// Most apps never implement it: `#[derive(Value)]` makes a column type of a newtype or of an enum
/// without data.
///
/// What [`store`](Self::store) gives, [`read`](Self::read) must read.
///
/// ```
/// use ara::{Rule, Stored, Type, Value};
///
/// #[derive(Debug, PartialEq)]
/// struct Even(i64);
///
/// impl Value for Even {
///     const TYPE: Type = Type::Integer;
///
///     fn store(self) -> Result<Stored<'static>, Rule> {
///         if self.0 % 2 == 0 { self.0.store() } else { Err(Rule::new("must be even")) }
///     }
///
///     fn read(stored: Stored<'_>) -> Option<Self> {
///         i64::read(stored).filter(|number| number % 2 == 0).map(Self)
///     }
/// }
///
/// assert_eq!(Even::read(Stored::Integer(2)), Some(Even(2)));
/// assert_eq!(Even::read(Stored::Integer(3)), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the type of a column",
    label = "not a column type",
    note = "column types implement `ara::Value`: put `#[derive(Value)]` on a newtype or an enum without data, \
            or store any serde type as `Json<{Self}>`",
    note = "integers are `i64` or smaller (`u64` and `usize` do not fit), a moment is `ara::Timestamp`, \
            and dates need the feature `jiff`, `chrono` or `time`"
)]
pub trait Value: Sized + 'static {
    /// How the values are stored; what `ara.lock` remembers of a column's type.
    const TYPE: Type;

    /// The value as it is stored.
    ///
    /// # Errors
    ///
    /// The rule that the value breaks.
    fn store(self) -> Result<Stored<'static>, Rule>;

    /// The value that was stored, or `None` where this type cannot read it. What cannot be read is
    /// absent to the app; it is neither changed nor lost.
    fn read(stored: Stored<'_>) -> Option<Self>;

    /// Which stored values [`read`](Self::read) reads, in a form that becomes SQL. The default asks
    /// `read` itself, from within SQLite.
    fn readable() -> Readable {
        Readable::checked::<Self>()
    }
}
