//! Which writes count, once transactions are undone.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::log::cells::Write;
use crate::log::marks::PutBack;
use crate::log::node::Precedence;
use crate::log::transaction_id::TransactionId;
use crate::past::undo::row_log::{FoundWrite, Limit, LogReader, RowLog, place_of};
use crate::past::undone::Undoings;

/// Finds the last write of a column that counts: one that is not undone, and not by an undo.
///
/// It is sought backwards. A write of an undo names the write that it puts back. When the undo was made, all
/// between these two was undone, and of that only what was done again since counts. So most often the search
/// goes on at the write that is put back, and it does not matter how often the row was undone before.
pub(super) struct Judge<'c> {
    /// What is recorded of transactions, and will be.
    undoings: Undoings<'c>,
    /// Whether transactions are undone, as far as it was looked up.
    known: HashMap<TransactionId, bool>,
    /// The transactions that were undone and done again, once they were looked up.
    redone: Option<HashSet<TransactionId>>,
}

/// The last write that counts.
#[derive(Debug)]
pub(super) enum LastWrite {
    /// There is none.
    None,
    /// It is not after the place up to which it was sought.
    Earlier,
    Found {
        /// Its place.
        place: Precedence,
        /// The write that a cell must name which puts it back.
        origin: PutBack,
        write: Write<'static>,
    },
}

/// How many transactions are remembered.
const MOST_KNOWN: usize = 1 << 16;

impl<'c> Judge<'c> {
    pub(super) fn new(undoings: Undoings<'c>) -> Self {
        Self { undoings, known: HashMap::new(), redone: None }
    }

    /// Returns the last write of a column before a place that counts. It need not be sought up to `until`.
    pub(super) fn last(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        (column, mut limit): (u32, Limit),
        until: Option<Precedence>,
    ) -> Result<LastWrite> {
        // Whether the next write is the last one of the column, which the row holds.
        let mut is_held = limit.is_end();
        let (mut passed, mut is_compacted) = (None, false);
        loop {
            let Some(found) = log.last(reader, column, limit)? else {
                // What was before was dropped by a compaction, because what is passed over covered it.
                let copy = passed.filter(|_| is_compacted);
                return Ok(copy.map_or(LastWrite::None, found_write));
            };
            if until.is_some_and(|until| found.place <= until) {
                return Ok(LastWrite::Earlier);
            }
            let node = reader.registry.nodes.get(&found.node);
            is_compacted |= node.is_some_and(|node| node.is_compacted(found.number));
            limit = Limit::before(found.place);
            let is_held = std::mem::take(&mut is_held);
            if !found.end.is_undo {
                if !self.is_undone(found.end.id)? {
                    return Ok(found_write(found));
                }
                passed.get_or_insert(found);
                continue;
            }
            // It subtracts what others added.
            if found.cell.added().is_some() {
                continue;
            }
            // Had anything of what the row's last write passes over been done again, it would be the last one.
            if !is_held
                && let Some(again) = self.done_again(reader, log, (column, &found), until)?
            {
                return Ok(again);
            }
            let Some(origin) = found.cell.puts_back else { return Ok(LastWrite::None) };
            if until.is_some_and(|until| is_until(origin, until)) {
                return Ok(LastWrite::Earlier);
            }
            // No version of ara names a later write, but a peer can.
            if is_until(found.origin(), place_of(origin)) {
                continue;
            }
            limit = Limit::after(origin);
            let before = log.last(reader, column, limit)?;
            if before.is_none_or(|before| before.origin() != origin) {
                // It was dropped by a compaction, and this is the only copy of it.
                let (place, write) = (place_of(origin), found.cell.write);
                return Ok(LastWrite::Found { place, origin, write });
            }
        }
    }

    /// Returns the last write that an undo passed over, and that was done again since.
    fn done_again(
        &mut self,
        reader: &mut LogReader<'_, '_>,
        log: &mut RowLog,
        (column, undo): (u32, &FoundWrite),
        until: Option<Precedence>,
    ) -> Result<Option<LastWrite>> {
        let redone = match &mut self.redone {
            Some(redone) => redone,
            none => none.insert(self.undoings.redone()?),
        };
        if redone.is_empty() {
            return Ok(None);
        }
        let mut limit = Limit::before(undo.place);
        while let Some(found) = log.last(reader, column, limit)? {
            let is_put_back =
                undo.cell.puts_back.is_some_and(|origin| found.place <= place_of(origin));
            if is_put_back || until.is_some_and(|until| found.place <= until) {
                break;
            }
            if redone.contains(&found.end.id) {
                return Ok(Some(found_write(found)));
            }
            limit = Limit::before(found.place);
        }
        Ok(None)
    }

    /// Returns whether a transaction is undone.
    fn is_undone(&mut self, id: TransactionId) -> Result<bool> {
        if let Some(is_undone) = self.known.get(&id) {
            return Ok(*is_undone);
        }
        let is_undone = self.undoings.is_undone(id)?;
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(id, is_undone);
        Ok(is_undone)
    }
}

/// Returns whether a write that is put back is not after a place.
fn is_until(origin: PutBack, until: Precedence) -> bool {
    (origin.stamp, origin.node) <= (until.stamp, until.node)
}

fn found_write(found: FoundWrite) -> LastWrite {
    let origin = found.cell.puts_back.unwrap_or_else(|| found.origin());
    LastWrite::Found { place: found.place, origin, write: found.cell.write }
}
