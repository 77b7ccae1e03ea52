//! The changes of a row, which are read from the last one backwards.

mod sought;

use std::collections::BTreeMap;

use rusqlite::Connection;
use sought::SoughtRow;

use crate::catalog::registry::Registry;
use crate::error::{Error, Result};
use crate::log::cells::Cells;
use crate::log::clock::Stamp;
use crate::log::marks::PutBack;
use crate::log::node::{NodeId, NodeOrdinal, Precedence};
use crate::log::piece::unpacking::LoggedChange;
use crate::log::pieces::PieceReader;
use crate::log::place::ChangeNumber;
use crate::log::row_changes::RowKey;
use crate::log::transaction_id::TransactionId;
use crate::past::transaction_end::{TransactionEnd, TransactionEnds};
use crate::past::undo::written_row::{OwnedCell, cell_of};

/// A place among the changes of a row, before which others are sought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    place: Precedence,
    is_included: bool,
}

impl Limit {
    /// After all changes.
    pub(super) const END: Self = Self {
        place: Precedence {
            stamp: Stamp::from_bits(i64::MAX),
            node: NodeId::from_bytes([0xff; 16]),
            hash: u64::MAX,
        },
        is_included: true,
    };

    /// Just before a change.
    pub(super) fn before(place: Precedence) -> Self {
        Self { place, is_included: false }
    }

    /// Just after a change.
    pub(super) fn until(place: Precedence) -> Self {
        Self { place, is_included: true }
    }

    /// Returns whether a change is before the place.
    fn admits(self, place: Precedence) -> bool {
        place < self.place || self.is_included && place == self.place
    }
}

/// The place before all changes.
pub(super) const FIRST: Precedence =
    Precedence { stamp: Stamp::from_bits(i64::MIN), node: NodeId::NOBODY, hash: 0 };

/// Returns the place of a write that a cell puts back, after all others of its stamp and node.
pub(super) fn place_of(PutBack { stamp, node }: PutBack) -> Precedence {
    Precedence { stamp, node, hash: u64::MAX }
}

/// Returns the place of a change of a row. Only where the node forked there can be several changes of one
/// stamp and node, so that their hashes count.
pub(super) fn place(registry: &Registry, change: LoggedChange<'_>) -> Result<Precedence> {
    let node = registry.nodes.get(&change.node).ok_or(Error::Corrupt)?;
    let hash = match node.is_forked {
        true => change.record.hash(node.id, registry).ok_or(Error::Corrupt)?,
        false => 0,
    };
    Ok(Precedence { stamp: change.record.stamp, node: node.id, hash })
}

/// A write of a column.
pub(super) struct FoundWrite {
    pub(super) place: Precedence,
    pub(super) node: NodeOrdinal,
    pub(super) number: ChangeNumber,
    /// The transaction that it is part of.
    pub(super) end: TransactionEnd,
    pub(super) cell: OwnedCell,
}

impl FoundWrite {
    /// Returns what names the write in a cell that puts it back.
    pub(super) fn origin(&self) -> PutBack {
        PutBack { stamp: self.place.stamp, node: self.place.node }
    }
}

/// What reads the changes of rows. What was read holds as long as the log is not written.
pub(super) struct LogReader<'c, 'r> {
    pub(super) connection: &'c Connection,
    pub(super) registry: &'r Registry,
    pub(super) ends: TransactionEnds<'r>,
}

/// The changes of a row.
pub(super) enum RowLog {
    /// The row has no change but that of the transaction.
    Alone,
    /// They are sought when they are asked for.
    Sought(SoughtRow),
    /// They were read before, and are in the order of their places.
    Read(Vec<ReadChange>),
}

/// A change that was read before.
pub(super) struct ReadChange {
    place: Precedence,
    node: NodeOrdinal,
    number: ChangeNumber,
    end: TransactionEnd,
    cells: Vec<u8>,
}

