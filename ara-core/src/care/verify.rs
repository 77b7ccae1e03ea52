//! Verifying that the tables are what the change log says.

mod findings;
mod forgotten;
mod nodes;
mod sums;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod tied_rows;
mod ties;
mod unknown_rows;

use rusqlite::Connection;

use crate::care::progress::{Progress, ProgressReporter};
use crate::care::verification::Verification;
use crate::care::verify::findings::Findings;
use crate::care::verify::nodes::NodeLogs;
use crate::care::verify::tables::Tables;
use crate::care::verify::tied_rows::{MOST_ROWS, verify_tied_rows};
use crate::catalog::registry::Registry;
use crate::database::Database;
use crate::error::Result;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::{Found, PieceReader, node_at};

impl Database {
    /// Verifies that every synced table, and every digest, is what the change log says. This reads the whole
    /// log, and all rows.
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
        self.with_reader(|reading| with_cache(reading.connection, |file| verify(file, None)))
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
        self.with_private_reader(|reading| {
            with_cache(reading.connection, |file| verify(file, Some(&mut tell)))
        })
    }
}

/// Lends a connection with a larger cache. Changes of many tables lie side by side in the log, and each of them
/// reads pages of its own table: those of all tables must stay in memory until the next change of theirs.
fn with_cache<R>(connection: &Connection, run: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
    const KIBIBYTES: i64 = 16 << 10;
    let size: i64 = connection.query_row("PRAGMA cache_size", [], |row| row.get(0))?;
    connection.pragma_update(None, "cache_size", -KIBIBYTES)?;
    let done = run(connection);
    connection.pragma_update(None, "cache_size", size)?;
    done
}

/// Verifies the tables and the digests in one snapshot of the file. Each change of the log is compared with its
/// row, and then all rows are read once.
fn verify(connection: &Connection, tell: Option<&mut dyn FnMut(Progress)>) -> Result<Verification> {
    let snapshot = connection.unchecked_transaction()?;
    let registry = Registry::load(&snapshot)?;
    let mut progress = ProgressReporter::of_reading_twice(&snapshot, tell)?;
    let mut findings = Findings::default();
    let mut tables = Tables::new(&snapshot, &registry, &mut findings)?;
    let mut nodes = NodeLogs::new(&registry);
    let mut pieces = PieceReader::all(&snapshot)?;
    while let Some(found) = pieces.next_found()? {
        match found {
            Found::Whole(piece) => {
                let change = |change: &LoggedChange<'_>, findings: &mut Findings| {
                    tables.change(change, findings)
                };
                nodes.piece(piece, &mut findings, change)?;
                progress.add(piece.len() as u64);
            }
            Found::Damaged(pos) => nodes.damaged(node_at(pos), &mut findings),
        }
        if tables.ties.rows.len() >= MOST_ROWS {
            verify_tied_rows(&mut tables, &registry, &mut findings)?;
        }
    }
    nodes.finish(&snapshot, &mut findings)?;
    verify_tied_rows(&mut tables, &registry, &mut findings)?;
    tables.finish(&mut findings, || progress.add(1))?;
    progress.end();
    Ok(findings.found)
}
