//! The hashes of changes in the log.

use std::collections::{HashMap, btree_map, hash_map};

use rusqlite::Connection;

use crate::catalog::registry::{RegisteredTable, hash};
use crate::error::{Error, Result};
use crate::log::change::PackedCells;
use crate::log::node::Stamp;

/// Hashes changes. The names of tables and columns that this needs are looked up once each, and only those
/// that the changes use.
pub(crate) struct Hashes<'c> {
    connection: &'c Connection,
    /// The tables by ordinal.
    tables: HashMap<i64, RegisteredTable>,
}

impl<'c> Hashes<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection, tables: HashMap::new() }
    }

    /// Returns the hash of a change of a row of a table as it was first written.
    pub(crate) fn of(
        &mut self,
        stamp: Stamp,
        (table, row): (i64, &[u8; 16]),
        packed: &[u8],
    ) -> Result<u64> {
        let cells = PackedCells::open(packed).ok_or(Error::Corrupt)?;
        let table = self.table(table, cells.clone())?;
        let of_rest = hash(stamp, table, row, &cells).ok_or(Error::Corrupt)?;
        Ok(cells.compacted.hash(of_rest))
    }

    /// Returns a table, with at least the names of the columns of these cells.
    fn table(&mut self, ordinal: i64, mut cells: PackedCells<'_>) -> Result<&RegisteredTable> {
        let table = match self.tables.entry(ordinal) {
            hash_map::Entry::Occupied(known) => known.into_mut(),
            hash_map::Entry::Vacant(new) => {
                let name = self
                    .connection
                    .prepare_cached("SELECT name FROM ara_table WHERE ordinal = ?1")?
                    .query_row([ordinal], |row| row.get(0))?;
                new.insert(RegisteredTable::new(ordinal, name, true))
            }
        };
        while let Some(cell) = cells.next_cell().ok_or(Error::Corrupt)? {
            if let btree_map::Entry::Vacant(new) = table.names.entry(cell.column) {
                let name = self
                    .connection
                    .prepare_cached("SELECT name FROM ara_column WHERE tbl = ?1 AND ordinal = ?2")?
                    .query_row((ordinal, cell.column), |row| row.get(0))?;
                new.insert(name);
            }
        }
        Ok(table)
    }
}
