//! What the functions between columns may take and return, for generated code.

use ara_schema::{TableDef, Type};

use crate::model::lens::{Given, ReadBy, WriteBy};
use crate::model::table::{Column, Table};
use crate::model::table_ref::TableRef;
use crate::value::{Id, IntoValue, Value};

/// Reads the value that a column holds.
#[must_use]
pub fn given<C: Column>(value: &Given<'_>) -> Option<C::Value> {
    C::Value::read(value.clone()?)
}

/// Reads the value of a column from the values of several ones.
#[must_use]
pub fn given_at<C: Column>(values: &[Given<'_>], at: usize) -> Option<C::Value> {
    given::<C>(values.get(at)?)
}

/// Calls the function `read` of a column that replaces one. The bound infers the types of a closure, and tells a
/// function that takes something else which signature it should have.
pub fn call_read<Old: Column, R, F: Fn(Old::Value) -> R>(read: F, old: Old::Value) -> R {
    read(old)
}

/// Calls the function `read_with` of a column that replaces one, as [`call_read`] does.
pub fn call_read_with<Old, New, R, F>(read: F, old: Old::Value, last: Option<&New::Value>) -> R
where
    Old: Column,
    New: Column,
    F: Fn(Old::Value, Option<&New::Value>) -> R,
{
    read(old, last)
}

/// Calls the closure `write` of a column that replaces others, whose types it infers. A function is called where it
/// is named, as it may take what a reference converts to, such as a `&str`.
pub fn call_write<New: Column, R, F: Fn(&New::Value) -> R>(write: F, new: &New::Value) -> R {
    write(new)
}

/// Returns what a function gives for a column that it reads, as it is stored.
#[must_use]
pub fn read_value<C: Column, How>(value: impl Reads<C::Value, How>) -> Given<'static> {
    value.read_as()?.store().ok()
}

/// Returns what a function gives for a column that it writes, as it is stored.
#[must_use]
pub fn written_value<C: Column, How>(value: impl Writes<C::Value, How>) -> Given<'static> {
    value.written_as()?.store().ok()
}

/// A plain value.
#[derive(Debug)]
pub struct Always;

/// A value that may be missing.
#[derive(Debug)]
pub struct Perhaps;

/// A value, or an error.
#[derive(Debug)]
pub struct Fallibly;

/// What the function `read` of a column of type `New` may return: a value that the column takes, or a `Result` or
/// an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`read` gives `{Self}`, which a column of type `{New}` does not take",
    label = "expected a function that returns `{New}`, or an `Option` or a `Result` of it",
    note = "it may also return what a setter of the column takes, such as a `&str` for a `String`"
)]
pub trait Reads<New, How> {
    /// Returns the value, or `None` if there is none.
    fn read_as(self) -> Option<New>;
}

/// What the function `write` of a replaced column of type `Old` may return: a value that the column takes, or a
/// `Result` or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`write` gives `{Self}`, which a column of type `{Old}` does not take",
    label = "expected a function that returns `{Old}`, or an `Option` or a `Result` of it",
    note = "a value that the old column cannot say is `None` or an error: the old column is then cleared"
)]
pub trait Writes<Old, How> {
    /// Returns the value, or `None` if there is none.
    fn written_as(self) -> Option<Old>;
}

macro_rules! implement {
    ($($of:ident $method:ident;)+) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Value, V: IntoValue<T>> $of<T, Always> for V {
            fn $method(self) -> Option<T> {
                self.into_value().ok()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: Value, V: IntoValue<T>> $of<T, Perhaps> for Option<V> {
            fn $method(self) -> Option<T> {
                self?.into_value().ok()
            }
        }

        #[diagnostic::do_not_recommend]
        impl<T: Value, V: IntoValue<T>, E> $of<T, Fallibly> for Result<V, E> {
            fn $method(self) -> Option<T> {
                self.ok()?.into_value().ok()
            }
        }
    )+};
}

implement! {
    Reads read_as;
    Writes written_as;
}

/// A reference to a row whose id is made from its key: an [`Id`] of a table that declares one.
#[diagnostic::on_unimplemented(
    message = "`by_key` is for references, and `{Self}` is none",
    label = "expected an `Id` of the table whose rows the text names",
    note = "for any other type, give the functions: `replaces(.., read = .., write = ..)`"
)]
pub trait KeyReference {
    /// Returns the table.
    fn table() -> TableRef;

    /// The definition of the table.
    const TABLE: &'static TableDef;
}

impl<T: Table> KeyReference for Id<T> {
    fn table() -> TableRef {
        TableRef::of::<T>()
    }

    const TABLE: &'static TableDef = T::TABLE;
}

/// Returns how a reference is read from a key.
///
/// # Panics
///
/// Panics, at compile time, if the table has no key, or is local.
#[must_use]
#[track_caller]
pub const fn key_read<R: KeyReference>() -> ReadBy {
    assert!(
        R::TABLE.key.is_some(),
        "the table that this refers to has no key to find its rows by: declare it with `#[table(key = name)]`"
    );
    assert!(
        !R::TABLE.local,
        "rows of a local table stay on their device, and others could not tell what a reference to one means: \
         refer by key to a table that is synced"
    );
    ReadBy::Key(R::table)
}

/// Panics, at compile time, if what a reference replaces by key is not stored as text.
#[track_caller]
pub const fn key_replaced<Old: Column>() {
    assert!(
        matches!(Old::Value::TYPE, Type::Text),
        "`by_key` finds a row by the text that was its key, and what is replaced is no text: give `read` and \
         `write` in its place"
    );
}

/// Panics, at compile time, if a counter would replace other columns, or be replaced.
#[track_caller]
pub const fn replaces_no_counter<New: Column, Old: Column>() {
    assert!(
        !matches!(New::Value::TYPE, Type::Merged) && !matches!(Old::Value::TYPE, Type::Merged),
        "a text that devices edit at the same time replaces nothing and is not replaced: it is all that was ever \
         typed, and no edit of it is the newest. Add it as a column of its own, which begins with what the other \
         one holds"
    );
    assert!(
        !matches!(New::Value::TYPE, Type::Counter),
        "a counter cannot replace another column: it is the sum of what was added to it, and no edit of it is \
         the newest. Start it from the old value with an addition, and keep the old column beside it"
    );
    assert!(
        !matches!(Old::Value::TYPE, Type::Counter),
        "a counter cannot be replaced: it is the sum of what was added to it, and no edit of it is the newest. \
         Keep it beside the new column"
    );
}

/// Returns how a key is written for a reference.
#[must_use]
pub const fn key_written<R: KeyReference>() -> WriteBy {
    WriteBy::Key(R::table)
}
