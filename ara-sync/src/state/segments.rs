//! The segments that the relay has: the table `ara_segment`.

use std::collections::HashMap;

use ara_core::{Error, NodePoint, Result};
use ara_protocol::segment::{Bounds, Point};
use ara_protocol::{EpochId, NodeId, SegmentId};
use rusqlite::{Connection, OptionalExtension, Row};

/// Its author is no member any more, so what is in it does not count.
pub(crate) const OF_REMOVED: i64 = 1;
/// It has values of rows that were forgotten. The database sets it, too.
pub(crate) const HAS_FORGOTTEN: i64 = 2;
/// What is in it was not merged yet.
pub(crate) const UNREAD: i64 = 4;

/// A segment of the relay's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Its number in the log.
    pub(crate) number: u64,
    pub(crate) id: SegmentId,
    pub(crate) node: NodeId,
    pub(crate) author: [u8; 32],
    pub(crate) epoch: [u8; 16],
    /// The hash of the log's chain there.
    pub(crate) chain: [u8; 32],
    /// Where it begins and ends, if that could be opened.
    pub(crate) bounds: Option<Bounds>,
    /// How many bytes it has, about.
    pub(crate) length: u64,
    /// The segment that it names as the one before it.
    pub(crate) previous: Option<SegmentId>,
    /// By which name its successor names it.
    pub(crate) named: SegmentId,
    pub(crate) flags: i64,
}

const COLUMNS: &str = "number, id, node, author, epoch, chain, from_number, from_digest, to_number, \
                       to_digest, length, previous, named, flags";

impl Segment {
    /// Returns whether a flag is set.
    pub(crate) const fn is(&self, flag: i64) -> bool {
        self.flags & flag != 0
    }

    /// Returns whether it is in the place of others, or the last of those that are.
    pub(crate) fn is_replacement(&self) -> bool {
        self.named != self.id
    }

    /// Returns the epoch under which it was sealed.
    pub(crate) const fn epoch(&self) -> EpochId {
        EpochId::from_bytes(self.epoch)
    }

    /// Returns where it ends, if that is known and its author counts.
    pub(crate) fn end(&self) -> Option<Point> {
        self.bounds.filter(|_| !self.is(OF_REMOVED)).map(|bounds| bounds.to)
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let point = |number: usize, digest: usize| {
            let (number, digest) = (row.get::<_, Option<i64>>(number)?, row.get(digest)?);
            let both = number.zip(digest);
            Ok::<_, rusqlite::Error>(both.map(|(number, digest): (i64, i64)| Point {
                number: number.cast_unsigned(),
                digest: digest.cast_unsigned(),
            }))
        };
        let bounds = point(6, 7)?.zip(point(8, 9)?).map(|(from, to)| Bounds { from, to });
        Ok(Self {
            number: row.get::<_, i64>(0)?.cast_unsigned(),
            id: SegmentId::from_bytes(row.get(1)?),
            node: NodeId::from_bytes(row.get(2)?),
            author: row.get(3)?,
            epoch: row.get(4)?,
            chain: row.get(5)?,
            bounds,
            length: row.get::<_, i64>(10)?.cast_unsigned(),
            previous: row.get::<_, Option<_>>(11)?.map(SegmentId::from_bytes),
            named: SegmentId::from_bytes(row.get(12)?),
            flags: row.get(13)?,
        })
    }

    /// Returns the segments in whose place this one is, together with those that were taken with it. Their names alone
    /// do not tell: some may be of replacements that were replaced before this device saw them.
    fn covered(&self, connection: &Connection, last: SegmentId) -> Result<Vec<SegmentId>> {
        let mut rows = of_node(connection, self.node)?;
        // Those that were taken with it lie directly before it.
        let (mut number, mut previous) = (self.number, self.previous);
        while let Some(row) = rows.pop_if(|row| {
            row.number.checked_add(1) == Some(number)
                && Some(row.id) == previous
                && row.author == self.author
        }) {
            (number, previous) = (row.number, row.previous);
        }
        let chain = Chain::of(rows).segments;
        let at = |name| chain.iter().position(|row| row.is_named(name));
        let Some(from) = previous.map_or(Some(0), |name| Some(at(name)? + 1)) else {
            return Ok(vec![]);
        };
        // If the last one was not seen, they reach beyond what was.
        let to = at(last).map_or(chain.len(), |at| at + 1);
        Ok(chain.get(from..to).unwrap_or_default().iter().map(|row| row.id).collect())
    }

    fn is_named(&self, name: SegmentId) -> bool {
        self.id == name || self.named == name
    }

