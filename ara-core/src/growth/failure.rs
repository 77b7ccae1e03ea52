//! Schemas that could not be ensured.

use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::growth::wanted::Wanted;
use crate::value::Timestamp;

/// A failure to ensure a schema. Nothing in the file was changed.
///
/// The file keeps the last hundred failures. They are never synced. See
/// [`Database::schema_failures`](crate::Database::schema_failures) and
/// [`Options::on_schema_failure`](crate::Options::on_schema_failure).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SchemaFailure {
    /// The time of the failure.
    pub time: Timestamp,
    /// The name of the schema in Rust, or the stored name of the table if a single table was ensured.
    pub schema: String,
    /// The latest version that had been released in `ara.lock` when the app was compiled, or 0 if there was
    /// none.
    pub version: u32,
    /// The version of the package that declares the schema. Empty if a single table was ensured.
    pub app_version: String,
    /// The text of the error, which says what stood in the way and what to do.
    pub reason: String,
}

/// How many failures are kept.
const KEPT: i64 = 100;

impl SchemaFailure {
    pub(crate) fn new(schema: &Wanted, time: Timestamp, error: &Error) -> Self {
        Self {
            time,
            schema: schema.name().to_owned(),
            version: schema.app.map_or(0, |app| app.version),
            app_version: schema.app.map_or("", |app| app.app_version).to_owned(),
            reason: error.to_string(),
        }
    }

    /// Writes the failure into the file.
    pub(crate) fn record(&self, connection: &Connection) -> Result<()> {
        let transaction =
            rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO ara_failure (time, schema, version, app_version, reason) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            (self.time.millis(), &self.schema, self.version, &self.app_version, &self.reason),
        )?;
        let last = transaction.last_insert_rowid();
        transaction
            .execute("DELETE FROM ara_failure WHERE rowid <= ?1", [last.saturating_sub(KEPT)])?;
        transaction.commit()?;
        Ok(())
    }
}

/// Returns the failures that the file keeps, oldest first.
pub(crate) fn failures(connection: &Connection) -> Result<Vec<SchemaFailure>> {
    let failures = connection
        .prepare(
            "SELECT time, schema, version, app_version, reason FROM ara_failure ORDER BY rowid",
        )?
        .query_map([], |row| {
            Ok(SchemaFailure {
                time: Timestamp::from_millis(row.get(0)?),
                schema: row.get(1)?,
                version: row.get(2)?,
                app_version: row.get(3)?,
                reason: row.get(4)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(failures)
}
