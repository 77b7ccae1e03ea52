//! What the names of arriving changes refer to in this file.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::exchange::changes::Changes;
use crate::growth::history::Growth;
use crate::growth::make::{MOST_NAMED, Make, Named};
use crate::merge::report::Reason;
use crate::merge::stop::Stop;
use crate::names::{LOCAL_PREFIX, LONGEST_NAME};

/// The tables and columns that some changes name.
pub(crate) struct Names<'m> {
    changes: &'m Changes,
    /// The tables by the position of their names in the changes.
    tables: HashMap<u32, Named<'m, i64>>,
    /// The columns by the positions of the table's name and their own.
    columns: HashMap<(u32, u32), Named<'m, u32>>,
    /// Whether a table may not have room for all columns that are named. Then the names of a transaction must
    /// be resolved before any of it is written, as it may have to be refused.
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

    /// Returns what was created.
    pub(crate) fn into_growth(self) -> Growth {
        self.make.growth
    }

    /// Returns the table whose name is at a position. A new one is created if possible.
    pub(crate) fn table(&mut self, place: u32) -> Result<Named<'m, i64>, Stop> {
        if let Some(known) = self.tables.get(&place) {
            return Ok(*known);
        }
        let name = self.changes.tables.get(place as usize).ok_or(Reason::Damaged)?;
        if name.len() > LONGEST_NAME || name.starts_with(LOCAL_PREFIX) {
            return Err(Reason::Name.into());
        }
        let named = self.make.table(name)?;
        self.tables.insert(place, named);
        Ok(named)
    }

    /// Returns the column whose name is at a position. A new one is created if possible.
    pub(crate) fn column(&mut self, table: u32, place: u32) -> Result<Named<'m, u32>, Stop> {
        if let Some(known) = self.columns.get(&(table, place)) {
            return Ok(*known);
        }
        let name = self.changes.columns.get(place as usize).ok_or(Reason::Damaged)?;
        let of = self.table(table)?;
        if name.len() > LONGEST_NAME {
            return Err(Reason::Name.into());
        }
        let named = self.make.column(of, name)?.ok_or(Reason::Name)?;
        self.columns.insert((table, place), named);
        Ok(named)
    }
}
