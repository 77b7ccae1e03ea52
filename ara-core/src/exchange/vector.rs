//! Version vectors.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::log::journal::known_nodes;
use crate::log::node::NodeId;
use crate::log::place::Point;

/// What a database knows: for each node, the number of the last known change, and a digest of all changes
/// up to that one. (A node is a device, or rather all that was written to one file of it. It numbers its
/// changes.)
///
/// The digest is there because the number alone is not enough: a file that was copied, or restored from a
/// backup, may have written other changes under the same numbers.
///
/// `VersionVector::default()` is the version vector of a database that knows nothing.
///
/// ```
/// use ara::prelude::*;
/// use ara::VersionVector;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String }
///
/// let db = Database::memory()?;
/// assert_eq!(db.version_vector()?, VersionVector::default());
/// db.create(Todo::draft().title("Buy milk"))?;
/// assert_eq!(db.version_vector()?.len(), 1);
/// # Ok::<(), ara::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionVector(pub(crate) BTreeMap<NodeId, Point>);

impl VersionVector {
    /// Returns the number of nodes of which a change is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether no change of any node is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what both of two databases know.
    ///
    /// For a node that both know, this is the lesser of the two numbers with its digest. If the numbers
    /// are the same and the digests differ, the databases know different changes of the node, and it is
    /// left out.
    ///
    /// To write one file of changes for several devices, pass the intersection of their version vectors to
    /// [`Database::changes_since`](crate::Database::changes_since).
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
    ///     phone.merge(&changes?)?;
    /// }
    /// let both = laptop.version_vector()?;
    /// phone.create(Todo::draft().title("Make tea"))?;
    /// assert_eq!(phone.version_vector()?.intersection(&laptop.version_vector()?), both);
    /// # Ok::<(), ara::Error>(())
    /// ```
    #[must_use]
    pub fn intersection(mut self, other: &Self) -> Self {
        self.0.retain(|node, known| {
            let Some(end) = other.0.get(node) else { return false };
            let is_apart = end.number == known.number && end.digest != known.digest;
            if end.number < known.number {
                *known = *end;
            }
            !is_apart
        });
        self
    }
}

/// Returns the version vector of a file.
pub(crate) fn vector(connection: &Connection) -> Result<VersionVector> {
    let nodes = known_nodes(connection)?;
    let ends = nodes.into_iter().map(|(id, known)| (id, known.end));
    Ok(VersionVector(ends.filter(|(_, end)| !end.is_start()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::place::ChangeNumber;

    const fn point(number: i64, digest: u64) -> Point {
        Point { number: ChangeNumber::new(number), digest }
    }

    fn vector(nodes: &[(u8, Point)]) -> VersionVector {
        VersionVector(
            nodes.iter().map(|(node, end)| (NodeId::from_bytes([*node; 16]), *end)).collect(),
        )
    }

    #[test]
    fn an_intersection_knows_what_both_do() {
        let (early, late, apart) = (point(5, 1), point(9, 2), point(9, 3));
        let one = vector(&[(1, early), (2, late), (3, early), (5, late), (6, early)]);
        let other = vector(&[(1, late), (2, early), (4, late), (5, apart), (6, early)]);
        let both = vector(&[(1, early), (2, early), (6, early)]);
        assert_eq!(one.clone().intersection(&other), both);
        assert_eq!(other.intersection(&one), both);
        assert_eq!(VersionVector::default().intersection(&one), VersionVector::default());
    }
}
