//! Verification: folding the change log again, and comparing the result with the tables.

pub(crate) mod digests;
mod tables;

use rusqlite::Connection;

use crate::care::progress::{Progress, ProgressReporter};
use crate::care::verification::Verification;
use crate::care::verify::digests::verify_digests;
use crate::care::verify::tables::verify_table;
use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::Result;

impl Database {
    /// Verifies that every synced table, and every digest, is what the change log says. This folds the whole
    /// log again.
    ///
    /// [`rebuild`](Self::rebuild) repairs the tables if they differ.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// db.create(Todo::draft().title("Buy milk"))?;
    /// let verification = db.verify()?;
    /// for difference in &verification.differences {
    ///     println!("{difference}");
    /// }
    /// assert!(verification.holds());
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors). A difference is not an error, but is in the result.
    pub fn verify(&self) -> Result<Verification> {
        self.with_reader(|reading| verify(reading.connection, None))
    }

    /// Verifies the database, like [`verify`](Self::verify), and calls `tell` with the progress at intervals.
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
    /// Returns the errors of [`verify`](Self::verify).
    pub fn verify_with(&self, mut tell: impl FnMut(Progress)) -> Result<Verification> {
        self.with_reader(|reading| verify(reading.connection, Some(&mut tell)))
    }
}

/// Verifies the tables and the digests in one snapshot of the file. This reads the log twice: sorted by node,
/// and sorted by row.
fn verify(connection: &Connection, tell: Option<&mut dyn FnMut(Progress)>) -> Result<Verification> {
    let snapshot = connection.unchecked_transaction()?;
    let registry = Registry::load(&snapshot)?;
    let mut progress = ProgressReporter::of_reading_twice(&snapshot, tell)?;
    let mut found = Verification::default();
    verify_digests(&snapshot, &registry, &mut found, &mut progress)?;
    for table in registry.synced() {
        verify_table(&snapshot, &registry, table, &mut found, &mut progress)?;
    }
    progress.end();
    Ok(found)
}
