//! What the changes of one node are to what is known of it.

use std::ops::Range;

use rusqlite::Connection;

use crate::error::Result;
use crate::exchange::changes::{Run, Sent};
use crate::log::clock::Time;
use crate::log::nodes::Node;
use crate::log::point::Point;
use crate::log::transactions::mark;
use crate::merge::dropped::{Even, even_before, is_dropped};
use crate::merge::report::Reason;

/// A run on its way.
pub(crate) struct RunState<'m> {
    pub(crate) run: &'m Run,
    /// Where it stands.
    pub(crate) at: Point,
    pub(crate) way: Way,
    /// What was known of the node before.
    pub(crate) before: Node,
    /// Something was added to the node's changes.
    pub(crate) has_grown: bool,
    /// Something was added between what was known: what follows it was written by another device.
    pub(crate) has_grown_within: bool,
    pub(crate) even: Even,
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
        before: Node,
        is_single: bool,
    ) -> Result<Self> {
        let mut even = Even { time: run.from.time, dropped_here: 0 };
        let way = if !is_single {
            Way::Refuse(Reason::Damaged)
        } else if run.to == before.end {
            Way::Skip
        } else if run.is_forked || before.is_forked {
            Way::Unite
        } else if run.from == before.end {
            Way::Append
        } else if mark(connection, before.ordinal, run.to.time)? == Some(run.to.digest) {
            Way::Skip
        } else if run.from == Point::default() {
            Way::Unite
        } else {
            match mark(connection, before.ordinal, run.from.time)? {
                Some(digest) if digest == run.from.digest => Way::Unite,
                None if is_dropped(connection, before.ordinal, run.from.time)? => {
                    let from = (run.from.time, run.from.digest);
                    even = even_before(connection, before.ordinal, from)?;
                    Way::Unite
                }
                _ => Way::Refuse(Reason::Unconnected),
            }
        };
        let (has_grown, has_grown_within) = (false, false);
        Ok(Self { run, at: run.from, way, before, has_grown, has_grown_within, even })
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
