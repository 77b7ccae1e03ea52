//! A position in the change log, and what was written after it.

use rusqlite::Connection;
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::error::{Error, Result};
use crate::log::cells::Cells;
use crate::log::column_set::ColumnSet;
use crate::log::node::NodeOrdinal;
use crate::log::node_log::LogEnd;
use crate::log::pieces::PieceReader;
use crate::log::place::{ChangeNumber, Point};
use crate::log::{meta, nodes};
use crate::rows::touched::Touched;

/// A position in the change log of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogPosition {
    state: FileState,
    /// The number of the last change by the node that writes the file.
    last: i64,
    /// How many transactions have written rows of local tables, and nothing into the log.
    unlogged: i64,
}

/// The part of a position that ordinary writes to the file do not change. If it is the same, all that was
/// written since are changes by the node that writes the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileState {
    /// The tables and all else. Mending a table changes them, and writes rows without logging changes.
    schema: Schema,
    /// The node that writes the file.
    node: NodeOrdinal,
    /// The end of each other node's log. A merge changes it, and may bring changes of any rows.
    others: Vec<(NodeOrdinal, Point)>,
    /// How often the tables were rebuilt.
    rebuilds: i64,
}

/// The schema of the file: SQLite's `schema_version`, and a hash of what it says, which alone counts. `VACUUM` makes a
/// new version of the same schema.
#[derive(Debug, Clone, Copy)]
struct Schema {
    version: i64,
    hash: u64,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl Eq for Schema {}

impl Schema {
    /// Reads it, unless it is the one that is known already.
    fn load(connection: &Connection, known: Option<Self>) -> Result<Self> {
        let version =
            connection.prepare_cached("PRAGMA schema_version")?.query_row([], |r| r.get(0))?;
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(known);
        }
        let mut all = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")?;
        let mut all = all.query([])?;
        let mut hash = 0;
        while let Some(row) = all.next()? {
            for at in 0..2 {
                let text = row.get_ref(at)?.as_bytes_or_null().unwrap_or_default();
                hash = xxh3_64_with_seed(text.unwrap_or_default(), hash);
            }
        }
        Ok(Self { version, hash })
    }
}

/// How many changes are read one by one at most. If there are more, everything counts as touched.
const MOST_CHANGES: usize = 4096;

impl FileState {
    /// Reads the state of the file. `known` is an earlier one, if there is one.
    pub(crate) fn load(connection: &Connection, known: Option<&Self>) -> Result<Self> {
        let schema = Schema::load(connection, known.map(|known| known.schema))?;
        let node = meta::get(connection, meta::NODE)?.ok_or(Error::Corrupt)?;
        let others = nodes::kept(connection)?.into_iter().filter(|other| other.ordinal != node);
        let others = others.map(|other| (other.ordinal, other.end)).collect();
        let rebuilds = meta::count(connection, meta::REBUILDS)?;
        Ok(Self { schema, node, others, rebuilds })
    }
}

impl LogPosition {
    /// Returns the current position, as `connection` sees it. `known` is an earlier one, if there is one.
    pub(crate) fn load(connection: &Connection, known: Option<&Self>) -> Result<Self> {
        let state = FileState::load(connection, known.map(|known| &known.state))?;
        let last = LogEnd::load(connection, state.node)?.point().number.get();
        let unlogged = meta::count(connection, meta::UNLOGGED)?;
        Ok(Self { state, last, unlogged })
    }

    /// Returns the number of the last change by the node that writes the file.
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

    /// Returns whether ara has written nothing beside the log of this node since that was at `earlier`, and has made no
    /// new version of the same schema either, as `VACUUM` does.
    pub(crate) fn is_same_beside(&self, earlier: &Self) -> bool {
        self.state == earlier.state
            && self.state.schema.version == earlier.state.schema.version
            && self.unlogged == earlier.unlogged
    }

    /// Returns what others have touched since the log was at `earlier`. `gaps` are the numbers between this
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
            left -= read(connection, (self.state.node, from, to), left, &mut touched)?;
            if left == 0 {
                return Ok(Touched::everything());
            }
        }
        Ok(touched)
    }
}

/// Reads the changes of a node from one number to another, but `most` at most. Returns how many it has read.
fn read(
    connection: &Connection,
    (node, from, to): (NodeOrdinal, i64, i64),
    most: usize,
    touched: &mut Touched,
) -> Result<usize> {
    let mut pieces = PieceReader::from_number(connection, (node, false), ChangeNumber::new(from))?;
    let mut count = 0;
    while let Some(piece) = pieces.next()? {
        for record in piece.changes().map(|change| change.record) {
            let number = record.number.get();
            if number > to || count == most {
                return Ok(count);
            }
            if number < from {
                continue;
            }
            let columns = columns(record.cells).ok_or(Error::Corrupt)?;
            // The change that creates a row writes `is_deleted`, whose ordinal is 0.
            let is_new = columns.has(0);
            touched.write(record.table, Uuid::from_bytes(record.row), &columns, is_new);
            touched.is_logged = true;
            count += 1;
        }
    }
    Ok(count)
}

/// Returns the columns that a change wrote, or `None` if it cannot be read.
fn columns(mut cells: Cells<'_>) -> Option<ColumnSet> {
    let mut columns = ColumnSet::default();
    while let Some(cell) = cells.next_cell()? {
        // No table has more columns than that, and a damaged ordinal must not make the bit set huge.
        columns.insert(u32::from(u16::try_from(cell.column).ok()?));
    }
    Some(columns)
}
