//! What the changes of one node are to what is known of it.

use std::ops::Range;

use rusqlite::Connection;

use crate::changes::{Run, Sent};
use crate::clock::Time;
use crate::error::Result;
use crate::merge::report::Reason;
use crate::outgoing::mark;
use crate::vector::{Known, Point};

/// A run on its way.
pub(crate) struct RunState<'m> {
    pub(crate) run: &'m Run,
    /// Where it stands.
    pub(crate) at: Point,
    pub(crate) way: Way,
    /// What was known of the node before.
    pub(crate) before: Known,
    /// Something was added to the node's changes.
    pub(crate) has_grown: bool,
    /// Something was added between what was known: what follows it was written by another device.
    pub(crate) has_grown_within: bool,
}

/// What is done with the transactions of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// All of them are known.
    Skip,
    /// They follow what is known.
    Append,
    /// Some of them may be known.
    Unite,
    /// They are not taken.
    Refuse(Reason),
}

impl<'m> RunState<'m> {
    /// Looks what a run is to what is known of its node.
    pub(crate) fn meet(
        connection: &Connection,
        run: &'m Run,
        before: Known,
        is_single: bool,
    ) -> Result<Self> {
        // What is left of a compacted log came in part: the whole one is to take its place from the start.
        let is_halfway = before.is_arriving();
        let is_forked = run.is_forked || before.is_forked;
        let is_left = run.horizon != Point::default();
        let last_horizon = before.horizon.time.max(run.horizon.time);
        let are_left_alike = before.end == Point::default()
            || run.horizon == before.horizon
            || run.from.time >= last_horizon;
        let way = if !is_single {
            Way::Refuse(Reason::Damaged)
        } else if run.to == before.end {
            Way::Skip
        } else if is_forked && !are_left_alike {
            // What was dropped from the one log cannot be told from what the other never had.
            Way::Refuse(Reason::Unconnected)
        } else if is_halfway && !is_left && run.from.time > before.whole {
            // Part of the log before it is missing here, of which the rest was dropped elsewhere.
            Way::Refuse(Reason::Unconnected)
        } else if is_forked {
            Way::Unite
        } else if run.from == before.end {
            Way::Append
        } else if run.to.time <= before.horizon.time && !is_halfway {
            // It was known before covered values were dropped.
            Way::Skip
        } else if !is_halfway && mark(connection, before.node, run.to.time)? == Some(run.to.digest)
        {
            Way::Skip
        } else if run.from == Point::default()
            || (run.from.time <= before.end.time
                && run.from == Point::within(run.horizon, run.from.time))
            || mark(connection, before.node, run.from.time)? == Some(run.from.digest)
        {
            Way::Unite
        } else {
            Way::Refuse(Reason::Unconnected)
        };
        Ok(Self { run, at: run.from, way, before, has_grown: false, has_grown_within: false })
    }
}

/// Where the transaction is that begins with a change: up to its end, or to that of its run. Those of two
/// devices that wrote under one id, at the same times, are one.
pub(crate) fn transaction(changes: &[Sent], start: usize, is_forked: bool) -> Range<usize> {
    let run = changes.get(start).map(|first| first.run);
    let mut open = Time::default();
    for (at, change) in changes.iter().enumerate().skip(start) {
        if Some(change.run) != run {
            return start..at;
        }
        let next = changes.get(at + 1).filter(|next| Some(next.run) == run);
        match change.mark {
            None => open = change.time,
            Some(_) if !is_forked => return start..at + 1,
            Some(_) if open == change.time => {}
            Some(_) if next.is_some_and(|next| next.time == change.time) => {}
            Some(_) => return start..at + 1,
        }
    }
    start..changes.len()
}
