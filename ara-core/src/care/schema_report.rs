//! Reports on the schema of a file.

use crate::database::Database;
use crate::error::Result;
use crate::growth::drift::{Drift, drift};
use crate::growth::failure::{SchemaFailure, failures};
use crate::growth::file_schema::{FileSchema, RowCount, file_schema, stored_tables};
use crate::names::quoted;

impl Database {
    /// Returns the schema of the file: its tables, including those of other versions of the app, and the
    /// schemas that were [ensured](Self::ensure).
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn schema(&self) -> Result<FileSchema> {
        self.with_reader(|reading| file_schema(reading.connection))
    }

    /// Returns the number of rows in each of the app's tables. This reads all rows.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let milk = db.create(Todo::draft().title("Buy milk"))?;
    /// db.delete(milk)?;
    /// let counts = db.row_counts()?;
    /// assert_eq!((counts[0].table.as_str(), counts[0].rows, counts[0].deleted), ("todo", 0, 1));
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
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

    /// Returns what another program has dropped, added or changed in the schema of the file.
    /// [`ensure`](Self::ensure) creates again what is only missing.
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
    /// Returns [common errors](Self#common-errors).
    pub fn schema_drift(&self) -> Result<Vec<Drift>> {
        self.with_reader(|reading| drift(reading.connection))
    }

    /// Returns the last hundred schemas that could not be ensured on this device, oldest first.
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn schema_failures(&self) -> Result<Vec<SchemaFailure>> {
        self.with_reader(|reading| failures(reading.connection))
    }
}
