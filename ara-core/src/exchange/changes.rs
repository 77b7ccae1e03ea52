//! Batches of changes that one database gives to another.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::log::change::{Compacted, End};
use crate::log::clock::Stamp;
use crate::log::node::NodeId;
use crate::log::place::{ChangeNumber, Point};

/// A batch of changes, which one database gives to another.
///
/// The changes are of one or more nodes, and form whole transactions, those of a node in the order in which it
/// made them.
/// [`Database::changes_since`](crate::Database::changes_since) returns such batches, and
/// [`Database::merge`](crate::Database::merge) takes them.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// let (laptop, phone) = (Database::memory()?, Database::memory()?);
/// laptop.create(Todo::draft().title("Buy milk"))?;
/// for changes in laptop.changes_since(&phone.version_vector()?)? {
///     let changes = changes?;
///     assert_eq!(changes.len(), 1);
///     phone.merge(&changes)?;
/// }
/// assert_eq!(phone.query::<Todo>().count()?, 1);
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The runs that the changes belong to.
    pub(crate) runs: Vec<Run>,
    /// The names of the tables, to which the changes refer by index.
    pub(crate) tables: Vec<String>,
    /// The names of the columns, to which the cells of the changes refer by index.
    pub(crate) columns: Vec<String>,
    /// The changes, those of a run one after the other.
    pub(crate) changes: Vec<Sent>,
    /// The bytes to which the changes refer by ranges.
    pub(crate) bytes: Vec<u8>,
}

/// Changes of one node that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// The node that made the changes.
    pub(crate) node: NodeId,
    /// The point after which they come.
    pub(crate) from: Point,
    /// The point that the last of them leads to.
    pub(crate) to: Point,
    /// Whether two devices wrote under this id, so that the digest at the end of a transaction is that
    /// of the log of the one or the other.
    pub(crate) is_forked: bool,
}

/// A change on its way to another device. Its table and columns are given by the positions of their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The position of its run.
    pub(crate) run: u32,
    pub(crate) number: ChangeNumber,
    pub(crate) stamp: Stamp,
    pub(crate) table: u32,
    pub(crate) row: Range<usize>,
    pub(crate) cells: Range<usize>,
    /// The bytes of the gap before it.
    pub(crate) gap: Range<usize>,
    /// The parts that this version does not know.
    pub(crate) more: Range<usize>,
    /// What is told where a transaction ends.
    pub(crate) end: Option<End>,
    /// The node's digest up to this change, as far as the sender had it at hand.
    pub(crate) mark: Option<u64>,
    pub(crate) compacted: Compacted,
}

impl Changes {
    /// Returns the number of changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// Returns whether there are no changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Appends bytes, and returns their range.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// Returns the bytes of a range.
    pub(crate) fn get(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// Shows the runs, the names of the tables and the number of changes, but never the values.
impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("runs", &self.runs)
            .field("tables", &self.tables)
            .field("changes", &self.changes.len())
            .finish_non_exhaustive()
    }
}

/// The indexes of names in a list that contains each name once.
#[derive(Debug, Default)]
pub(crate) struct Dictionary(HashMap<String, u32>);

impl Dictionary {
    /// Returns the index of a name in `names`, to which it is appended if it is new.
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
