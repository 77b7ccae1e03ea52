//! How the changes of one node relate to what is known of it.

use rusqlite::Connection;

use crate::catalog::registry::Registry;
use crate::error::Result;
use crate::exchange::changes::Run;
use crate::log::nodes::Node;
use crate::log::points::{find_point, is_dropped};
use crate::merge::report::Reason;

/// What is done with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// All of it is known, and is skipped.
    Skip,
    /// It follows what is known, and is appended.
    Append,
    /// Some of it may be known, so it is compared with the log.
    Unite,
    /// It is not taken over.
    Refuse(Reason),
}

impl Way {
    /// Compares a run with what is known of its node, or returns `None` if that takes a look into its log.
    pub(crate) fn at_once(run: &Run, known: &Node) -> Option<Self> {
        if run.to == known.end {
            Some(Self::Skip)
        } else if run.is_forked || known.is_forked {
            Some(Self::Unite)
        } else if run.from == known.end {
            Some(Self::Append)
        } else {
            None
        }
    }

    /// Compares a run with the log of its node.
    pub(crate) fn by_log(
        connection: &Connection,
        registry: &Registry,
        run: &Run,
        known: &Node,
    ) -> Result<Self> {
        Ok(if find_point(connection, registry, known, run.to)?.is_some() {
            Self::Skip
        } else if run.from.is_start()
            || find_point(connection, registry, known, run.from)?.is_some()
            // The transaction that the run follows was known, and has been dropped.
            || is_dropped(connection, known, run.from.number)?
        {
            Self::Unite
        } else {
            Self::Refuse(Reason::Unconnected)
        })
    }
}
