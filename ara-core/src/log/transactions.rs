//! The transactions of the change log: where they end, and the digests that are noted there.

use rusqlite::{Connection, Row};

use crate::error::{Error, Result};
use crate::log::change::PackedCells;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;

/// Selects the changes of a node from a time on.
const FORWARDS: &str =
    "SELECT time, cells FROM ara_change WHERE node = ?1 AND time >= ?2 ORDER BY time";

/// Selects the changes of a node up to a time, the last one first.
const BACKWARDS: &str =
    "SELECT time, cells FROM ara_change WHERE node = ?1 AND time <= ?2 ORDER BY time DESC";

/// Returns the time of the last change of the transaction that the node's change of this time belongs
/// to, or `None` if the log does not hold it.
pub(crate) fn end_of(
    connection: &Connection,
    node: NodeOrdinal,
    time: Time,
) -> Result<Option<Time>> {
    first_end(connection, FORWARDS, (node, time))
}

/// Returns the time of the last change of the node's last transaction that ends at `until` or before,
/// or time zero if there is none.
pub(crate) fn last_end(connection: &Connection, node: NodeOrdinal, until: Time) -> Result<Time> {
    Ok(first_end(connection, BACKWARDS, (node, until))?.unwrap_or_default())
}

/// Returns the time of the node's last change at `until` or before and, if that ends a transaction, the
/// node's digest up to it. Returns `None` if there is no such change.
pub(crate) fn last_change(
    connection: &Connection,
    node: NodeOrdinal,
    until: Time,
) -> Result<Option<(Time, Option<u64>)>> {
    let mut changes = connection.prepare_cached(BACKWARDS)?;
    let mut changes = changes.query((node, until))?;
    changes.next()?.map(time_and_mark).transpose()
}

/// Returns the node's digest up to its change of this time, if that ends a transaction.
pub(crate) fn mark(connection: &Connection, node: NodeOrdinal, time: Time) -> Result<Option<u64>> {
    let last = last_change(connection, node, time)?;
    Ok(last.and_then(|(last, mark)| mark.filter(|_| last == time)))
}

/// Returns the time of the first change that ends a transaction, of those that the SQL selects.
fn first_end(
    connection: &Connection,
    sql: &str,
    place: (NodeOrdinal, Time),
) -> Result<Option<Time>> {
    let mut changes = connection.prepare_cached(sql)?;
    let mut changes = changes.query(place)?;
    while let Some(change) = changes.next()? {
        if let (time, Some(_)) = time_and_mark(change)? {
            return Ok(Some(time));
        }
    }
    Ok(None)
}

/// Reads the time of a change, and the digest that it marks if it ends a transaction.
fn time_and_mark(change: &Row<'_>) -> Result<(Time, Option<u64>)> {
    let packed = change.get_ref(1)?.as_blob().map_err(|_| Error::Corrupt)?;
    let mark = PackedCells::open(packed).and_then(|cells| cells.digest);
    Ok((change.get(0)?, mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{NODES, empty, example, time};

    const NODE: NodeOrdinal = NODES[0];

    #[test]
    fn an_empty_log_has_no_transaction() -> Result<()> {
        let log = empty()?;
        assert_eq!(end_of(&log, NODE, Time::default())?, None);
        assert_eq!(last_end(&log, NODE, Time::MAX)?, Time::default());
        assert_eq!(last_change(&log, NODE, Time::MAX)?, None);
        assert_eq!(mark(&log, NODE, time(10))?, None);
        Ok(())
    }

    #[test]
    fn a_transaction_ends_with_a_change_that_is_marked() -> Result<()> {
        let log = example()?;
        for (at, end) in [(1, 20), (10, 20), (20, 20), (21, 30), (30, 30)] {
            assert_eq!(end_of(&log, NODE, time(at))?, Some(time(end)));
        }
        assert_eq!(end_of(&log, NODE, time(31))?, None);
        for (until, end) in [(10, 0), (19, 0), (20, 20), (29, 20), (30, 30), (99, 30)] {
            assert_eq!(last_end(&log, NODE, time(until))?, time(end));
        }
        Ok(())
    }

    #[test]
    fn only_the_change_of_the_time_itself_has_its_mark() -> Result<()> {
        let log = example()?;
        for (at, digest) in [(9, None), (10, None), (20, Some(5)), (25, None), (30, Some(6))] {
            assert_eq!(mark(&log, NODE, time(at))?, digest);
        }
        assert_eq!(mark(&log, NODE, time(31))?, None);
        assert_eq!(last_change(&log, NODE, time(19))?, Some((time(10), None)));
        assert_eq!(last_change(&log, NODE, time(29))?, Some((time(20), Some(5))));
        assert_eq!(last_change(&log, NODE, time(9))?, None);
        Ok(())
    }
}
