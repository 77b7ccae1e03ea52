//! Verifying the rows of all tables against the changes of the log, whatever order these come in.
//!
//! Each change is compared with its row, whose clock says which of its cells were the last writes of their
//! columns: these must be what the row holds. That nothing is in the rows which no change has written is found
//! by counting: what the clocks list must be as much as what was found to be listed.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::care::verification::What;
use crate::care::verify::findings::Findings;
use crate::care::verify::sums::{Sums, holds_own};
use crate::care::verify::table::{HEAD, RowHead, Table, Tally};
use crate::care::verify::ties::Ties;
use crate::care::verify::unknown_rows::unknown_rows;
use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::log::cells::{Standing, Write, is_written_through};
use crate::log::clock::Stamp;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::forgotten::ForgottenRows;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::piece::unpacking::LoggedChange;
use crate::value::{Stored, is_same};

/// The tables that are verified.
pub(super) struct Tables<'c, 'r> {
    connection: &'c Connection,
    pub(super) registry: &'r Registry,
    pub(super) tables: BTreeMap<i64, Table<'c, 'r>>,
    counters: Counters<'c>,
    /// The node that writes the file.
    writer: NodeOrdinal,
    pub(super) ties: Ties,
    pub(super) forgotten: ForgottenRows<'c>,
}

/// A cell of a change, as it is compared with the row.
struct Cell<'a> {
    column: u32,
    write: Write<'a>,
    is_written_through: bool,
    /// What is kept of the counter, if the cell adds to one.
    sum: Option<Sum>,
}

impl Cell<'_> {
    /// Returns whether a column that the cell has written last holds what it should.
    fn is_held(&self, held: ValueRef<'_>) -> bool {
        match &self.write {
            Write::Value(value) => is_same(held, value.as_ref()),
            // It is worked out when it is read.
            Write::Update(_) => true,
            Write::Forgotten(_) => is_same(held, Some(&Stored::Integer(1))),
            Write::Addition(_) => {
                let sum = self.sum.map(|sum| Stored::Integer(sum.value()));
                is_same(held, sum.as_ref())
            }
        }
    }
}

impl<'c, 'r> Tables<'c, 'r> {
    pub(super) fn new(
        connection: &'c Connection,
        registry: &'r Registry,
        findings: &mut Findings,
    ) -> Result<Self> {
        let mut tables = BTreeMap::new();
        for table in registry.synced() {
            if let Some(made) = Table::new(connection, table, &mut findings.found)? {
                tables.insert(table.ordinal, made);
            }
        }
        let writer = meta::get(connection, meta::NODE)?.unwrap_or(NodeOrdinal::NONE);
        let ties = Ties::load(connection, registry)?;
        let counters = Counters::new(connection);
        let forgotten = ForgottenRows::new(connection);
        Ok(Self { connection, registry, tables, counters, writer, ties, forgotten })
    }

