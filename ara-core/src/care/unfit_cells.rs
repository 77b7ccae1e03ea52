//! Cells that fit none of the schemas that were recorded in the file.

use std::iter::zip;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;

use crate::catalog::registry::Registry;
use crate::catalog::shape::columns_in_file;
use crate::database::Database;
use crate::error::Result;
use crate::growth::file_schema::apps_tables;
use crate::growth::history::versions;
use crate::growth::recorded_types::{RecordedType, RecordedTypes};
use crate::log::row_clock::RowClock;
use crate::names::quoted;
use crate::value::{Stored, Timestamp, fits};

/// Cells of one column that fit none of the schemas that were recorded in the file:
/// see [`Database::unfit_cells`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnfitCells {
    /// The table's stored name.
    pub table: String,
    /// Whether the table is local: never synced.
    pub local: bool,
    /// The column's stored name.
    pub column: String,
    /// The types that recorded schemas give the column. There are none if no schema declares it: then all its cells
    /// are counted.
    pub types: Vec<RecordedType>,
    /// The number of cells.
    pub cells: u64,
    /// When the earliest of them was written. Where only the log would tell that, the time at which its row was last
    /// changed counts.
    pub first: Timestamp,
    /// When the latest of them was written.
    pub last: Timestamp,
}

impl Database {
    /// Returns which cells no version of the app that was ever recorded in the file can read, by table and column.
    ///
    /// Whereas `unreadable` tells what the running app cannot read, this needs no struct: it compares the cells with
    /// the schemas that were [ensured](Self::ensure), on this device and on those whose changes were merged. A cell
    /// fits a type if it has the storage class, and is in the range or one of the variants. Rules that only the code
    /// has are not known, nor are the functions between columns that replace one another. Rows that are deleted are left out.
    ///
    /// This reads all rows.
    ///
    /// ```
    /// let db = ara::Database::memory()?;
    /// for cells in db.unfit_cells()? {
    ///     println!("{}.{}: {}", cells.table, cells.column, cells.cells);
    /// }
    /// # Ok::<(), ara::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [common errors](Self#common-errors).
    pub fn unfit_cells(&self) -> Result<Vec<UnfitCells>> {
        self.with_reader(|reading| unfit_cells(reading.connection))
    }
}

fn unfit_cells(connection: &Connection) -> Result<Vec<UnfitCells>> {
    let snapshot = connection.unchecked_transaction()?;
    let registry = Registry::load(&snapshot)?;
    let types = RecordedTypes::of(&versions(&snapshot)?);
    let mut unfit = Vec::new();
    for table in apps_tables(&registry) {
        let Some(present) = columns_in_file(&snapshot, &table.name)? else { continue };
        let columns =
            table.columns.iter().filter(|&(at, name)| *at > 0 && present.contains_key(name));
        let mut columns: Vec<_> = columns
            .map(|(ordinal, name)| Column {
                ordinal: *ordinal,
                name,
                types: types.of_column(table.app_name(), table.is_local, name),
                unfit: None,
            })
            .collect();
        if present.contains_key("is_deleted") && !columns.is_empty() {
            read(&snapshot, &table.name, &mut columns)?;
        }
        let (app_name, local) = (table.app_name(), table.is_local);
        unfit.extend(columns.into_iter().filter_map(|column| column.finish(app_name, local)));
    }
    Ok(unfit)
}

/// A column, and what was found in it.
struct Column<'a> {
    ordinal: u32,
    name: &'a str,
    types: &'a [RecordedType],
    unfit: Option<Unfit>,
}

/// The cells that were found so far, and the earliest and the latest date of them.
struct Unfit {
    cells: u64,
    first: i64,
    last: i64,
}

/// Reads all rows of a table that are not deleted.
fn read(connection: &Connection, table: &str, columns: &mut [Column<'_>]) -> Result<()> {
    let names: String = columns.iter().map(|column| format!(", {}", quoted(column.name))).collect();
    let sql = format!(
        "SELECT \"ara_clock\", \"created_at\", \"updated_at\"{names} FROM {} \
         WHERE \"is_deleted\" IS NOT 1",
        quoted(table)
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        // Another program may have written something else.
        let date = |at| row.get(at).unwrap_or_default();
        let dates: (Option<i64>, Option<i64>) = (date(1), date(2));
        for (at, column) in zip(3.., &mut *columns) {
            let held = row.get_ref(at)?;
            if held != ValueRef::Null && !column.fits(held) {
                let clock = RowClock::read(row.get_ref(0)?, dates);
                let written = clock.and_then(|clock| clock.date_of(column.ordinal));
                column.found(written.or(dates.1).unwrap_or_default());
            }
        }
    }
    Ok(())
}

impl Column<'_> {
    /// Returns whether a value fits one of the types.
    fn fits(&self, held: ValueRef<'_>) -> bool {
        Stored::from_sql(held).is_some_and(|value| {
            self.types.iter().any(|recorded| fits(&recorded.ty, recorded.range, &value))
        })
    }

    fn found(&mut self, date: i64) {
        let unfit = self.unfit.get_or_insert(Unfit { cells: 0, first: date, last: date });
        unfit.cells += 1;
        unfit.first = unfit.first.min(date);
        unfit.last = unfit.last.max(date);
    }

    fn finish(self, table: &str, local: bool) -> Option<UnfitCells> {
        let Unfit { cells, first, last } = self.unfit?;
        Some(UnfitCells {
            table: table.to_owned(),
            local,
            column: self.name.to_owned(),
            types: self.types.to_vec(),
            cells,
            first: Timestamp::from_millis(first),
            last: Timestamp::from_millis(last),
        })
    }
}
