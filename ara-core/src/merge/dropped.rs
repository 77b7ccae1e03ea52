//! Comparing logs of one node from which compaction has dropped different changes.
//!
//! The digest of a node is the XOR of the hashes of all its changes as they were first written. Compaction
//! keeps it the same: the change after a gap *stands for* those that were dropped, by the XOR of their hashes
//! in [`Compacted::dropped`](crate::log::change::Compacted). So a change adds to the digest its own hash and
//! what it stands for.
//!
//! # Example
//!
//! A node has written four changes A, B, C and D with the hashes a, b, c and d, and two devices have logs of
//! it. `D(b ^ c)` is the change D that stands for `b ^ c`. The digest after D is `a ^ b ^ c ^ d` in every
//! log.
//!
//! *One device has dropped changes that the other one has.* The other one must stand for those that it lacks,
//! and for no more:
//!
//! ```text
//! here:    A  B                 has not heard of C and D
//! arrives: A        D(b ^ c)    B and C were dropped there
//! result:  A  B     D(c)        a ^ b ^ (d ^ c)
//! ```
//!
//! D is new and stands for `b ^ c`. Since A, the last change in common, there is B here, which adds `b`. So
//! what is [lacking] here is `b ^ c ^ b = c`.
//!
//! *Both have dropped changes, but different ones.* Nothing may change here:
//!
//! ```text
//! here:    A        C(b)  D     a ^ (c ^ b) ^ d
//! arrives:    B(a)        D(c)  (b ^ a) ^ (d ^ c)
//! result:  A        C(b)  D
//! ```
//!
//! B is not here, but the change after it, C, stands for dropped changes: so B was dropped here, and must not
//! come back. With what it stands for it adds `b ^ a`, which [`LastCommon::dropped_since`] remembers. D is
//! known, but stands for `c` there. Of that, nothing is lacking here:
//!
//! ```text
//! c            D stands for it there
//! ^ b ^ a      B(a), which arrived and was dropped here
//! ^ a          A, which is here
//! ^ c ^ b      C(b), which is here
//! = 0
//! ```
//!
//! # Limits
//!
//! A change that arrives where changes were dropped here is taken for one of them. This is wrong only if two
//! devices wrote under one node id, and the changes of one of them were compacted before the two logs met.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::error::Result;
use crate::exchange::changes::Sent;
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::{NodeOrdinal, Stamp};
use crate::log::node_changes::{SpanReader, is_held};
use crate::log::point::Point;
use crate::log::span::Span;
use crate::log::transactions::last_change;
use crate::log::twins::ForkedReader;
use crate::merge::arriving::Arriving;
use crate::merge::hashes::Hashes;
use crate::merge::last_common::LastCommon;

/// Returns the times of those changes of a transaction that were dropped here. After the horizon of its node,
/// nothing was dropped from a log.
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
        // If the log never had the end of the transaction, it had nothing of it: transactions arrive whole.
        let is_of_dropped =
            is_end_dropped || (is_end_held && is_dropped(connection, node, sent.time)?);
        if is_of_dropped && !is_held(connection, node, sent.time)? {
            dropped.insert(sent.time);
        }
    }
    Ok(dropped)
}

/// Returns what is lacking here of the changes that an arriving change stands for: what they add to the
/// digest without those that are held here, or were dropped here, since the last change in common.
pub(crate) fn lacking(
    connection: &Connection,
    hashes: &mut Hashes<'_>,
    change: &Arriving<'_>,
    since: LastCommon,
) -> Result<u64> {
    let dropped = change.compacted.dropped;
    if dropped == 0 {
        return Ok(0);
    }
    let between = Span { node: change.node, after: since.time, end: change.stamp.time.before() };
    let mut held = ForkedReader::new(connection)?;
    let mut held = held.read(between)?;
    let mut lacking = dropped ^ since.dropped_since;
    while let Some(held) = held.next()? {
        let stamp = Stamp { time: held.time()?, node: change.stamp.node };
        let hash = hashes.of(stamp, (held.table()?, &held.row_id()?), held.packed()?)?;
        lacking ^= hash ^ held.cells()?.compacted.dropped;
    }
    Ok(lacking)
}

