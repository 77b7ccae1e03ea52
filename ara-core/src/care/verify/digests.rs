//! Verifying the digests of the nodes.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::care::progress::ProgressReporter;
use crate::care::verification::{Verification, What};
use crate::catalog::registry::{Registry, hash};
use crate::error::Result;
use crate::log::all_changes::LogReader;
use crate::log::logged_change::LoggedChange;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::point::Point;
use crate::log::twins::for_each_twin;
use crate::log::{meta, nodes};

/// The end of a node's log, computed from its changes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LoggedEnd {
    pub(crate) at: Point,
    /// The XOR of the hashes of changes that compaction has dropped.
    pub(crate) dropped: u64,
    /// Whether the digest that a transaction marks is not that of the changes up to it.
    pub(crate) is_mismarked: bool,
}

/// Compares the digest of each node with the one that `ara_node` holds.
pub(super) fn verify_digests(
    connection: &Connection,
    registry: &Registry,
    found: &mut Verification,
    progress: &mut ProgressReporter<'_>,
) -> Result<()> {
    let ends = add_up(connection, registry, found, progress)?;
    // The end of the node that writes the file is usually not kept, as the log itself tells it.
    let writer = meta::get(connection, meta::NODE)?;
    for node in nodes::kept(connection)? {
        let is_kept = Some(node.ordinal) != writer || node.end != Point::default();
        let end = ends.get(&node.ordinal).copied().unwrap_or_default().at;
        if is_kept && node.end != end {
            found.differ(None, None, What::Digest);
        }
    }
    Ok(())
}

/// Computes the end of each node's log from its changes.
pub(crate) fn add_up(
    connection: &Connection,
    registry: &Registry,
    found: &mut Verification,
    progress: &mut ProgressReporter<'_>,
) -> Result<HashMap<NodeOrdinal, LoggedEnd>> {
    let mut log = LogReader::new(connection)?;
    let mut changes = log.read()?;
    let mut ends: HashMap<NodeOrdinal, LoggedEnd> = HashMap::new();
    // The last change: its node, and whether it ends a transaction.
    let mut last: Option<(NodeOrdinal, bool)> = None;
    while let Some(change) = changes.next()? {
        found.changes += 1;
        progress.add(1);
        let (node, time, table) = (change.node()?, change.time()?, change.table()?);
        if last.is_some_and(|(before, is_end)| before != node && !is_end) {
            found.differ(None, None, What::OpenTransaction);
        }
        let Some(counted) = Counted::of(change, registry) else {
            let table = registry.tables.get(&table).map(|table| &*table.name);
            found.differ(table, None, What::UnreadableChange);
            last = Some((node, true));
            continue;
        };
        let end = ends.entry(node).or_default();
        let Counted { hash, dropped, mark } = counted;
        end.at = Point { time, digest: end.at.digest ^ hash ^ dropped };
        end.dropped ^= dropped;
        // If two devices wrote under one id, each marked the digest of its own changes alone.
        let is_forked = registry.nodes.get(&node).is_some_and(|node| node.is_forked);
        if !is_forked && mark.is_some_and(|mark| mark != end.at.digest) {
            end.is_mismarked = true;
            found.differ(None, None, What::Digest);
        }
        // If two devices wrote under one id, the end of a transaction may be hidden by another change.
        last = Some((node, mark.is_some() || is_forked));
    }
    if last.is_some_and(|(_, is_end)| !is_end) {
        found.differ(None, None, What::OpenTransaction);
    }
    add_twins(connection, &mut ends)?;
    Ok(ends)
}

/// Adds the changes that another change of the same node and time hides. The digest includes them.
fn add_twins(connection: &Connection, ends: &mut HashMap<NodeOrdinal, LoggedEnd>) -> Result<()> {
    for_each_twin(connection, |twin, hash| {
        let end = ends.entry(twin.node()?).or_default();
        end.at.digest ^= hash ^ twin.cells().map_or(0, |cells| cells.compacted.dropped);
        Ok(())
    })
}

/// What a change adds to the digest of its node.
struct Counted {
    /// The hash of the change as it was first written.
    hash: u64,
    /// The XOR of the hashes of changes that were dropped before it.
    dropped: u64,
    /// The digest that it marks, if it ends a transaction.
    mark: Option<u64>,
}

impl Counted {
    /// Reads a change. Returns `None` if it cannot be read.
    fn of(change: LoggedChange<'_>, registry: &Registry) -> Option<Self> {
        let (row, cells) = (change.row_id().ok()?, change.cells().ok()?);
        let table = registry.tables.get(&change.table().ok()?).filter(|table| !table.is_local)?;
        let node = registry.nodes.get(&change.node().ok()?)?.id;
        let stamp = Stamp { time: change.time().ok()?, node };
        let hash = hash(stamp, table, &row, &cells)?;
        let compacted = cells.compacted;
        let (hash, mark) = (compacted.hash(hash), cells.digest);
        Some(Self { hash, dropped: compacted.dropped, mark })
    }
}
