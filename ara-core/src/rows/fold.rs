//! The fold of the change log: what the rows of a table must be.

use std::collections::BTreeMap;

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{Row, Rows, Statement};

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::cells::Standing;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::counters::sum;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::row_clock::{ColumnSet, RowClock};
use crate::value::Stored;

/// Selects the changes of a table, those of a row together. [`FoldedRows`] reads it.
pub(crate) const CHANGES_BY_ROW: &str =
    "SELECT row, node, time, cells FROM ara_change WHERE tbl = ?1 ORDER BY row";

/// Selects one change. [`Folded::of_row`] reads it.
pub(crate) const ONE_CHANGE: &str =
    "SELECT row, node, time, cells FROM ara_change WHERE node = ?1 AND time = ?2";

/// A row as the log says it must be.
#[derive(Default)]
pub(crate) struct Folded {
    /// The columns that were ever written, by ordinal.
    pub(crate) cells: BTreeMap<u32, FoldedCell>,
    /// What was added to its counters, by column and node, and when the node last did.
    pub(crate) totals: BTreeMap<(u32, NodeOrdinal), (Time, i64)>,
    pub(crate) created_at: Option<i64>,
    pub(crate) updated_at: Option<i64>,
    /// How many changes it is the fold of, those that cannot be read included.
    pub(crate) changes: u64,
    /// How many of them cannot be read.
    pub(crate) unreadable: u64,
}

/// What was written last into a column of a row.
pub(crate) struct FoldedCell {
    pub(crate) stamp: Stamp,
    pub(crate) node: NodeOrdinal,
    /// Of a counter it is the sum of the totals.
    pub(crate) value: Option<Stored<'static>>,
    is_total: bool,
}

impl Folded {
    /// The row of which these are all changes, by node and time. `None` if no change of it counts yet. The
    /// statement is that of [`ONE_CHANGE`].
    pub(crate) fn of_row(
        change: &mut Statement<'_>,
        registry: &Registry,
        changes: &[(i64, i64)],
    ) -> Result<Option<Self>> {
        let mut folded = Self::default();
        for place in changes {
            let mut change = change.query(*place)?;
            folded.add(change.next()?.ok_or(Error::Corrupt)?, registry);
        }
        folded.add_up();
        Ok(Some(folded).filter(|folded| !folded.is_nothing()))
    }

    /// Folds one change in, which may be one that cannot be read.
    fn add(&mut self, change: &Row<'_>, registry: &Registry) {
        self.changes += 1;
        if self.fold(change, registry).is_none() {
            self.unreadable += 1;
        }
    }

    /// Folds one change in, unless its time is still to come. `None` where it cannot be read.
    fn fold(&mut self, change: &Row<'_>, registry: &Registry) -> Option<()> {
        let node = change.get(1).ok()?;
        let time = change.get(2).ok()?;
        let writer = registry.nodes.get(&node)?;
        if !writer.counts(time) {
            return Some(());
        }
        let stamp = Stamp { time, node: writer.id };
        let cells = PackedCells::open(change.get_ref(3).ok()?.as_blob().ok()?)?;
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
                self.cells.insert(cell.column, FoldedCell { stamp, node, value, is_total });
            }
        }
        let millis = time.millis();
        self.created_at = Some(self.created_at.map_or(millis, |first| first.min(millis)));
        self.updated_at = Some(self.updated_at.map_or(millis, |latest| latest.max(millis)));
        Some(())
    }

    /// Adds up the counters, once all changes are folded in.
    fn add_up(&mut self) {
        for (column, cell) in self.cells.iter_mut().filter(|(_, cell)| cell.is_total) {
            let totals =
                self.totals.range((*column, NodeOrdinal::MIN)..=(*column, NodeOrdinal::MAX));
            cell.value = Some(Stored::Integer(sum(totals.map(|(_, (_, total))| *total))));
        }
    }

    /// Whether no change of the row counts yet.
    fn is_nothing(&self) -> bool {
        self.created_at.is_none() && self.unreadable == 0
    }

    /// The clock of the row, of these columns.
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

pub(crate) fn owned(value: Stored<'_>) -> Stored<'static> {
    match value {
        Stored::Integer(integer) => Stored::Integer(integer),
        Stored::Real(real) => Stored::Real(real),
        Stored::Text(text) => Stored::Text(text.into_owned().into()),
        Stored::Blob(bytes) => Stored::Blob(bytes.into_owned().into()),
    }
}

/// The rows of one table as the log says they must be, by id. No more than one is in memory.
pub(crate) struct FoldedRows<'s> {
    changes: Rows<'s>,
    registry: &'s Registry,
    /// Whether `changes` stands on the first change of the next row.
    started: bool,
}

impl<'s> FoldedRows<'s> {
    /// The rows of a table. The statement is that of [`CHANGES_BY_ROW`].
    pub(crate) fn new(
        changes: &'s mut Statement<'_>,
        registry: &'s Registry,
        table: i64,
    ) -> Result<Self> {
        Ok(Self { changes: changes.query([table])?, registry, started: false })
    }

    /// The next row's id, and the row.
    pub(crate) fn next(&mut self) -> Result<Option<(Vec<u8>, Folded)>> {
        loop {
            match self.next_logged()? {
                Some((_, folded)) if folded.is_nothing() => {}
                next => return Ok(next),
            }
        }
    }

    fn next_logged(&mut self) -> Result<Option<(Vec<u8>, Folded)>> {
        if !self.started {
            self.changes.advance()?;
            self.started = true;
        }
        let mut id = None;
        let mut folded = Folded::default();
        while let Some(change) = self.changes.get() {
            let of = change.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
            match &id {
                None => id = Some(of.to_vec()),
                Some(id) if **id != *of => break,
                Some(_) => {}
            }
            folded.add(change, self.registry);
            self.changes.advance()?;
        }
        folded.add_up();
        Ok(id.map(|id| (id, folded)))
    }
}
