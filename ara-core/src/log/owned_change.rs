//! Changes that were read from the log, and are kept while others are read.

use crate::log::cells::Cells;
use crate::log::change::{Compacted, End, Record};
use crate::log::clock::Stamp;
use crate::log::gap::Gap;
use crate::log::node::NodeOrdinal;
use crate::log::piece::unpacking::LoggedChange;
use crate::log::place::ChangeNumber;

/// A change with bytes of its own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OwnedChange {
    pub(crate) node: NodeOrdinal,
    /// The date of its transaction, in milliseconds since 1970.
    pub(crate) date: i64,
    pub(crate) number: ChangeNumber,
    pub(crate) stamp: Stamp,
    pub(crate) table: i64,
    pub(crate) row: [u8; 16],
    pub(crate) end: Option<End>,
    pub(crate) compacted: Compacted,
    /// The bytes of the gap before it.
    pub(crate) gap: Vec<u8>,
    pub(crate) more: Vec<u8>,
    pub(crate) cells: Vec<u8>,
}

impl OwnedChange {
    /// Copies a change.
    pub(crate) fn of(LoggedChange { node, date, record }: LoggedChange<'_>) -> Self {
        let Record { number, stamp, table, row, end, compacted, gap, more, cells } = record;
        let (gap, more) = (gap.bytes().to_vec(), more.to_vec());
        let cells = cells.bytes().to_vec();
        Self { node, date, number, stamp, table, row, end, compacted, gap, more, cells }
    }

    /// Returns the change as the log holds it.
    pub(crate) fn record(&self) -> Record<'_> {
        let Self { number, stamp, table, row, end, compacted, .. } = *self;
        let (more, cells) = (&*self.more, Cells::new(&self.cells));
        let gap = Gap::new(&self.gap).unwrap_or_default();
        Record { number, stamp, table, row, end, compacted, gap, more, cells }
    }
}
