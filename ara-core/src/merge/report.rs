//! What a merge did.

use std::fmt;

use uuid::Uuid;

use crate::exchange::changes::Sent;
use crate::growth::history::Growth;
use crate::log::clock::Time;
use crate::log::node::NodeId;
use crate::log::nodes::is_void;
use crate::log::transaction_id::TransactionId;

/// What [`Database::merge`](crate::Database::merge) did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeReport {
    /// How many changes were new to this database: the rows that [`ensure`](crate::Database::ensure) writes into
    /// the history of schemas among them.
    pub changes: u64,
    /// The transactions that these are of, oldest first, by which they can be
    /// [undone](crate::Database::undo): from the last one to the first. They are among those that
    /// [`transactions`](crate::Database::transactions) lists: what is dated ahead and waits for its time is
    /// left out, and what ara wrote for itself.
    pub transactions: Vec<TransactionId>,
    /// How many it knew already.
    pub known: u64,
    /// How many values were written into rows of the app's tables.
    pub written: u64,
    /// How many values of them were not, as a later write of the same column was known.
    pub outdated: u64,
    /// How many of the new changes could not be applied as a whole yet. They are in the log, they are
    /// passed on, and [`Database::set_aside`](crate::Database::set_aside) tells why.
    pub set_aside: u64,
    /// The nodes of which some changes were not even taken into the log.
    pub refused: Vec<Refused>,
    /// The nodes of which it was found that two devices wrote under their id: a copy of a file, or a
    /// backup that was restored. What both wrote is united.
    pub forked: Vec<Uuid>,
    /// The app's tables and columns that were made.
    pub growth: Growth,
}

impl MergeReport {
    /// Adds what was new of a node, and counts. Of forked nodes that may be several transactions.
    pub(crate) fn bring(
        &mut self,
        (node, void): (NodeId, (Time, Time)),
        changes: &[Sent],
        is_of_app: impl Fn(&Sent) -> bool,
    ) {
        let node = node.uuid();
        for transaction in changes.split_inclusive(|sent| sent.mark.is_some()) {
            let end = transaction.last().filter(|end| !is_void(void, end.time));
            let end = end.filter(|_| transaction.iter().any(&is_of_app));
            self.transactions.extend(end.map(|end| TransactionId { time: end.time, node }));
        }
    }

    /// Takes out what turned out not to count.
    pub(crate) fn leave_out(&mut self, node: NodeId, void: (Time, Time)) {
        let node = node.uuid();
        self.transactions.retain(|id| id.node != node || !is_void(void, id.time));
    }
}

/// A node whose changes, or the last of them, were not taken. All others were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The node.
    pub node: Uuid,
    /// Why.
    pub reason: Reason,
}

/// Why changes were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// They follow changes that this database lacks: they were made for another one.
    Unconnected,
    /// A transaction does not end.
    OpenTransaction,
    /// They are not what their digest says.
    Digest,
    /// A time is not after the one before it, or none that a clock shows.
    Time,
    /// The id of a row has not 16 bytes.
    RowId,
    /// A change cannot be taken apart.
    Damaged,
    /// A name is longer than 1,000 bytes, is used for what is never synced, or a table has more than
    /// 63,000 of them that the app does not declare.
    Name,
}

impl Reason {
    /// What it is called in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unconnected => "unconnected",
            Self::OpenTransaction => "open transaction",
            Self::Digest => "digest",
            Self::Time => "time",
            Self::RowId => "row id",
            Self::Damaged => "damaged",
            Self::Name => "name",
        }
    }

    /// The one that is called so in the file.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Unconnected,
            Self::OpenTransaction,
            Self::Digest,
            Self::Time,
            Self::RowId,
            Self::Damaged,
            Self::Name,
        ];
        all.into_iter().find(|reason| reason.name() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unconnected => {
                "they follow changes that this database lacks: ask for the changes since its own vector"
            }
            Self::OpenTransaction => "a transaction does not end: send whole transactions",
            Self::Digest => "they are not what their digest says: send them again",
            Self::Time => "their times do not ascend, or are none that a clock shows",
            Self::RowId => "the id of a row has not 16 bytes",
            Self::Damaged => "a change cannot be read: send them again",
            Self::Name => "a name is too long, or of a local table, or a table has too many of them",
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "changes of node {} were not taken: {}", self.node, self.reason)
    }
}
