//! The statements that fold changes into the rows of a table.

use std::fmt::Write as _;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::catalog::edit_columns::{EditColumn, EditColumns, edit_columns, make_edit_column};
use crate::error::{Error, Result};
use crate::log::column_set::ColumnSet;
use crate::log::counters::forget_row;
use crate::log::row_clock::{RowClock, Tick};
use crate::log::statements::bind;
use crate::names::{LOCAL_PREFIX, quoted};
use crate::rows::folded_change::FoldedChange;
use crate::rows::insert::{FIRST_COLUMN, OnConflict, RowHead, insert_sql};
use crate::rows::last_writer::{Beside, BesideWrite};
use crate::rows::room::{is_too_large, within};
use crate::value::Stored;
use crate::value::size::LARGEST;

/// What a table holds of a row before a change is folded in.
pub(super) enum Held {
    Nothing,
    Clock(RowClock),
    /// The row, with a clock or dates that cannot be read.
    Unreadable,
}

/// The statements that fold changes into one table.
pub(super) struct TableRows<'c> {
    connection: &'c Connection,
    /// Whether rows need no clock.
    is_local: bool,
    probe: Statement<'c>,
    inserts: ByColumns<'c>,
    updates: ByColumns<'c>,
    /// The columns that hold the last edits of others, once they were asked for.
    edits: Option<EditColumns>,
}

impl<'c> TableRows<'c> {
    pub(super) fn new(connection: &'c Connection, name: &str) -> Result<Self> {
        let probe = connection.prepare(&format!(
            "SELECT \"ara_clock\", \"created_at\", \"updated_at\" FROM {} WHERE \"id\" = ?1",
            quoted(name)
        ))?;
        let (is_local, (inserts, updates)) = (name.starts_with(LOCAL_PREFIX), Default::default());
        Ok(Self { connection, is_local, probe, inserts, updates, edits: None })
    }

    /// Returns the column that holds the last edits of another one. It is created if it is not there.
    pub(super) fn edits_of(
        &mut self,
        table: (i64, &str),
        (column, name): (u32, &str),
    ) -> Result<EditColumn> {
        if let Some(known) = self.known_edits_of(table, column)? {
            return Ok(known);
        }
        let made = make_edit_column(self.connection, table, name)?;
        self.edits.get_or_insert_default().insert(column, made.clone());
        Ok(made)
    }

    /// Returns the column that holds the last edits of another one, or `None` if it is not there.
    pub(super) fn known_edits_of(
        &mut self,
        (table, _): (i64, &str),
        column: u32,
    ) -> Result<Option<EditColumn>> {
        let edits = match &mut self.edits {
            Some(edits) => edits,
            none => none.insert(edit_columns(self.connection, table)?),
        };
        Ok(edits.get(&column).cloned())
    }

    /// Returns the clock of a row.
    pub(super) fn probe(&mut self, row: &[u8; 16]) -> Result<Held> {
        bind(&mut self.probe, 1, ValueRef::Blob(row))?;
        let mut rows = self.probe.raw_query();
        let Some(row) = rows.next()? else { return Ok(Held::Nothing) };
        let (Ok(created_at), Ok(updated_at)) = (row.get(1), row.get(2)) else {
            return Ok(Held::Unreadable);
        };
        let clock = RowClock::read(row.get_ref(0)?, (created_at, updated_at));
        let clock = clock.filter(|clock| self.is_local || clock.latest().is_some());
        Ok(clock.map_or(Held::Unreadable, Held::Clock))
    }

    /// Inserts the row of a change that nothing else has written, unless it exists. Returns whether it was
    /// inserted, or [`Error::TooLarge`] if it may be too large for that.
    pub(super) fn insert_first(
        &mut self,
        change: &FoldedChange<'_>,
        columns: &ColumnSet,
    ) -> Result<bool> {
        let mut clock = Vec::with_capacity(16);
        let Tick { stamp, node: (node, _), date } = change.tick;
        RowClock::pack_one(&mut clock, (stamp, node), columns, &change.written_through());
        let date = Some(date);
        let head = RowHead { id: &change.row, clock: &clock, created_at: date, updated_at: date };
        let insert = self.inserts.prepared(self.connection, change, |change| {
            let columns = change.cells.iter().map(|cell| cell.column.1);
            insert_sql((OnConflict::Abort, change.table.1), columns)
        })?;
        Ok(run(self.connection, insert, (&head, change))? > 0)
    }

