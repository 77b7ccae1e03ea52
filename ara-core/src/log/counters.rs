//! The totals that nodes have added to counters: the table `ara_counter`.
//!
//! A node logs the total that it has added to a counter so far, and not each single addition. So the
//! sum stays right if a change is received twice, or is dropped because a later one covers it.

use std::collections::HashSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;

/// A counter: a column of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CounterCell<'a> {
    /// The ordinal of its table.
    pub(crate) table: i64,
    /// The id of its row.
    pub(crate) row: &'a [u8],
    /// The ordinal of its column.
    pub(crate) column: u32,
}

/// Returns the sum of totals, or the nearest `i64`. It does not depend on the order of the totals.
pub(crate) fn sum(totals: impl IntoIterator<Item = i64>) -> i64 {
    let sum: i128 = totals.into_iter().map(i128::from).sum();
    let nearest = sum.clamp(i64::MIN.into(), i64::MAX.into());
    nearest.try_into().unwrap_or(i64::MAX)
}

/// The statements that read and write the totals of counters, each prepared when it is first used.
pub(crate) struct Counters<'c> {
    connection: &'c Connection,
    note: Option<CachedStatement<'c>>,
    last: Option<CachedStatement<'c>>,
    all: Option<CachedStatement<'c>>,
}

const NOTE: &str = "INSERT INTO ara_counter (tbl, row, col, node, time, total) \
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE \
                    SET time = excluded.time, total = excluded.total WHERE excluded.time > time";

const LAST: &str = "SELECT time, total FROM ara_counter \
                    WHERE tbl = ?1 AND row = ?2 AND col = ?3 AND node = ?4";

const ALL: &str = "SELECT node, total FROM ara_counter WHERE tbl = ?1 AND row = ?2 AND col = ?3";

impl<'c> Counters<'c> {
    /// Makes the statements, none of which is prepared yet.
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, note: None, last: None, all: None }
    }

    /// Notes the total that a node had added by a time, unless a later one of that node is known. Returns
    /// whether it was noted.
    pub(crate) fn note(
        &mut self,
        CounterCell { table, row, column }: CounterCell<'_>,
        node: NodeOrdinal,
        (time, total): (Time, i64),
    ) -> Result<bool> {
        let key = (table, row, column, node, time.bits(), total);
        let note = held(&mut self.note, self.connection, NOTE)?;
        Ok(note.execute(key)? > 0)
    }

    /// Returns the latest total of a node, and its time.
    pub(crate) fn last(
        &mut self,
        CounterCell { table, row, column }: CounterCell<'_>,
        node: NodeOrdinal,
    ) -> Result<Option<(Time, i64)>> {
        let key = (table, row, column, node);
        Ok(held(&mut self.last, self.connection, LAST)?.query_row(key, last).optional()?)
    }

    /// Returns the total of each node.
    pub(crate) fn totals(&mut self, counter: CounterCell<'_>) -> Result<Vec<(NodeOrdinal, i64)>> {
        let total = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let all = held(&mut self.all, self.connection, ALL)?;
        Ok(all
            .query_map((counter.table, counter.row, counter.column), total)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Returns the sum of the totals of all nodes, which is the counter's value.
    pub(crate) fn sum(&mut self, counter: CounterCell<'_>) -> Result<i64> {
        Ok(sum(self.totals(counter)?.into_iter().map(|(_, total)| total)))
    }
}

/// Returns a statement, which is prepared if it is used for the first time.
fn held<'s, 'c>(
    statement: &'s mut Option<CachedStatement<'c>>,
    connection: &'c Connection,
    sql: &str,
) -> Result<&'s mut CachedStatement<'c>> {
    Ok(match statement {
        Some(held) => held,
        none => none.insert(connection.prepare_cached(sql)?),
    })
}

fn last(row: &Row<'_>) -> rusqlite::Result<(Time, i64)> {
    Ok((Time::from_bits(row.get(0)?), row.get(1)?))
}

/// Returns how many totals are noted for a table.
pub(crate) fn count_totals(connection: &Connection, table: i64) -> Result<u64> {
    let count: i64 = connection
        .prepare_cached("SELECT count(*) FROM ara_counter WHERE tbl = ?1")?
        .query_row([table], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Returns the columns of a table for which totals are noted, whether the app declares them or not.
pub(crate) fn counted_columns(connection: &Connection, table: i64) -> Result<HashSet<u32>> {
    let mut columns = connection.prepare("SELECT DISTINCT col FROM ara_counter WHERE tbl = ?1")?;
    Ok(columns.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Deletes the totals of a whole table.
pub(crate) fn forget_table(connection: &Connection, table: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM ara_counter WHERE tbl = ?1")?.execute([table])?;
    Ok(())
}

/// Deletes the totals of a row.
pub(crate) fn forget_row(connection: &Connection, table: i64, row: &[u8; 16]) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM ara_counter WHERE tbl = ?1 AND row = ?2")?
        .execute((table, row))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_the_same_in_any_order() {
        assert_eq!(sum([]), 0);
        assert_eq!(sum([i64::MAX, 1, -2]), i64::MAX - 1);
        assert_eq!(sum([-2, 1, i64::MAX]), i64::MAX - 1);
        assert_eq!(sum([i64::MAX, i64::MAX]), i64::MAX);
        assert_eq!(sum([i64::MIN, -1]), i64::MIN);
    }
}
