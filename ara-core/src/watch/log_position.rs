//! A position in the change log, and what was written after it.

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;
use crate::log::node_changes::{SpanReader, last_time};
use crate::log::point::Point;
use crate::log::row_clock::ColumnSet;
use crate::log::span::Span;
use crate::log::{meta, nodes};
use crate::rows::touched::Touched;

/// A position in the change log of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogPosition {
    state: FileState,
    /// The time of the last change by the node that writes the file.
    last: i64,
}

/// The part of a position that ordinary writes to the file do not change. If it is the same, all that was
/// written since are changes by the node that writes the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileState {
    /// SQLite's `schema_version`. Mending a table changes it, and writes rows without logging changes.
    schema: i64,
    /// The node that writes the file.
    node: NodeOrdinal,
    /// The end of each other node's log, and up to which time it is folded. A merge changes it, and may
    /// bring changes of any time.
    others: Vec<(NodeOrdinal, Point, Time)>,
    /// How often the tables were rebuilt.
    rebuilds: i64,
}

/// How many changes are read one by one at most. If there are more, everything counts as touched.
const MOST_CHANGES: usize = 4096;

impl FileState {
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let schema =
            connection.prepare_cached("PRAGMA schema_version")?.query_row([], |r| r.get(0))?;
        let node = meta::get(connection, meta::NODE)?.ok_or(Error::Corrupt)?;
        let others = nodes::kept(connection)?.into_iter().filter(|other| other.ordinal != node);
        let others = others.map(|other| (other.ordinal, other.end, other.folded)).collect();
        let rebuilds = meta::get(connection, meta::REBUILDS)?.unwrap_or(0);
        Ok(Self { schema, node, others, rebuilds })
    }
}

impl LogPosition {
    /// Returns the current position, as `connection` sees it.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let state = FileState::load(connection)?;
        let last = last_time(connection, state.node)?.bits();
        Ok(Self { state, last })
    }

    /// Returns the time of the last change by the node that writes the file.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    /// Returns the part that ordinary writes do not change.
    pub(crate) fn state(&self) -> &FileState {
        &self.state
    }

    /// Sets that part, when it is known that only this database has changed it.
    pub(crate) fn move_to(&mut self, state: &FileState) {
        self.state.clone_from(state);
    }

    /// Returns what others have touched since the log was at `earlier`. `gaps` are the times between this
    /// database's own changes.
    pub(crate) fn since(
        &self,
        earlier: &Self,
        gaps: &[(i64, i64)],
        connection: &Connection,
    ) -> Result<Touched> {
        if self.state != earlier.state || self.last < earlier.last {
            return Ok(Touched::everything());
        }
        let mut touched = Touched::default();
        let mut left = MOST_CHANGES;
        for &(from, to) in gaps {
            if from > self.last {
                break;
            }
            let (after, end) = (Time::from_bits(from).before(), Time::from_bits(to));
            let gap = Span { node: self.state.node, after, end };
            left -= read(connection, gap, left, &mut touched)?;
            if left == 0 {
                return Ok(Touched::everything());
            }
        }
        Ok(touched)
    }
}

/// Reads the changes of a span, but `most` at most. Returns how many it has read.
fn read(connection: &Connection, span: Span, most: usize, touched: &mut Touched) -> Result<usize> {
    let mut changes = SpanReader::all(connection)?;
    let mut changes = changes.read_first(span, most)?;
    let mut count = 0;
    while let Some(change) = changes.next()? {
        let row = Uuid::from_bytes(change.row_id()?);
        let columns = columns(change.packed()?).ok_or(Error::Corrupt)?;
        // The change that creates a row writes `is_deleted`, whose ordinal is 0.
        let is_new = columns.meets(&[0].into_iter().collect());
        touched.write(change.table()?, row, &columns, is_new);
        count += 1;
    }
    Ok(count)
}

/// Returns the columns that a change wrote, or `None` if it cannot be read.
fn columns(packed: &[u8]) -> Option<ColumnSet> {
    let mut cells = PackedCells::open(packed)?;
    let mut columns = ColumnSet::default();
    while let Some(cell) = cells.next_cell()? {
        // No table has more columns than that, and a damaged ordinal must not make the bit set huge.
        columns.insert(u32::from(u16::try_from(cell.column).ok()?));
    }
    Some(columns)
}
