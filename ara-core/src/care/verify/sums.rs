//! Verifying the sums of counters.

use rusqlite::Connection;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::care::verify::ties::Ties;
use crate::error::Result;
use crate::log::codec::Addition;
use crate::log::counters::{Sum, for_each_sum};
use crate::log::node::NodeOrdinal;

/// A checksum of the counters of a table that needs no order: each addition, and each sum, is multiplied by a
/// hash of its counter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// What all nodes have added.
    all: i128,
    /// What the node that writes the file has added, as far as the sums hold it, modulo 2^64.
    own: i64,
    /// How many counters there are whose latest addition is known.
    latest: u64,
}

impl Sums {
    /// Takes account of an addition. `is_own` tells whether what is kept of the counter holds what the node
    /// has added which made it.
    pub(super) fn add(&mut self, counter: (&[u8], u32), addition: Addition, is_own: bool) {
        let weight = weight(counter);
        self.all = self.all.wrapping_add(i128::from(addition.by).wrapping_mul(weight.into()));
        if is_own {
            self.own = self.own.wrapping_add(addition.by.wrapping_mul(weight));
        }
    }

    /// Counts a counter whose latest addition was found.
    pub(super) fn add_latest(&mut self) {
        self.latest += 1;
    }

    /// Reads what is kept of the counters of a table. `writer` is the node that writes the file.
    pub(super) fn kept(
        connection: &Connection,
        table: i64,
        (ties, writer): (&Ties, NodeOrdinal),
    ) -> Result<Self> {
        let mut kept = Self::default();
        for_each_sum(connection, table, |row, column, sum| {
            let weight = weight((row, column));
            kept.all = kept.all.wrapping_add(sum.sum.wrapping_mul(weight.into()));
            if holds_own(sum, writer, ties) {
                kept.own = kept.own.wrapping_add(sum.own.1.wrapping_mul(weight));
            }
            kept.latest += u64::from(!ties.may_be((table, row), sum.last));
        })?;
        Ok(kept)
    }
}

/// Returns whether what is kept of a counter holds what the node has added that writes the file. After a fork
/// it holds what one of the two has.
pub(super) fn holds_own(sum: &Sum, writer: NodeOrdinal, ties: &Ties) -> bool {
    sum.own.0 == writer && !ties.is_forked(writer)
}

fn weight((row, column): (&[u8], u32)) -> i64 {
    (xxh3_64_with_seed(row, u64::from(column)) | 1).cast_signed()
}
