//! Keys, from which the ids of rows are made.

use ara_schema::Type;

use crate::model::table::Column;
use crate::value::Value;

/// What the setter of a patch takes for a key: nothing. The trait exists for the compiler's message.
#[diagnostic::on_unimplemented(
    message = "`{Key}` is the key of its table, and the key of a row never changes",
    label = "the row's id is made from its key",
    note = "create a row with the other key, and delete this one"
)]
pub trait SetsKey<Key> {}

/// What a draft takes for the id of a row that has a key: nothing. The trait exists for the compiler's message.
#[diagnostic::on_unimplemented(
    message = "the id of this row is made from its key, `{Key}`",
    label = "a draft of a table with a key takes no id",
    note = "set the key: the row's id is `Id::from_key(..)` of it"
)]
pub trait IdBeside<Key> {}

/// Panics, at compile time, if a key is not stored as text.
#[track_caller]
pub const fn key_text<C: Column>() {
    assert!(
        matches!(C::Value::TYPE, Type::Text),
        "ids are made from text: a key is a `String`, a `NonEmptyString<MAX>` or a newtype of one of them"
    );
}
