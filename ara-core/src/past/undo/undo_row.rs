//! Undoing what transactions wrote into a row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::{Error, Result};
use crate::log::cells::Write;
use crate::log::change::is_same;
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::node::NodeOrdinal;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::names::quoted;
use crate::past::undo::UndoReport;
use crate::past::undo::judge::{Judge, LastWrite};
use crate::past::undo::row_log::{Limit, LogReader, RowLog};
use crate::past::undo::target::Target;
use crate::past::undo::written_row::{WrittenCell, WrittenRow};
use crate::rows::any_rows::MarkedCell;
use crate::rows::last_writer::FoldedCell;
use crate::value::Stored;

/// Finds out what sets rows back.
pub(super) struct RowUndoing<'c, 'r> {
    pub(super) connection: &'c Connection,
    pub(super) registry: &'r Registry,
    pub(super) targets: &'r [Target],
    judge: Judge<'c>,
    counters: Counters<'c>,
    /// The node that writes.
    writer: NodeOrdinal,
    pub(super) report: UndoReport,
    /// Whether any value was not left, even if it was equal to the value before.
    pub(super) is_any: bool,
}

/// What sets a row back.
pub(super) struct Inverse<'r> {
    pub(super) table: &'r RegisteredTable,
    pub(super) row: [u8; 16],
    /// The stamp of the latest change of the row.
    pub(super) latest: Stamp,
    pub(super) cells: Vec<MarkedCell<'r>>,
}

/// What the transactions that are undone wrote into a column, as far as it still counts.
#[derive(Default)]
struct Current {
    /// The place before which the value before was written.
    before: Option<Limit>,
    /// What they added to the counter, if the column is one.
    added: Option<i64>,
}

/// Returns a table if its rows can be undone: it is in the file, and not one of ara's own tables.
pub(super) fn made(registry: &Registry, ordinal: i64) -> Option<&RegisteredTable> {
    registry.tables.get(&ordinal).filter(|table| table.is_made && !is_kept_by_ara(&table.name))
}

impl<'c, 'r> RowUndoing<'c, 'r> {
    pub(super) fn new(
        (connection, registry): (&'c Connection, &'r Registry),
        targets: &'r [Target],
        judge: Judge<'c>,
        writer: NodeOrdinal,
    ) -> Self {
        let (counters, report) = (Counters::new(connection), UndoReport::default());
        Self { connection, registry, targets, judge, counters, writer, report, is_any: false }
    }

    /// Returns whether a transaction is undone, and not left as it is undone already.
    pub(super) fn is_undone(&self, target: usize) -> bool {
        self.targets.get(target).is_some_and(|target| target.status.is_in_force)
    }

    /// Returns whether values of before have to be looked for in the log.
    pub(super) fn needs_log(&self, row: &WrittenRow) -> bool {
        let mut cells = row.columns.values().flatten();
        cells.any(|cell| self.is_undone(cell.target) && cell.wrote.added().is_none())
    }