    /// Writes all cells of a change, and what it writes beside them, into its row, which gets a clock. Returns
    /// [`Error::TooLarge`] if it may be too large then.
    pub(super) fn update(
        &mut self,
        change: &FoldedChange<'_>,
        clock: &RowClock,
        beside: &Beside<'_>,
    ) -> Result<()> {
        let mut packed = Vec::with_capacity(48);
        clock.pack(&mut packed);
        let head = RowHead {
            id: &change.row,
            clock: &packed,
            created_at: Some(clock.created_at()),
            updated_at: Some(clock.updated_at()),
        };
        let written = if beside.writes.is_empty() {
            let sql = |change: &FoldedChange<'_>| update_sql(change, beside);
            let update = self.updates.prepared(self.connection, change, sql)?;
            run(self.connection, update, (&head, change))?
        } else {
            let mut update = self.connection.prepare_cached(&update_sql(change, beside))?;
            let first = FIRST_COLUMN + change.cells.len();
            for (value, parameter) in beside.edits().zip(first..) {
                bind(&mut update, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
            }
            run(self.connection, &mut update, (&head, change))?
        };
        match written {
            0 => Err(Error::unwritten(change.table.1)),
            _ => Ok(()),
        }
    }
}

/// Statements by the ordinals of the columns that they write, in their order.
#[derive(Default)]
struct ByColumns<'c>(Vec<(Box<[u32]>, Statement<'c>)>);

impl<'c> ByColumns<'c> {
    /// Returns the statement that writes the columns of a change, and prepares it if it is not there.
    ///
    /// Most changes write the same columns as one of the last, and so a search takes less time than a hash.
    fn prepared(
        &mut self,
        connection: &'c Connection,
        change: &FoldedChange<'_>,
        sql: impl FnOnce(&FoldedChange<'_>) -> String,
    ) -> Result<&mut Statement<'c>> {
        /// Changes can write any set of columns: without a bound, there could be a statement for each change.
        const MOST: usize = 64;
        let is_of = |columns: &[u32]| columns.iter().copied().eq(change.columns());
        match self.0.iter().rposition(|(columns, _)| is_of(columns)) {
            Some(at) => {
                let last = self.0.len() - 1;
                self.0.swap(at, last);
            }
            None => {
                if self.0.len() >= MOST {
                    self.0.clear();
                }
                self.0.push((change.columns().collect(), connection.prepare(&sql(change))?));
            }
        }
        let Some((_, statement)) = self.0.last_mut() else { return Err(Error::Corrupt) };
        Ok(statement)
    }
}

/// Runs an insert or an update with the values of a change, and returns how many rows it wrote.
fn run(
    connection: &Connection,
    statement: &mut Statement<'_>,
    (head, change): (&RowHead<'_>, &FoldedChange<'_>),
) -> Result<usize> {
    head.bind(statement)?;
    for (cell, parameter) in change.cells.iter().zip(FIRST_COLUMN..) {
        bind(statement, parameter, cell.value())?;
    }
    execute(connection, statement, change.table.1)
}

/// Runs a statement that writes a row of a table, and returns how many it wrote. Returns [`Error::TooLarge`] if the row
/// may be larger than one can be.
pub(super) fn execute(
    connection: &Connection,
    statement: &mut Statement<'_>,
    table: &str,
) -> Result<usize> {
    within(connection, LARGEST, || statement.raw_execute()).map_err(|error| {
        match is_too_large(&error) {
            true => Error::TooLarge { table: table.to_owned() },
            false => error.into(),
        }
    })
}

/// Returns the SQL that updates a row. Its parameters are those of [`insert_sql`], and then the edits that are written
/// beside the columns.
fn update_sql(change: &FoldedChange<'_>, beside: &Beside<'_>) -> String {
    let mut sql = format!(
        "UPDATE {} SET \"ara_clock\" = ?2, \"created_at\" = ?3, \"updated_at\" = ?4",
        quoted(change.table.1)
    );
    for (cell, parameter) in change.cells.iter().zip(FIRST_COLUMN..) {
        let _ = write!(sql, ", {} = ?{parameter}", quoted(cell.column.1));
    }
    let mut parameters = FIRST_COLUMN + change.cells.len()..;
    for (name, write) in &beside.writes {
        let _ = write!(sql, ", {} = ", quoted(name));
        let _ = match write {
            BesideWrite::Edit(_) => write!(sql, "?{}", parameters.next().unwrap_or_default()),
            BesideWrite::HeldBy(column) => write!(sql, "{}", quoted(column)),
            BesideWrite::Nothing => write!(sql, "NULL"),
        };
    }
    sql.push_str(" WHERE \"id\" = ?1");
    sql
}

/// Deletes a row, and the sums of its counters.
pub(crate) fn delete_row(
    connection: &Connection,
    (table, name): (i64, &str),
    row: &[u8; 16],
) -> Result<()> {
    let delete = format!("DELETE FROM {} WHERE \"id\" = ?1", quoted(name));
    connection.prepare_cached(&delete)?.execute([row])?;
    forget_row(connection, table, row)
}
