//! Verifying the digests of the nodes.

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::care::progress::ProgressReporter;
use crate::care::verification::{Verification, What};
use crate::catalog::registry::{Registry, hash};
use crate::error::Result;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::point::Point;
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
    let mut changes = connection
        .prepare("SELECT node, time, tbl, row, cells FROM ara_change ORDER BY node, time")?;
    let mut changes = changes.query([])?;
    let mut ends: HashMap<NodeOrdinal, LoggedEnd> = HashMap::new();
    // The last change: its node, and whether it ends a transaction.
    let mut last: Option<(NodeOrdinal, bool)> = None;
    while let Some(change) = changes.next()? {
        found.changes += 1;
        progress.add(1);
        let node = change.get::<_, NodeOrdinal>(0)?;
        if last.is_some_and(|(before, is_end)| before != node && !is_end) {
            found.differ(None, None, What::OpenTransaction);
        }
        let time = Time::from_bits(change.get(1)?);
        let table = change.get(2)?;
        let Some(counted) = Counted::of(change, registry, (node, time, table)) else {
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
    let mut twins = connection.prepare("SELECT node, hash, cells FROM ara_twin")?;
    let mut twins = twins.query([])?;
    while let Some(twin) = twins.next()? {
        let end = ends.entry(twin.get(0)?).or_default();
        let cells = twin.get_ref(2)?.as_blob().ok().and_then(PackedCells::open);
        let dropped = cells.map_or(0, |cells| cells.compacted.dropped);
        end.at.digest ^= twin.get::<_, i64>(1)?.cast_unsigned() ^ dropped;
    }
    Ok(())
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
    fn of(
        change: &Row<'_>,
        registry: &Registry,
        (node, time, ordinal): (NodeOrdinal, Time, i64),
    ) -> Option<Self> {
        let row = Uuid::from_slice(change.get_ref(3).ok()?.as_blob().ok()?).ok()?;
        let cells = PackedCells::open(change.get_ref(4).ok()?.as_blob().ok()?)?;
        let table = registry.tables.get(&ordinal).filter(|table| !table.is_local)?;
        let stamp = Stamp { time, node: registry.nodes.get(&node)?.id };
        let hash = hash(stamp, table, row.as_bytes(), &cells)?;
        let compacted = cells.compacted;
        let (hash, mark) = (compacted.hash(hash), cells.digest);
        Some(Self { hash, dropped: compacted.dropped, mark })
    }
}
