//! The nodes that a file knows: the table `ara_node`.
//!
//! The table does not hold the end of the writing node's own changes: updating it here would make each
//! transaction write one more page. The [journal](crate::log::journal) reads it from the last change.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::point::Point;

/// What a file knows of a node: a device, or rather all that was written to one file of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// The node's number in this file.
    pub(crate) ordinal: NodeOrdinal,
    /// The id by which all devices know the node.
    pub(crate) id: NodeId,
    /// The time of its last known change, and the digest up to that.
    pub(crate) end: Point,
    /// The time up to which its changes are folded into the tables.
    pub(crate) folded: Time,
    /// What it wrote after the first of these times, up to the second, does not count.
    pub(crate) void: (Time, Time),
    /// The time up to which its log was compacted, so that it may lack values that were overwritten.
    pub(crate) horizon: Time,
    /// Whether its log has changes of two devices that wrote under this id.
    pub(crate) is_forked: bool,
}

impl Node {
    /// Makes a node of which only the ordinal and the id are known.
    pub(crate) fn new(ordinal: NodeOrdinal, id: NodeId) -> Self {
        let (end, folded, void, horizon) = Default::default();
        Self { ordinal, id, end, folded, void, horizon, is_forked: false }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            ordinal: row.get(0)?,
            id: row.get(1)?,
            end: Point::of(row.get(2)?, row.get(3)?),
            folded: row.get(4)?,
            is_forked: row.get(5)?,
            void: (row.get(6)?, row.get(7)?),
            horizon: row.get(8)?,
        })
    }

    /// Returns whether a change that it made at this time is folded into the tables.
    pub(crate) fn counts(&self, time: Time) -> bool {
        time <= self.folded && !is_void(self.void, time)
    }

    /// Returns the time of its latest change that is folded into the tables.
    pub(crate) fn clock(&self) -> Time {
        if is_void(self.void, self.folded) { self.void.0 } else { self.folded }
    }

    /// Writes into the file what is known of the node.
    pub(crate) fn save(&self, connection: &Connection) -> Result<()> {
        connection
            .prepare_cached(
                "UPDATE ara_node SET last = ?2, digest = ?3, folded = ?4, forked = ?5, \
                 horizon = ?6 WHERE ordinal = ?1",
            )?
            .execute((
                self.ordinal,
                self.end.time,
                self.end.digest.cast_signed(),
                self.folded,
                self.is_forked,
                self.horizon,
            ))?;
        Ok(())
    }
}

/// Returns whether a time is after the first of two, up to the second.
pub(crate) fn is_void((after, until): (Time, Time), time: Time) -> bool {
    after < time && time <= until
}

/// Returns the nodes as the table holds them: without the end of the writing node's own changes.
pub(crate) fn kept(connection: &Connection) -> rusqlite::Result<Vec<Node>> {
    connection
        .prepare_cached(
            "SELECT ordinal, id, last, digest, folded, forked, void_after, void_until, horizon \
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

/// Adds a node.
pub(crate) fn add(connection: &Connection, id: NodeId) -> rusqlite::Result<NodeOrdinal> {
    connection.prepare_cached("INSERT INTO ara_node (id) VALUES (?1)")?.execute([id])?;
    Ok(NodeOrdinal::new(connection.last_insert_rowid()))
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
pub(crate) fn retire(connection: &Connection, node: NodeOrdinal, at: Point) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET last = ?2, digest = ?3, folded = ?2 WHERE ordinal = ?1",
        )?
        .execute((node, at.time, at.digest.cast_signed()))?;
    Ok(())
}

/// Writes the end of a node's changes, and notes that it is forked if `is_forked` says so.
pub(crate) fn keep_end(
    connection: &Connection,
    node: NodeOrdinal,
    end: Point,
    is_forked: bool,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET last = ?2, digest = ?3, forked = forked OR ?4 WHERE ordinal = ?1",
        )?
        .execute((node, end.time, end.digest.cast_signed(), is_forked))?;
    Ok(())
}

/// Notes the time up to which the log of a node was compacted.
pub(crate) fn raise_horizon(
    connection: &Connection,
    node: NodeOrdinal,
    horizon: Time,
) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_node SET horizon = max(horizon, ?2) WHERE ordinal = ?1")?
        .execute((node, horizon))?;
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

/// Returns the latest time of any change that another node than the writing one made and that is folded in.
pub(crate) fn latest_of_others(connection: &Connection) -> Result<Time> {
    Ok(connection
        .prepare_cached(
            "SELECT max(iif(folded > void_after AND folded <= void_until, void_after, folded)) \
             FROM ara_node",
        )?
        .query_row([], |row| row.get(0))?)
}