impl RowLog {
    /// Finds where the changes of a row may lie.
    pub(super) fn seek(reader: &LogReader<'_, '_>, key: RowKey) -> Result<Self> {
        Ok(Self::Sought(SoughtRow::find(reader, key)?))
    }

    /// Returns the last write of a column before a place.
    pub(super) fn last(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        column: u32,
        limit: Limit,
    ) -> Result<Option<FoundWrite>> {
        match self {
            Self::Alone => Ok(None),
            Self::Sought(row) => row.last(reader, column, limit),
            Self::Read(changes) => {
                let count = changes.partition_point(|change| limit.admits(change.place));
                for change in changes.iter().take(count).rev() {
                    if let Some(cell) = cell_of(Cells::new(&change.cells), column)? {
                        let ReadChange { place, node, number, end, .. } = *change;
                        return Ok(Some(FoundWrite { place, node, number, end, cell }));
                    }
                }
                Ok(None)
            }
        }
    }

    /// Returns whether all changes between a place and a write are of the node that made the write, which knew
    /// all of them.
    pub(super) fn is_of_one_node(
        &mut self,
        reader: &LogReader<'_, '_>,
        write: &FoundWrite,
        after: Precedence,
    ) -> Result<bool> {
        let node = reader.registry.nodes.get(&write.node).ok_or(Error::Corrupt)?;
        if node.is_forked {
            return Ok(false);
        }
        match self {
            Self::Alone => Ok(true),
            Self::Sought(row) => row.is_of_one_node(reader, write, after),
            Self::Read(changes) => {
                let count = changes.partition_point(|change| change.place < write.place);
                let between = changes.iter().take(count).rev();
                let mut between = between.take_while(|change| change.place > after);
                Ok(between.all(|change| change.node == write.node))
            }
        }
    }

    /// Returns the transaction that made the first change of the row.
    pub(super) fn creation(
        &mut self,
        reader: &mut LogReader<'_, '_>,
    ) -> Result<Option<TransactionId>> {
        match self {
            Self::Alone => Ok(None),
            Self::Sought(row) => row.creation(reader),
            Self::Read(changes) => Ok(changes.first().map(|change| change.end.id)),
        }
    }
}

/// How many bytes the changes of rows may take that are read at once.
const MOST_BYTES: usize = 32 << 20;

/// Reads all changes of some rows in one pass over the log. If they take too much memory, the last rows are
/// left out.
pub(super) fn read_rows(
    reader: &mut LogReader<'_, '_>,
    rows: impl Iterator<Item = RowKey>,
) -> Result<BTreeMap<RowKey, RowLog>> {
    let mut read: BTreeMap<RowKey, Vec<ReadChange>> = rows.map(|row| (row, Vec::new())).collect();
    let mut bytes = 0;
    let mut pieces = PieceReader::all(reader.connection)?;
    while let Some(piece) = pieces.next()? {
        // Backwards, because the end of a transaction tells which one it is.
        for (at, change) in piece.changes().enumerate().rev() {
            let key = (change.record.table, change.record.row);
            let Some(changes) = read.get_mut(&key) else { continue };
            let LoggedChange { node, record, .. } = change;
            let end = reader.ends.of(reader.connection, piece, at)?;
            let place = place(reader.registry, change)?;
            let (number, cells) = (record.number, record.cells.bytes().to_vec());
            bytes += size(&cells);
            changes.push(ReadChange { place, node, number, end, cells });
        }
        while bytes > MOST_BYTES && read.len() > 1 {
            let (_, left_out) = read.pop_last().unwrap_or_default();
            bytes -= left_out.iter().map(|change| size(&change.cells)).sum::<usize>();
        }
    }
    let sorted = read.into_iter().map(|(key, mut changes)| {
        changes.sort_unstable_by_key(|change| change.place);
        (key, RowLog::Read(changes))
    });
    Ok(sorted.collect())
}

/// Returns about how many bytes of memory a change takes.
fn size(cells: &[u8]) -> usize {
    cells.len() + size_of::<ReadChange>()
}
