//! Version vectors.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::catalog::registry::is_void;
use crate::error::Result;
use crate::log::clock::Time;
use crate::log::recorder::Journal;

/// What a database knows: of each node the time of the last change, and a digest of all its changes up
/// to that one. (A node is a device, or rather all that was written to one file of it.)
///
/// A time alone would not do: a file that was restored from a backup, or copied, can have written other
/// changes at the times that a peer knows. The digest tells them apart.
///
/// The one of a database that knows nothing is `VersionVector::default()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionVector(pub(crate) BTreeMap<[u8; 16], Point>);

/// A place in the changes of a node: the time of a change, and the XOR of the hashes of all changes up
/// to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) time: Time,
    pub(crate) digest: u64,
}

/// What a database knows of one node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// The node's ordinal in the file.
    pub(crate) node: i64,
    pub(crate) end: Point,
    /// Up to which time its changes are folded into the tables.
    pub(crate) folded: Time,
    /// What it wrote after the first of these times, up to the second, does not count.
    pub(crate) void: (Time, Time),
    /// Up to which time its log may lack what later writes covered.
    pub(crate) horizon: Time,
    /// Two devices wrote under its id.
    pub(crate) is_forked: bool,
}

impl Point {
    /// Of what the file keeps.
    pub(crate) fn of(time: i64, digest: i64) -> Self {
        Self { time: Time::from_bits(time), digest: digest.cast_unsigned() }
    }
}

impl Known {
    /// Of a node that nothing is known of.
    pub(crate) fn nothing(node: i64) -> Self {
        let (end, folded, void, horizon) = Default::default();
        Self { node, end, folded, void, horizon, is_forked: false }
    }

    /// Keeps it in the file.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached(
                "UPDATE ara_node SET last = ?2, digest = ?3, folded = ?4, forked = ?5, \
                 horizon = ?6 WHERE ordinal = ?1",
            )?
            .execute((
                self.node,
                self.end.time.bits(),
                self.end.digest.cast_signed(),
                self.folded.bits(),
                self.is_forked,
                self.horizon.bits(),
            ))?;
        Ok(())
    }

    /// The latest time of a change that counts.
    pub(crate) fn clock(&self) -> Time {
        if is_void(self.void, self.folded) { self.void.0 } else { self.folded }
    }
}

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

/// What the file knows of each node, by id.
pub(crate) fn known(
    connection: &Connection,
    journal: &Journal,
) -> Result<BTreeMap<[u8; 16], Known>> {
    let (own, end) = journal.position();
    let mut nodes = connection.prepare_cached(
        "SELECT id, ordinal, last, digest, folded, forked, void_after, void_until, \
         horizon FROM ara_node",
    )?;
    let nodes = nodes.query_map([], |row| {
        let known = Known {
            node: row.get(1)?,
            end: Point::of(row.get(2)?, row.get(3)?),
            folded: Time::from_bits(row.get(4)?),
            is_forked: row.get(5)?,
            void: (Time::from_bits(row.get(6)?), Time::from_bits(row.get(7)?)),
            horizon: Time::from_bits(row.get(8)?),
        };
        Ok((row.get(0)?, known))
    })?;
    let mut nodes: BTreeMap<[u8; 16], Known> = nodes.collect::<rusqlite::Result<_>>()?;
    for known in nodes.values_mut().filter(|known| known.node == own) {
        (known.end, known.folded) = (end, end.time);
    }
    Ok(nodes)
}

/// The vector of a file.
pub(crate) fn vector(connection: &Connection) -> Result<VersionVector> {
    let nodes = known(connection, &Journal::load(connection)?)?;
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
        VersionVector(nodes.iter().map(|(node, end)| ([*node; 16], *end)).collect())
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
