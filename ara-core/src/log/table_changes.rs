//! Reading the changes of a table, row by row.

use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{Connection, Rows, Statement};

use crate::error::Result;
use crate::log::logged_change::LoggedChange;

/// Reads the changes of a table, ordered by row.
pub(crate) struct TableReader<'c>(Statement<'c>);

impl<'c> TableReader<'c> {
    /// Prepares the statement.
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self(connection.prepare(
            "SELECT node, time, tbl, row, cells FROM ara_change WHERE tbl = ?1 ORDER BY row",
        )?))
    }

    /// Returns the rows of a table.
    pub(crate) fn read(&mut self, table: i64) -> Result<LoggedRows<'_>> {
        Ok(LoggedRows { changes: self.0.query([table])?, is_begun: false })
    }
}

/// Iterates over the rows of a table of which there are changes, in the order of their ids.
///
/// SQLite sorts all changes before it returns the first one. So the log can be written meanwhile.
pub(crate) struct LoggedRows<'s> {
    changes: Rows<'s>,
    /// Whether `changes` is positioned on the first change of the next row.
    is_begun: bool,
}

impl LoggedRows<'_> {
    /// Calls `each` with all changes of the next row, and returns the row's id. Returns `None` after the
    /// last row.
    ///
    /// The changes of a row come in no particular order. The id may be any bytes, if another program has
    /// written it.
    pub(crate) fn next(
        &mut self,
        mut each: impl FnMut(LoggedChange<'_>) -> Result<()>,
    ) -> Result<Option<Vec<u8>>> {
        if !self.is_begun {
            self.changes.advance()?;
            self.is_begun = true;
        }
        let mut id = None;
        while let Some(change) = self.changes.get() {
            let change = LoggedChange::new(change);
            let row = change.row()?;
            match &id {
                None => id = Some(row.to_vec()),
                Some(id) if **id != *row => break,
                Some(_) => {}
            }
            each(change)?;
            self.changes.advance()?;
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::log::tests::{ROWS, empty, example};

    /// Returns the times of the changes of each row.
    fn rows(log: &Connection, table: i64) -> Result<Vec<(Vec<u8>, Vec<i64>)>> {
        let mut reader = TableReader::new(log)?;
        let mut rows = reader.read(table)?;
        let mut read = Vec::new();
        loop {
            let mut times = Vec::new();
            let next = rows.next(|change| {
                times.push(change.time()?.bits());
                Ok(())
            })?;
            let Some(id) = next else { return Ok(read) };
            times.sort_unstable();
            read.push((id, times));
        }
    }

    #[test]
    fn changes_are_read_row_by_row() -> Result<()> {
        let log = example()?;
        let [a, b] = ROWS.map(|row| row.to_vec());
        assert_eq!(rows(&log, 1)?, [(a.clone(), vec![10, 20]), (b.clone(), vec![30])]);
        assert_eq!(rows(&log, 2)?, [(a, vec![40]), (b, vec![20])]);
        assert!(rows(&log, 3)?.is_empty() && rows(&empty()?, 1)?.is_empty());
        Ok(())
    }

    #[test]
    fn a_row_may_have_any_bytes_as_its_id_but_not_none() -> Result<()> {
        let log = example()?;
        log.execute("UPDATE ara_change SET row = x'' WHERE time = 10", [])?;
        let ids: Vec<_> = rows(&log, 1)?.into_iter().map(|(id, _)| id.len()).collect();
        assert_eq!(ids, [0, 16, 16]);
        log.execute("UPDATE ara_change SET row = NULL WHERE time = 10", [])?;
        assert!(matches!(rows(&log, 1), Err(Error::Corrupt)));
        Ok(())
    }

    #[test]
    fn what_fails_ends_the_reading() -> Result<()> {
        let log = example()?;
        let mut reader = TableReader::new(&log)?;
        let mut rows = reader.read(1)?;
        assert!(matches!(rows.next(|_| Err(Error::Broken)), Err(Error::Broken)));
        Ok(())
    }
}
