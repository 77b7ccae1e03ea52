//! Transactions that arrive, and end in the place and with the hash of a known one, but are not that one.
//!
//! The number and the hash of its last change are what a transaction is known by. No two honest ones have both
//! in common, but whoever tells of a compacted change what its hash was can make it up. If such a transaction
//! was united with the known one, their changes would come under one date, which is not that with which all of
//! them were folded in. So the one that arrives is left out, wherever it tells another stamp or date.
//!
//! Nor does one have room whose last change was dropped here, but not all others: without that change, what is
//! left of it would be taken for the beginning of the next transaction.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::log::change::Names;
use crate::log::clock::Stamp;
use crate::log::gap::Dropped;
use crate::log::nodes::Node;
use crate::log::piece::unpacking::Piece;
use crate::log::pieces::PieceReader;
use crate::log::place::ChangeNumber;
use crate::merge::checked::CheckedTransaction;

/// What is known of the last changes that some transactions may have.
#[derive(Default)]
pub(crate) struct SameEnds {
    /// Their stamps and the dates of their transactions, by their numbers and hashes.
    known: HashMap<(ChangeNumber, u64), (Stamp, i64)>,
    /// Those that were dropped.
    dropped: HashSet<Dropped>,
}

impl SameEnds {
    /// Reads what is known of a node and concerns transactions that arrive, which are in the order of the log.
    pub(crate) fn load(
        connection: &Connection,
        names: &dyn Names,
        node: &Node,
        arriving: &[CheckedTransaction<'_>],
    ) -> Result<Self> {
        let mut ends = Self::default();
        let numbers: Vec<ChangeNumber> =
            arriving.iter().filter_map(|of| Some(of.end()?.0)).collect();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return Ok(ends) };
        let of = (node.ordinal, node.is_forked);
        let mut pieces = PieceReader::from_number(connection, of, *first)?;
        while let Some(piece) = pieces.next()? {
            ends.read(piece, (names, node), &numbers)?;
            if !node.is_forked && piece.first() > *last {
                break;
            }
        }
        Ok(ends)
    }

    /// Reads what a piece tells of changes with these numbers.
    fn read(
        &mut self,
        piece: &Piece,
        (names, node): (&dyn Names, &Node),
        numbers: &[ChangeNumber],
    ) -> Result<()> {
        for change in piece.changes() {
            let record = &change.record;
            self.dropped.extend(record.gap.changes(record.number));
            if record.end.is_some() && numbers.binary_search(&record.number).is_ok() {
                let id = names.node(node.ordinal).ok_or(Error::Corrupt)?;
                let hash = record.hash(id, names).ok_or(Error::Corrupt)?;
                self.known.insert((record.number, hash), (record.stamp, change.date));
            }
        }
        Ok(())
    }

    /// Leaves out the transactions that end as a known one does and are not that one, or were dropped in
    /// part. Returns how many changes these have.
    pub(crate) fn leave_out(&self, arriving: &mut Vec<CheckedTransaction<'_>>) -> u64 {
        let mut left_out = 0;
        arriving.retain(|transaction| {
            let stays = self.has_room_for(transaction);
            left_out += if stays { 0 } else { transaction.changes.len() as u64 };
            stays
        });
        left_out
    }

    fn has_room_for(&self, transaction: &CheckedTransaction<'_>) -> bool {
        let Some((number, hash)) = transaction.end() else { return false };
        let last = transaction.changes.last().map(|(last, _)| (last.stamp, transaction.date));
        match self.known.get(&(number, hash)) {
            Some(known) => Some(*known) == last,
            None => {
                let was_dropped = |number, hash| self.dropped.contains(&Dropped::of(number, hash));
                let mut changes = transaction.changes.iter();
                !was_dropped(number, hash)
                    || changes.all(|(of, hash)| was_dropped(of.number, *hash))
            }
        }
    }
}
