//! Changes on their way from one database to another.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::log::change::Compacted;
use crate::log::clock::Time;
use crate::log::node::NodeId;
use crate::log::point::Point;

/// Some changes of one or more nodes, as one database gives them to another: whole transactions, in the
/// order of their times.
///
/// [`Database::changes_since`](crate::Database::changes_since) makes them, and
/// [`Database::merge`](crate::Database::merge) takes them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub(crate) runs: Vec<Run>,
    /// The names that the changes use, each once.
    pub(crate) tables: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) changes: Vec<Sent>,
    /// What the changes refer to.
    pub(crate) bytes: Vec<u8>,
}

/// Changes of one node that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) node: NodeId,
    /// What they follow, and their last.
    pub(crate) from: Point,
    pub(crate) to: Point,
    /// Two devices wrote under this id: the digests that the transactions note are of one or the other.
    pub(crate) is_forked: bool,
}

/// One change, as one of a [`Changes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) run: u32,
    pub(crate) time: Time,
    pub(crate) table: u32,
    /// Where the row's id is among the bytes.
    pub(crate) row: Range<usize>,
    /// Where its cells are, packed as those of the log, with the columns' places among the names.
    pub(crate) cells: Range<usize>,
    /// Where the parts are that the sender does not know.
    pub(crate) more: Range<usize>,
    /// The node's digest, if it ends a transaction.
    pub(crate) mark: Option<u64>,
    /// What stands for what the sender, or another device before it, dropped.
    pub(crate) compacted: Compacted,
}

impl Changes {
    /// How many changes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Appends bytes: where they are.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    pub(crate) fn get(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// Of which nodes, and how many: never the values.
impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("runs", &self.runs)
            .field("tables", &self.tables)
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}

/// Names that are written once and then named by their place.
#[derive(Debug, Default)]
pub(crate) struct Dictionary(HashMap<String, u32>);

impl Dictionary {
    /// The place of a name among `names`, where it is put if it is new.
    pub(crate) fn place(&mut self, names: &mut Vec<String>, name: &str) -> u32 {
        if let Some(place) = self.0.get(name) {
            return *place;
        }
        let place = u32::try_from(names.len()).unwrap_or(u32::MAX);
        names.push(name.to_owned());
        self.0.insert(name.to_owned(), place);
        place
    }
}
