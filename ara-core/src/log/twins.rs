//! Twins: changes whose node and time are those of another change. Of the two, the one with the greater
//! hash counts; the other one is kept as its twin, so that it can be passed on and the digests add up.

use rusqlite::{CachedStatement, Connection};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::logged_change::{LoggedChange, LoggedChanges};
use crate::log::node::NodeOrdinal;
use crate::log::span::Span;
use crate::log::writing::NewChange;

/// Keeps a change, whose hash is given, as the twin of the one that the log has.
pub(crate) fn keep(connection: &Connection, twin: NewChange<'_>, hash: u64) -> Result<()> {
    let NewChange { node, time, table, row, packed } = twin;
    connection
        .prepare_cached(
            "INSERT INTO ara_twin (node, time, hash, tbl, row, cells) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((node, time, hash.cast_signed(), table, row, packed))?;
    Ok(())
}

/// Writes a change in the place of the one that the log has, which it keeps as the twin. `held_hash` is the
/// hash of that one.
pub(crate) fn displace(
    connection: &Connection,
    change: NewChange<'_>,
    held_hash: u64,
) -> Result<()> {
    let NewChange { node, time, table, row, packed } = change;
    connection
        .prepare_cached(
            "INSERT INTO ara_twin SELECT node, time, ?3, tbl, row, cells FROM ara_change \
             WHERE node = ?1 AND time = ?2",
        )?
        .execute((node, time, held_hash.cast_signed()))?;
    connection
        .prepare_cached(
            "UPDATE ara_change SET tbl = ?3, row = ?4, cells = ?5 WHERE node = ?1 AND time = ?2",
        )?
        .execute((node, time, table, row, packed))?;
    Ok(())
}

/// Returns whether a change with this hash is kept as a twin.
pub(crate) fn is_kept(
    connection: &Connection,
    (node, time): (NodeOrdinal, Time),
    hash: u64,
) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM ara_twin WHERE node = ?1 AND time = ?2 AND hash = ?3")?
        .exists((node, time, hash.cast_signed()))?)
}

/// Calls `each` with every twin and its hash, in the order of node and time.
pub(crate) fn for_each_twin(
    connection: &Connection,
    mut each: impl FnMut(LoggedChange<'_>, u64) -> Result<()>,
) -> Result<()> {
    let mut twins = connection
        .prepare("SELECT node, time, tbl, row, cells, hash FROM ara_twin ORDER BY node, time")?;
    let mut twins = twins.query([])?;
    while let Some(twin) = twins.next()? {
        each(LoggedChange::new(twin), twin.get::<_, i64>(5)?.cast_unsigned())?;
    }
    Ok(())
}

/// Reads the changes of spans together with their twins, in the order of time.
pub(crate) struct ForkedReader<'c>(CachedStatement<'c>);

impl<'c> ForkedReader<'c> {
    /// Prepares the statement.
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self(connection.prepare_cached(
            "SELECT node, time, tbl, row, cells FROM ara_change \
             WHERE node = ?1 AND time > ?2 AND time <= ?3 UNION ALL \
             SELECT node, time, tbl, row, cells FROM ara_twin \
             WHERE node = ?1 AND time > ?2 AND time <= ?3 ORDER BY time",
        )?))
    }

    /// Returns the changes of a span and their twins. Those of one time come in no particular order.
    pub(crate) fn read(&mut self, Span { node, after, end }: Span) -> Result<LoggedChanges<'_>> {
        Ok(LoggedChanges::new(self.0.query((node, after, end))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{NODES, TWIN, empty, example, read, time, with};

    /// Returns the node, the time, the table and the hash of each twin.
    fn twins(log: &Connection) -> Result<Vec<(i64, i64, i64, u64)>> {
        let mut twins = Vec::new();
        for_each_twin(log, |twin, hash| {
            twins.push((twin.node()?.get(), twin.time()?.bits(), twin.table()?, hash));
            Ok(())
        })?;
        Ok(twins)
    }

    #[test]
    fn a_twin_is_known_by_its_hash() -> Result<()> {
        let log = example()?;
        assert_eq!(twins(&log)?, [(2, 20, 2, TWIN)]);
        assert!(is_kept(&log, (NODES[1], time(20)), TWIN)?);
        assert!(!is_kept(&log, (NODES[1], time(20)), 3)?);
        assert!(!is_kept(&log, (NODES[0], time(20)), TWIN)?);
        assert!(twins(&empty()?)?.is_empty());
        Ok(())
    }

    #[test]
    fn a_place_may_have_several_twins() -> Result<()> {
        let log = example()?;
        with((1, 20, 3, 1, None), |twin| keep(&log, twin, 3))?;
        with((0, 30, 3, 1, None), |twin| keep(&log, twin, 3))?;
        assert_eq!(twins(&log)?.len(), 3);
        assert_eq!(twins(&log)?[0], (1, 30, 3, 3));
        assert!(with((1, 20, 3, 1, None), |twin| keep(&log, twin, 3)).is_err());
        Ok(())
    }

    #[test]
    fn what_is_displaced_is_kept() -> Result<()> {
        let log = example()?;
        with((0, 30, 2, 0, None), |change| displace(&log, change, 9))?;
        assert_eq!(twins(&log)?, [(1, 30, 1, 9), (2, 20, 2, TWIN)]);
        let span = Span::after(NODES[0], time(20));
        let (a, b) = (0xa, 0xb);
        let mut read = read(ForkedReader::new(&log)?.read(span)?)?;
        read.sort_unstable();
        assert_eq!(read, [(1, 30, 1, b), (1, 30, 2, a)]);
        Ok(())
    }

    #[test]
    fn twins_are_read_with_the_changes_of_their_span() -> Result<()> {
        let log = example()?;
        let mut reader = ForkedReader::new(&log)?;
        let mut of = |after, end| -> Result<Vec<i64>> {
            let span = Span { node: NODES[1], after: time(after), end: time(end) };
            Ok(read(reader.read(span)?)?.into_iter().map(|(_, time, ..)| time).collect())
        };
        assert_eq!(of(0, 99)?, [20, 20, 40]);
        assert_eq!(of(19, 20)?, [20, 20]);
        assert_eq!(of(20, 40)?, [40]);
        assert!(of(40, 99)?.is_empty());
        assert!(read(ForkedReader::new(&empty()?)?.read(Span::all_of(NODES[1]))?)?.is_empty());
        Ok(())
    }
}