    /// Compares a change with its row.
    pub(super) fn change(
        &mut self,
        change: &LoggedChange<'_>,
        findings: &mut Findings,
    ) -> Result<()> {
        let record = &change.record;
        if !self.tables.contains_key(&record.table) {
            return Ok(());
        }
        if self.forgotten_change(change, findings)? {
            return Ok(());
        }
        let is_tie = self.ties.may_be((record.table, &record.row), (record.stamp, change.node));
        if is_tie {
            self.ties.rows.insert((record.table, record.row));
        }
        let mut cells = self.cells(change, is_tie, findings)?;
        if is_tie {
            return Ok(());
        }
        let Self { registry, tables, ties, .. } = self;
        let Some(table) = tables.get_mut(&record.table) else { return Ok(()) };
        cells.retain(|cell| table.columns.contains_key(&cell.column));
        let mut columns: Vec<u32> = cells.iter().map(|cell| cell.column).collect();
        let (registered, mut tally) = (table.table, Tally::default());
        if !registered.edits.is_empty() {
            columns.extend(cells.iter().filter_map(|cell| table.edits_of(cell.column)));
        }
        let at_of =
            |wanted| columns.iter().position(|column| *column == wanted).map(|at| HEAD + at);
        table.look_up(&record.row, &columns, |row| {
            let mut differ = |column: Option<&str>, what| {
                findings.of_row(registered, &record.row, (column, what));
            };
            let Some(row) = row else {
                differ(None, What::MissingRow);
                return Ok(());
            };
            let head = RowHead::of(row)?;
            let id_of = |node| registry.id_of(node);
            tally.add(compare_ends(&head, change, &id_of, &mut differ));
            let Some(clock) = &head.clock else { return Ok(()) };
            if clock.is_oversized() {
                // Which values it lacks can be told from all of its changes alone.
                ties.rows.insert((record.table, record.row));
            }
            let this = (record.stamp, change.node);
            let precedence = |(stamp, node): (Stamp, NodeOrdinal)| (stamp, id_of(node));
            let mut edits = Vec::new();
            for (cell, at) in cells.iter().zip(HEAD..) {
                let name = registered.columns.get(&cell.column).map(String::as_str);
                match clock.last_write(cell.column) {
                    Some(last) if last == this => {
                        tally.columns += 1;
                        if clock.is_marked(cell.column) != cell.is_written_through {
                            differ(name, What::Clock);
                        }
                        if !clock.lacks(cell.column) && !cell.is_held(row.get_ref(at)?) {
                            differ(name, What::Value);
                        }
                    }
                    Some(last) if precedence(last) > precedence(this) => {
                        if clock.is_marked(cell.column) && !cell.is_written_through {
                            edits.push(cell);
                        }
                    }
                    _ => differ(name, What::Clock),
                }
            }
            // The last edits of columns whose last write was written through.
            for cell in edits {
                let Some(column) = registered.edits.get(&cell.column) else {
                    differ(registered.columns.get(&cell.column).map(String::as_str), What::Clock);
                    continue;
                };
                let Some(at) = at_of(column.ordinal) else { continue };
                match clock.last_write(column.ordinal) {
                    Some(last) if last == this => {
                        tally.columns += 1;
                        if !clock.lacks(column.ordinal) && !cell.is_held(row.get_ref(at)?) {
                            differ(Some(&column.name), What::Value);
                        }
                    }
                    Some(last) if precedence(last) > precedence(this) => {}
                    _ => differ(Some(&column.name), What::Clock),
                }
            }
            Ok(())
        })?;
        table.logged.add(tally);
        Ok(())
    }

