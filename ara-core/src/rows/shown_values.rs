//! Working out what columns show that replace others, and keeping it beside them.

use std::collections::{BTreeSet, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use uuid::Uuid;

use crate::catalog::shown_column::{ALL, ShownColumn};
use crate::error::{Error, Result};
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes;
use crate::log::owned_write::owned_value;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::model::table_ref::TableRef;
use crate::names::name_list;
use crate::rows::effective::{Known, Row, Written};
use crate::rows::plan::{Plan, Slot};
use crate::rows::writing::Writing;
use crate::value::Stored;

/// A column that replaces others, and the SQL that keeps what it shows.
#[derive(Debug)]
pub(crate) struct Shown {
    table: TableRef,
    pub(crate) column: ShownColumn,
    /// The column beside which it lies, by its position in the table's definition.
    pub(crate) position: usize,
    /// The columns that decide what it shows, by their positions, and their ordinals in the file.
    sources: Vec<(usize, u32)>,
    /// Selects whether any row is to be worked out.
    pub(crate) is_due: String,
    /// Selects the row ids of some rows that are.
    due: String,
    /// Selects the row ids of some rows after one.
    after: String,
    /// Selects the id, the clock and the sources of a row by its row id.
    select: String,
    /// Writes what a row shows.
    update: String,
    /// Forgets that a row is to be worked out.
    done: String,
}

/// How many rows are worked out in one transaction, so that others can write in between.
const STEP: usize = 2000;

impl Shown {
    /// Returns the columns of a table that replace others.
    pub(crate) fn all_of(table: TableRef, slots: &[Slot]) -> Vec<Self> {
        let columns = table.def.columns.iter().enumerate();
        columns
            .filter_map(|(position, column)| {
                let column = ShownColumn::of(table.def, column)?;
                Some(Self::new(column, position, table, slots))
            })
            .collect()
    }

    fn new(column: ShownColumn, position: usize, table: TableRef, slots: &[Slot]) -> Self {
        let position_of = |name| table.def.columns.iter().position(|column| column.name == name);
        let sources = column.sources.iter().filter_map(|name| {
            let at = position_of(*name)?;
            Some((at, slots.get(at + 1)?.ordinal))
        });
        let sources: Vec<_> = sources.collect();
        let (stale, stored, name) = (column.stale(), &column.table, column.name);
        let selected =
            name_list(["id", "ara_clock"].into_iter().chain(column.sources.iter().copied()));
        Self {
            table,
            is_due: format!("SELECT 1 FROM \"{stale}\""),
            due: format!("SELECT \"ara_row\" FROM \"{stale}\" ORDER BY \"ara_row\" LIMIT {STEP}"),
            after: format!(
                "SELECT \"ara_row\" FROM \"{stored}\" WHERE \"ara_row\" > ?1 \
                 ORDER BY \"ara_row\" LIMIT {STEP}"
            ),
            select: format!("SELECT {selected} FROM \"{stored}\" WHERE \"ara_row\" = ?1"),
            update: format!("UPDATE \"{stored}\" SET \"{name}\" = ?2 WHERE \"ara_row\" = ?1"),
            done: format!("DELETE FROM \"{stale}\" WHERE \"ara_row\" = ?1"),
            column,
            position,
            sources,
        }
    }

    /// Works out what some rows show that changed, or that were never worked out. Returns whether there are more.
    pub(crate) fn step(&self, rows: &mut WorkedOut<'_, '_>) -> Result<bool> {
        let connection = rows.connection;
        let numbers = |sql: &str, after: Option<i64>| -> Result<Vec<i64>> {
            let mut select = connection.prepare_cached(sql)?;
            let given: &[i64] = after.as_ref().map_or(&[], std::slice::from_ref);
            let found = select.query_map(rusqlite::params_from_iter(given), |row| row.get(0))?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        };
        let due = numbers(&self.due, None)?;
        let mut update = connection.prepare_cached(&self.update)?;
        let mut done = connection.prepare_cached(&self.done)?;
        if let Some(&cursor) = due.first().filter(|cursor| **cursor < 0) {
            // `ALL` stands for all rows, and `-2 - n` for those after the row id `n`.
            let after = if cursor == ALL { 0 } else { -2 - cursor };
            let found = numbers(&self.after, Some(after))?;
            for row in &found {
                self.work_out(rows, &mut update, *row)?;
            }
            done.execute([cursor])?;
            let is_more = found.len() >= STEP;
            if let Some(last) = found.last().filter(|_| is_more) {
                let stale = self.column.stale();
                connection
                    .prepare_cached(&format!("INSERT INTO \"{stale}\" VALUES (?1)"))?
                    .execute([-2 - last])?;
            }
            return Ok(is_more || due.len() > 1);
        }
        for row in &due {
            self.work_out(rows, &mut update, *row)?;
            done.execute([row])?;
        }
        Ok(due.len() >= STEP)
    }

    fn work_out(
        &self,
        rows: &mut WorkedOut<'_, '_>,
        update: &mut CachedStatement<'_>,
        row: i64,
    ) -> Result<()> {
        let Some((id, known)) = self.read(rows, row)? else { return Ok(()) };
        let known = Row { table: &self.table, known };
        let shown = known.shown(self.position).and_then(|shown| shown.value);
        bind(update, 1, ValueRef::Integer(row))?;
        bind(update, 2, shown.as_ref().map_or(ValueRef::Null, Stored::to_sql))?;
        update.raw_execute()?;
        rows.rows.insert(id);
        Ok(())
    }

    /// Reads what is known of a row. Returns `None` if there is none, or if its clock cannot be read.
    fn read(
        &self,
        rows: &WorkedOut<'_, '_>,
        row: i64,
    ) -> Result<Option<([u8; 16], HashMap<usize, Known>)>> {
        let mut select = rows.connection.prepare_cached(&self.select)?;
        select
            .query_row([row], |row| {
                let clock = RowClock::read(row.get_ref(1)?, (None, None)).unwrap_or_default();
                let mut known = HashMap::new();
                for ((position, ordinal), at) in self.sources.iter().zip(2..) {
                    let value = Stored::from_sql(row.get_ref(at)?).map(owned_value);
                    let newest = written(&clock, *ordinal, value, rows.id_of);
                    known.insert(*position, Known { edit: newest.clone(), newest });
                }
                Ok((row.get(0)?, known))
            })
            .optional()
            .map_err(Error::from)
    }
}

/// Returns what was written last into a column, if it ever was.
fn written(
    clock: &RowClock,
    column: u32,
    value: Option<Stored<'static>>,
    id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
) -> Option<Written> {
    let (stamp, node) = clock.last_write(column)?;
    Some(Written { value, at: (stamp, id_of(node)?) })
}

/// Works out what some rows of a table show. Returns whether there are more.
pub(crate) fn work_out(writing: &mut Writing<'_>, plan: &Plan) -> Result<bool> {
    let mut is_more = false;
    for shown in &plan.shown {
        if !writing.connection.prepare_cached(&shown.is_due)?.exists([])? {
            continue;
        }
        let ids: HashMap<NodeOrdinal, NodeId> = nodes::kept(writing.connection)?
            .into_iter()
            .map(|node| (node.ordinal, node.id))
            .collect();
        let id_of = |node| ids.get(&node).copied();
        let (connection, rows) = (writing.connection, BTreeSet::new());
        let mut worked_out = WorkedOut { connection, id_of: &id_of, rows };
        is_more |= shown.step(&mut worked_out)?;
        if let Some(touched) = &mut writing.touched {
            let own = plan.slots.get(shown.position + 1).map(|slot| slot.ordinal);
            let columns = own.into_iter().collect();
            for row in worked_out.rows {
                touched.write(plan.table, Uuid::from_bytes(row), &columns, false);
            }
        }
    }
    Ok(is_more)
}

/// The rows of a table that are worked out.
pub(crate) struct WorkedOut<'c, 'r> {
    pub(crate) connection: &'c Connection,
    pub(crate) id_of: &'r dyn Fn(NodeOrdinal) -> Option<NodeId>,
    /// Their ids.
    pub(crate) rows: BTreeSet<[u8; 16]>,
}
