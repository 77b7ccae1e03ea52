//! How the changes of one node relate to what is known of it.

use std::ops::Range;

use rusqlite::Connection;

use crate::error::Result;
use crate::exchange::changes::{Run, Sent};
use crate::log::clock::Time;
use crate::log::nodes::Node;
use crate::log::point::Point;
use crate::log::transactions::mark;
use crate::merge::dropped::{is_dropped, last_common_before};
use crate::merge::last_common::LastCommon;
use crate::merge::report::Reason;

/// A run that is being taken over.
pub(crate) struct RunState<'m> {
    pub(crate) run: &'m Run,
    /// The last change that was taken over, and the digest up to it.
    pub(crate) at: Point,
    pub(crate) way: Way,
    /// What was known of the node before the merge.
    pub(crate) before: Node,
    /// Whether changes of the node were added to the log.
    pub(crate) has_grown: bool,
    /// Whether some were added before the end of what was known: two devices wrote under the node's id then.
    pub(crate) has_grown_within: bool,
    pub(crate) last_common: LastCommon,
}

/// What is done with the transactions of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// All of them are known, and are skipped.
    Skip,
    /// They follow what is known, and are appended.
    Append,
    /// Some of them may be known, so each is looked up.
    Unite,
    /// They are not taken over.
    Refuse(Reason),
}

impl<'m> RunState<'m> {
    /// Compares a run with what is known of its node, and decides what is done with its transactions.
    /// `is_single` says that the node has no other run.
    pub(crate) fn compare(
        connection: &Connection,
        run: &'m Run,
        before: Node,
        is_single: bool,
    ) -> Result<Self> {
        let mut last_common = LastCommon { time: run.from.time, dropped_since: 0 };
        let way = if !is_single {
            // It is unknown in which order the runs of one node would follow one another.
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
                // The transaction that the run follows was known, and has been dropped.
                None if is_dropped(connection, before.ordinal, run.from.time)? => {
                    last_common = last_common_before(connection, before.ordinal, run.from)?;
                    Way::Unite
                }
                _ => Way::Refuse(Reason::Unconnected),
            }
        };
        let (has_grown, has_grown_within) = (false, false);
        Ok(Self { run, at: run.from, way, before, has_grown, has_grown_within, last_common })
    }
}

/// Returns the range of the transaction that begins with a change. It ends with the first change that has a
/// digest, or with its run.
///
/// In a forked run, whose changes were written by two devices, transactions with changes of the same time are
/// taken as one.
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
