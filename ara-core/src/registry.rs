//! The tables, columns and indexes that a file should have, and what its ordinals stand for.

use std::collections::{BTreeMap, HashMap};

use ara_schema::{check_column_name, check_table_name};
use rusqlite::Connection;

use crate::history::HISTORY;
use crate::record::LOCAL_PREFIX;
use crate::search::{SEARCH_PREFIX, SearchIndex};

/// What ara noted of all that it made. Who writes the tables of the file behind ara's back does not
/// write it.
pub(crate) struct Registry {
    /// The nodes' ids, by ordinal.
    pub(crate) nodes: HashMap<u64, [u8; 16]>,
    /// The tables by ordinal.
    pub(crate) tables: BTreeMap<i64, RegisteredTable>,
    /// The indexes by name.
    pub(crate) indexes: BTreeMap<String, RegisteredIndex>,
    pub(crate) searches: Vec<SearchIndex>,
}

/// A table, by the names that it has in the file.
pub(crate) struct RegisteredTable {
    pub(crate) name: String,
    pub(crate) is_local: bool,
    /// By ordinal. 0 is `is_deleted`.
    pub(crate) columns: BTreeMap<u32, String>,
}

/// An index, by the names that it has in the file.
pub(crate) struct RegisteredIndex {
    pub(crate) table: String,
    pub(crate) columns: Vec<String>,
}

impl Registry {
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let nodes = connection
            .prepare("SELECT ordinal, id FROM ara_node")?
            .query_map([], |row| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut tables: BTreeMap<_, _> = connection
            .prepare("SELECT ordinal, name FROM ara_table")?
            .query_map([], |row| Ok((row.get(0)?, RegisteredTable::new(row.get(1)?))))?
            .collect::<rusqlite::Result<_>>()?;
        let mut columns = connection.prepare("SELECT tbl, ordinal, name FROM ara_column")?;
        let mut columns = columns.query([])?;
        while let Some(row) = columns.next()? {
            if let Some(table) = tables.get_mut(&row.get(0)?) {
                table.columns.insert(row.get(1)?, row.get(2)?);
            }
        }
        let indexes = connection
            .prepare("SELECT name, tbl, columns FROM ara_index")?
            .query_map([], |row| {
                let columns: String = row.get(2)?;
                let columns = columns.split(',').map(str::to_owned).collect();
                Ok((row.get(0)?, RegisteredIndex { table: row.get(1)?, columns }))
            })?
            .collect::<rusqlite::Result<BTreeMap<String, _>>>()?;
        let (searches, indexes): (BTreeMap<_, _>, _) =
            indexes.into_iter().partition(|(name, _)| name.starts_with(SEARCH_PREFIX));
        let searches = searches
            .into_values()
            .map(|RegisteredIndex { table, columns }| SearchIndex::new(table, columns.into_iter()))
            .collect();
        Ok(Self { nodes, tables, indexes, searches })
    }

    /// The tables that are in the log.
    pub(crate) fn synced(&self) -> impl Iterator<Item = (i64, &RegisteredTable)> {
        self.tables
            .iter()
            .filter(|(_, table)| !table.is_local)
            .map(|(&ordinal, table)| (ordinal, table))
    }

    /// The tables that this version of ara can make: the log may name others.
    pub(crate) fn makeable(&self) -> impl Iterator<Item = (i64, &RegisteredTable)> {
        self.tables
            .iter()
            .filter(|(_, table)| {
                let app_name = table.app_name();
                check_table_name(app_name).is_ok() || app_name == HISTORY.name
            })
            .map(|(&ordinal, table)| (ordinal, table))
    }
}

impl RegisteredTable {
    fn new(name: String) -> Self {
        let is_local = name.starts_with(LOCAL_PREFIX);
        Self { name, is_local, columns: BTreeMap::from([(0, "is_deleted".to_owned())]) }
    }

    /// The name that the app gave it.
    pub(crate) fn app_name(&self) -> &str {
        app_name(&self.name)
    }

    /// The app's columns that ara can make, with their ordinals.
    pub(crate) fn makeable_columns(&self) -> impl Iterator<Item = (u32, &str)> {
        self.columns
            .iter()
            .filter(|(_, name)| check_column_name(name).is_ok())
            .map(|(&ordinal, name)| (ordinal, name.as_str()))
    }
}

/// The name that the app gave a table of this stored name.
pub(crate) fn app_name(stored_name: &str) -> &str {
    stored_name.strip_prefix(LOCAL_PREFIX).unwrap_or(stored_name)
}
