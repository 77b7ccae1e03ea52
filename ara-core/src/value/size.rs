//! How large values may be together. SQLite holds 1,000,000,000 bytes in a value or a row at most.

use crate::value::Stored;

/// The most bytes of texts and blobs in a row, and in the cells of a change. A row, and a piece of the log, need some
/// more than these: SQLite holds them all the same.
///
/// What a row holds depends on this number, so all devices must have the same one.
pub(crate) const LARGEST: u64 = if cfg!(test) { 300_000 } else { 999_000_000 };

/// The most bytes of texts and blobs to which the app can lengthen a row. Some devices can do so apart before their
/// writes do not fit into one row.
pub(crate) const LARGEST_WRITTEN: u64 = if cfg!(test) { 100_000 } else { 256 << 20 };

/// Returns the bytes of a text or a blob; other values hardly count.
pub(crate) fn length(value: Option<&Stored<'_>>) -> u64 {
    match value {
        Some(Stored::Text(text)) => text.len() as u64,
        Some(Stored::Blob(bytes)) => bytes.len() as u64,
        _ => 0,
    }
}
