//! Changes that were dropped here, or elsewhere, where logs of one node meet.
//!
//! A change stands for those that were dropped between the one before it and itself: it keeps what they add
//! to the digest. What another log holds there is taken to be of them. It can be something else only where
//! two devices wrote under one id, and the changes of one were compacted before the two met.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::exchange::changes::Sent;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::merge::hashes::Hashes;
use crate::merge::logged::Arriving;

/// Up to where a run has what is held here, but for what was dropped.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Even {
    /// The time of the last change of the run that is held.
    pub(crate) time: Time,
    /// What the changes after that one add to the digest. All of them were dropped here.
    pub(crate) dropped_here: u64,
}

/// The times of the changes of a transaction that were here and were dropped. A log lacks none after its
/// horizon.
pub(crate) fn dropped_here(
    connection: &Connection,
    (node, horizon): (NodeOrdinal, Time),
    transaction: &[Sent],
) -> Result<HashSet<Time>> {
    let mut dropped = HashSet::new();
    let ends = transaction.first().zip(transaction.last());
    let Some((_, last)) = ends.filter(|(first, _)| first.time <= horizon) else {
        return Ok(dropped);
    };
    let is_end_held = is_held(connection, node, last.time)?;
    let is_end_dropped = !is_end_held && is_dropped(connection, node, last.time)?;
    for sent in transaction {
        // Where the end was never here, nothing of it was.
        let is_of_dropped =
            is_end_dropped || (is_end_held && is_dropped(connection, node, sent.time)?);
        if is_of_dropped && !is_held(connection, node, sent.time)? {
            dropped.insert(sent.time);
        }
    }
    Ok(dropped)
}

/// Of the changes that were dropped elsewhere before a change, what they add to the digest that are not held
/// here either.
pub(crate) fn lacking(
    connection: &Connection,
    hashes: &mut Hashes<'_>,
    change: &Arriving<'_>,
    since: Even,
) -> Result<u64> {
    let dropped = change.compacted.dropped;
    if dropped == 0 {
        return Ok(0);
    }
    let mut held = connection.prepare_cached(
        "SELECT time, tbl, row, cells FROM ara_change WHERE node = ?1 AND time > ?2 AND time < ?3 \
         UNION ALL SELECT time, tbl, row, cells FROM ara_twin \
         WHERE node = ?1 AND time > ?2 AND time < ?3",
    )?;
    let range = (change.node, since.time.bits(), change.time.bits());
    let mut held = held.query(range)?;
    let mut lacking = dropped ^ since.dropped_here;
    while let Some(held) = held.next()? {
        let stamp = Stamp { time: held.get(0)?, node: change.node_id };
        let packed = held.get_ref(3)?.as_blob().map_err(|_| Error::Corrupt)?;
        let hash = hashes.of(stamp, (held.get(1)?, &held.get(2)?), packed)?;
        let cells = PackedCells::open(packed).ok_or(Error::Corrupt)?;
        lacking ^= hash ^ cells.compacted.dropped;
    }
    Ok(lacking)
}

/// Whether a node has a change of this time.
fn is_held(connection: &Connection, node: NodeOrdinal, time: Time) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM ara_change WHERE node = ?1 AND time = ?2")?
        .exists((node, time.bits()))?)
}

/// Whether a node that has no change of this time had one that was dropped.
pub(crate) fn is_dropped(connection: &Connection, node: NodeOrdinal, time: Time) -> Result<bool> {
    let next = connection
        .prepare_cached(
            "SELECT cells FROM ara_change WHERE node = ?1 AND time > ?2 ORDER BY time LIMIT 1",
        )?
        .query_row((node, time.bits()), |row| row.get::<_, Vec<u8>>(0))
        .optional()?;
    let next = next.as_deref().and_then(PackedCells::open);
    Ok(next.is_some_and(|cells| cells.compacted.dropped != 0))
}

/// Where a run is even that goes on from a point at which changes were dropped here.
pub(crate) fn even_before(
    connection: &Connection,
    node: NodeOrdinal,
    (time, digest): (Time, u64),
) -> Result<Even> {
    let last = connection
        .prepare_cached(
            "SELECT time, cells FROM ara_change WHERE node = ?1 AND time < ?2 \
             ORDER BY time DESC LIMIT 1",
        )?
        .query_row((node, time.bits()), |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?;
    let Some((time, packed)) = last else {
        return Ok(Even { time: Time::default(), dropped_here: digest });
    };
    // A transaction of which something is left still ends.
    let mark = PackedCells::open(&packed).and_then(|cells| cells.digest);
    let dropped_here = mark.map_or(0, |mark| mark ^ digest);
    Ok(Even { time: Time::from_bits(time), dropped_here })
}
