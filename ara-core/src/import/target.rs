//! Writing the rows that are imported, some at a time.

use std::marker::PhantomData;

use uuid::Uuid;

use crate::database::transaction::Transaction;
use crate::error::{Error, Result};
use crate::import::imported::{Imported, RefusedRow};
use crate::log::forgotten::is_any;
use crate::model::cells::Cell;
use crate::model::table::{Create, Table};
use crate::rows::mutation::Upserted;
use crate::value::size::length;

/// How many rows are written in one transaction: so many that its own cost does not count, and so few that nobody waits
/// long, and that other devices get it in small pieces.
const ROWS: usize = 10_000;

/// How many bytes of text and blobs are kept before they are written.
const BYTES: u64 = 4 << 20;

/// The rows of a table that were read, and are not written yet.
pub(super) struct Batch<T> {
    rows: Vec<ReadRow>,
    bytes: u64,
    table: PhantomData<fn() -> T>,
}

/// A row that was read.
struct ReadRow {
    /// Its number in the source.
    number: u64,
    id: Option<Uuid>,
    cells: Vec<Cell>,
}

/// What is done with rows that are there already, and with those that are refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) keeps_existing: bool,
    pub(super) is_all_or_nothing: bool,
}

impl<T: Table> Batch<T> {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new(), bytes: 0, table: PhantomData }
    }

    /// Adds a row. Returns the error of a value that breaks a rule.
    pub(super) fn add(&mut self, number: u64, row: impl Create<Table = T>) -> Result<()> {
        let (id, cells) = row.into_cells().finish(T::TABLE)?;
        self.bytes += cells.iter().map(|cell| length(cell.value.as_ref())).sum::<u64>();
        self.rows.push(ReadRow { number, id, cells });
        Ok(())
    }

    /// Returns whether the rows should be written before others are added.
    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= ROWS || self.bytes >= BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the rows, and adds what that did.
    pub(super) fn write(
        &self,
        tx: &Transaction<'_>,
        terms: Terms,
        imported: &mut Imported,
    ) -> Result<()> {
        let mut guess = Guess { is_new: true, is_any_forgotten: is_any(tx.connection)? };
        for row in &self.rows {
            let written = tx.import_row::<T>(row, guess, terms);
            guess.is_new = !matches!(written, Ok(Upserted::Changed | Upserted::Unchanged));
            match written {
                Ok(Upserted::Created) => imported.created += 1,
                Ok(Upserted::Changed) => imported.changed += 1,
                Ok(Upserted::Unchanged) => imported.unchanged += 1,
                Err(error) => refuse(row.number, error, terms, imported)?,
            }
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.bytes = 0;
    }
}

/// What is known of a row before it is written.
#[derive(Debug, Clone, Copy)]
struct Guess {
    /// Whether it is probably new, as the one before it was.
    is_new: bool,
    /// Whether any row of the file was forgotten. What is imported forgets none.
    is_any_forgotten: bool,
}

impl Transaction<'_> {
    /// Writes a row. To create it at once spares looking for it.
    fn import_row<T: Table>(&self, row: &ReadRow, guess: Guess, terms: Terms) -> Result<Upserted> {
        let ReadRow { id, cells, .. } = row;
        if guess.is_new || terms.keeps_existing {
            let created = self.mutate::<T, _>(|mutation| match guess.is_any_forgotten {
                true => mutation.create(*id, cells),
                false => mutation.create_unforgotten(*id, cells),
            });
            match created {
                Err(Error::Exists { .. } | Error::Forgotten { .. }) if terms.keeps_existing => {
                    return Ok(Upserted::Unchanged);
                }
                Err(Error::Exists { .. }) => {}
                created => return created.map(|_| Upserted::Created),
            }
        }
        let upserted = self.mutate::<T, _>(|mutation| mutation.upsert(*id, cells));
        upserted.map(|(_, upserted)| upserted)
    }
}

/// Reports a row that is refused for an error. Returns the error if it is not about that row alone, or if one row that is
/// refused ends the import.
pub(super) fn refuse(row: u64, error: Error, terms: Terms, imported: &mut Imported) -> Result<()> {
    let reason = match error {
        Error::Row { reason, .. } => reason,
        Error::Rule { .. }
        | Error::Parameter { .. }
        | Error::Parse(_)
        | Error::TooLarge { .. }
        | Error::EndOfTime { .. }
        | Error::Forgotten { .. }
        | Error::NotOne { .. } => error.to_string(),
        error => return Err(error),
    };
    if terms.is_all_or_nothing {
        return Err(Error::Row { row, reason });
    }
    imported.refuse(RefusedRow { row, reason });
    Ok(())
}
