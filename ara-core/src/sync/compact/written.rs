//! Which writes the log has, as a filter.
//!
//! The clock of a row tells which write covers another one. No checksum guards it: if another program, or the disk, has
//! changed it, it may tell of a write that nobody made, and what that seems to cover must not be dropped.

use xxhash_rust::xxh3::xxh3_128;

use crate::log::change::Record;
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;
use crate::log::row_changes::RowKey;

/// A Bloom filter over the changes of the log, and the columns that each of them wrote.
pub(super) struct Written {
    bits: Vec<u64>,
}

/// The change that wrote a column, or the row: its stamp and its node.
type Writer = (Stamp, NodeOrdinal);

/// How many words there are for each change, so that of a hundred writes that nobody made one is taken for one that was
/// made; and how many there are at most, so that of a log of more than a million changes it is more.
const WORDS: usize = 2;
const MOST_WORDS: usize = 1 << 21;

/// Stands for no column, but the row.
const ROW: u32 = u32::MAX;

impl Written {
    /// Makes a filter for about so many changes.
    pub(super) fn of(changes: i64) -> Self {
        let changes = usize::try_from(changes).unwrap_or_default().min(MOST_WORDS);
        let words = (changes * WORDS).clamp(64, MOST_WORDS);
        Self { bits: vec![0; words] }
    }

    /// Adds a change.
    pub(super) fn add(&mut self, node: NodeOrdinal, record: &Record<'_>) {
        let (key, writer) = ((record.table, record.row), (record.stamp, node));
        self.set(key, ROW, writer);
        let mut cells = record.cells;
        while let Some(Some(cell)) = cells.next_cell() {
            self.set(key, cell.column, writer);
        }
    }

    /// Returns whether the log may have a change of a row.
    pub(super) fn has_change(&self, key: RowKey, writer: Writer) -> bool {
        self.has_write(key, ROW, writer)
    }

    /// Returns whether the log may have a change that wrote a column of a row.
    pub(super) fn has_write(&self, key: RowKey, column: u32, writer: Writer) -> bool {
        let places = self.places(key, column, writer);
        places.into_iter().all(|(at, bit)| self.bits.get(at).is_some_and(|word| word & bit != 0))
    }

    fn set(&mut self, key: RowKey, column: u32, writer: Writer) {
        for (at, bit) in self.places(key, column, writer) {
            if let Some(word) = self.bits.get_mut(at) {
                *word |= bit;
            }
        }
    }

    /// Returns the words and the bits of a write.
    fn places(
        &self,
        (table, row): RowKey,
        column: u32,
        (stamp, node): Writer,
    ) -> [(usize, u64); 2] {
        let mut write = [0; 44];
        let parts = [
            &row[..],
            &table.to_le_bytes(),
            &stamp.bits().to_le_bytes(),
            &node.get().to_le_bytes(),
            &column.to_le_bytes(),
        ];
        for (byte, from) in write.iter_mut().zip(parts.into_iter().flatten()) {
            *byte = *from;
        }
        let hash = xxh3_128(&write);
        let bits = self.bits.len() as u64 * 64;
        [hash as u64, (hash >> 64) as u64].map(|half| {
            let place = half % bits;
            ((place / 64) as usize, 1 << (place % 64))
        })
    }
}
