//! The names that changes use, by their places among them.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::exchange::changes::Changes;
use crate::growth::history::Growth;
use crate::growth::make::{MOST_NAMED, Make, Named};
use crate::merge::report::Reason;
use crate::names::{LOCAL_PREFIX, LONGEST_NAME};

/// What the names of some changes are in this file.
pub(crate) struct Names<'m> {
    changes: &'m Changes,
    /// By their places in the changes: of the table, and of the table and the column.
    tables: HashMap<u32, Named<'m, i64>>,
    columns: HashMap<(u32, u32), Named<'m, u32>>,
    /// There may not be room for all names: what is refused for that must be known before anything of
    /// its transaction is written.
    pub(crate) is_tight: bool,
    make: Make<'m>,
}

impl<'m> Names<'m> {
    pub(crate) fn new(connection: &'m Connection, changes: &'m Changes) -> Result<Self> {
        let (tables, columns) = Default::default();
        let last: u32 = connection
            .prepare_cached("SELECT coalesce(max(ordinal), 0) FROM ara_column")?
            .query_row([], |row| row.get(0))?;
        let is_tight = last as usize + changes.columns.len() > MOST_NAMED as usize;
        Ok(Self { changes, tables, columns, is_tight, make: Make::new(connection)? })
    }

    /// What was made.
    pub(crate) fn into_growth(self) -> Growth {
        self.make.growth
    }

    pub(crate) fn table(&mut self, place: u32) -> Result<Result<Named<'m, i64>, Reason>> {
        if let Some(known) = self.tables.get(&place) {
            return Ok(Ok(*known));
        }
        let Some(name) = self.changes.tables.get(place as usize) else {
            return Ok(Err(Reason::Damaged));
        };
        if name.len() > LONGEST_NAME || name.starts_with(LOCAL_PREFIX) {
            return Ok(Err(Reason::Name));
        }
        let named = self.make.table(name)?;
        self.tables.insert(place, named);
        Ok(Ok(named))
    }

    /// A column of the table at a place.
    pub(crate) fn column(
        &mut self,
        table: u32,
        place: u32,
    ) -> Result<Result<Named<'m, u32>, Reason>> {
        if let Some(known) = self.columns.get(&(table, place)) {
            return Ok(Ok(*known));
        }
        let Some(name) = self.changes.columns.get(place as usize) else {
            return Ok(Err(Reason::Damaged));
        };
        let of = match self.table(table)? {
            Ok(table) => table,
            Err(reason) => return Ok(Err(reason)),
        };
        if name.len() > LONGEST_NAME {
            return Ok(Err(Reason::Name));
        }
        Ok(match self.make.column(of, name)? {
            Some(named) => {
                self.columns.insert((table, place), named);
                Ok(named)
            }
            None => Err(Reason::Name),
        })
    }
}