/// Returns whether a change of this node and time, which the log does not have, was dropped from it: the next
/// change stands for dropped ones then.
pub(crate) fn is_dropped(connection: &Connection, node: NodeOrdinal, time: Time) -> Result<bool> {
    let mut later = SpanReader::all(connection)?;
    let mut later = later.read_first(Span::after(node, time), 1)?;
    let next = later.next()?.map(|next| next.packed()).transpose()?;
    let next = next.and_then(PackedCells::open);
    Ok(next.is_some_and(|cells| cells.compacted.dropped != 0))
}

/// Returns the last change that the log has before a point whose own change was dropped here, and what was
/// dropped between the two.
pub(crate) fn last_common_before(
    connection: &Connection,
    node: NodeOrdinal,
    point: Point,
) -> Result<LastCommon> {
    let Some((time, mark)) = last_change(connection, node, point.time.before())? else {
        return Ok(LastCommon { time: Time::default(), dropped_since: point.digest });
    };
    // The point is the end of a transaction, of which nothing is left then: compaction keeps the end as long
    // as it keeps any of the changes. So the change before it ends a transaction, too, and has a digest.
    Ok(LastCommon { time, dropped_since: mark.map_or(0, |mark| mark ^ point.digest) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::format::new_file;
    use crate::growth::make::logged_name;
    use crate::log::change::{Compacted, Packed};
    use crate::log::node::NodeId;
    use crate::log::nodes;
    use crate::merge::logged::Log;

    const ROW: [u8; 16] = [1; 16];

    /// The four changes of the example, which differ in their times alone, and a log that has some of them.
    struct Example {
        log: Connection,
        node: NodeOrdinal,
        table: i64,
        times: [Time; 4],
        hashes: [u64; 4],
    }

    impl Example {
        fn new() -> Result<Self> {
            let log = new_file();
            let id = NodeId::from_bytes([7; 16]);
            let node = nodes::add(&log, id)?;
            let (table, []) = logged_name(&log, "todo", &[])?;
            let times = [1, 2, 3, 4].map(|millis| Time::default().next(millis));
            let mut hashes = [0; 4];
            for (hash, time) in hashes.iter_mut().zip(times) {
                let packed = Packed::new().finished(Compacted::default(), None);
                let stamp = Stamp { time, node: id };
                *hash = Hashes::new(&log).of(stamp, (table, &ROW), packed.bytes())?;
            }
            Ok(Self { log, node, table, times, hashes })
        }

        /// The change of this number, standing for others.
        fn change(&self, at: usize, dropped: u64) -> Arriving<'static> {
            Arriving {
                stamp: Stamp { time: self.times[at], node: NodeId::from_bytes([7; 16]) },
                node: self.node,
                hash: self.hashes[at],
                table: self.table,
                row: &ROW,
                packed: Packed::new(),
                compacted: Compacted { original: None, dropped },
                mark: None,
            }
        }

        fn hold(&self, at: usize, dropped: u64) -> Result<()> {
            Log::new(&self.log)?.append(self.change(at, dropped)).map(drop)
        }

        fn lacking(&self, at: usize, dropped: u64, since: LastCommon) -> Result<u64> {
            lacking(&self.log, &mut Hashes::new(&self.log), &self.change(at, dropped), since)
        }
    }

    const A: usize = 0;
    const B: usize = 1;
    const C: usize = 2;
    const D: usize = 3;

    #[test]
    fn a_change_stands_here_for_what_is_lacking_here() -> Result<()> {
        let example = Example::new()?;
        let [_, b, c, _] = example.hashes;
        example.hold(A, 0)?;
        example.hold(B, 0)?;
        let since = LastCommon { time: example.times[A], dropped_since: 0 };
        assert_eq!(example.lacking(D, b ^ c, since)?, c);
        Ok(())
    }

    #[test]
    fn nothing_is_lacking_where_both_have_dropped() -> Result<()> {
        let example = Example::new()?;
        let [a, b, c, _] = example.hashes;
        example.hold(A, 0)?;
        example.hold(C, b)?;
        example.hold(D, 0)?;
        assert!(is_dropped(&example.log, example.node, example.times[B])?);
        let since = LastCommon { time: Time::default(), dropped_since: b ^ a };
        assert_eq!(example.lacking(D, c, since)?, 0);
        Ok(())
    }
}
