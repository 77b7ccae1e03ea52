//! Checking a transaction against the digest of its sender, before any of it is written.

use std::collections::HashSet;

use crate::exchange::changes::{Changes, Run, Sent};
use crate::log::change::{Canonical, PackedCell, PackedCells};
use crate::log::clock::Time;
use crate::log::node::Stamp;
use crate::log::point::Point;
use crate::merge::report::Reason;
use crate::names::{LOCAL_PREFIX, LONGEST_NAME};

/// The first millisecond that is beyond what a [`Time`] can contain.
const END_OF_TIME: i64 = 1 << 47;

/// Checks the transaction of a run that follows a point. Returns the point at its end, and the hashes of its
/// changes as they were first written.
pub(crate) fn check(
    changes: &Changes,
    run: &Run,
    at: Point,
    transaction: &[Sent],
) -> Result<(Point, Vec<u64>), Reason> {
    let mut end = at;
    let mut hashes = Vec::with_capacity(transaction.len());
    for sent in transaction {
        let hash = hash(changes, run, sent)?;
        let is_after = if run.is_forked { sent.time >= end.time } else { sent.time > end.time };
        let is_time = sent.time > Time::default() && sent.time.millis() < END_OF_TIME;
        if !is_after || !is_time || sent.time > run.to.time {
            return Err(Reason::Time);
        }
        let hash = sent.compacted.hash(hash);
        end = Point { time: sent.time, digest: end.digest ^ hash ^ sent.compacted.dropped };
        hashes.push(hash);
    }
    // In a forked run, a change could be there twice with a digest the second time only.
    let mut seen = HashSet::new();
    let mut both = transaction.iter().map(|sent| sent.time).zip(&hashes);
    if run.is_forked && !both.all(|change| seen.insert(change)) {
        return Err(Reason::Damaged);
    }
    let mark = transaction.last().and_then(|last| last.mark).ok_or(Reason::OpenTransaction)?;
    // In a forked run, a digest is that of the changes of one of the two devices.
    if !run.is_forked && mark != end.digest {
        return Err(Reason::Digest);
    }
    Ok((end, hashes))
}

/// Returns the hash of what there is of a change.
fn hash(changes: &Changes, run: &Run, sent: &Sent) -> Result<u64, Reason> {
    let table = changes.tables.get(sent.table as usize).ok_or(Reason::Damaged)?;
    if table.len() > LONGEST_NAME || table.starts_with(LOCAL_PREFIX) {
        return Err(Reason::Name);
    }
    let row = changes.get(&sent.row);
    if row.len() != 16 {
        return Err(Reason::RowId);
    }
    let mut canonical = Canonical::new(Stamp { time: sent.time, node: run.node }, table, row);
    let mut cells = PackedCells::headless(changes.get(&sent.cells));
    while let Some(PackedCell { column, tag, payload }) =
        cells.next_cell().ok_or(Reason::Damaged)?
    {
        let name = changes.columns.get(column as usize).ok_or(Reason::Damaged)?;
        if name.len() > LONGEST_NAME {
            return Err(Reason::Name);
        }
        canonical.cell(name, tag, payload);
    }
    canonical.more(changes.get(&sent.more));
    Ok(canonical.hash())
}
