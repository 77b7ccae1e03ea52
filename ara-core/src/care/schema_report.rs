//! What a database tells of itself.

use crate::care::progress::Progress;
use crate::care::verify::{Verification, verify};
use crate::database::Database;
use crate::error::Result;
use crate::growth::drift::{Drift, drift};
use crate::growth::failure::{SchemaFailure, failures};
use crate::growth::file_schema::{FileSchema, RowCount, file_schema, stored_tables};
use crate::names::quoted;

impl Database {
    /// Folds the change log again and compares every synced table, and every digest, with it.
    ///
    /// # Errors
    ///
    /// What SQLite refuses. What differs is no error: the verification tells it.
    pub fn verify(&self) -> Result<Verification> {
        self.with_reader(|reading| verify(reading.connection, None))
    }

    /// As [`verify`](Self::verify), and tells now and then how far it has come.
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// let mut last = None;
    /// db.verify_with(|progress| last = Some(progress))?;
    /// assert!(last.is_some_and(|last| last.done == last.total));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_with(&self, mut tell: impl FnMut(Progress)) -> Result<Verification> {
        self.with_reader(|reading| verify(reading.connection, Some(&mut tell)))
    }

    /// What is in the file: its tables, whichever version of the app made them, and the schemas that
    /// were ensured.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn schema(&self) -> Result<FileSchema> {
        self.with_reader(|reading| file_schema(reading.connection))
    }

    /// How many rows each of the app's tables has. It reads all of them.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn row_counts(&self) -> Result<Vec<RowCount>> {
        self.with_reader(|reading| {
            let snapshot = reading.connection.unchecked_transaction()?;
            let count = |(table, stored_name, local): (String, String, bool)| {
                let sql = format!(
                    "SELECT count(*), coalesce(sum(\"is_deleted\" IS 1), 0) FROM {}",
                    quoted(&stored_name)
                );
                let (all, deleted): (i64, i64) =
                    snapshot.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
                let (rows, deleted) = ((all - deleted).unsigned_abs(), deleted.unsigned_abs());
                Ok(RowCount { table, local, rows, deleted })
            };
            stored_tables(&snapshot)?.into_iter().map(count).collect()
        })
    }

    /// Where the file is not as ara made it: what another program has dropped, added or changed.
    /// [`ensure`](Self::ensure) makes again what is only missing.
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// for drift in db.schema_drift()? {
    ///     println!("{drift}");
    /// }
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn schema_drift(&self) -> Result<Vec<Drift>> {
        self.with_reader(|reading| drift(reading.connection))
    }

    /// The schemas that could not be ensured on this device, oldest first: the last hundred.
    ///
    /// # Errors
    ///
    /// What SQLite refuses.
    pub fn schema_failures(&self) -> Result<Vec<SchemaFailure>> {
        self.with_reader(|reading| failures(reading.connection))
    }
}
