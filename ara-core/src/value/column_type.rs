//! The types that a column can have.

use ara_schema::{Range, Type};

use crate::value::readable::Readable;
use crate::value::rule::Rule;
use crate::value::stored::Stored;

/// A type that a column can have.
///
/// Most apps never implement it by hand: `#[derive(Value)]` implements it for a newtype, or for an enum.
///
/// [`read`](Self::read) must be able to read whatever [`store`](Self::store) returns, also what a released version of the
/// app stored.
///
/// Setters take the type itself. For other types that they should convert, implement [`IntoValue`](crate::IntoValue); to
/// compare with `lt` or `gt`, [`Ordered`](crate::Ordered); and to calculate in queries, `ara::Number`. The page about
/// money in the guide has a decimal number with all of these.
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
    note = "column types implement `ara::Value`: put `#[derive(Value)]` on a newtype or an enum, \
            or store any serde type as `Json<{Self}>`",
    note = "integers are `i64` or smaller (`u64` and `usize` do not fit), a moment is `ara::Timestamp`, \
            and dates need the feature `jiff`, `chrono` or `time`, and the version of the crate that `ara::jiff` is"
)]
pub trait Value: Sized + 'static {
    /// The stored type, which `ara.lock` records for a column.
    const TYPE: Type;

    /// Whether each stored value that [`read`](Self::read) can read is stored again as it was, or equal to it
    /// as SQLite compares them.
    ///
    /// Then an update need not look at what is stored before. By default it does, so that writing back what
    /// the app reads changes nothing.
    const EXACT: bool = false;

    /// The range of the values that can be read, which `ara.lock` records for columns of integers, text and
    /// real numbers. The compiler refuses a column that is narrower than it was released.
    ///
    /// By default, it holds every value of the stored type. An implementation may return a narrower one, if
    /// [`read`](Self::read) reads all that is in it. Other rules, such as "must be even", cannot be recorded:
    /// stored values that break them are read as missing.
    const RANGE: Range = Range::ALL;

    /// Returns the value as it is stored.
    ///
    /// # Errors
    ///
    /// Returns the [`Rule`] that the value breaks.
    fn store(self) -> Result<Stored<'static>, Rule>;

    /// Returns the value that was stored, or `None` if it is not one of this type. To the app, a column
    /// whose value cannot be read has none; the stored value stays as it is.
    fn read(stored: Stored<'_>) -> Option<Self>;

    /// Returns which stored values [`read`](Self::read) can read, in a form that can be translated into
    /// SQL.
    ///
    /// By default, SQLite calls `read` for each value in question. An implementation may return another
    /// form, which is faster, if it covers exactly the same values.
    fn readable() -> Readable {
        Readable::checked::<Self>()
    }
}
