//! Values that were read from the log, and are kept while others are read.

use crate::log::cells::Write;
use crate::value::Stored;

/// Copies what a cell writes.
pub(crate) fn owned(write: Write<'_>) -> Write<'static> {
    match write {
        Write::Value(value) => Write::Value(value.map(owned_value)),
        Write::Addition(addition) => Write::Addition(addition),
        Write::Update(update) => Write::Update(update.into_owned().into()),
        Write::Forgotten(forgotten) => Write::Forgotten(forgotten),
    }
}

/// Copies a value.
pub(crate) fn owned_value(value: Stored<'_>) -> Stored<'static> {
    match value {
        Stored::Integer(integer) => Stored::Integer(integer),
        Stored::Real(real) => Stored::Real(real),
        Stored::Text(text) => Stored::Text(text.into_owned().into()),
        Stored::Blob(bytes) => Stored::Blob(bytes.into_owned().into()),
    }
}
