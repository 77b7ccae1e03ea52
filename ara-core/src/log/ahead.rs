//! Changes that are dated ahead of this device's clock, and wait for their time.

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::log::clock::Time;

/// How far ahead of this device's clock a transaction may be dated to be folded in at once: five
/// minutes. One that is further ahead is folded in when its time comes.
pub(crate) const MOST_AHEAD: i64 = 5 * 60 * 1000;

/// Returns whether changes of any node may wait for their time.
pub(crate) fn may_wait(connection: &Connection) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM ara_node WHERE folded < last LIMIT 1")?
        .exists([])?)
}

/// Returns when the first of the waiting changes can be folded in, in milliseconds, or `None` if none
/// waits.
pub(crate) fn due(connection: &Connection) -> Result<Option<i64>> {
    // Every opening of a file asks this, and most often none waits: the cheaper query tells that.
    if !may_wait(connection)? {
        return Ok(None);
    }
    let first: Option<Time> = connection
        .prepare_cached(
            "SELECT min(time) FROM (SELECT (SELECT min(time) FROM ara_change c \
             WHERE c.node = n.ordinal AND c.time > n.folded \
             AND NOT (c.time > n.void_after AND c.time <= n.void_until)) AS time \
             FROM ara_node n WHERE n.folded < n.last)",
        )?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(first.map(|first| first.millis().saturating_sub(MOST_AHEAD)))
}
