//! What the names of arriving changes refer to in this file.

use rusqlite::Connection;

use crate::error::Result;
use crate::exchange::changes::Changes;
use crate::growth::history::Growth;
use crate::growth::make::{MOST_NAMED, Make, Named};
use crate::merge::report::Reason;
use crate::merge::stop::Stop;
use crate::names::{EDIT_PREFIX, LOCAL_PREFIX, LONGEST_NAME};

/// The tables and columns that some changes name.
pub(crate) struct Names<'m> {
    changes: &'m Changes,
    /// The tables by the position of their names in the changes.
    tables: Vec<Option<NamedTable<'m>>>,
    /// Whether a table may not have room for all columns that are named. Then the names of a transaction must
    /// be resolved before any of it is written, as it may have to be refused.
    pub(crate) is_tight: bool,
    make: Make<'m>,
}

/// A table that is named, and its columns.
#[derive(Clone)]
struct NamedTable<'m> {
    table: Named<'m, i64>,
    /// The columns by the position of their names, sorted by that: a hash of each cell's column would take
    /// longer than the search.
    columns: Vec<(u32, Named<'m, u32>)>,
}

impl<'m> NamedTable<'m> {
    /// Returns the column whose name is at a position, if it was asked for before.
    fn column(&self, place: u32) -> Option<Named<'m, u32>> {
        let at = self.columns.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        self.columns.get(at).map(|(_, column)| *column)
    }

    /// Adds a column.
    fn add(&mut self, place: u32, column: Named<'m, u32>) {
        let at = self.columns.partition_point(|(other, _)| *other < place);
        self.columns.insert(at, (place, column));
    }
}

impl<'m> Names<'m> {
    pub(crate) fn new(connection: &'m Connection, changes: &'m Changes) -> Result<Self> {
        let last: u32 = connection
            .prepare_cached("SELECT coalesce(max(ordinal), 0) FROM ara_column")?
            .query_row([], |row| row.get(0))?;
        let is_tight = last as usize + changes.columns.len() > MOST_NAMED as usize;
        let tables = vec![None; changes.tables.len()];
        Ok(Self { changes, tables, is_tight, make: Make::new(connection)? })
    }

    /// Returns what was created.
    pub(crate) fn into_growth(self) -> Growth {
        self.make.growth
    }

    /// Returns the table whose name is at a position. A new one is created if possible.
    pub(crate) fn table(&mut self, place: u32) -> Result<Named<'m, i64>, Stop> {
        if let Some(Some(known)) = self.tables.get(place as usize) {
            return Ok(known.table);
        }
        let name = self.changes.tables.get(place as usize).ok_or(Reason::Damaged)?;
        if name.len() > LONGEST_NAME || name.starts_with(LOCAL_PREFIX) {
            return Err(Reason::Name.into());
        }
        let table = self.make.table(name)?;
        if let Some(known) = self.tables.get_mut(place as usize) {
            *known = Some(NamedTable { table, columns: Vec::new() });
        }
        Ok(table)
    }

    /// Returns the column whose name is at a position. A new one is created if possible.
    pub(crate) fn column(&mut self, table: u32, place: u32) -> Result<Named<'m, u32>, Stop> {
        let known = self.tables.get(table as usize).and_then(Option::as_ref);
        if let Some(known) = known.and_then(|known| known.column(place)) {
            return Ok(known);
        }
        let name = self.changes.columns.get(place as usize).ok_or(Reason::Damaged)?;
        let of = self.table(table)?;
        if name.len() > LONGEST_NAME || name.starts_with(EDIT_PREFIX) {
            return Err(Reason::Name.into());
        }
        let named = self.make.column(of, name)?.ok_or(Reason::Name)?;
        if let Some(Some(known)) = self.tables.get_mut(table as usize) {
            known.add(place, named);
        }
        Ok(named)
    }
}
