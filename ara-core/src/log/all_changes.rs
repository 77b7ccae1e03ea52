//! Reading the whole log.

use rusqlite::{Connection, Statement};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::logged_change::LoggedChanges;
use crate::log::node::NodeOrdinal;

/// Reads all changes of all nodes, in the order of node and time.
pub(crate) struct LogReader<'c>(Statement<'c>);

impl<'c> LogReader<'c> {
    /// Prepares the statement.
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self(
            connection.prepare(
                "SELECT node, time, tbl, row, cells FROM ara_change ORDER BY node, time",
            )?,
        ))
    }

    /// Returns the changes.
    pub(crate) fn read(&mut self) -> Result<LoggedChanges<'_>> {
        Ok(LoggedChanges::new(self.0.query([])?))
    }
}

/// Returns how many changes the log has, without twins.
pub(crate) fn count(connection: &Connection) -> Result<u64> {
    let count: i64 =
        connection.query_row("SELECT count(*) FROM ara_change", [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Where a change is in the log, and which row it wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) node: NodeOrdinal,
    pub(crate) time: Time,
    pub(crate) table: i64,
    pub(crate) row: [u8; 16],
}

/// Calls `each` with the place of every change, which it finds without reading what was written. It passes
/// over changes of rows whose id is none, as another program has written it.
pub(crate) fn for_each_place(connection: &Connection, mut each: impl FnMut(Place)) -> Result<()> {
    let mut changes = connection.prepare("SELECT node, time, tbl, row FROM ara_change")?;
    let mut changes = changes.query([])?;
    while let Some(change) = changes.next()? {
        let Ok(row) = change.get(3) else { continue };
        each(Place { node: change.get(0)?, time: change.get(1)?, table: change.get(2)?, row });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{empty, example, read};

    /// Returns the nodes and times of all places.
    fn places(log: &Connection) -> Result<Vec<(i64, i64)>> {
        let mut places = Vec::new();
        for_each_place(log, |place| places.push((place.node.get(), place.time.bits())))?;
        places.sort_unstable();
        Ok(places)
    }

    #[test]
    fn all_nodes_are_read_one_after_the_other() -> Result<()> {
        let log = example()?;
        let changes = read(LogReader::new(&log)?.read()?)?;
        let (a, b) = (0xa, 0xb);
        assert_eq!(
            changes,
            [(1, 10, 1, a), (1, 20, 2, b), (1, 30, 1, b), (2, 20, 1, a), (2, 40, 2, a)]
        );
        assert_eq!(count(&log)?, 5);
        assert_eq!(places(&log)?, [(1, 10), (1, 20), (1, 30), (2, 20), (2, 40)]);
        Ok(())
    }

    #[test]
    fn an_empty_log_has_no_changes() -> Result<()> {
        let log = empty()?;
        assert!(read(LogReader::new(&log)?.read()?)?.is_empty());
        assert_eq!(count(&log)?, 0);
        assert!(places(&log)?.is_empty());
        Ok(())
    }

    #[test]
    fn places_of_rows_without_an_id_are_passed_over() -> Result<()> {
        let log = example()?;
        log.execute("UPDATE ara_change SET row = x'00' WHERE node = 1", [])?;
        log.execute("UPDATE ara_change SET row = NULL WHERE time = 40", [])?;
        assert_eq!(places(&log)?, [(2, 20)]);
        Ok(())
    }
}
