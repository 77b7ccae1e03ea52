//! Reading the changes of a node, in the order of time.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Statement};
use uuid::Uuid;

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::logged_change::{LoggedChange, LoggedChanges};
use crate::log::node::NodeOrdinal;
use crate::log::span::Span;
use crate::log::statements::bind;

/// Reads the changes of spans, in the order of time: all of them, or those of one table or row.
pub(crate) struct SpanReader<'c>(CachedStatement<'c>);

const ALL: &str = "SELECT node, time, tbl, row, cells FROM ara_change \
                   WHERE node = ?1 AND time > ?2 AND time <= ?3 ORDER BY time LIMIT ?4";

const OF_TABLE: &str = "SELECT node, time, tbl, row, cells FROM ara_change \
                        WHERE node = ?1 AND time > ?2 AND time <= ?3 AND tbl = ?5 \
                        ORDER BY time LIMIT ?4";

const OF_ROW: &str = "SELECT node, time, tbl, row, cells FROM ara_change \
                      WHERE node = ?1 AND time > ?2 AND time <= ?3 AND tbl = ?5 AND row = ?6 \
                      ORDER BY time LIMIT ?4";

impl<'c> SpanReader<'c> {
    /// Prepares to read all changes.
    pub(crate) fn all(connection: &'c Connection) -> Result<Self> {
        Ok(Self(connection.prepare_cached(ALL)?))
    }

    /// Prepares to read the changes of a table.
    pub(crate) fn of_table(connection: &'c Connection, table: i64) -> Result<Self> {
        let mut changes = connection.prepare_cached(OF_TABLE)?;
        bind(&mut changes, 5, ValueRef::Integer(table))?;
        Ok(Self(changes))
    }

    /// Prepares to read the changes of a row of a table.
    pub(crate) fn of_row(connection: &'c Connection, (table, row): (i64, Uuid)) -> Result<Self> {
        let mut changes = connection.prepare_cached(OF_ROW)?;
        bind(&mut changes, 5, ValueRef::Integer(table))?;
        bind(&mut changes, 6, ValueRef::Blob(row.as_bytes()))?;
        Ok(Self(changes))
    }

    /// Returns the changes of a span.
    pub(crate) fn read(&mut self, span: Span) -> Result<LoggedChanges<'_>> {
        self.limited(span, -1)
    }

    /// Returns the first changes of a span, `most` at most.
    pub(crate) fn read_first(&mut self, span: Span, most: usize) -> Result<LoggedChanges<'_>> {
        self.limited(span, i64::try_from(most).unwrap_or(i64::MAX))
    }

    fn limited(&mut self, Span { node, after, end }: Span, most: i64) -> Result<LoggedChanges<'_>> {
        for (parameter, value) in (1..).zip([node.get(), after.bits(), end.bits(), most]) {
            bind(&mut self.0, parameter, ValueRef::Integer(value))?;
        }
        Ok(LoggedChanges::new(self.0.raw_query()))
    }
}

/// Looks up single changes.
pub(crate) struct ChangeFinder<'c>(Statement<'c>);

impl<'c> ChangeFinder<'c> {
    /// Prepares the statement.
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self(connection.prepare(
            "SELECT node, time, tbl, row, cells FROM ara_change WHERE node = ?1 AND time = ?2",
        )?))
    }

    /// Returns what `read` makes of the change of this node and time, or `None` if the log has none.
    pub(crate) fn find<T>(
        &mut self,
        (node, time): (NodeOrdinal, Time),
        read: impl FnOnce(LoggedChange<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut found = self.0.query((node, time))?;
        found.next()?.map(|change| read(LoggedChange::new(change))).transpose()
    }
}

/// Returns whether the log has a change of this node and time.
pub(crate) fn is_held(connection: &Connection, node: NodeOrdinal, time: Time) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM ara_change WHERE node = ?1 AND time = ?2")?
        .exists((node, time))?)
}

/// Returns the time of the last change of a node, or time zero if it made none.
pub(crate) fn last_time(connection: &Connection, node: NodeOrdinal) -> Result<Time> {
    let last: Option<Time> = connection
        .prepare_cached("SELECT max(time) FROM ara_change WHERE node = ?1")?
        .query_row([node], |row| row.get(0))?;
    Ok(last.unwrap_or_default())
}

