//! Writing the log.

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};

use crate::error::Result;
use crate::log::clock::Time;
use crate::log::node::NodeOrdinal;
use crate::log::statements::bind;

/// A change that is to be written into the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewChange<'a> {
    pub(crate) node: NodeOrdinal,
    pub(crate) time: Time,
    pub(crate) table: i64,
    pub(crate) row: &'a [u8; 16],
    pub(crate) packed: &'a [u8],
}

/// How many changes one statement inserts at most. SQLite seeks the end of the log once for all of them.
pub(crate) const BATCH: usize = 16;

/// Inserts changes into the log.
pub(crate) struct LogWriter<'c> {
    connection: &'c Connection,
    /// The statement that inserts one change, once it was used.
    one: Option<CachedStatement<'c>>,
    /// The statement that inserts [`BATCH`] changes, once it was used.
    batch: Option<CachedStatement<'c>>,
}

impl<'c> LogWriter<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, one: None, batch: None }
    }

    /// Inserts a change.
    pub(crate) fn insert(&mut self, change: NewChange<'_>) -> Result<()> {
        self.insert_all([change].into_iter())
    }

    /// Inserts changes: [`BATCH`] by one statement, and any other number one by one.
    pub(crate) fn insert_all<'a>(
        &mut self,
        changes: impl ExactSizeIterator<Item = NewChange<'a>>,
    ) -> Result<()> {
        let (prepared, at_once) = match changes.len() {
            BATCH => (&mut self.batch, BATCH),
            _ => (&mut self.one, 1),
        };
        let insert = match prepared {
            Some(insert) => insert,
            none => none.insert(self.connection.prepare_cached(&insert_sql(at_once))?),
        };
        let mut bound = 0;
        for change in changes {
            let first = bound * COLUMNS + 1;
            bind(insert, first, ValueRef::Integer(change.node.get()))?;
            bind(insert, first + 1, ValueRef::Integer(change.time.bits()))?;
            bind(insert, first + 2, ValueRef::Integer(change.table))?;
            bind(insert, first + 3, ValueRef::Blob(change.row))?;
            bind(insert, first + 4, ValueRef::Blob(change.packed))?;
            bound += 1;
            if bound == at_once {
                insert.raw_execute()?;
                bound = 0;
            }
        }
        Ok(())
    }
}

/// How many columns `ara_change` has.
const COLUMNS: usize = 5;

fn insert_sql(changes: usize) -> String {
    let rows = vec!["(?, ?, ?, ?, ?)"; changes].join(", ");
    format!("INSERT INTO ara_change (node, time, tbl, row, cells) VALUES {rows}")
}

/// Replaces the packed form of a change.
pub(crate) fn rewrite(
    connection: &Connection,
    (node, time): (NodeOrdinal, Time),
    packed: &[u8],
) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_change SET cells = ?3 WHERE node = ?1 AND time = ?2")?
        .execute((node, time, packed))?;
    Ok(())
}

/// Deletes the changes that a node made at these times.
pub(crate) fn delete(connection: &Connection, node: NodeOrdinal, times: &[Time]) -> Result<()> {
    let mut delete = connection.prepare("DELETE FROM ara_change WHERE node = ?1 AND time = ?2")?;
    for time in times {
        delete.execute((node, time))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::all_changes::{LogReader, count};
    use crate::log::node_changes::ChangeFinder;
    use crate::log::tests::{NODES, ROWS, empty, example, read, time};

    #[test]
    fn any_number_of_changes_is_inserted() -> Result<()> {
        for number in [0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH] {
            let log = empty()?;
            let mut writer = LogWriter::new(&log);
            let times: Vec<_> = (1..).map(time).take(number).collect();
            let (node, row) = (NODES[0], &ROWS[0]);
            let change = |&time| NewChange { node, time, table: 1, row, packed: &[0] };
            writer.insert_all(times.iter().map(change))?;
            writer.insert(change(&time(99)))?;
            let written: Vec<_> =
                read(LogReader::new(&log)?.read()?)?.into_iter().map(|(_, at, ..)| at).collect();
            let expected = times.iter().map(|time| time.bits()).chain([99]);
            assert_eq!(written, expected.collect::<Vec<_>>());
        }
        Ok(())
    }

    #[test]
    fn a_change_is_not_inserted_twice() -> Result<()> {
        let log = example()?;
        let (node, time, row) = (NODES[0], time(10), &ROWS[0]);
        let again = NewChange { node, time, table: 1, row, packed: &[0] };
        assert!(LogWriter::new(&log).insert(again).is_err());
        assert_eq!(count(&log)?, 5);
        Ok(())
    }

    #[test]
    fn one_change_is_rewritten_and_others_are_deleted() -> Result<()> {
        let log = example()?;
        rewrite(&log, (NODES[0], time(20)), &[7])?;
        rewrite(&log, (NODES[0], time(40)), &[8])?;
        let mut finder = ChangeFinder::new(&log)?;
        let mut packed =
            |node, at| finder.find((node, time(at)), |change| Ok(change.packed()?.to_vec()));
        assert_eq!(packed(NODES[0], 20)?, Some(vec![7]));
        assert_ne!(packed(NODES[1], 20)?, Some(vec![7]));
        assert_eq!(packed(NODES[0], 40)?, None);
        delete(&log, NODES[0], &[time(10), time(20), time(40)])?;
        assert_eq!(packed(NODES[0], 20)?, None);
        assert_eq!(count(&log)?, 3);
        Ok(())
    }
}
