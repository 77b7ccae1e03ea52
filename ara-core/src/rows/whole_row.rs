//! A row as all of its changes make it, whatever order these come in.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::error::{Error, Result};
use crate::log::cells::{IS_DELETED, Write, keep_counting};
use crate::log::change::Names;
use crate::log::clock::Stamp;
use crate::log::column_set::ColumnSet;
use crate::log::counters::{CounterCell, Counters, Sum};
use crate::log::forgotten::{ForgottenRows, Tombstone, clear_row};
use crate::log::node::{NodeOrdinal, Precedence};
use crate::log::owned_write::owned;
use crate::log::row_clock::{LeftOut, RowClock, Tick};
use crate::log::statements::bind;
use crate::rows::folded_change::FoldedChange;
use crate::rows::insert::{FIRST_COLUMN, RowHead, insert_sql};
use crate::rows::table_rows::delete_row;
use crate::value::size::LARGEST;
use crate::value::{Stored, is_same};

/// A row as all of its changes make it, whatever order these come in.
///
/// A row that would be larger than SQLite holds lacks its longest values, as many as are needed. Of equally long
/// ones, the latest is left out first, by precedence and then by the name of its column. So which they are depends on
/// the changes alone.
pub(crate) struct WholeRow<'r> {
    /// The node that writes the file.
    writer: NodeOrdinal,
    names: &'r dyn Names,
    columns: BTreeMap<u32, LastWrite>,
    sums: BTreeMap<u32, Sum>,
    /// The earliest and the latest change, once there is any.
    ends: Option<[(Precedence, Tick); 2]>,
    tombstone: Option<Tombstone>,
    /// By stamp and node, which changes there are.
    changes: BTreeSet<(Stamp, NodeOrdinal)>,
    /// The nodes that stamped two of them alike, as one device never does.
    tied: BTreeSet<NodeOrdinal>,
}

/// What was written last into a column.
struct LastWrite {
    precedence: Precedence,
    tick: Tick,
    name: String,
    write: Write<'static>,
}

impl<'r> WholeRow<'r> {
    /// Begins with a row that has no changes.
    pub(crate) fn new(writer: NodeOrdinal, names: &'r dyn Names) -> Self {
        let (columns, sums, changes, tied) = Default::default();
        Self { writer, names, columns, sums, ends: None, tombstone: None, changes, tied }
    }

    /// Folds in a change, whose hash as it was first written is `hash`.
    pub(crate) fn add(&mut self, mut change: FoldedChange<'_>, hash: u64) {
        let tick = change.tick;
        let (node, id) = tick.node;
        if !self.changes.insert((tick.stamp, node)) {
            self.tied.insert(node);
        }
        let names = self.names;
        let id_of = |node| names.node(node);
        if let Some(forgotten) = change.forgotten() {
            let new = Tombstone::of(forgotten, tick);
            let order = |tombstone: &Tombstone| tombstone.order(id_of(tombstone.node));
            if self.tombstone.is_none_or(|held| order(&new) < order(&held)) {
                self.tombstone = Some(new);
            }
        }
        keep_counting(&mut change.cells, |cell| cell.column.0);
        let precedence = Precedence { stamp: tick.stamp, node: id, hash };
        let this = (precedence, tick);
        let [earliest, latest] = self.ends.get_or_insert([this; 2]);
        *earliest = if precedence < earliest.0 { this } else { *earliest };
        *latest = if precedence > latest.0 { this } else { *latest };
        for cell in change.cells {
            let (column, name) = cell.column;
            if let Write::Addition(addition) = cell.write {
                let sum = self.sums.entry(column).or_insert(Sum::NOTHING);
                sum.add((tick.stamp, node), addition, self.writer, &id_of);
            }
            if self.columns.get(&column).is_none_or(|last| last.precedence < precedence) {
                let (name, write) = (name.to_owned(), owned(cell.write));
                self.columns.insert(column, LastWrite { precedence, tick, name, write });
            }
        }
    }

    /// Returns the nodes that stamped two of the changes alike.
    pub(crate) fn tied(&self) -> &BTreeSet<NodeOrdinal> {
        &self.tied
    }

    /// Returns which columns the row lacks, as it would be too large with them.
    fn left_out(&self) -> Vec<LeftOut> {
        let lengths =
            self.columns.iter().map(|(column, last)| (last.write.length(), last, *column));
        let mut lengths: Vec<_> = lengths.filter(|(length, ..)| *length > 0).collect();
        let mut sum: u64 = lengths.iter().map(|(length, ..)| length).sum();
        lengths.sort_by_key(|(length, last, _)| (*length, last.precedence, &last.name));
        let mut left_out = Vec::new();
        while sum > LARGEST {
            let Some((length, _, column)) = lengths.pop() else { break };
            sum -= length;
            left_out.push((column, length));
        }
        left_out
    }

