//! Undoing what transactions wrote into a row, or doing it again.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Statement};

use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::{Error, Result};
use crate::log::cells::Write;
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::forgotten::ForgottenRows;
use crate::log::marks::Marks;
use crate::log::node::NodeOrdinal;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::names::quoted;
use crate::past::undo::UndoReport;
use crate::past::undo::judge::{CountingWrite, Judge, Verdict};
use crate::past::undo::row_log::{LogReader, RowLog};
use crate::past::undo::target::Target;
use crate::past::undo::undo_text::TextUndoing;
use crate::past::undo::written_row::{WrittenCell, WrittenRow};
use crate::past::undone::Turn;
use crate::rows::any_rows::MarkedCell;
use crate::rows::by_position::ByPosition;
use crate::rows::effective::{Known, Written};
use crate::rows::folded_change::FoldedCell;
use crate::rows::key_of::key_of;
use crate::rows::lensed::Lensed;
use crate::rows::plan::Plan;
use crate::rows::written_through::set_back;
use crate::value::{Stored, is_same};

/// Finds out what sets rows back, or forth.
pub(super) struct RowUndoing<'c, 'r> {
    pub(super) connection: &'c Connection,
    pub(super) registry: &'r Registry,
    pub(super) targets: &'r [Target],
    judge: Judge<'r>,
    counters: Counters<'c>,
    forgotten: ForgottenRows<'c>,
    /// The columns that replace others, by the ordinals of their tables.
    lensed: HashMap<i64, Arc<Plan>>,
    /// The node that writes.
    writer: NodeOrdinal,
    #[cfg_attr(not(feature = "text"), expect(dead_code, reason = "it is needed to undo texts"))]
    pub(super) texts: TextUndoing,
    pub(super) outcome: Outcome,
}

/// What came of an undo.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) report: UndoReport,
    /// Whether any value was not left, even if it was equal to the value before.
    pub(super) is_any: bool,
    /// The positions of the transactions whose additions to counters were subtracted, or added again.
    pub(super) counted: BTreeSet<usize>,
}

/// What sets a row back.
pub(super) struct Inverse<'r> {
    pub(super) table: &'r RegisteredTable,
    pub(super) row: [u8; 16],
    /// The stamp of the latest change of the row.
    pub(super) latest: Stamp,
    pub(super) cells: Vec<MarkedCell<'r>>,
}

