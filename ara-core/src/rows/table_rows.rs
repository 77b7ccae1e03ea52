//! The statements that fold changes into the rows of a table.

mod shown_at_once;

use std::fmt::Write as _;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::catalog::edit_columns::{EditColumn, EditColumns, edit_columns, make_edit_column};
use crate::error::{Error, Result};
use crate::log::column_set::ColumnSet;
use crate::log::counters::forget_row;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::owned_write::owned_value;
use crate::log::row_clock::{RowClock, Tick};
use crate::log::statements::bind;
use crate::log::texts::forget_texts_of_row;
use crate::names::{LOCAL_PREFIX, name_list, quoted};
use crate::rows::folded_change::FoldedChange;
use crate::rows::insert::{FIRST_COLUMN, OnConflict, RowHead, bind_values, insert_sql};
use crate::rows::last_writer::{Beside, BesideWrite};
use crate::rows::lensed::Lensed;
use crate::rows::plan::Plan;
use crate::rows::room::{is_too_large, within};
pub(super) use crate::rows::table_rows::shown_at_once::HeldValues;
use crate::rows::table_rows::shown_at_once::ShownAtOnce;
use crate::value::Stored;
use crate::value::size::LARGEST;

/// What a table holds of a row before a change is folded in.
pub(super) enum Held {
    Nothing,
    Row(RowClock, HeldValues),
    /// The row, with a clock or dates that cannot be read.
    Unreadable,
}

/// The statements that fold changes into one table.
pub(super) struct TableRows<'c> {
    connection: &'c Connection,
    /// Whether rows need no clock.
    is_local: bool,
    probe: Statement<'c>,
    /// The same with [what decides what the row shows](HeldValues), once it was needed.
    probe_held: Option<Statement<'c>>,
    inserts: ByColumns<'c>,
    updates: ByColumns<'c>,
    /// The columns that hold the last edits of others, once they were asked for.
    edits: Option<EditColumns>,
    /// The plan of the table, if what its columns show is written with them.
    plan: Option<Arc<Plan>>,
}

impl<'c> TableRows<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        name: &str,
        plan: Option<Arc<Plan>>,
    ) -> Result<Self> {
        let probe = connection.prepare(&probe_sql(name, &[]))?;
        let (is_local, (inserts, updates)) = (name.starts_with(LOCAL_PREFIX), Default::default());
        let (probe_held, edits) = (None, None);
        Ok(Self { connection, is_local, probe, probe_held, inserts, updates, edits, plan })
    }

    /// Returns the columns beside which hidden ones lie.
    pub(super) fn shown(&self) -> ColumnSet {
        let lensed = self.plan.iter().flat_map(|plan| &plan.lensed);
        lensed.flat_map(Lensed::shown_columns).collect()
    }

    /// Returns what becomes of statements that cannot be done.
    fn on_conflict(&self) -> OnConflict {
        self.plan.as_ref().map_or(OnConflict::Abort, |plan| plan.on_conflict)
    }

    /// Returns the plan of the table, if a change decides what its columns show.
    fn showing(&self, change: &FoldedChange<'_>) -> Option<Arc<Plan>> {
        let plan = self.plan.as_ref()?;
        let lensed = plan.lensed.as_ref().filter(|lensed| !lensed.at_once.is_empty())?;
        change.columns().any(|column| lensed.has(column)).then(|| Arc::clone(plan))
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

    /// Returns the clock of the row of a change, and what else decides what it shows.
    pub(super) fn probe(&mut self, change: &FoldedChange<'_>) -> Result<Held> {
        let plan = self.showing(change);
        let lensed = plan.as_ref().and_then(|plan| plan.lensed.as_ref());
        let probe = match (lensed, &mut self.probe_held) {
            (None, _) => &mut self.probe,
            (_, Some(probe)) => probe,
            (Some(lensed), none) => {
                let sql = probe_sql(change.table.1, lensed.held());
                none.insert(self.connection.prepare(&sql)?)
            }
        };
        bind(probe, 1, ValueRef::Blob(&change.row))?;
        let mut rows = probe.raw_query();
        let Some(row) = rows.next()? else { return Ok(Held::Nothing) };
        let (Ok(created_at), Ok(updated_at)) = (row.get(1), row.get(2)) else {
            return Ok(Held::Unreadable);
        };
        let clock = RowClock::read(row.get_ref(0)?, (created_at, updated_at));
        let clock = clock.filter(|clock| self.is_local || clock.latest().is_some());
        let Some(clock) = clock else { return Ok(Held::Unreadable) };
        let held = lensed.map(|lensed| {
            let held = (FIRST_HELD..).take(lensed.held().len());
            let held = held.map(|at| row.get_ref(at).unwrap_or(ValueRef::Null));
            held.map(|value| Stored::from_sql(value).map(owned_value)).collect()
        });
        Ok(Held::Row(clock, held.unwrap_or_default()))
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
        let shown = ShownAtOnce::of_new(self.showing(change), change);
        later_if_too_large(&shown, |shown| {
            let on_conflict = self.on_conflict();
            let insert = self.inserts.prepared(self.connection, (change, shown), |change| {
                let columns = change.cells.iter().map(|cell| cell.column.1);
                let columns = columns.chain(shown.names().iter().map(String::as_str));
                insert_sql((on_conflict, change.table.1), columns)
            })?;
            bind_shown(insert, FIRST_COLUMN + change.cells.len(), shown)?;
            Ok(run(self.connection, insert, (&head, change))? > 0)
        })
    }

    /// Writes all cells of a change, and what it writes beside them, into its row, which gets a clock, and what the row
    /// shows then. Returns whether it wrote that, or [`Error::TooLarge`] if the row may be too large.
    ///
    /// `held` is what the row held before.
    pub(super) fn update(
        &mut self,
        change: &FoldedChange<'_>,
        (clock, beside): (&RowClock, &Beside<'_>),
        held: &HeldValues,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) -> Result<bool> {
        let mut packed = Vec::with_capacity(48);
        clock.pack(&mut packed);
        let head = RowHead {
            id: &change.row,
            clock: &packed,
            created_at: Some(clock.created_at()),
            updated_at: Some(clock.updated_at()),
        };
        let plan = if held.is_empty() { None } else { self.plan.clone() };
        let shown = ShownAtOnce::of(plan, (change, clock, beside), held, id_of);
        let on_conflict = self.on_conflict();
        let sql = |shown: &ShownAtOnce| update_sql(on_conflict, change, beside, shown);
        later_if_too_large(&shown, |shown| {
            let (first, edits) = (FIRST_COLUMN + change.cells.len(), beside.edits().count());
            let written = if beside.writes.is_empty() {
                let update =
                    self.updates.prepared(self.connection, (change, shown), |_| sql(shown))?;
                bind_shown(update, first, shown)?;
                run(self.connection, update, (&head, change))?
            } else {
                let mut update = self.connection.prepare_cached(&sql(shown))?;
                for (value, parameter) in beside.edits().zip(first..) {
                    bind(&mut update, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
                }
                bind_shown(&mut update, first + edits, shown)?;
                run(self.connection, &mut update, (&head, change))?
            };
            match written {
                0 => Err(Error::unwritten(change.table.1)),
                _ => Ok(!shown.is_empty()),
            }
        })
    }
}

/// Writes what a row shows, or, if the row may be too large with that, leaves it to be worked out later.
fn later_if_too_large<R>(
    shown: &ShownAtOnce,
    mut write: impl FnMut(&ShownAtOnce) -> Result<R>,
) -> Result<R> {
    match write(shown) {
        Err(Error::TooLarge { .. }) if !shown.is_empty() => write(&ShownAtOnce::default()),
        written => written,
    }
}

/// Binds what a row shows to the parameters from `first` on.
fn bind_shown(
    statement: &mut Statement<'_>,
    first: usize,
    shown: &ShownAtOnce,
) -> rusqlite::Result<()> {
    bind_values(statement, first, shown.values.iter().map(Option::as_ref))
}

/// Returns the SQL that selects the clock of a row, its dates and some columns.
fn probe_sql(table: &str, columns: &[String]) -> String {
    let columns = columns.iter().map(String::as_str);
    let columns = ["ara_clock", "created_at", "updated_at"].into_iter().chain(columns);
    format!("SELECT {} FROM {} WHERE \"id\" = ?1", name_list(columns), quoted(table))
}

/// The first of the columns, in what [`probe_sql`] selects.
const FIRST_HELD: usize = 3;

/// Statements by the ordinals of the columns that they write, in their order, and by whether they write what the row shows.
#[derive(Default)]
struct ByColumns<'c>(Vec<(Box<[u32]>, bool, Statement<'c>)>);

