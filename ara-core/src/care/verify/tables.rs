//! Verifying the rows of the tables.

use std::collections::{HashMap, HashSet};

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use crate::care::progress::ProgressReporter;
use crate::care::verification::{Verification, What};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::{Error, Result};
use crate::log::change::is_same;
use crate::log::counters::{CounterCell, Counters, count_totals};
use crate::log::row_clock::RowClock;
use crate::log::table_changes::TableReader;
use crate::names::quoted;
use crate::rows::fold::{Folded, FoldedRows};

/// Compares the rows of a table with the log. It reads both sorted by row, side by side, so that neither is
/// held in memory.
pub(super) fn verify_table(
    connection: &Connection,
    registry: &Registry,
    registered: &RegisteredTable,
    found: &mut Verification,
    progress: &mut ProgressReporter<'_>,
) -> Result<()> {
    let table = registered.name.as_str();
    let Some(columns) = columns_in_table(connection, registered, found)? else { return Ok(()) };
    let mut rows = connection.prepare(&select_rows(table, &columns))?;
    let mut rows = rows.query([])?;
    let mut changes = TableReader::new(connection)?;
    let logged = FoldedRows::new(&mut changes, registry, registered.ordinal)?;
    let mut expected = ExpectedRows { table, logged, next: None, progress };
    let mut counters = Counters::new(connection);
    let mut totals = 0;
    expected.advance(found)?;
    while let Some(row) = rows.next()? {
        found.rows += 1;
        let id = row.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
        expected.skip_while(|logged| logged < id, found)?;
        match expected.take(id) {
            Some(folded) => {
                compare_row(row, &folded, registered, &columns, found)?;
                totals += compare_totals(&mut counters, registered, id, &folded, found)?;
                expected.advance(found)?;
            }
            None => found.differ(Some(table), None, What::UnknownRow),
        }
    }
    expected.skip_while(|_| true, found)?;
    if count_totals(connection, registered.ordinal)? != totals {
        // Some totals are of a counter to which nothing was added, or of a row that does not exist.
        found.differ(Some(table), None, What::Total);
    }
    Ok(())
}

/// A column of a table: its ordinal and its name.
type Column<'t> = (&'t u32, &'t String);

/// Returns the registered columns that are in the table, or `None` if ara's table is not in the file.
fn columns_in_table<'t>(
    connection: &Connection,
    registered: &'t RegisteredTable,
    found: &mut Verification,
) -> Result<Option<Vec<Column<'t>>>> {
    let table = registered.name.as_str();
    let mut present = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let present = present.query_map([table], |row| row.get(0))?;
    let present = present.collect::<rusqlite::Result<HashSet<String>>>()?;
    if SYSTEM_COLUMNS.iter().any(|column| !present.contains(*column)) {
        found.differ(Some(table), None, What::MissingTable);
        return Ok(None);
    }
    let (columns, missing): (Vec<_>, Vec<_>) =
        registered.columns.iter().partition(|(_, name)| present.contains(*name));
    for (_, name) in missing {
        found.differ(Some(table), Some(name), What::MissingColumn);
    }
    Ok(Some(columns))
}

/// Returns the statement that selects the rows which [`compare_row`] reads, sorted by id.
fn select_rows(table: &str, columns: &[Column<'_>]) -> String {
    let mut list = String::from("\"id\", \"ara_clock\", \"created_at\", \"updated_at\"");
    for (_, name) in columns {
        list.push_str(&format!(", {}", quoted(name)));
    }
    format!("SELECT {list} FROM {} ORDER BY \"id\"", quoted(table))
}

/// The rows that a table must have according to the log, sorted by id.
struct ExpectedRows<'s, 'p, 't> {
    table: &'s str,
    logged: FoldedRows<'s>,
    next: Option<(Vec<u8>, Folded)>,
    progress: &'p mut ProgressReporter<'t>,
}

impl ExpectedRows<'_, '_, '_> {
    /// Reads the next row.
    fn advance(&mut self, found: &mut Verification) -> Result<()> {
        self.next = self.logged.next()?;
        if let Some((_, folded)) = &self.next {
            self.progress.add(folded.changes);
            for _ in 0..folded.unreadable {
                found.differ(Some(self.table), None, What::UnreadableChange);
            }
        }
        Ok(())
    }

    /// Skips rows that the table lacks.
    fn skip_while(
        &mut self,
        is_missing: impl Fn(&[u8]) -> bool,
        found: &mut Verification,
    ) -> Result<()> {
        while self.next.as_ref().is_some_and(|(id, _)| is_missing(id)) {
            found.differ(Some(self.table), None, What::MissingRow);
            self.advance(found)?;
        }
        Ok(())
    }

    /// Takes the next row if it has this id.
    fn take(&mut self, id: &[u8]) -> Option<Folded> {
        self.next.take_if(|(next, _)| &**next == id).map(|(_, folded)| folded)
    }
}

/// Compares a row, of which [`select_rows`] selects the columns, with what the log says.
fn compare_row(
    row: &Row<'_>,
    folded: &Folded,
    registered: &RegisteredTable,
    columns: &[Column<'_>],
    found: &mut Verification,
) -> Result<()> {
    let table = registered.name.as_str();
    let Some(clock) = row.get_ref(1)?.as_blob().ok().and_then(RowClock::unpack) else {
        found.differ(Some(table), None, What::Clock);
        return Ok(());
    };
    let clocks: HashMap<_, _> =
        clock.columns().map(|(column, time, node)| (column, (time, node))).collect();
    let dates = [("created_at", folded.created_at), ("updated_at", folded.updated_at)];
    for (at, (column, millis)) in (2..).zip(dates) {
        if row.get_ref(at)? != millis.map_or(ValueRef::Null, ValueRef::Integer) {
            found.differ(Some(table), Some(column), What::Value);
        }
    }
    let is_made = |column: &&u32| registered.columns.contains_key(*column);
    if clock.columns().count() != folded.cells.keys().filter(is_made).count() {
        // The clock lists a column that no change wrote, or one column twice.
        found.differ(Some(table), None, What::Clock);
    }
    for (at, (ordinal, column)) in (4..).zip(columns) {
        let cell = folded.cells.get(*ordinal);
        if !is_same(row.get_ref(at)?, cell.and_then(|cell| cell.value.as_ref())) {
            found.differ(Some(table), Some(column), What::Value);
        }
        let expected = cell.map(|cell| (cell.stamp.time, cell.node));
        if clocks.get(&u64::from(**ordinal)).copied() != expected {
            found.differ(Some(table), Some(column), What::Clock);
        }
    }
    Ok(())
}

/// Compares the totals that `ara_counter` holds of a row with what the log says. Returns how many it holds.
fn compare_totals(
    counters: &mut Counters<'_>,
    table: &RegisteredTable,
    row: &[u8],
    folded: &Folded,
    found: &mut Verification,
) -> Result<u64> {
    let mut count = 0;
    for ((column, node), total) in &folded.totals {
        let Some(name) = table.columns.get(column) else { continue };
        let counter = CounterCell { table: table.ordinal, row, column: *column };
        let noted = counters.last(counter, *node)?;
        count += u64::from(noted.is_some());
        if noted != Some(*total) {
            found.differ(Some(&table.name), Some(name), What::Total);
        }
    }
    Ok(count)
}
