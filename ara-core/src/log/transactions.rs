//! The transactions of the change log: where they end, and the digests that are noted there.

use rusqlite::{Connection, Params, Row};

use crate::error::{Error, Result};
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;

/// Returns the time of the last change of the transaction that the node's change of this time belongs
/// to, or `None` if the log does not hold it.
pub(crate) fn end_of(
    connection: &Connection,
    node: NodeOrdinal,
    time: Time,
) -> Result<Option<Time>> {
    first_end(
        connection,
        "SELECT time, cells FROM ara_change WHERE node = ?1 AND time >= ?2 ORDER BY time",
        (node, time.bits()),
    )
}

/// Returns the time of the last change of the node's last transaction that ends at `until` or before,
/// or time zero if there is none.
pub(crate) fn last_end(connection: &Connection, node: NodeOrdinal, until: Time) -> Result<Time> {
    let end = first_end(
        connection,
        "SELECT time, cells FROM ara_change WHERE node = ?1 AND time <= ?2 ORDER BY time DESC",
        (node, until.bits()),
    )?;
    Ok(end.unwrap_or_default())
}

/// Returns the node's digest up to its change of this time, if that ends a transaction.
pub(crate) fn mark(connection: &Connection, node: NodeOrdinal, time: Time) -> Result<Option<u64>> {
    let mut change =
        connection.prepare_cached("SELECT cells FROM ara_change WHERE node = ?1 AND time = ?2")?;
    let mut rows = change.query((node, time.bits()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let packed = row.get_ref(0)?.as_blob().map_err(|_| Error::Corrupt)?;
    Ok(PackedCells::open(packed).and_then(|cells| cells.digest))
}

/// Returns the time of the first change that ends a transaction, of those that the SQL selects.
fn first_end(connection: &Connection, sql: &str, range: impl Params) -> Result<Option<Time>> {
    let mut changes = connection.prepare_cached(sql)?;
    let mut changes = changes.query(range)?;
    while let Some(change) = changes.next()? {
        if is_end(change)? {
            return Ok(Some(Time::from_bits(change.get(0)?)));
        }
    }
    Ok(None)
}

fn is_end(change: &Row<'_>) -> Result<bool> {
    let packed = change.get_ref(1)?.as_blob().map_err(|_| Error::Corrupt)?;
    Ok(PackedCells::open(packed).is_some_and(|cells| cells.digest.is_some()))
}

/// Replaces the packed form of a change.
pub(crate) fn rewrite(
    connection: &Connection,
    (node, time): (NodeOrdinal, Time),
    packed: &[u8],
) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_change SET cells = ?3 WHERE node = ?1 AND time = ?2")?
        .execute((node, time.bits(), packed))?;
    Ok(())
}
