//! The nodes that a file knows: the table `ara_node`.
//!
//! The node that writes keeps where it stands in its last change alone: to keep it here as well would
//! cost each transaction a page more. The [journal](crate::log::journal) reads it there.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::meta;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::point::Point;

/// A device, or rather one that writes under this id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) ordinal: NodeOrdinal,
    pub(crate) id: NodeId,
    /// Its last change that is known, and the digest up to it.
    pub(crate) end: Point,
    /// Up to which time its changes are folded into the tables.
    pub(crate) folded: Time,
    /// What it wrote after the first of these times, up to the second, does not count.
    pub(crate) void: (Time, Time),
    /// Up to which time its log may lack what later writes covered.
    pub(crate) horizon: Time,
    /// Its log has changes of two devices that wrote under one id.
    pub(crate) is_forked: bool,
}

impl Node {
    /// A node of which nothing is known but its id.
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

    /// Returns whether what it wrote at a time is folded into the tables.
    pub(crate) fn counts(&self, time: Time) -> bool {
        time <= self.folded && !is_void(self.void, time)
    }

    /// Returns the latest time of a change of it that counts.
    pub(crate) fn clock(&self) -> Time {
        if is_void(self.void, self.folded) { self.void.0 } else { self.folded }
    }

    /// Writes into the file what is known of it.
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

/// Returns the nodes as the table keeps them: where the one that writes stands is not among it.
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

/// Adds a node, which writes the file from now on.
pub(crate) fn add_writer(connection: &Connection, id: NodeId) -> Result<NodeOrdinal> {
    let ordinal = add(connection, id)?;
    meta::set(connection, meta::NODE, ordinal)?;
    // The new node has not told the history of schemas yet what it ensures.
    meta::forget_ensured(connection)?;
    Ok(ordinal)
}

/// Keeps where the node that has written so far stands, as it is kept of the others.
pub(crate) fn retire(connection: &Connection, node: NodeOrdinal, at: Point) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE ara_node SET last = ?2, digest = ?3, folded = ?2 WHERE ordinal = ?1",
        )?
        .execute((node, at.time, at.digest.cast_signed()))?;
    Ok(())
}

/// Keeps where the changes of a node end, and that it is forked if it was found to be.
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

/// Notes up to where the log of a node was compacted.
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

/// Notes why changes of a node were refused, or that none were.
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

/// Returns the nodes of which changes were refused, and why.
pub(crate) fn refused(connection: &Connection) -> rusqlite::Result<Vec<(NodeId, String)>> {
    connection
        .prepare_cached(
            "SELECT id, refused FROM ara_node WHERE refused IS NOT NULL ORDER BY ordinal",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// Returns the latest time of a change that counts of any node but the one that writes.
pub(crate) fn latest_of_others(connection: &Connection) -> Result<Time> {
    Ok(connection
        .prepare_cached(
            "SELECT max(iif(folded > void_after AND folded <= void_until, void_after, folded)) \
             FROM ara_node",
        )?
        .query_row([], |row| row.get(0))?)
}
