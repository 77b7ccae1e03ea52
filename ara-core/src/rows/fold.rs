//! The fold of the change log: what the rows of a table must contain according to it.

use std::collections::BTreeMap;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::cells::Standing;
use crate::log::clock::Time;
use crate::log::counters::sum;
use crate::log::logged_change::LoggedChange;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::node_changes::ChangeFinder;
use crate::log::row_clock::{ColumnSet, RowClock};
use crate::log::table_changes::{LoggedRows, TableReader};
use crate::value::Stored;

/// What a row must contain according to the log.
#[derive(Default)]
pub(crate) struct Folded {
    /// The last write to each column that was ever written, by the column's ordinal.
    pub(crate) cells: BTreeMap<u32, LastWrite>,
    /// What each node has added to each counter, by column and node, and when it last did.
    pub(crate) totals: BTreeMap<(u32, NodeOrdinal), (Time, i64)>,
    pub(crate) created_at: Option<i64>,
    pub(crate) updated_at: Option<i64>,
    /// The number of changes that were folded, including those that cannot be read.
    pub(crate) changes: u64,
    /// The number of changes that cannot be read.
    pub(crate) unreadable: u64,
}

/// The last write to a column of a row.
pub(crate) struct LastWrite {
    pub(crate) stamp: Stamp,
    pub(crate) node: NodeOrdinal,
    /// The value that was written, or the sum of the totals if the column is a counter.
    pub(crate) value: Option<Stored<'static>>,
    is_total: bool,
}

impl Folded {
    /// Folds all changes of a row, which are given by node and time, and returns `None` if none of them
    /// counts yet.
    pub(crate) fn of_row(
        log: &mut ChangeFinder<'_>,
        registry: &Registry,
        changes: &[(NodeOrdinal, Time)],
    ) -> Result<Option<Self>> {
        let mut folded = Self::default();
        for place in changes {
            let found = log.find(*place, |change| {
                folded.add(change, registry);
                Ok(())
            })?;
            found.ok_or(Error::Corrupt)?;
        }
        folded.add_up();
        Ok(Some(folded).filter(|folded| !folded.is_nothing()))
    }

    /// Folds in one change, and counts it.
    fn add(&mut self, change: LoggedChange<'_>, registry: &Registry) {
        self.changes += 1;
        if self.fold(change, registry).is_none() {
            self.unreadable += 1;
        }
    }

    /// Folds in one change, unless it does not count yet. Returns `None` if it cannot be read.
    fn fold(&mut self, change: LoggedChange<'_>, registry: &Registry) -> Option<()> {
        let (node, time) = (change.node().ok()?, change.time().ok()?);
        let writer = registry.nodes.get(&node)?;
        if !writer.counts(time) {
            return Some(());
        }
        let stamp = Stamp { time, node: writer.id };
        let cells = change.cells().ok()?;
        for cell in cells.judged() {
            let (cell, Standing::Counts(value)) = cell.ok()? else { continue };
            let is_total = cell.is_total();
            if let (true, Some(Stored::Integer(total))) = (is_total, &value) {
                let last = self.totals.entry((cell.column, node)).or_insert((time, *total));
                if last.0 < time {
                    *last = (time, *total);
                }
            }
            if self.cells.get(&cell.column).is_none_or(|cell| cell.stamp < stamp) {
                let value = value.map(owned);
                self.cells.insert(cell.column, LastWrite { stamp, node, value, is_total });
            }
        }
        let millis = time.millis();
        self.created_at = Some(self.created_at.map_or(millis, |first| first.min(millis)));
        self.updated_at = Some(self.updated_at.map_or(millis, |latest| latest.max(millis)));
        Some(())
    }

    /// Sets the counters to the sums of their totals. To be called once all changes are folded in.
    fn add_up(&mut self) {
        for (column, cell) in self.cells.iter_mut().filter(|(_, cell)| cell.is_total) {
            let totals =
                self.totals.range((*column, NodeOrdinal::MIN)..=(*column, NodeOrdinal::MAX));
            cell.value = Some(Stored::Integer(sum(totals.map(|(_, (_, total))| *total))));
        }
    }

    /// Returns whether no change of the row counts yet.
    fn is_nothing(&self) -> bool {
        self.created_at.is_none() && self.unreadable == 0
    }

    /// Returns the value of a column, or `None` if it is NULL or was never written.
    pub(crate) fn value(&self, column: u32) -> Option<&Stored<'static>> {
        self.cells.get(&column)?.value.as_ref()
    }

    /// Returns the clock of the row, restricted to the given columns.
    pub(crate) fn clock(&self, columns: &BTreeMap<u32, String>) -> RowClock {
        let mut groups: BTreeMap<_, ColumnSet> = BTreeMap::new();
        for (ordinal, cell) in &self.cells {
            if columns.contains_key(ordinal) {
                groups.entry((cell.stamp, cell.node)).or_default().insert(*ordinal);
            }
        }
        let newest_first = groups.into_iter().rev();
        newest_first.map(|((stamp, node), columns)| (stamp.time, node, columns)).collect()
    }
}

/// Copies a value, so that it no longer borrows from what it was read from.
pub(crate) fn owned(value: Stored<'_>) -> Stored<'static> {
    match value {
        Stored::Integer(integer) => Stored::Integer(integer),
        Stored::Real(real) => Stored::Real(real),
        Stored::Text(text) => Stored::Text(text.into_owned().into()),
        Stored::Blob(bytes) => Stored::Blob(bytes.into_owned().into()),
    }
}

/// Iterates over the rows of a table as they must be according to the log, in the order of their ids. Only
/// one row is in memory at a time.
pub(crate) struct FoldedRows<'s> {
    rows: LoggedRows<'s>,
    registry: &'s Registry,
}

impl<'s> FoldedRows<'s> {
    /// Starts with the first row of a table.
    pub(crate) fn new(
        log: &'s mut TableReader<'_>,
        registry: &'s Registry,
        table: i64,
    ) -> Result<Self> {
        Ok(Self { rows: log.read(table)?, registry })
    }

    /// Returns the id of the next row of which a change counts, and the row.
    pub(crate) fn next(&mut self) -> Result<Option<(Vec<u8>, Folded)>> {
        loop {
            let mut folded = Folded::default();
            let next = self.rows.next(|change| {
                folded.add(change, self.registry);
                Ok(())
            })?;
            let Some(id) = next else { return Ok(None) };
            folded.add_up();
            if !folded.is_nothing() {
                return Ok(Some((id, folded)));
            }
        }
    }
}
