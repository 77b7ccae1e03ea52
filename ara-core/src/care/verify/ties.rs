//! Rows of which two changes have the same node and the same stamp.
//!
//! Only the log of a node that forked can have them. The clock of such a row does not tell which of the two has
//! won, so it is verified on its own, from all of its changes.

use std::collections::BTreeSet;

use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::log::clock::Stamp;
use crate::log::node::NodeOrdinal;
use crate::log::pieces::{Found, PieceReader};
use crate::log::row_changes::RowKey;

/// How many bits each of the two sets has.
const BITS: u64 = 1 << 25;

/// Tells which changes may have the row, the node and the stamp of another one. Changes of nodes that have not
/// forked never have; of the others, a few do without.
#[derive(Default)]
pub(super) struct Ties {
    /// By their hashes, which of the changes of forked nodes there are, and which there are twice.
    once: Vec<u64>,
    twice: Vec<u64>,
    forked: BTreeSet<NodeOrdinal>,
    /// The rows with such changes, and the oversized ones, that are still to be verified.
    pub(super) rows: BTreeSet<RowKey>,
}

impl Ties {
    /// Reads the logs of the nodes that have forked.
    pub(super) fn load(connection: &Connection, registry: &Registry) -> Result<Self> {
        let mut ties = Self::default();
        let forked = registry.nodes.values().filter(|node| node.is_forked);
        ties.forked = forked.map(|node| node.ordinal).collect();
        if !ties.forked.is_empty() {
            let words = (BITS / 64) as usize;
            (ties.once, ties.twice) = (vec![0; words], vec![0; words]);
        }
        for node in ties.forked.clone() {
            let mut pieces = PieceReader::of_node(connection, node)?;
            while let Some(found) = pieces.next_found()? {
                let Found::Whole(piece) = found else { continue };
                for change in piece.changes() {
                    let record = change.record;
                    ties.add(hash((record.table, &record.row), (record.stamp, node)));
                }
            }
        }
        ties.once = Vec::new();
        Ok(ties)
    }

    /// Returns whether the node has forked.
    pub(super) fn is_forked(&self, node: NodeOrdinal) -> bool {
        self.forked.contains(&node)
    }

    fn add(&mut self, hash: u64) {
        if set(&mut self.once, hash) {
            set(&mut self.twice, hash);
        }
    }

    /// Returns whether there may be two changes of a row by a node with the same stamp.
    pub(super) fn may_be(&self, row: (i64, &[u8]), change: (Stamp, NodeOrdinal)) -> bool {
        self.forked.contains(&change.1) && has(&self.twice, hash(row, change))
    }
}

fn hash((table, row): (i64, &[u8]), (stamp, node): (Stamp, NodeOrdinal)) -> u64 {
    let row = xxh3_64_with_seed(row, table.cast_unsigned());
    xxh3_64_with_seed(&stamp.bits().to_be_bytes(), row ^ node.get().cast_unsigned())
}

fn has(bits: &[u64], hash: u64) -> bool {
    let at = hash % BITS;
    bits.get((at / 64) as usize).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

/// Sets a bit, and returns whether it was set before.
fn set(bits: &mut [u64], hash: u64) -> bool {
    let at = hash % BITS;
    let Some(word) = bits.get_mut((at / 64) as usize) else { return false };
    let was_set = *word >> (at % 64) & 1 == 1;
    *word |= 1 << (at % 64);
    was_set
}
