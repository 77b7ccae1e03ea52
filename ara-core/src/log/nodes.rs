//! The nodes that a file knows: the table `ara_node`.
//!
//! The table does not hold the end of the writing node's own changes: updating it here would make each
//! transaction write one more page. The [journal](crate::log::journal) reads it from the last piece.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::{Error, Result};
use crate::log::entropy::Entropy;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::piece::head::Head;
use crate::log::piece::unpacking::PLACE_BITS;
use crate::log::place::{ChangeNumber, Point};

/// What a file knows of a node: a device, or rather all that was written to one file of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// The node's number in this file.
    pub(crate) ordinal: NodeOrdinal,
    /// The id by which all devices know the node.
    pub(crate) id: NodeId,
    /// The point after its last known change.
    pub(crate) end: Point,
    /// The greatest date of its transactions, in milliseconds since 1970.
    pub(crate) date: i64,
    /// Up to which of its changes its log was compacted, so that values may be missing that were overwritten.
    pub(crate) compacted: ChangeNumber,
    /// The greatest date of its transactions up to that change.
    pub(crate) compacted_date: i64,
    /// Whether its log has changes of two devices that wrote under this id.
    pub(crate) is_forked: bool,
}

impl Node {
    /// Makes a node of which only the ordinal and the id are known.
    pub(crate) fn new(ordinal: NodeOrdinal, id: NodeId) -> Self {
        let (end, compacted) = Default::default();
        Self { ordinal, id, end, date: 0, compacted, compacted_date: 0, is_forked: false }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            ordinal: row.get(0)?,
            id: row.get(1)?,
            end: Point::of(row.get(2)?, row.get(3)?),
            date: row.get(4)?,
            is_forked: row.get(5)?,
            compacted: row.get(6)?,
            compacted_date: row.get(7)?,
        })
    }

    /// Returns whether a change of this number is one up to which the log was compacted.
    pub(crate) fn is_compacted(&self, number: ChangeNumber) -> bool {
        number <= self.compacted
    }

    /// Writes into the file what is known of the node.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached(
                "UPDATE ara_node SET last = ?2, digest = ?3, date = ?4, forked = ?5, \
                 compacted = ?6, compacted_date = ?7 WHERE ordinal = ?1",
            )?
            .execute((
                self.ordinal,
                self.end.number,
                self.end.digest.cast_signed(),
                self.date,
                self.is_forked,
                self.compacted,
                self.compacted_date,
            ))?;
        Ok(())
    }
}

/// Returns the nodes as the table holds them: without the end of the writing node's own changes.
pub(crate) fn kept(connection: &Connection) -> rusqlite::Result<Vec<Node>> {
    connection
        .prepare_cached(
            "SELECT ordinal, id, last, digest, date, forked, compacted, compacted_date \
             FROM ara_node ORDER BY ordinal",
        )?
        .query_map([], Node::read)?
        .collect()
}

/// Returns the id of a node.
pub(crate) fn id(connection: &Connection, node: NodeOrdinal) -> rusqlite::Result<Option<NodeId>> {
    connection
        .prepare_cached("SELECT id FROM ara_node WHERE ordinal = ?1")?
        .query_row([node], |row| row.get(0))
        .optional()
}

/// Returns what tells the ids of nodes. That of the node that writes is known without a look into the file.
pub(crate) fn ids<'c>(
    connection: &'c Connection,
    (own, own_id): (NodeOrdinal, NodeId),
) -> impl Fn(NodeOrdinal) -> Option<NodeId> + use<'c> {
    move |node| match node == own {
        true => Some(own_id),
        false => id(connection, node).ok().flatten(),
    }
}