    /// Adds the segment, and takes out those that it replaces.
    pub(crate) fn insert(&self, connection: &Connection, replaces: &[SegmentId]) -> Result<()> {
        let mut take_out =
            connection.prepare_cached("DELETE FROM ara_segment WHERE id = ?1 AND node = ?2")?;
        let covered = match replaces.last() {
            Some(last) => self.covered(connection, *last)?,
            None => vec![],
        };
        for replaced in covered.iter().chain(replaces) {
            take_out.execute((replaced.as_bytes(), self.node.as_bytes()))?;
        }
        let points = self.bounds.map(|bounds| [bounds.from, bounds.to]);
        let [from, to] = points.map_or([None; 2], |points| points.map(Some));
        let number = |point: Option<Point>| point.map(|point| point.number.cast_signed());
        let digest = |point: Option<Point>| point.map(|point| point.digest.cast_signed());
        let mut insert = connection.prepare_cached(&format!(
            "INSERT INTO ara_segment ({COLUMNS}) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        ))?;
        insert.execute((
            i64::try_from(self.number).map_err(|_| Error::Corrupt)?,
            self.id.as_bytes(),
            self.node.as_bytes(),
            self.author,
            self.epoch,
            self.chain,
            number(from),
            digest(from),
            number(to),
            digest(to),
            self.length.cast_signed(),
            self.previous.as_ref().map(SegmentId::as_bytes),
            self.named.as_bytes(),
            self.flags,
        ))?;
        Ok(())
    }
}

/// Returns the segments of a node, by their numbers.
pub(crate) fn of_node(connection: &Connection, node: NodeId) -> Result<Vec<Segment>> {
    let mut rows = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM ara_segment WHERE node = ?1 ORDER BY number"
    ))?;
    let rows = rows.query_map([node.as_bytes()], Segment::of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Returns whether a segment is known.
pub(crate) fn has(connection: &Connection, id: SegmentId) -> Result<bool> {
    let mut has = connection.prepare_cached("SELECT 1 FROM ara_segment WHERE id = ?1")?;
    Ok(has.exists([id.as_bytes()])?)
}

/// Returns whether an author has sealed a segment that comes after a number of the log.
pub(crate) fn is_any_of_after(
    connection: &Connection,
    author: &[u8; 32],
    number: u64,
) -> Result<bool> {
    // A number that no log reaches has nothing after it.
    let Ok(number) = i64::try_from(number) else { return Ok(false) };
    let mut any = connection
        .prepare_cached("SELECT 1 FROM ara_segment WHERE number > ?1 AND author = ?2 LIMIT 1")?;
    Ok(any.exists((number, author))?)
}

/// Returns the hash of the log's chain at a segment, if that is known.
pub(crate) fn chain_at(connection: &Connection, number: u64) -> Result<Option<[u8; 32]>> {
    let mut chain = connection.prepare_cached("SELECT chain FROM ara_segment WHERE number = ?1")?;
    Ok(chain.query_row([number.cast_signed()], |row| row.get(0)).optional()?)
}

/// Returns the nodes of which segments have one of some flags.
pub(crate) fn nodes_with(connection: &Connection, flags: i64) -> Result<Vec<NodeId>> {
    let mut nodes =
        connection.prepare_cached("SELECT DISTINCT node FROM ara_segment WHERE flags & ?1 != 0")?;
    let nodes = nodes.query_map([flags], |row| row.get(0).map(NodeId::from_bytes))?;
    Ok(nodes.collect::<rusqlite::Result<_>>()?)
}

/// Sets flags of a segment, and takes others away.
pub(crate) fn flag(connection: &Connection, id: SegmentId, set: i64, unset: i64) -> Result<()> {
    let mut flag = connection
        .prepare_cached("UPDATE ara_segment SET flags = (flags | ?2) & ~?3 WHERE id = ?1")?;
    flag.execute((id.as_bytes(), set, unset))?;
    Ok(())
}

/// Notes where a segment begins and ends.
pub(crate) fn set_bounds(connection: &Connection, id: SegmentId, bounds: Bounds) -> Result<()> {
    let mut set = connection.prepare_cached(
        "UPDATE ara_segment SET from_number = ?2, from_digest = ?3, to_number = ?4, to_digest = ?5 \
         WHERE id = ?1 AND to_number IS NULL",
    )?;
    let Bounds { from, to } = bounds;
    let [from_number, to_number] = [from, to].map(|point| point.number.cast_signed());
    let [from_digest, to_digest] = [from, to].map(|point| point.digest.cast_signed());
    set.execute((id.as_bytes(), from_number, from_digest, to_number, to_digest))?;
    Ok(())
}

/// Notes that an author is no member any more. Returns whether it had sealed any segments that are there.
pub(crate) fn flag_author(connection: &Connection, author: &[u8; 32]) -> Result<bool> {
    let mut flag =
        connection.prepare_cached("UPDATE ara_segment SET flags = flags | ?2 WHERE author = ?1")?;
    Ok(flag.execute((author, OF_REMOVED))? > 0)
}

/// Forgets what the relay had.
pub(crate) fn clear(connection: &Connection) -> Result<()> {
    connection.execute("DELETE FROM ara_segment", [])?;
    Ok(())
}

/// The segments of a node in the order in which they name each other.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Those that follow one another from the first one on.
    pub(crate) segments: Vec<Segment>,
    /// Whether these are all.
    pub(crate) is_whole: bool,
}

impl Chain {
    /// Puts the segments of a node in order.
    pub(crate) fn of(segments: Vec<Segment>) -> Self {
        let count = segments.len();
        let mut by_previous: HashMap<_, Segment> = HashMap::with_capacity(count);
        for segment in segments {
            by_previous.insert(segment.previous, segment);
        }
        let mut chain = Vec::with_capacity(count);
        let mut next = by_previous.remove(&None);
        while let Some(segment) = next {
            next = by_previous
                .remove(&Some(segment.id))
                .or_else(|| by_previous.remove(&Some(segment.named)));
            chain.push(segment);
        }
        Self { is_whole: chain.len() == count, segments: chain }
    }

    /// Reads the segments of a node.
    pub(crate) fn load(connection: &Connection, node: NodeId) -> Result<Self> {
        of_node(connection, node).map(Self::of)
    }
}

/// Returns a point as the database takes it.
pub(crate) const fn node_point(point: Point) -> NodePoint {
    NodePoint { number: point.number, digest: point.digest }
}

/// Returns a point as the formats of sync take it.
pub(crate) const fn sealed_point(point: NodePoint) -> Point {
    Point { number: point.number, digest: point.digest }
}

#[cfg(test)]
mod tests;