    /// Returns the clock of the row, or `None` if it has no changes.
    pub(crate) fn clock(&self) -> Option<RowClock> {
        let [earliest, latest] = self.ends?;
        let mut groups: BTreeMap<Precedence, (Tick, ColumnSet)> = BTreeMap::new();
        for (precedence, tick) in [earliest, latest] {
            groups.insert(precedence, (tick, ColumnSet::default()));
        }
        for (column, last) in &self.columns {
            let group = groups.entry(last.precedence).or_insert((last.tick, ColumnSet::default()));
            group.1.insert(*column);
        }
        let mut clock = RowClock::default();
        for (tick, columns) in groups.values() {
            clock.insert(*tick, columns, &|node| self.names.node(node));
        }
        self.left_out().into_iter().for_each(|left_out| clock.leave_out(left_out));
        Some(clock)
    }

    /// Calls `run` with what was written last into a column.
    fn with_value<R>(
        &self,
        (column, last): (u32, &LastWrite),
        run: impl FnOnce(Option<&Stored<'_>>) -> R,
    ) -> R {
        match &last.write {
            Write::Value(value) => run(value.as_ref()),
            Write::Forgotten(_) => run(Some(&Stored::Integer(1))),
            Write::Addition(_) => {
                let sum = self.sums.get(&column).unwrap_or(&Sum::NOTHING);
                run(Some(&Stored::Integer(sum.value())))
            }
        }
    }

    /// Returns whether a column holds what it must. The clock is that of the row.
    pub(crate) fn is_held(&self, clock: &RowClock, column: u32, held: ValueRef<'_>) -> bool {
        match self.columns.get(&column) {
            Some(last) if !clock.lacks(column) => {
                self.with_value((column, last), |value| is_same(held, value))
            }
            _ => is_same(held, None),
        }
    }

    /// Puts the row into its table, in the place of the one that is there, which is deleted if there are no changes.
    pub(crate) fn put(
        &self,
        connection: &Connection,
        (table, name): (i64, &str),
        row: &[u8; 16],
    ) -> Result<()> {
        delete_row(connection, (table, name), row)?;
        clear_row(connection, &(table, *row))?;
        if let Some(tombstone) = self.tombstone {
            let id_of = |node| self.names.node(node);
            ForgottenRows::new(connection).note(&(table, *row), tombstone, &id_of)?;
            return self.put_tombstone(connection, name, (row, tombstone));
        }
        let Some(clock) = self.clock() else { return Ok(()) };
        let mut packed = Vec::with_capacity(48);
        clock.pack(&mut packed);
        let head = RowHead {
            id: row,
            clock: &packed,
            created_at: Some(clock.created_at()),
            updated_at: Some(clock.updated_at()),
        };
        let held = || self.columns.iter().filter(|(column, _)| !clock.lacks(**column));
        let sql = insert_sql(name, held().map(|(_, last)| last.name.as_str()));
        let mut insert = connection.prepare_cached(&sql)?;
        head.bind(&mut insert)?;
        for ((column, last), parameter) in held().zip(FIRST_COLUMN..) {
            self.with_value((*column, last), |value| {
                bind(&mut insert, parameter, value.map_or(ValueRef::Null, Stored::to_sql))
            })?;
        }
        if insert.raw_execute()? == 0 {
            return Err(Error::unwritten(name));
        }
        let mut counters = Counters::new(connection);
        for (column, sum) in &self.sums {
            counters.put(CounterCell { table, row, column: *column }, sum)?;
        }
        Ok(())
    }

    /// Puts the tombstone of a forgotten row into its table.
    fn put_tombstone(
        &self,
        connection: &Connection,
        name: &str,
        (row, tombstone): (&[u8; 16], Tombstone),
    ) -> Result<()> {
        let Tombstone { stamp, node, date, .. } = tombstone;
        let mut clock = Vec::with_capacity(16);
        RowClock::pack_one(&mut clock, stamp, node, &std::iter::once(IS_DELETED).collect());
        let (id, date) = (&row[..], Some(date));
        let head = RowHead { id, clock: &clock, created_at: date, updated_at: date };
        let sql = insert_sql(name, ["is_deleted"]);
        let mut insert = connection.prepare_cached(&sql)?;
        head.bind(&mut insert)?;
        bind(&mut insert, FIRST_COLUMN, ValueRef::Integer(1))?;
        match insert.raw_execute()? {
            0 => Err(Error::unwritten(name)),
            _ => Ok(()),
        }
    }
}