/// Adds a node. Returns [`Error::TooManyNodes`] if there is no ordinal for it that the positions of pieces have
/// room for.
pub(crate) fn add(connection: &Connection, id: NodeId) -> Result<NodeOrdinal> {
    const GREATEST: i64 = i64::MAX >> PLACE_BITS;
    // If another program has deleted nodes, the log may have pieces of greater ordinals.
    let added = connection
        .prepare_cached(
            "INSERT INTO ara_node (id, ordinal) SELECT ?1, last + 1 FROM (SELECT max( \
             (SELECT ifnull(max(ordinal), 0) FROM ara_node), \
             (SELECT ifnull(max(pos), 0) FROM ara_log) >> ?3) AS last) WHERE last < ?2",
        )?
        .execute((id, GREATEST, PLACE_BITS))?;
    match added {
        0 => Err(Error::TooManyNodes),
        _ => Ok(NodeOrdinal::new(connection.last_insert_rowid())),
    }
}

/// Returns an id that no node has which the file knows. Two databases that were made of one seed would draw the
/// same.
pub(crate) fn new_id(connection: &Connection, entropy: &mut Entropy) -> Result<NodeId> {
    let mut known = connection.prepare_cached("SELECT 1 FROM ara_node WHERE id = ?1")?;
    loop {
        let id = entropy.node_id()?;
        if !known.exists([id])? {
            return Ok(id);
        }
    }
}

/// Adds a node and makes it the one that writes the file.
pub(crate) fn add_writer(connection: &Connection, id: NodeId) -> Result<NodeOrdinal> {
    let ordinal = add(connection, id)?;
    meta::set(connection, meta::NODE, ordinal)?;
    // The new node has to log once for itself, in the history of schemas, which schemas it ensures.
    meta::forget_ensured(connection)?;
    Ok(ordinal)
}

/// Writes the end of the changes of the node that has written so far, as the table holds it for every
/// other.
pub(crate) fn retire(connection: &Connection, node: NodeOrdinal, end: &Head) -> Result<()> {
    keep_end(connection, node, end, false)
}

/// Writes the end of a node's changes, and notes that it is forked if `is_forked` says so.
pub(crate) fn keep_end(
    connection: &Connection,
    node: NodeOrdinal,
    end: &Head,
    is_forked: bool,
) -> Result<()> {
    let Head { point, date, .. } = end;
    connection
        .prepare_cached(
            "UPDATE ara_node SET last = ?2, digest = ?3, date = ?4, forked = forked OR ?5 \
             WHERE ordinal = ?1",
        )?
        .execute((node, point.number, point.digest.cast_signed(), date, is_forked))?;
    Ok(())
}

/// Notes that two devices have written under the id of a node.
pub(crate) fn note_forked(connection: &Connection, node: NodeOrdinal) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_node SET forked = 1 WHERE ordinal = ?1")?
        .execute([node])?;
    Ok(())
}

/// Returns whether two devices are known to have written under the id of a node.
pub(crate) fn is_forked(connection: &Connection, node: NodeOrdinal) -> Result<bool> {
    let mut forked = connection.prepare_cached("SELECT forked FROM ara_node WHERE ordinal = ?1")?;
    let mut rows = forked.query([node])?;
    Ok(rows.next()?.map(|row| row.get(0)).transpose()?.unwrap_or(false))
}

/// Notes up to which change the log of a node was compacted, and the greatest date up to there.
pub(crate) fn note_compacted(
    connection: &Connection,
    node: NodeOrdinal,
    (number, date): (ChangeNumber, i64),
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET compacted = max(compacted, ?2), \
             compacted_date = max(compacted_date, ?3) WHERE ordinal = ?1",
        )?
        .execute((node, number, date))?;
    Ok(())
}

/// Notes why changes of a node were refused; `None` notes that none were.
pub(crate) fn note_refused(
    connection: &Connection,
    node: NodeOrdinal,
    reason: Option<&str>,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET refused = ?2 WHERE ordinal = ?1 AND refused IS NOT ?2",
        )?
        .execute((node, reason))?;
    Ok(())
}

/// Returns the nodes whose changes were refused, and why.
pub(crate) fn refused(connection: &Connection) -> rusqlite::Result<Vec<(NodeId, String)>> {
    connection
        .prepare_cached(
            "SELECT id, refused FROM ara_node WHERE refused IS NOT NULL ORDER BY ordinal",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
