//! The rows that are imported.

use std::fmt;

use crate::error::{Error, Result};
use crate::import::value::{Held, ImportValue};
use crate::model::table::Table;
use crate::value::Id;
use crate::value::foreign::read::Reading;

/// A row of a SQLite file, of CSV or of JSON, from which an [import](crate::Importer) makes a draft.
pub struct ImportRow<'r> {
    pub(crate) number: u64,
    /// The names of the columns.
    pub(crate) names: &'r [String],
    pub(crate) values: &'r [Held<'r>],
    pub(crate) reading: Reading,
    /// Whether a column that the row does not name has no value.
    pub(crate) may_lack: bool,
}

impl ImportRow<'_> {
    /// Returns what the source has in the column of this name. A setter of a draft takes it, whatever the type of its
    /// column: see [`ImportValue`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Source`], which ends the import, if the source has no such column, or several. In JSON, a row
    /// has no value in a column that it does not name.
    pub fn get<'v>(&'v self, column: &'v str) -> Result<ImportValue<'v>> {
        let mut named = (0..).zip(self.names).filter(|(_, name)| *name == column).map(|(at, _)| at);
        let held = match (named.next(), named.next()) {
            (Some(at), None) => self.values.get(at).map_or(Held::Nothing, Held::borrowed),
            (None, _) if self.may_lack => Held::Nothing,
            (None, _) => {
                let reason = format!("it has no column `{column}`, but {}", listed(self.names));
                return Err(Error::Source { reason });
            }
            (Some(_), Some(_)) => {
                let reason =
                    format!("it has several columns `{column}`: give each a name of its own");
                return Err(Error::Source { reason });
            }
        };
        Ok(ImportValue { column, held, reading: self.reading })
    }

    /// Returns the id for the row, made from its key in the source by [`Id::from_key`]. A UUID is taken as it is.
    ///
    /// With it, importing the same source again creates no second row, and a column of another table that refers to the
    /// row by the key, as [`get`](Self::get) reads it, gets the same id.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`get`](Self::get), and [`Error::Row`], which refuses the row, if it has no key.
    pub fn id<T: Table>(&self, column: &str) -> Result<Id<T>> {
        self.get(column)?.unless_blank().to()
    }

    /// Returns the number of the row in the source, from 1. In CSV, it is the number of its first line.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns an error that refuses the row. The reason, which is reported, should not contain values of the row.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// #[derive(Table)]
    /// struct Expense { id: Id<Expense>, cents: i64 }
    ///
    /// let db = Database::memory()?;
    /// let imported = db.importer().json(&br#"[{"cents": 129}, {"cents": -5}]"#[..], |row| {
    ///     let cents: i64 = row.get("cents")?.to()?;
    ///     if cents < 0 {
    ///         return Err(row.refuse("is no expense"));
    ///     }
    ///     Ok(Expense::draft().cents(cents))
    /// })?;
    /// assert_eq!((imported.created, imported.refused), (1, 1));
    /// assert_eq!(imported.refusals[0].to_string(), "row 2: is no expense");
    /// # Ok::<(), ara::Error>(())
    /// ```
    #[must_use = "return it from the closure"]
    pub fn refuse(&self, reason: impl Into<String>) -> Error {
        Error::Row { row: self.number, reason: reason.into() }
    }
}

/// Lists the names of columns.
fn listed(names: &[String]) -> String {
    const MOST: usize = 30;
    let mut list: Vec<_> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        list.push(format!("{} others", names.len() - MOST));
    }
    if list.is_empty() { "none at all".to_owned() } else { list.join(", ") }
}

/// Shows the names of the columns, and no values.
impl fmt::Debug for ImportRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRow")
            .field("number", &self.number)
            .field("columns", &self.names)
            .finish_non_exhaustive()
    }
}