    /// Returns what sets a row back, or `None` if nothing is to be written.
    pub(super) fn row(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        (key, written): (RowKey, WrittenRow),
        clock: Option<&RowClock>,
        log: &mut RowLog,
    ) -> Result<Option<Inverse<'r>>> {
        self.report.left += written.unknown;
        let (Some(table), Some(clock)) = (made(self.registry, key.0), clock) else {
            self.report.left += written.columns.values().flatten().count() as u64;
            return Ok(None);
        };
        // A row that the transaction created is only deleted, and its counters are set back. Its other columns
        // stay, so that restoring it brings the whole row back.
        let mut life = None;
        let mut is_created = false;
        if let Some(cells) = written.columns.get(&0)
            && let Some(limit) = self.limit(cells)
        {
            let before = self.judge.last(reader, log, (0, limit), None)?;
            is_created = matches!(before, LastWrite::None);
            life = Some(before);
        }
        let mut cells = Vec::new();
        for (column, written) in &written.columns {
            let Some(name) = table.columns.get(column) else {
                self.report.left += written.len() as u64;
                continue;
            };
            let current = self.current(reader, (&key, *column), written, clock, log)?;
            let is_set_back = *column == 0 || !is_created;
            let before = match current.before.filter(|_| is_set_back) {
                None => None,
                Some(_) if *column == 0 => life.take(),
                Some(limit) => Some(self.judge.last(reader, log, (*column, limit), None)?),
            };
            self.is_any |= before.is_some() || current.added.is_some();
            let cell = self.cell((&key, *column), before, current.added)?;
            cells.extend(cell.map(|(write, marks)| MarkedCell {
                cell: FoldedCell { column: (*column, name), write },
                marks,
            }));
        }
        match log {
            RowLog::Alone => cells.retain(|cell| !writes_same(&written, cell)),
            RowLog::Sought(_) | RowLog::Read(_) => self.drop_same(table, &key.1, &mut cells)?,
        }
        self.report.written += cells.len() as u64;
        let latest = clock.latest().map(|(stamp, _)| stamp).unwrap_or_default();
        let inverse = Inverse { table, row: key.1, latest, cells };
        Ok(Some(inverse).filter(|inverse| !inverse.cells.is_empty()))
    }

    /// Returns the place before which the value was written that was there before the transactions: before the
    /// first write of the transaction that wrote the column last.
    fn limit(&self, written: &[WrittenCell]) -> Option<Limit> {
        let values = written.iter().filter(|cell| cell.wrote.added().is_none());
        let undone = values.filter(|cell| self.is_undone(cell.target));
        undone.max_by_key(|cell| cell.last).map(|cell| Limit::before(cell.first))
    }

    /// Finds out which values of a column still count, and counts the others as left.
    fn current(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        (key, column): (&RowKey, u32),
        written: &[WrittenCell],
        clock: &RowClock,
        log: &mut RowLog,
    ) -> Result<Current> {
        let mut current = Current::default();
        let is_value = |cell: &&WrittenCell| cell.wrote.added().is_none();
        let undone: Vec<_> = written.iter().filter(|cell| self.is_undone(cell.target)).collect();
        self.report.left += (written.len() - undone.len()) as u64;
        let values: Vec<_> = undone.iter().copied().filter(is_value).collect();
        let added = undone.iter().filter(|cell| cell.wrote.added().is_some());
        let shown = clock.last_write(column);
        if values.len() < undone.len() {
            let counter = CounterCell { table: key.0, row: &key.1, column };
            let sum = self.counters.get(counter)?;
            // A column into which a value was written since is no counter any more.
            if sum.is_some_and(|sum| Some(sum.last) == shown) {
                let sum = added.map(|cell| cell.added).fold(0, i64::saturating_add);
                current.added = Some(sum);
            } else {
                self.report.left += added.count() as u64;
            }
        }
        let (Some(first), Some(limit)) =
            (values.iter().map(|cell| cell.last).min(), self.limit(written))
        else {
            return Ok(current);
        };
        let is_last = |cell: &&WrittenCell| {
            let node = self.targets.get(cell.target).map(|target| target.node.ordinal);
            Some(cell.last.stamp) == shown.map(|(stamp, _)| stamp)
                && node == shown.map(|(_, node)| node)
        };
        // Most often it is the last write, as the clock of the row tells.
        let last = match values.as_slice() {
            [only] if is_last(only) => LastWrite::Earlier,
            _ => self.judge.last(reader, log, (column, Limit::END), Some(first))?,
        };
        let left = match last {
            LastWrite::Found { place, .. } => {
                values.iter().filter(|cell| cell.last < place).count()
            }
            LastWrite::None | LastWrite::Earlier => 0,
        };
        self.report.left += left as u64;
        if left < values.len() {
            current.before = Some(limit);
        }
        Ok(current)
    }

    /// Returns what is written into a column, and the marks of the cell. `before` is the value before, if the
    /// column is set back, and `added` what is subtracted, if it is a counter.
    fn cell(
        &mut self,
        (key, column): (&RowKey, u32),
        before: Option<LastWrite>,
        added: Option<i64>,
    ) -> Result<Option<(Write<'static>, Vec<u8>)>> {
        let (taken, marks) = match before {
            Some(LastWrite::Found { write: Write::Value(value), origin, .. }) => {
                return Ok(Some((Write::Value(value), origin.to_marks())));
            }
            Some(LastWrite::None | LastWrite::Earlier) => {
                let value = Some(Stored::Integer(1)).filter(|_| column == 0);
                return Ok(Some((Write::Value(value), Vec::new())));
            }
            // A value was written over a counter: to add to it makes the column a counter again.
            Some(LastWrite::Found { origin, .. }) => (added.unwrap_or(0), origin.to_marks()),
            None => match added.filter(|added| *added != 0) {
                Some(added) => (added, Vec::new()),
                None => return Ok(None),
            },
        };
        let sum = self.counters.get(CounterCell { table: key.0, row: &key.1, column })?;
        let by = taken.checked_neg().unwrap_or(i64::MAX);
        let total = sum.unwrap_or(Sum::NOTHING).total_of(self.writer).wrapping_add(by);
        Ok(Some((Write::Addition(Addition { by, total }), marks)))
    }

    /// Leaves out the values that the row has already, though something else was written into it.
    fn drop_same(
        &self,
        table: &RegisteredTable,
        row: &[u8; 16],
        cells: &mut Vec<MarkedCell<'_>>,
    ) -> Result<()> {
        let is_value = |cell: &MarkedCell<'_>| matches!(cell.cell.write, Write::Value(_));
        if !cells.iter().any(is_value) {
            return Ok(());
        }
        let values = cells.iter().filter(|cell| is_value(cell));
        let names: Vec<_> = values.map(|cell| quoted(cell.cell.column.1)).collect();
        let (names, table) = (names.join(", "), quoted(&table.name));
        let sql = format!("SELECT {names} FROM {table} WHERE \"id\" = ?1");
        let mut held = self.connection.prepare_cached(&sql)?;
        let mut held = held.query([row])?;
        let held = held.next()?.ok_or(Error::Corrupt)?;
        let mut at = 0..;
        let mut same = Vec::with_capacity(cells.len());
        for cell in &*cells {
            same.push(match &cell.cell.write {
                Write::Value(value) => {
                    is_same(held.get_ref(at.next().unwrap_or_default())?, value.as_ref())
                }
                Write::Addition(_) => false,
            });
        }
        let mut same = same.into_iter();
        cells.retain(|_| !same.next().unwrap_or_default());
        Ok(())
    }
}