/// What is to be written into a column of a row.
type ColumnWrite = (Write<'static>, Vec<u8>);

/// Returns a table if its rows can be undone: it is in the file, and not one of ara's own tables.
pub(super) fn made(registry: &Registry, ordinal: i64) -> Option<&RegisteredTable> {
    registry.tables.get(&ordinal).filter(|table| table.is_made && !is_kept_by_ara(&table.name))
}

impl<'c, 'r> RowUndoing<'c, 'r> {
    pub(super) fn new(
        (connection, registry): (&'c Connection, &'r Registry),
        targets: &'r [Target],
        (judge, lensed): (Judge<'r>, HashMap<i64, Arc<Plan>>),
        (writer, texts): (NodeOrdinal, TextUndoing),
    ) -> Self {
        let (counters, outcome) = (Counters::new(connection), Outcome::default());
        let forgotten = ForgottenRows::new(connection);
        Self {
            connection,
            registry,
            targets,
            judge,
            counters,
            forgotten,
            lensed,
            writer,
            texts,
            outcome,
        }
    }

    /// Returns what becomes of a transaction.
    pub(super) fn turn(&self, target: usize) -> Option<&'r Turn> {
        self.targets.get(target).and_then(|target| target.turn.as_ref())
    }

    /// Returns whether values have to be looked for in the log.
    pub(super) fn needs_log(&self, row: &WrittenRow) -> bool {
        let mut cells = row.columns.values().flatten();
        cells.any(|cell| self.turn(cell.target).is_some() && !cell.is_addition && !cell.is_update())
    }

    /// Returns what sets a row back, or `None` if nothing is to be written.
    pub(super) fn row(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        (key, written): (RowKey, WrittenRow),
        clock: Option<&RowClock>,
        log: &mut RowLog,
    ) -> Result<Option<Inverse<'r>>> {
        // What was forgotten stays so.
        let is_forgotten = self.forgotten.has(&key)?;
        self.outcome.report.left += written.unknown;
        let clock = clock.filter(|_| !is_forgotten);
        let (Some(table), Some(clock)) = (made(self.registry, key.0), clock) else {
            self.outcome.report.left += written.columns.values().flatten().count() as u64;
            return Ok(None);
        };
        let plan = self.lensed.get(&key.0).map(Arc::clone);
        let lensed = plan.as_ref().and_then(|plan| plan.lensed.as_ref());
        let mut cells = Vec::new();
        if let Some(lensed) = lensed {
            cells = self.lensed(reader, (table, key.1, &written), (lensed, clock), log)?;
        }
        // Only who knows the functions between columns can undo what was written through.
        let left_alone = if lensed.is_none() { written.through } else { BTreeSet::new() };
        let is_turned = |rows: &Self, cell: &&WrittenCell| {
            rows.turn(cell.target).is_some() && !left_alone.contains(&cell.target)
        };
        // Values that the row may have already.
        let mut unsure = Vec::new();
        for (column, written) in &written.columns {
            if lensed.is_some_and(|lensed| lensed.has(*column)) {
                continue;
            }
            let turned = written.iter().filter(|cell| is_turned(self, cell));
            let turned: Vec<_> = turned.collect();
            let name = table.columns.get(column).filter(|_| !turned.is_empty());
            let left = written.len() - name.map_or(0, |_| turned.len());
            self.outcome.report.left += left as u64;
            let unknown = written.iter().filter(|cell| left_alone.contains(&cell.target));
            let unknown = unknown.filter(|cell| self.turn(cell.target).is_some()).count();
            self.outcome.report.unknown += unknown as u64;
            let Some(name) = name else { continue };
            if turned.iter().any(|cell| cell.is_update()) {
                let text = ((key.0, key.1), (*column, name.as_str()));
                cells.extend(self.text(text, &turned, clock)?);
                continue;
            }
            let by = self.addition((&key, *column), &turned, clock)?;
            let verdict = self.verdict(reader, log, (*column, &turned))?;
            let is_put_back = verdict.as_ref().is_some_and(|verdict| verdict.is_put_back);
            let Some((write, marks)) = self.write((&key, *column), verdict, by)? else { continue };
            let cell = FoldedCell::plain((*column, name.as_str()), write);
            if !is_put_back && !matches!(log, RowLog::Alone) {
                unsure.push(*column);
            }
            cells.push(MarkedCell { cell, marks });
        }
        self.drop_same(table, &key.1, (&mut cells, &unsure))?;
        self.outcome.is_any |= !cells.is_empty();
        self.outcome.report.written += cells.len() as u64;
        let latest = clock.latest().map(|(stamp, _)| stamp).unwrap_or_default();
        let inverse = Inverse { table, row: key.1, latest, cells };
        Ok(Some(inverse).filter(|inverse| !inverse.cells.is_empty()))
    }

    /// Returns what sets the columns back that replace others or are replaced: what they would show without what is
    /// undone.
    fn lensed(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        (table, row, written): (&'r RegisteredTable, [u8; 16], &WrittenRow),
        (lensed, clock): (&Lensed, &RowClock),
        log: &mut RowLog,
    ) -> Result<Vec<MarkedCell<'r>>> {
        let touched = written.columns.iter().filter(|(column, _)| lensed.has(**column));
        let touched = touched.flat_map(|(_, cells)| cells);
        let turned = touched.filter(|cell| self.turn(cell.target).is_some()).count() as u64;
        // What a row was created with stays when that is undone.
        if turned == 0 || matches!(log, RowLog::Alone) || clock.latest().is_none() {
            return Ok(Vec::new());
        }
        let registry = self.registry;
        let id_of = |node| registry.id_of(node);
        let held = lensed.read(self.connection, (&lensed.by_id, ValueRef::Blob(&row)), &id_of)?;
        let Some(held) = held else { return Ok(Vec::new()) };
        let (mut known, mut origins) = (ByPosition::default(), HashMap::new());
        for (position, column) in lensed.columns() {
            let is_again =
                |cell: &&WrittenCell| self.turn(cell.target).is_some_and(|turn| !turn.is_undone);
            let again = written.columns.get(&column).into_iter().flatten().filter(is_again);
            let again = again.map(|cell| cell.last).max();
            let newest = self.judge.of_column(reader, log, (column, again))?.counts;
            let edit = self.judge.of_edits(reader, log, (column, again))?.counts;
            let marks = newest.as_ref().map(|write| write.origin.to_marks()).unwrap_or_default();
            origins.insert(position, marks);
            let (newest, edit) = (newest.and_then(as_written), edit.and_then(as_written));
            known.insert(position, Known { newest, edit });
        }
        let (now, then) = (lensed.row(held.known), lensed.row(known));
        let key_of = |table: TableRef, id: &Given<'_>| key_of(self.connection, table, id);
        let changed = set_back(lensed, &now, &then, &key_of)?;
        self.outcome.is_any = true;
        let cell = |(position, value, is_through): (usize, Given<'static>, bool)| {
            let (column, name) = table.columns.get_key_value(&lensed.ordinal(position)?)?;
            let mut marks = origins.remove(&position).unwrap_or_default();
            if is_through {
                marks.extend(Marks::OF_WRITTEN_THROUGH.0);
            }
            let cell =
                FoldedCell::new((*column, name.as_str()), Write::Value(value), Marks(&marks));
            Some(MarkedCell { cell, marks })
        };
        Ok(changed.into_iter().filter_map(cell).collect())
    }

    /// Returns what is to be added to a counter, or `None` if the column is none, or none any more.
    fn addition(
        &mut self,
        (key, column): (&RowKey, u32),
        turned: &[&WrittenCell],
        clock: &RowClock,
    ) -> Result<Option<i64>> {
        let added: Vec<_> = turned.iter().filter(|cell| cell.is_addition).collect();
        if added.is_empty() {
            return Ok(None);
        }
        let sum = self.counters.get(CounterCell { table: key.0, row: &key.1, column })?;
        // A value was written into the column since.
        if sum.is_none_or(|sum| Some(sum.last) != clock.last_write(column)) {
            self.outcome.report.left += added.len() as u64;
            return Ok(None);
        }
        self.outcome.is_any = true;
        let mut by = 0_i64;
        for cell in added {
            let times = self.turn(cell.target).map_or(0, |turn| turn.times);
            by = by.saturating_add(cell.added.saturating_mul(times));
            self.outcome.counted.insert(cell.target);
        }
        Ok(Some(by))
    }

    /// Returns what counts in a column now, if any transaction wrote a value into it. Counts the values that
    /// are left, because one that counts was written since.
    fn verdict(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        (column, turned): (u32, &[&WrittenCell]),
    ) -> Result<Option<Verdict>> {
        let values: Vec<_> = turned.iter().filter(|cell| !cell.is_addition).collect();
        let is_again =
            |cell: &&&&WrittenCell| self.turn(cell.target).is_some_and(|turn| !turn.is_undone);
        let again = values.iter().filter(is_again).map(|cell| cell.last).max();
        if values.is_empty() {
            return Ok(None);
        }
        if matches!(log, RowLog::Alone) {
            // The only change of a row made it: the row is deleted, and keeps what it was created with.
            self.outcome.is_any = true;
            let deleted = Verdict { counts: None, is_held: false, is_put_back: false };
            return Ok(Some(deleted).filter(|_| column == 0));
        }
        let verdict = self.judge.of_column(reader, log, (column, again))?;
        let place = verdict.counts.as_ref().map(|write| write.place);
        let is_theirs = values.iter().any(|cell| Some(cell.last) == place);
        let left = values.iter().filter(|cell| !is_theirs && Some(cell.last) < place).count();
        self.outcome.report.left += left as u64;
        self.outcome.is_any |= left < values.len();
        Ok(Some(verdict).filter(|verdict| !verdict.is_held))
    }

    /// Returns what is written into a column, and the marks of the cell: what counts now, if the column is not
    /// that of a counter, or what is added to it.
    fn write(
        &mut self,
        (key, column): (&RowKey, u32),
        verdict: Option<Verdict>,
        by: Option<i64>,
    ) -> Result<Option<ColumnWrite>> {
        let (by, marks) = match verdict.map(|verdict| verdict.counts) {
            Some(Some(CountingWrite { write: Write::Value(value), origin, .. })) => {
                return Ok(Some((Write::Value(value), origin.to_marks())));
            }
            Some(None) => {
                let value = Some(Stored::Integer(1)).filter(|_| column == 0);
                return Ok(Some((Write::Value(value), Vec::new())));
            }
            // A value was written over a counter: to add to it makes the column a counter again.
            Some(Some(CountingWrite { origin, .. })) => (by.unwrap_or(0), origin.to_marks()),
            None => match by.filter(|by| *by != 0) {
                Some(by) => (by, Vec::new()),
                None => return Ok(None),
            },
        };
        let sum = self.counters.get(CounterCell { table: key.0, row: &key.1, column })?;
        let total = sum.unwrap_or(Sum::NOTHING).total_of(self.writer).wrapping_add(by);
        Ok(Some((Write::Addition(Addition { by, total }), marks)))
    }

    /// Leaves out the values of some columns that the row has already, though something else was written into
    /// them.
    fn drop_same(
        &self,
        table: &RegisteredTable,
        row: &[u8; 16],
        (cells, columns): (&mut Vec<MarkedCell<'_>>, &[u32]),
    ) -> Result<()> {
        let is_asked = |cell: &MarkedCell<'_>| {
            matches!(cell.cell.write, Write::Value(_)) && columns.contains(&cell.cell.column.0)
        };
        if !cells.iter().any(is_asked) {
            return Ok(());
        }
        let asked = cells.iter().filter(|cell| is_asked(cell));
        let names: Vec<_> = asked.map(|cell| quoted(cell.cell.column.1)).collect();
        let (names, table) = (names.join(", "), quoted(&table.name));
        let sql = format!("SELECT {names} FROM {table} WHERE \"id\" = ?1");
        let mut held = self.connection.prepare_cached(&sql)?;
        let mut held = held.query([row])?;
        let held = held.next()?.ok_or(Error::Corrupt)?;
        let mut at = 0..;
        let mut same = Vec::with_capacity(cells.len());
        for cell in &*cells {
            same.push(match &cell.cell.write {
                Write::Value(value) if is_asked(cell) => {
                    is_same(held.get_ref(at.next().unwrap_or_default())?, value.as_ref())
                }
                _ => false,
            });
        }
        let mut same = same.into_iter();
        cells.retain(|_| !same.next().unwrap_or_default());
        Ok(())
    }
}

/// Returns what counts in a column as a value that was written.
fn as_written(write: CountingWrite) -> Option<Written> {
    match write.write {
        Write::Value(value) => Some(Written { value, at: (write.place.stamp, write.place.node) }),
        Write::Addition(_) | Write::Update(_) | Write::Forgotten(_) => None,
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
        let clock = RowClock::read(row.get_ref(0)?, (None, None));
        // Some change wrote the row.
        clock.filter(|clock| clock.latest().is_some()).ok_or(Error::Corrupt).map(Some)
    }
}