impl<'c> ByColumns<'c> {
    /// Returns the statement that writes the columns of a change, and prepares it if it is not there.
    ///
    /// Most changes write the same columns as one of the last, and so a search takes less time than a hash.
    fn prepared(
        &mut self,
        connection: &'c Connection,
        (change, shown): (&FoldedChange<'_>, &ShownAtOnce),
        sql: impl FnOnce(&FoldedChange<'_>) -> String,
    ) -> Result<&mut Statement<'c>> {
        /// Changes can write any set of columns: without a bound, there could be a statement for each change.
        const MOST: usize = 64;
        let shows = !shown.is_empty();
        let is_of = |columns: &[u32]| columns.iter().copied().eq(change.columns());
        match self.0.iter().rposition(|(columns, is, _)| *is == shows && is_of(columns)) {
            Some(at) => {
                let last = self.0.len() - 1;
                self.0.swap(at, last);
            }
            None => {
                if self.0.len() >= MOST {
                    self.0.clear();
                }
                let statement = connection.prepare(&sql(change))?;
                self.0.push((change.columns().collect(), shows, statement));
            }
        }
        let Some((.., statement)) = self.0.last_mut() else { return Err(Error::Corrupt) };
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
/// beside the columns, and what the row shows.
fn update_sql(
    on_conflict: OnConflict,
    change: &FoldedChange<'_>,
    beside: &Beside<'_>,
    shown: &ShownAtOnce,
) -> String {
    let mut sql = format!(
        "UPDATE{} {} SET \"ara_clock\" = ?2, \"created_at\" = ?3, \"updated_at\" = ?4",
        on_conflict.sql(),
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
    for (name, parameter) in shown.names().iter().zip(parameters) {
        let _ = write!(sql, ", {} = ?{parameter}", quoted(name));
    }
    sql.push_str(" WHERE \"id\" = ?1");
    sql
}

/// Deletes a row, the sums of its counters, and what is kept of its texts.
pub(crate) fn delete_row(
    connection: &Connection,
    (table, name): (i64, &str),
    row: &[u8; 16],
) -> Result<()> {
    let delete = format!("DELETE FROM {} WHERE \"id\" = ?1", quoted(name));
    connection.prepare_cached(&delete)?.execute([row])?;
    forget_texts_of_row(connection, table, row)?;
    forget_row(connection, table, row)
}