/// Returns whether a cell writes what was written into a row that has no other change.
fn writes_same(written: &WrittenRow, MarkedCell { cell, .. }: &MarkedCell<'_>) -> bool {
    let held = written.columns.get(&cell.column.0).and_then(|cells| cells.last());
    match (held.map(|held| &held.wrote.write), &cell.write) {
        (Some(Write::Value(held)), Write::Value(value)) => {
            is_same(held.as_ref().map_or(ValueRef::Null, Stored::to_sql), value.as_ref())
        }
        _ => false,
    }
}

/// Reads the clocks of rows.
pub(super) struct Clocks<'c> {
    connection: &'c Connection,
    /// The statements by the ordinals of the tables.
    tables: HashMap<i64, Statement<'c>>,
}

impl<'c> Clocks<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self { connection, tables: HashMap::new() }
    }

    /// Returns the clock of a row, or `None` if there is no such row.
    pub(super) fn get(
        &mut self,
        table: &RegisteredTable,
        id: &[u8; 16],
    ) -> Result<Option<RowClock>> {
        let select = match self.tables.entry(table.ordinal) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let table = quoted(&table.name);
                let sql = format!("SELECT \"ara_clock\" FROM {table} WHERE \"id\" = ?1");
                new.insert(self.connection.prepare(&sql)?)
            }
        };
        bind(select, 1, ValueRef::Blob(id))?;
        let mut rows = select.raw_query();
        let Some(row) = rows.next()? else { return Ok(None) };
        let clock = row.get_ref(0)?.as_blob().ok();
        let clock = clock.and_then(|clock| RowClock::unpack(clock, (None, None)));
        clock.ok_or(Error::Corrupt).map(Some)
    }
}
