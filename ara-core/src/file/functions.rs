//! The SQL functions that all connections of ara have.

use rusqlite::Connection;

/// Registers the SQL functions that statements of ara call.
///
/// # Errors
///
/// Returns the error of `rusqlite` if SQLite cannot register one.
#[doc(hidden)]
pub fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    crate::value::register_functions(connection)?;
    crate::value::one_of::register_functions(connection)?;
    crate::log::row_clock::stamping::register_functions(connection)?;
    crate::log::row_clock::last_edit::register_functions(connection)?;
    crate::text::functions::register_functions(connection)?;
    crate::search::functions::register_functions(connection)
}
