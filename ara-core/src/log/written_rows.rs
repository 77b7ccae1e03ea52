//! The tables and rows that a span of the log has written.

use std::collections::BTreeMap;

use rusqlite::{Connection, Statement};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::logged_change::LoggedChanges;
use crate::log::span::Span;
use crate::names::quoted;

/// Returns how many changes of a span are of each table, by the table's ordinal.
pub(crate) fn count_by_table(
    connection: &Connection,
    Span { node, after, end }: Span,
) -> Result<BTreeMap<i64, u64>> {
    let mut changes = connection.prepare_cached(
        "SELECT tbl FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3",
    )?;
    let mut changes = changes.query((node, after, end))?;
    let mut counts = BTreeMap::new();
    while let Some(change) = changes.next()? {
        *counts.entry(change.get(0)?).or_default() += 1;
    }
    Ok(counts)
}

/// Returns the least `created_at` of the rows of a table that a span has written, or `None` if none of them
/// is there. A row without one counts as created at 0. The table is given by its ordinal and its name.
///
/// One statement finds the rows in the log and looks them up, as a transaction may have written many.
pub(crate) fn first_creation(
    connection: &Connection,
    Span { node, after, end }: Span,
    (ordinal, table): (i64, &str),
) -> Result<Option<i64>> {
    let sql = format!(
        "SELECT min(coalesce(\"created_at\", 0)) FROM {} WHERE \"id\" IN (SELECT row \
         FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3 AND tbl = ?4)",
        quoted(table)
    );
    Ok(connection.query_row(&sql, (node, after, end, ordinal), |row| row.get(0))?)
}

/// Reads the changes of the rows that a span has written, by whichever node.
pub(crate) struct WrittenRowsReader<'c>(Statement<'c>);

impl<'c> WrittenRowsReader<'c> {
    /// Prepares the statement.
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self(connection.prepare(
            "SELECT c.node, c.time, c.tbl, c.row, c.cells FROM ara_node n \
             CROSS JOIN ara_change c ON c.node = n.ordinal AND c.time BETWEEN ?4 AND ?5 \
             WHERE (c.tbl, c.row) IN \
             (SELECT tbl, row FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3) \
             ORDER BY c.tbl, c.row, (c.node = ?1 AND c.time > ?2 AND c.time <= ?3) DESC, c.time",
        )?))
    }

    /// Returns the changes from the first of two times up to the second, row by row. Of a row, those of the
    /// span come first, and then the others, both in the order of time.
    ///
    /// SQLite sorts all of them before it returns the first one, in temporary files if they are many. So the
    /// log and the rows can be written meanwhile, and only one change is in memory.
    pub(crate) fn read(
        &mut self,
        Span { node, after, end }: Span,
        (from, until): (Time, Time),
    ) -> Result<LoggedChanges<'_>> {
        Ok(LoggedChanges::new(self.0.query((node, after, end, from, until))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tests::{NODES, ROWS, empty, example, read, time};

    fn span(after: i64, end: i64) -> Span {
        Span { node: NODES[0], after: time(after), end: time(end) }
    }

    #[test]
    fn changes_are_counted_by_table() -> Result<()> {
        let log = example()?;
        assert_eq!(count_by_table(&log, span(0, 30))?, [(1, 2), (2, 1)].into());
        assert_eq!(count_by_table(&log, span(10, 20))?, [(2, 1)].into());
        assert!(count_by_table(&log, span(30, 99))?.is_empty());
        assert!(count_by_table(&empty()?, span(0, 99))?.is_empty());
        Ok(())
    }

    #[test]
    fn the_first_creation_is_that_of_a_row_which_the_span_has_written() -> Result<()> {
        let log = example()?;
        log.execute_batch("CREATE TABLE todo (id BLOB PRIMARY KEY, created_at)")?;
        let todo = (1, "todo");
        assert_eq!(first_creation(&log, span(0, 30), todo)?, None);
        for (row, created_at) in ROWS.into_iter().zip([7, 9]) {
            log.execute("INSERT INTO todo VALUES (?1, ?2)", (row, created_at))?;
        }
        assert_eq!(first_creation(&log, span(0, 30), todo)?, Some(7));
        assert_eq!(first_creation(&log, span(10, 30), todo)?, Some(9));
        assert_eq!(first_creation(&log, span(10, 20), todo)?, None);
        log.execute("UPDATE todo SET created_at = NULL", [])?;
        assert_eq!(first_creation(&log, span(0, 30), todo)?, Some(0));
        Ok(())
    }

    #[test]
    fn the_changes_of_the_span_come_first_in_each_row() -> Result<()> {
        let log = example()?;
        let mut reader = WrittenRowsReader::new(&log)?;
        let (a, b) = (0xa, 0xb);
        let mut of = |span, from, until| read(reader.read(span, (time(from), time(until)))?);
        assert_eq!(
            of(span(0, 30), 0, 99)?,
            [(1, 10, 1, a), (2, 20, 1, a), (1, 30, 1, b), (1, 20, 2, b)]
        );
        let second = Span { node: NODES[1], after: time(0), end: time(20) };
        assert_eq!(of(second, 0, 99)?, [(2, 20, 1, a), (1, 10, 1, a)]);
        assert_eq!(of(second, 20, 99)?, [(2, 20, 1, a)]);
        assert_eq!(of(second, 0, 10)?, [(1, 10, 1, a)]);
        assert!(of(span(30, 99), 0, 99)?.is_empty());
        Ok(())
    }
}