/// Returns the time of the change of a span that follows this many others, or `None` if there are not as
/// many.
pub(crate) fn time_at(
    connection: &Connection,
    Span { node, after, end }: Span,
    position: usize,
) -> Result<Option<Time>> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    Ok(connection
        .prepare_cached(
            "SELECT time FROM ara_change WHERE node = ?1 AND time > ?2 AND time <= ?3 \
             ORDER BY time LIMIT 1 OFFSET ?4",
        )?
        .query_row((node, after, end, position), |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::log::tests::{NODES, ROWS, empty, example, read, time};

    const NODE: NodeOrdinal = NODES[0];

    fn times(changes: LoggedChanges<'_>) -> Result<Vec<i64>> {
        Ok(read(changes)?.into_iter().map(|(_, time, ..)| time).collect())
    }

    #[test]
    fn an_empty_log_has_nothing_of_any_node() -> Result<()> {
        let log = empty()?;
        for node in NODES {
            assert!(times(SpanReader::all(&log)?.read(Span::all_of(node))?)?.is_empty());
            assert_eq!(ChangeFinder::new(&log)?.find((node, time(10)), |_| Ok(()))?, None);
            assert!(!is_held(&log, node, time(10))?);
            assert_eq!(last_time(&log, node)?, Time::default());
            assert_eq!(time_at(&log, Span::all_of(node), 0)?, None);
        }
        Ok(())
    }

    #[test]
    fn a_span_is_read_after_its_first_time_up_to_its_last() -> Result<()> {
        let log = example()?;
        let mut reader = SpanReader::all(&log)?;
        let mut of = |after, end| {
            times(reader.read(Span { node: NODE, after: time(after), end: time(end) })?)
        };
        assert_eq!(of(0, 40)?, [10, 20, 30]);
        assert_eq!(of(10, 30)?, [20, 30]);
        assert_eq!(of(10, 29)?, [20]);
        assert!(of(10, 10)?.is_empty() && of(30, 10)?.is_empty());
        assert_eq!(times(reader.read(Span::after(NODE, time(20)))?)?, [30]);
        assert_eq!(times(reader.read(Span::until(NODE, time(20)))?)?, [10, 20]);
        assert_eq!(times(reader.read(Span::all_of(NODES[1]))?)?, [20, 40]);
        Ok(())
    }

    #[test]
    fn a_limit_is_kept_and_not_remembered() -> Result<()> {
        let log = example()?;
        let mut reader = SpanReader::all(&log)?;
        let all = Span::all_of(NODE);
        for (most, read) in [(0, &[][..]), (2, &[10, 20]), (3, &[10, 20, 30])] {
            assert_eq!(times(reader.read_first(all, most)?)?, read);
        }
        assert_eq!(times(reader.read_first(all, usize::MAX)?)?, [10, 20, 30]);
        assert_eq!(times(reader.read_first(all, 1)?)?, [10]);
        assert_eq!(times(reader.read(all)?)?, [10, 20, 30]);
        Ok(())
    }

    #[test]
    fn a_reader_of_a_table_or_a_row_reads_it_of_each_node() -> Result<()> {
        let log = example()?;
        let mut table = SpanReader::of_table(&log, 1)?;
        assert_eq!(times(table.read(Span::all_of(NODES[0]))?)?, [10, 30]);
        assert_eq!(times(table.read(Span::all_of(NODES[1]))?)?, [20]);
        assert_eq!(times(table.read_first(Span::all_of(NODES[0]), 1)?)?, [10]);
        let mut row = SpanReader::of_row(&log, (2, Uuid::from_bytes(ROWS[0])))?;
        assert!(times(row.read(Span::all_of(NODES[0]))?)?.is_empty());
        assert_eq!(times(row.read(Span::all_of(NODES[1]))?)?, [40]);
        drop((table, row));
        // The statement comes back from the cache without what was bound.
        let mut other = SpanReader::of_table(&log, 2)?;
        assert_eq!(times(other.read(Span::all_of(NODES[0]))?)?, [20]);
        Ok(())
    }

    #[test]
    fn a_single_change_is_found() -> Result<()> {
        let log = example()?;
        let mut finder = ChangeFinder::new(&log)?;
        assert_eq!(finder.find((NODES[1], time(20)), |change| change.table())?, Some(1));
        assert_eq!(finder.find((NODES[1], time(10)), |change| change.table())?, None);
        let failed = finder.find((NODES[1], time(40)), |_| Err::<(), _>(Error::Corrupt));
        assert!(matches!(failed, Err(Error::Corrupt)));
        assert!(is_held(&log, NODES[1], time(40))? && !is_held(&log, NODES[0], time(40))?);
        Ok(())
    }

    #[test]
    fn times_are_told_by_their_position_and_the_last_one_alone() -> Result<()> {
        let log = example()?;
        assert_eq!(last_time(&log, NODES[0])?, time(30));
        assert_eq!(last_time(&log, NODES[1])?, time(40));
        let span = Span { node: NODE, after: time(10), end: time(30) };
        let at = |position| time_at(&log, span, position);
        assert_eq!([at(0)?, at(1)?], [Some(time(20)), Some(time(30))]);
        assert_eq!([at(2)?, at(usize::MAX)?], [None, None]);
        Ok(())
    }
}
