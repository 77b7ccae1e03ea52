//! The report of a merge.

use std::fmt;

use uuid::Uuid;

use crate::growth::history::Growth;
use crate::log::transaction_id::TransactionId;

/// What a [merge](crate::Database::merge) did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MergeReport {
    /// The number of changes that were new to this database. They include those that
    /// [`ensure`](crate::Database::ensure) makes to the history of schemas.
    pub changes: u64,
    /// The transactions of the new changes, oldest first, as [`transactions`](crate::Database::transactions)
    /// lists them. Those in which only ara's own tables were written are left out. To undo all of them, pass
    /// them to [`undo_all`](crate::Database::undo_all).
    pub transactions: Vec<TransactionId>,
    /// The number of changes that this database knew already, or had dropped by
    /// [`compact`](crate::Database::compact).
    pub known: u64,
    /// The number of values that were written into rows of the app's tables.
    pub written: u64,
    /// The number of values that were not written, because a later write to the same column was known.
    pub outdated: u64,
    /// The number of new changes that could not be fully applied yet. They are in the log, and are passed on
    /// to other devices. [`Database::set_aside`](crate::Database::set_aside) returns why they could not.
    pub set_aside: u64,
    /// The nodes of which changes were refused: these are not even in the log.
    pub refused: Vec<Refused>,
    /// The ids of the nodes for which it was discovered that two devices have written under this id, because
    /// a file was copied or a backup was restored, or that one of the two logs has lost changes. The changes of
    /// both are united.
    pub forked: Vec<Uuid>,
    /// The app's tables and columns that were created.
    pub growth: Growth,
    /// Whether values arrived of rows that were forgotten before, and were left out. For the crate `ara-sync`.
    #[doc(hidden)]
    pub removed_values: bool,
}

/// A node of which changes were refused: all that arrived of it, or those after a certain one.
///
/// The changes of other nodes were taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The node.
    pub node: Uuid,
    /// Why they were refused.
    pub reason: Reason,
}

/// Why changes were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// They follow changes that this database lacks: they were requested with the version vector of another
    /// one.
    Unconnected,
    /// A transaction does not end.
    OpenTransaction,
    /// They do not match their digest.
    Digest,
    /// The numbers do not follow one another, as they must but for changes that
    /// [`compact`](crate::Database::compact) dropped.
    Number,
    /// A stamp is beyond the last one that a clock can show, or a date is.
    Time,
    /// The id of a row does not have 16 bytes.
    RowId,
    /// A change cannot be decoded.
    Damaged,
    /// A name has more than 1,000 bytes, is that of a local table, or is that of a column in a table that has
    /// more than 63,000 columns already.
    Name,
    /// A change is larger than SQLite can hold.
    TooLarge,
    /// The node is new, and this database knows 8,388,607 nodes already, which are as many as a file can.
    TooManyNodes,
}

impl Reason {
    /// Returns the name by which the file keeps the reason.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unconnected => "unconnected",
            Self::OpenTransaction => "open transaction",
            Self::Digest => "digest",
            Self::Number => "number",
            Self::Time => "time",
            Self::RowId => "row id",
            Self::Damaged => "damaged",
            Self::Name => "name",
            Self::TooLarge => "too large",
            Self::TooManyNodes => "too many nodes",
        }
    }

    /// Returns the reason that the file keeps by this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::Unconnected,
            Self::OpenTransaction,
            Self::Digest,
            Self::Number,
            Self::Time,
            Self::RowId,
            Self::Damaged,
            Self::Name,
            Self::TooLarge,
            Self::TooManyNodes,
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
            Self::Number => "their numbers do not follow one another: send them again",
            Self::Time => "they are stamped or dated later than any clock can show",
            Self::RowId => "the id of a row has not 16 bytes",
            Self::Damaged => "a change cannot be read: send them again",
            Self::Name => "a name is too long, or of a local table, or a table has too many of them",
            Self::TooLarge => "a change is larger than SQLite can hold",
            Self::TooManyNodes => {
                "this database knows as many nodes as it can: merge into a new file"
            }
        })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "changes of node {} were not taken: {}", self.node, self.reason)
    }
}
