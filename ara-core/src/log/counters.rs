//! The sums of what was added to counters: the table `ara_counter`.
//!
//! A change of a counter logs what it adds. The sum of a counter is that of all additions, whoever made them,
//! so it does not depend on their order, and those of two devices that wrote under one node id add up, too.

use std::collections::HashSet;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use crate::error::{Error, Result};
use crate::log::clock::Stamp;
use crate::log::codec::Addition;
use crate::log::node::{NodeId, NodeOrdinal};

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

/// What is known of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    /// The sum of all additions.
    pub(crate) sum: i128,
    /// The stamp and the node of the latest addition.
    pub(crate) last: (Stamp, NodeOrdinal),
    /// What a node has added, the last one that wrote this file and added anything.
    pub(crate) own: (NodeOrdinal, i64),
}

impl Sum {
    /// The sum of a counter to which nothing was added.
    pub(crate) const NOTHING: Self = Self {
        sum: 0,
        last: (Stamp::from_bits(0), NodeOrdinal::NONE),
        own: (NodeOrdinal::NONE, 0),
    };

    /// Returns the value of the counter: the sum, or the nearest `i64`.
    pub(crate) fn value(&self) -> i64 {
        let nearest = self.sum.clamp(i64::MIN.into(), i64::MAX.into());
        nearest.try_into().unwrap_or(i64::MAX)
    }

    /// Returns what a node that writes this file has added to the counter.
    pub(crate) fn total_of(&self, node: NodeOrdinal) -> i64 {
        if self.own.0 == node { self.own.1 } else { 0 }
    }

    /// Adds what a change of this stamp and node adds. `writer` is the node that writes the file.
    pub(crate) fn add(
        &mut self,
        change: (Stamp, NodeOrdinal),
        Addition { by, total }: Addition,
        writer: NodeOrdinal,
        id_of: &dyn Fn(NodeOrdinal) -> Option<NodeId>,
    ) {
        self.sum = self.sum.saturating_add(by.into());
        let precedence = |(stamp, node): (Stamp, NodeOrdinal)| (stamp, id_of(node));
        if precedence(self.last) <= precedence(change) {
            self.last = change;
        }
        if change.1 == writer {
            self.own = (writer, total);
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (high, low): (i64, i64) = (row.get(0)?, row.get(1)?);
        let sum = i128::from(high) << 64 | i128::from(low.cast_unsigned());
        Ok(Self { sum, last: (row.get(2)?, row.get(3)?), own: (row.get(4)?, row.get(5)?) })
    }
}

/// The statements that read and write the sums of counters, each prepared when it is first used.
pub(crate) struct Counters<'c> {
    connection: &'c Connection,
    get: Option<CachedStatement<'c>>,
    put: Option<CachedStatement<'c>>,
}

const GET: &str = "SELECT high, low, stamp, node, writer, total FROM ara_counter \
                   WHERE tbl = ?1 AND row = ?2 AND col = ?3";

const PUT: &str = "INSERT INTO ara_counter (tbl, row, col, high, low, stamp, node, writer, total) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE \
                   SET high = excluded.high, low = excluded.low, stamp = excluded.stamp, \
                   node = excluded.node, writer = excluded.writer, total = excluded.total";

impl<'c> Counters<'c> {
    /// Makes the statements, none of which is prepared yet.
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, get: None, put: None }
    }

    /// Returns what is known of a counter, or `None` if nothing was ever added to it.
    pub(crate) fn get(&mut self, counter: CounterCell<'_>) -> Result<Option<Sum>> {
        let CounterCell { table, row, column } = counter;
        let get = held(&mut self.get, self.connection, GET)?;
        Ok(get.query_row((table, row, column), Sum::read).optional()?)
    }

    /// Notes what is known of a counter.
    pub(crate) fn put(&mut self, counter: CounterCell<'_>, sum: &Sum) -> Result<()> {
        let CounterCell { table, row, column } = counter;
        let Sum { sum, last, own } = sum;
        let (high, low) = ((sum >> 64) as i64, *sum as i64);
        let put = held(&mut self.put, self.connection, PUT)?;
        let values = params![table, row, column, high, low, last.0, last.1, own.0, own.1];
        if put.execute(values)? == 0 { Err(Error::unwritten("ara_counter")) } else { Ok(()) }
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

/// Calls `each` with every counter of a table: its row, its column and what is known of it.
pub(crate) fn for_each_sum(
    connection: &Connection,
    table: i64,
    mut each: impl FnMut(&[u8], u32, &Sum),
) -> Result<()> {
    let mut sums = connection.prepare_cached(
        "SELECT high, low, stamp, node, writer, total, row, col FROM ara_counter WHERE tbl = ?1",
    )?;
    let mut sums = sums.query([table])?;
    while let Some(row) = sums.next()? {
        each(row.get_ref(6)?.as_blob().unwrap_or_default(), row.get(7)?, &Sum::read(row)?);
    }
    Ok(())
}

/// Returns the columns of a table that are counters, whether the app declares them or not.
pub(crate) fn counted_columns(connection: &Connection, table: i64) -> Result<HashSet<u32>> {
    let mut columns = connection.prepare("SELECT DISTINCT col FROM ara_counter WHERE tbl = ?1")?;
    Ok(columns.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Deletes the sums of a whole table.
pub(crate) fn forget_table(connection: &Connection, table: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM ara_counter WHERE tbl = ?1")?.execute([table])?;
    Ok(())
}

/// Deletes the sums of a row.
pub(crate) fn forget_row(connection: &Connection, table: i64, row: &[u8; 16]) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM ara_counter WHERE tbl = ?1 AND row = ?2")?
        .execute((table, row))?;
    let mut left =
        connection.prepare_cached("SELECT 1 FROM ara_counter WHERE tbl = ?1 AND row = ?2")?;
    if left.exists((table, row))? { Err(Error::unwritten("ara_counter")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(amounts: &[i64]) -> Sum {
        let mut sum = Sum::NOTHING;
        for (at, by) in (1..).zip(amounts) {
            let change = (Stamp::new(at, 0), NodeOrdinal::new(2));
            let addition = Addition { by: *by, total: 0 };
            sum.add(change, addition, NodeOrdinal::new(1), &|_| None);
        }
        sum
    }

    #[test]
    fn a_sum_is_the_same_in_any_order() {
        assert_eq!(added(&[]).value(), 0);
        assert_eq!(added(&[i64::MAX, 1, -2]).value(), i64::MAX - 1);
        assert_eq!(added(&[-2, 1, i64::MAX]).value(), i64::MAX - 1);
        assert_eq!(added(&[i64::MAX, i64::MAX]).value(), i64::MAX);
        assert_eq!(added(&[i64::MIN, -1]).value(), i64::MIN);
    }

    #[test]
    fn a_sum_comes_back_from_the_file() -> Result<()> {
        let file = crate::catalog::format::new_file();
        let counter = CounterCell { table: 1, row: &[7; 16], column: 3 };
        let mut counters = Counters::new(&file);
        assert_eq!(counters.get(counter)?, None);
        for amounts in [&[5][..], &[-5], &[i64::MAX, i64::MAX], &[i64::MIN, i64::MIN, -1], &[-1]] {
            let mut sum = added(amounts);
            sum.own = (NodeOrdinal::new(1), -9);
            counters.put(counter, &sum)?;
            assert_eq!(counters.get(counter)?, Some(sum));
            assert_eq!(
                (sum.total_of(NodeOrdinal::new(1)), sum.total_of(NodeOrdinal::new(2))),
                (-9, 0)
            );
        }
        Ok(())
    }
}