    /// Returns the cells of a change that count, and takes account of what it adds to counters.
    fn cells<'a>(
        &mut self,
        change: &LoggedChange<'a>,
        is_tie: bool,
        findings: &mut Findings,
    ) -> Result<Vec<Cell<'a>>> {
        let record = &change.record;
        let Self { registry, tables, counters, writer, ties, .. } = self;
        let Some(table) = tables.get_mut(&record.table) else { return Ok(Vec::new()) };
        let mut cells = Vec::with_capacity(8);
        for cell in record.cells.judged() {
            let (cell, Standing::Counts(write)) = cell? else { continue };
            let column = cell.column;
            let Some(name) = table.table.columns.get(&column) else { continue };
            let mut sum = None;
            if let Write::Addition(addition) = write {
                sum =
                    counters.get(CounterCell { table: record.table, row: &record.row, column })?;
                let is_own =
                    change.node == *writer && sum.is_some_and(|sum| holds_own(&sum, *writer, ties));
                table.sums.add((&record.row, column), addition, is_own);
                let precedence =
                    |(stamp, node): (Stamp, NodeOrdinal)| (stamp, registry.id_of(node));
                let this = (record.stamp, change.node);
                match sum {
                    Some(sum) if sum.last == this && !is_tie => table.sums.add_latest(),
                    Some(sum) if precedence(sum.last) >= precedence(this) => {}
                    _ => findings.of_row(table.table, &record.row, (Some(name), What::Total)),
                }
            }
            let is_written_through = is_written_through(column, &write, cell.marks);
            cells.push(Cell { column, write, is_written_through, sum });
        }
        Ok(cells)
    }

    /// Compares all rows with what was found in the log, once all changes were compared. Calls `each` for every
    /// row.
    pub(super) fn finish(&mut self, findings: &mut Findings, mut each: impl FnMut()) -> Result<()> {
        let (mut unlike, mut with_unknown) = (Vec::new(), Vec::new());
        for (ordinal, table) in &self.tables {
            let (tally, has_unwritten) = scan(table, &self.ties, findings, &mut each)?;
            if Sums::kept(self.connection, *ordinal, (&self.ties, self.writer))? != table.sums {
                findings.found.differ(Some(&table.table.name), None, What::Total);
            }
            if tally != table.logged || has_unwritten {
                unlike.push((*ordinal, tally));
                with_unknown.push(*ordinal);
            }
        }
        let unknown = unknown_rows(self, &with_unknown, findings)?;
        for (ordinal, tally) in unlike {
            let Some(table) = self.tables.get(&ordinal) else { continue };
            let mut logged = table.logged;
            logged.add(unknown.get(&ordinal).copied().unwrap_or_default());
            if logged != tally {
                findings.found.differ(Some(&table.table.name), None, What::Clock);
            }
        }
        Ok(())
    }

    /// Returns the connection that the tables are read with.
    pub(super) fn connection(&self) -> &'c Connection {
        self.connection
    }
}

/// Compares the dates of a row with those of a change, if it is the earliest or the latest one. Returns which
/// of them it is.
fn compare_ends(
    head: &RowHead,
    change: &LoggedChange<'_>,
    id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    differ: &mut dyn FnMut(Option<&str>, What),
) -> Tally {
    let mut tally = Tally::default();
    let this = (change.record.stamp, change.node);
    let precedence = |(stamp, node): (Stamp, NodeOrdinal)| (stamp, id_of(node));
    let ends = head.clock.as_ref().and_then(|clock| {
        let (earliest, latest) = (clock.earliest()?, clock.latest()?);
        Some((clock, earliest, latest))
    });
    let Some((clock, earliest, latest)) = ends else {
        differ(None, What::Clock);
        return tally;
    };
    if earliest == this {
        tally.earliest += 1;
        if head.created_at != Some(change.date) {
            differ(Some("created_at"), What::Value);
        }
    } else if precedence(earliest) > precedence(this) {
        differ(None, What::Clock);
    }
    if latest == this {
        tally.latest += 1;
        if clock.latest_date() != change.date || head.updated_at != Some(clock.updated_at()) {
            differ(Some("updated_at"), What::Value);
        }
    } else if precedence(latest) < precedence(this) {
        differ(None, What::Clock);
    }
    tally
}

/// Reads the rows of a table. Returns what their clocks list, and whether there is a row that no change has
/// written, as its clock or its id says.
fn scan(
    table: &Table<'_, '_>,
    ties: &Ties,
    findings: &mut Findings,
    each: &mut dyn FnMut(),
) -> Result<(Tally, bool)> {
    let (mut tally, mut has_unwritten) = (Tally::default(), false);
    table.for_each_row(|id, head, row| {
        findings.found.rows += 1;
        each();
        let Ok(key) = <&[u8; 16]>::try_from(id) else {
            has_unwritten = true;
            return Ok(());
        };
        let Some(clock) = &head.clock else {
            findings.of_row(table.table, key, (None, What::Clock));
            return Ok(());
        };
        has_unwritten |= clock.latest().is_none();
        tally.add(table.listed(id, clock, ties));
        for ((column, name), at) in table.columns.iter().zip(HEAD..) {
            if clock.last_write(*column).is_none() && row.get(at)? {
                findings.of_row(table.table, key, (Some(name), What::Value));
            }
        }
        Ok(())
    })?;
    Ok((tally, has_unwritten))
}
