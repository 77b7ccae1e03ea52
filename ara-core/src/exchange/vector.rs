//! Version vectors.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::journal::Journal;
use crate::log::node::NodeId;
use crate::log::point::Point;

/// What a database knows: of each node the time of the last change, and a digest of all its changes up
/// to that one. (A node is a device, or rather all that was written to one file of it.)
///
/// A time alone would not do: a file that was restored from a backup, or copied, can have written other
/// changes at the times that a peer knows. The digest tells them apart.
///
/// The one of a database that knows nothing is `VersionVector::default()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionVector(pub(crate) BTreeMap<NodeId, Point>);

impl VersionVector {
    /// Of how many nodes it tells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is that of a database that knows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What both of two know. A file that several devices are to read has the
    /// [changes since](crate::Database::changes_since) what all of them know. Where both know a node, it is
    /// what is known of it earlier, and nothing where they know other changes of it up to the same time. What
    /// knows all that another does leaves the other as it is.
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
            let is_apart = end.time == known.time && end.digest != known.digest;
            if end.time < known.time {
                *known = *end;
            }
            !is_apart
        });
        self
    }
}

/// The vector of a file.
pub(crate) fn vector(connection: &Connection) -> Result<VersionVector> {
    let nodes = Journal::load(connection)?.nodes(connection)?;
    let ends = nodes.into_iter().map(|(id, known)| (id, known.end));
    Ok(VersionVector(ends.filter(|(_, end)| end.time > Time::default()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn point(time: i64, digest: u64) -> Point {
        Point { time: Time::from_bits(time), digest }
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
