//! Writing rows of any table of the file, also of those that the app does not declare.

use std::collections::BTreeSet;

use rusqlite::Connection;
use uuid::Uuid;

use crate::catalog::registry::{RegisteredTable, Registry};
use crate::error::{Error, Result};
use crate::log::cells::Write;
use crate::log::change::Change;
use crate::log::clock::Stamp;
use crate::log::marks::Marks;
use crate::log::recorder::Recorder;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::Tick;
use crate::rows::folded_change::{FoldedCell, FoldedChange};
use crate::rows::last_writer::Rows;
use crate::rows::rebuild::rebuild_rows;
use crate::rows::touched::Touched;
use crate::value::size::LARGEST;

/// Makes changes of this node, and folds them in as a merge folds in those of other nodes.
pub(crate) struct AnyRows<'c, 'r> {
    registry: &'r Registry,
    rows: Rows<'c>,
}

impl<'c, 'r> AnyRows<'c, 'r> {
    pub(crate) fn new(connection: &'c Connection, registry: &'r Registry) -> Result<Self> {
        Ok(Self { registry, rows: Rows::new(connection)? })
    }

    /// Writes cells into a row, and creates the row if it does not exist. All cells are recorded: the caller
    /// leaves out those that would change nothing. `latest` is the stamp of the latest change of the row.
    ///
    /// A row of a local table is written alone, as the log has none.
    ///
    /// If it fails after the change was recorded, nothing may be committed.
    ///
    /// Returns [`Error::EndOfTime`] if nothing can come after `latest`, [`Error::Forgotten`] if the row was
    /// forgotten, and [`Error::TooLarge`] if the log cannot hold the change.
    pub(crate) fn write(
        &mut self,
        recorder: &mut Recorder<'_>,
        (table, row, latest): (&RegisteredTable, [u8; 16], Stamp),
        cells: Vec<MarkedCell<'_>>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        if self.rows.forgotten.has(&(table.ordinal, row))? {
            return Err(Error::Forgotten { table: table.name.clone() });
        }
        let bytes: u64 = cells.iter().map(|cell| cell.cell.write.length()).sum();
        if bytes > LARGEST {
            return Err(Error::TooLarge { table: table.name.clone() });
        }
        let stamp = recorder.stamp_after(latest);
        let stamp = stamp.ok_or_else(|| Error::EndOfTime { table: table.name.clone() })?;
        let (is_local, table) = (table.is_local, (table.ordinal, table.name.as_str()));
        if is_local {
            recorder.meet(stamp);
            recorder.note_local();
        } else {
            record(recorder, (stamp, table, Uuid::from_bytes(row)), &cells)?;
        }
        let node = (recorder.node(), recorder.node_id());
        let tick = Tick { stamp, node, date: recorder.date() };
        let cells = cells.into_iter().map(|marked| marked.cell).collect();
        let change = FoldedChange { table, row, tick, cells };
        let folded = self.fold(recorder, (change, is_local), touched);
        folded.inspect_err(|_| recorder.break_off())
    }

    /// Folds in a change that was recorded, unless its table is local.
    fn fold(
        &mut self,
        recorder: &mut Recorder<'_>,
        (mut change, is_local): (FoldedChange<'_>, bool),
        mut touched: Option<&mut Touched>,
    ) -> Result<()> {
        let table = change.table;
        self.rows.fold(&mut change, &|node| self.registry.id_of(node), touched.as_deref_mut())?;
        let unclear = std::mem::take(&mut self.rows.unclear);
        match unclear.is_empty() {
            true => Ok(()),
            false if is_local => Err(Error::TooLarge { table: table.1.to_owned() }),
            false => self.rebuild(recorder, &unclear, touched),
        }
    }

    /// Makes some rows anew from the log.
    pub(crate) fn rebuild(
        &self,
        recorder: &mut Recorder<'_>,
        rows: &BTreeSet<RowKey>,
        touched: Option<&mut Touched>,
    ) -> Result<()> {
        rebuild_rows(&recorder.whole_log()?, self.registry, rows, touched)
    }
}

/// Records a change of a row, whose table is given by its ordinal and its name.
fn record(
    recorder: &mut Recorder<'_>,
    row: (Stamp, (i64, &str), Uuid),
    cells: &[MarkedCell<'_>],
) -> Result<()> {
    let change = changed(recorder, row, cells);
    recorder.record(change)
}

/// Returns a change of a row, whose table is given by its ordinal and its name, to be recorded.
pub(super) fn changed(
    recorder: &mut Recorder<'_>,
    (stamp, table, row): (Stamp, (i64, &str), Uuid),
    cells: &[MarkedCell<'_>],
) -> Change {
    let mut change = recorder.change(stamp, table, row);
    for MarkedCell { cell: FoldedCell { column, write, .. }, marks } in cells {
        match write {
            Write::Value(value) => change.value(*column, value.as_ref(), Marks(marks)),
            Write::Addition(addition) => change.addition(*column, *addition, Marks(marks)),
            Write::Update(update) => change.update(*column, update, Marks(marks)),
            Write::Forgotten(_) => change.forget(column.1),
        }
    }
    change
}

/// A cell with marks.
pub(crate) struct MarkedCell<'a> {
    pub(crate) cell: FoldedCell<'a>,
    /// The marks as bytes.
    pub(crate) marks: Vec<u8>,
}
