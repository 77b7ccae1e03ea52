//! Facts about the file itself, by key: the table `ara_meta`.

use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, ToSql};

use crate::error::Result;

/// The ordinal of the node that writes the file.
pub(crate) const NODE: &str = "node";

/// Which file it is, as text: see [`Identity`](crate::file::identity::Identity).
pub(crate) const FILE: &str = "file";

/// How far the file has come in its write-ahead log: see [`log_mark`](crate::file::log_mark).
pub(crate) const LOG_MARK: &str = "wal";

/// How often the tables were rebuilt. A rebuild writes nothing into the log, so this number tells other
/// processes of it.
pub(crate) const REBUILDS: &str = "rebuilds";

/// How many transactions have written rows of local tables alone. They write nothing into the log, so this number tells
/// other processes that it was ara.
pub(crate) const UNLOGGED: &str = "unlogged";

/// The latest stamp of a change of another device that moved the clock on.
pub(crate) const CLOCK: &str = "clock";

/// Where forgotten values may be left: in the indexes of [searches](SEARCHES) and the `-wal`, or only in [that](WAL).
pub(crate) const PURGE: &str = "purge";
pub(crate) const SEARCHES: i64 = 1;
pub(crate) const WAL: i64 = 2;

/// Whether forgotten values may be left in unused parts of pages, until the file is vacuumed.
pub(crate) const VACUUM: &str = "vacuum";

/// The prefix of the keys under which the file notes that a schema was ensured.
pub(crate) const ENSURED: &str = "ensured ";

/// Returns the value of a key.
pub(crate) fn get<T: FromSql>(connection: &Connection, key: &str) -> rusqlite::Result<Option<T>> {
    connection
        .prepare_cached("SELECT value FROM ara_meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()
}

/// Sets the value of a key.
pub(crate) fn set(connection: &Connection, key: &str, value: impl ToSql) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO ara_meta (key, value) VALUES (?1, ?2) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute((key, value))?;
    Ok(())
}

/// Returns how often a key was counted up. What another program has made NULL counts as nothing.
pub(crate) fn count(connection: &Connection, key: &str) -> rusqlite::Result<i64> {
    Ok(get::<Option<i64>>(connection, key)?.flatten().unwrap_or(0))
}

/// Adds one to the number under a key.
pub(crate) fn count_up(connection: &Connection, key: &str) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO ara_meta (key, value) VALUES (?1, 1) \
             ON CONFLICT (key) DO UPDATE SET value = coalesce(value, 0) + 1",
        )?
        .execute([key])?;
    Ok(())
}

/// Deletes a key.
pub(crate) fn forget(connection: &Connection, key: &str) -> Result<()> {
    connection.execute("DELETE FROM ara_meta WHERE key = ?1", [key])?;
    Ok(())
}

/// Returns whether the schema of the file is still the one for which a key was noted. SQLite counts the
/// changes of the schema, whichever program makes them, so this compares two numbers.
pub(crate) fn is_of_this_schema(connection: &Connection, key: &str) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM ara_meta, pragma_schema_version \
             WHERE key = ?1 AND value IS schema_version",
        )?
        .exists([key])?)
}

/// Notes a key for the schema that the file has now, and deletes the keys of [`ENSURED`] that were
/// noted for another one.
pub(crate) fn note_of_this_schema(connection: &Connection, key: &str) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM ara_meta WHERE key GLOB 'ensured *' \
             AND value IS NOT (SELECT schema_version FROM pragma_schema_version)",
        )?
        .execute([])?;
    connection
        .prepare_cached(
            "INSERT INTO ara_meta (key, value) \
             SELECT ?1, schema_version FROM pragma_schema_version WHERE true \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )?
        .execute([key])?;
    Ok(())
}

/// Deletes all keys of [`ENSURED`], so that the next `ensure` checks each schema again.
pub(crate) fn forget_ensured(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM ara_meta WHERE key GLOB 'ensured *'", [])?;
    Ok(())
}
