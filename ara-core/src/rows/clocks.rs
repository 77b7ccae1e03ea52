//! Looking up the clocks of rows.

use std::collections::{BTreeSet, HashMap};

use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection};

use crate::catalog::registry::Registry;
use crate::catalog::shape::columns_in_file;
use crate::error::Result;
use crate::log::row_changes::RowKey;
use crate::log::row_clock::RowClock;
use crate::log::statements::bind;
use crate::names::quoted;

/// Returns the synced tables that are in the file with the columns that looking rows up needs.
pub(crate) fn tables_in_file(
    connection: &Connection,
    registry: &Registry,
) -> Result<BTreeSet<i64>> {
    let mut tables = BTreeSet::new();
    for table in registry.synced() {
        let columns = columns_in_file(connection, &table.name)?.unwrap_or_default();
        if ["id", "ara_clock"].iter().all(|column| columns.contains_key(*column)) {
            tables.insert(table.ordinal);
        }
    }
    Ok(tables)
}

/// Looks up the clocks of rows.
pub(crate) struct Clocks<'c, 'r> {
    connection: &'c Connection,
    registry: &'r Registry,
    /// The tables that are in the file.
    tables: &'r BTreeSet<i64>,
    probes: HashMap<i64, CachedStatement<'c>>,
    /// The row that was looked up last.
    last: Option<(RowKey, Option<RowClock>)>,
}

impl<'c, 'r> Clocks<'c, 'r> {
    pub(crate) fn new(
        connection: &'c Connection,
        registry: &'r Registry,
        tables: &'r BTreeSet<i64>,
    ) -> Self {
        Self { connection, registry, tables, probes: HashMap::new(), last: None }
    }

    /// Returns the clock of a row, or `None` if there is none that can be read.
    pub(crate) fn of(&mut self, key: RowKey) -> Result<Option<&RowClock>> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != key) {
            let clock = self.look_up(key)?;
            self.last = Some((key, clock));
        }
        Ok(self.last.as_ref().and_then(|(_, clock)| clock.as_ref()))
    }

    fn look_up(&mut self, (table, row): RowKey) -> Result<Option<RowClock>> {
        if !self.probes.contains_key(&table) {
            let is_there = self.tables.contains(&table);
            let known = self.registry.tables.get(&table).filter(|_| is_there);
            let Some(known) = known else { return Ok(None) };
            let name = quoted(&known.name);
            let sql = format!("SELECT \"ara_clock\" FROM {name} WHERE \"id\" = ?1");
            self.probes.insert(table, self.connection.prepare_cached(&sql)?);
        }
        let Some(probe) = self.probes.get_mut(&table) else { return Ok(None) };
        bind(probe, 1, ValueRef::Blob(&row))?;
        let mut rows = probe.raw_query();
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(RowClock::read(row.get_ref(0)?, (None, None)))
    }
}
