//! Where the log stood, and what was written into it since.

use rusqlite::Connection;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;
use crate::log::point::Point;
use crate::log::row_clock::ColumnSet;
use crate::log::{meta, nodes};
use crate::rows::touched::Touched;

/// Where the log of a file stood when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogPosition {
    state: FileState,
    /// The time of the last change that the node which writes the file has made.
    last: i64,
}

/// What is the same for as long as the only thing that happens is that the file's own node writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileState {
    /// SQLite's count of changes of the schema. Who mends a table writes rows without the log.
    schema: i64,
    /// The node that writes the file.
    node: NodeOrdinal,
    /// What is known of the others, and how much of it is folded in. A merge moves it, and may bring
    /// changes of any time.
    others: Vec<(NodeOrdinal, Point, Time)>,
    /// How often the tables were made again.
    rebuilds: i64,
}

/// The most changes that are looked at one by one.
const MOST_CHANGES: i64 = 4096;

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
    /// Where the log stands, as `connection` sees it.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        let state = FileState::load(connection)?;
        let last: Option<i64> = connection
            .prepare_cached("SELECT max(time) FROM ara_change WHERE node = ?1")?
            .query_row([state.node], |row| row.get(0))?;
        Ok(Self { state, last: last.unwrap_or(0) })
    }

    /// The time of the last change of the node that writes the file.
    pub(crate) fn last(&self) -> i64 {
        self.last
    }

    /// What only others, or a merge, can have changed.
    pub(crate) fn state(&self) -> &FileState {
        &self.state
    }

    /// Takes it that this was so already.
    pub(crate) fn move_to(&mut self, state: &FileState) {
        self.state.clone_from(state);
    }

    /// What others have written into the log since it stood at `earlier`: they can have done so in these
    /// gaps, which are between what is this database's own.
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
            left -= read(connection, self.state.node, (from, to), left, &mut touched)?;
            if left <= 0 {
                return Ok(Touched::everything());
            }
        }
        Ok(touched)
    }
}

/// Reads the changes of a node between two times, both included, and not more than `most`: how many.
fn read(
    connection: &Connection,
    node: NodeOrdinal,
    (from, to): (i64, i64),
    most: i64,
    touched: &mut Touched,
) -> Result<i64> {
    let mut changes = connection.prepare_cached(
        "SELECT tbl, row, cells FROM ara_change WHERE node = ?1 AND time BETWEEN ?2 AND ?3 LIMIT ?4",
    )?;
    let mut changes = changes.query((node, from, to, most))?;
    let mut count = 0;
    while let Some(change) = changes.next()? {
        let row = Uuid::from_bytes(change.get(1)?);
        let columns = columns(change.get_ref(2)?.as_blob().map_err(|_| Error::Corrupt)?);
        let columns = columns.ok_or(Error::Corrupt)?;
        // Who creates a row writes that it is not deleted.
        let is_new = columns.meets(&[0].into_iter().collect());
        touched.write(change.get(0)?, row, &columns, is_new);
        count += 1;
    }
    Ok(count)
}

fn columns(packed: &[u8]) -> Option<ColumnSet> {
    let mut cells = PackedCells::open(packed)?;
    let mut columns = ColumnSet::default();
    while let Some(cell) = cells.next_cell()? {
        // Those of rows are bit sets: what is beyond is no column.
        columns.insert(u32::from(u16::try_from(cell.column).ok()?));
    }
    Some(columns)
}
