//! The tables, columns and indexes that a file should have, and the names that its ordinals stand for.

use std::collections::{BTreeMap, HashMap};

use ara_schema::{check_column_name, check_table_name};
use rusqlite::Connection;

use crate::catalog::edit_columns::{EditColumn, EditColumns};
use crate::catalog::own_tables::{UNDONE, is_kept_by_ara};
use crate::catalog::search_index::SearchIndex;
use crate::log::change::Names;
use crate::log::node::{NodeId, NodeOrdinal};
use crate::log::nodes::{self, Node};
use crate::names::{EDIT_PREFIX, INDEX_PREFIX, LOCAL_PREFIX, app_name};

/// What ara noted about the tables, columns and indexes that it created. A program that changes them in
/// the file without ara leaves these notes as they are, so the two can be compared.
pub(crate) struct Registry {
    /// The nodes by ordinal.
    pub(crate) nodes: HashMap<NodeOrdinal, Node>,
    /// The tables by ordinal.
    pub(crate) tables: BTreeMap<i64, RegisteredTable>,
    /// The indexes by name.
    pub(crate) indexes: BTreeMap<String, RegisteredIndex>,
    /// The full-text searches, those of earlier versions of ara included.
    pub(crate) searches: Vec<SearchIndex>,
}

/// A registered table.
pub(crate) struct RegisteredTable {
    /// Its ordinal in the file.
    pub(crate) ordinal: i64,
    /// Its name in the file.
    pub(crate) name: String,
    /// Whether it is local: not synced, and not in the log.
    pub(crate) is_local: bool,
    /// Whether it should be in the file. Otherwise it is in the log alone.
    pub(crate) is_made: bool,
    /// The names of the columns that should be in the file, by ordinal. 0 is `is_deleted`.
    pub(crate) columns: BTreeMap<u32, String>,
    /// The names of all columns, including those that are in the log alone, by ordinal.
    pub(crate) names: BTreeMap<u32, String>,
    /// The columns beside those of the app that hold their last edits. They should be in the file, too.
    pub(crate) edits: EditColumns,
}

/// Where the name of a table or a column came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Origin {
    /// The app declares it, or did.
    Declared = 0,
    /// It came with a merge, and was created in the file.
    Merged = 1,
    /// It came with a merge, and could not be created: it is in the log alone.
    Logged = 2,
    /// It is a column that holds the last edits of another one.
    Edits = 3,
}

/// A registered index.
pub(crate) struct RegisteredIndex {
    /// The name of its table in the file.
    pub(crate) table: String,
    /// The names of its columns, in their order.
    pub(crate) columns: Vec<String>,
}

impl Registry {
    /// Reads the registry from the file.
    pub(crate) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let nodes = nodes::kept(connection)?.into_iter().map(|node| (node.ordinal, node)).collect();
        let mut tables: BTreeMap<_, _> = connection
            .prepare("SELECT ordinal, name, origin FROM ara_table")?
            .query_map([], |row| {
                let (ordinal, is_made) = (row.get(0)?, is_made(row.get(2)?));
                Ok((ordinal, RegisteredTable::new(ordinal, row.get(1)?, is_made)))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut columns =
            connection.prepare("SELECT tbl, ordinal, name, origin FROM ara_column")?;
        let mut columns = columns.query([])?;
        let mut edits: Vec<(i64, EditColumn)> = Vec::new();
        while let Some(row) = columns.next()? {
            if row.get::<_, i64>(3)? == Origin::Edits as i64 {
                let column = EditColumn { ordinal: row.get(1)?, name: row.get(2)? };
                edits.push((row.get(0)?, column));
            } else if let Some(table) = tables.get_mut(&row.get(0)?) {
                table.names.insert(row.get(1)?, row.get(2)?);
                if is_made(row.get(3)?) {
                    table.columns.insert(row.get(1)?, row.get(2)?);
                }
            }
        }
        for (table, column) in edits {
            if let Some(table) = tables.get_mut(&table) {
                table.add_edits(column);
            }
        }
        let names = connection
            .prepare("SELECT name FROM ara_index")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()?;
        let searches = names.iter().filter_map(|name| SearchIndex::named(name)).collect();
        let index = |name: String| RegisteredIndex::named(&name).map(|index| (name, index));
        let indexes = names.into_iter().filter_map(index).collect();
        Ok(Self { nodes, tables, indexes, searches })
    }

    /// Returns the id of a node.
    pub(crate) fn id_of(&self, node: NodeOrdinal) -> Option<NodeId> {
        self.nodes.get(&node).map(|node| node.id)
    }

    /// Returns the node with an id.
    pub(crate) fn node_with(&self, id: NodeId) -> Option<&Node> {
        self.nodes.values().find(|node| node.id == id)
    }

    /// Returns whether the table with this ordinal is that of undone transactions.
    pub(crate) fn is_of_undoings(&self, table: i64) -> bool {
        self.tables.get(&table).is_some_and(RegisteredTable::is_of_undoings)
    }

    /// Returns the tables whose rows are the fold of the log.
    pub(crate) fn synced(&self) -> impl Iterator<Item = &RegisteredTable> {
        self.tables.values().filter(|table| table.is_made && !table.is_local)
    }

    /// Returns the tables that should be in the file, as far as this version of ara can create them.
    pub(crate) fn makeable(&self) -> impl Iterator<Item = &RegisteredTable> {
        self.tables.values().filter(|table| table.is_made && table.is_makeable())
    }
}

impl RegisteredTable {
    /// Makes a table whose only column is `is_deleted`.
    pub(crate) fn new(ordinal: i64, name: String, is_made: bool) -> Self {
        let is_local = name.starts_with(LOCAL_PREFIX);
        let columns = BTreeMap::from([(0, "is_deleted".to_owned())]);
        let (names, edits) = (columns.clone(), EditColumns::new());
        Self { ordinal, name, is_local, is_made, columns, names, edits }
    }

    /// Adds a column that holds the last edits of another one.
    fn add_edits(&mut self, column: EditColumn) {
        let of = column.name.strip_prefix(EDIT_PREFIX);
        let of = of.and_then(|of| self.columns.iter().find(|(_, name)| *name == of));
        if let Some((&of, _)) = of {
            self.edits.insert(of, column);
        }
    }

    /// Returns whether this version of ara can create it. The log may name others.
    pub(crate) fn is_makeable(&self) -> bool {
        let app_name = self.app_name();
        check_table_name(app_name).is_ok() || is_kept_by_ara(app_name)
    }

    /// Returns whether it is the table of undone transactions.
    pub(crate) fn is_of_undoings(&self) -> bool {
        self.name == UNDONE.name
    }

    /// Returns the name that the app gave it.
    pub(crate) fn app_name(&self) -> &str {
        app_name(&self.name)
    }

    /// Returns all columns that should be in the file, also those that no app sees, with their ordinals.
    pub(crate) fn all_columns(&self) -> impl Iterator<Item = (u32, &str)> {
        let columns = self.columns.iter().map(|(ordinal, name)| (*ordinal, name.as_str()));
        columns.chain(self.edit_columns())
    }

    /// Returns the columns that hold the last edits of others, with their own ordinals.
    pub(crate) fn edit_columns(&self) -> impl Iterator<Item = (u32, &str)> {
        self.edits.values().map(|column| (column.ordinal, column.name.as_str()))
    }

    /// Returns the columns that this version of ara can create, with their ordinals.
    pub(crate) fn makeable_columns(&self) -> impl Iterator<Item = (u32, &str)> {
        self.columns
            .iter()
            .filter(|(_, name)| check_column_name(name).is_ok())
            .map(|(&ordinal, name)| (ordinal, name.as_str()))
    }
}

/// Returns whether a table or column of this origin should be in the file.
pub(crate) fn is_made(origin: i64) -> bool {
    origin != Origin::Logged as i64
}

impl RegisteredIndex {
    /// Returns the index that has a name, which tells what it is of.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let (table, columns) =
            name.strip_prefix(INDEX_PREFIX)?.strip_suffix(')')?.split_once('(')?;
        Some(Self {
            table: table.to_owned(),
            columns: columns.split(',').map(str::to_owned).collect(),
        })
    }
}

impl Names for Registry {
    fn node(&self, node: NodeOrdinal) -> Option<NodeId> {
        self.id_of(node)
    }

    fn table(&self, table: i64) -> Option<&str> {
        self.tables.get(&table).map(|table| table.name.as_str())
    }

    fn column(&self, table: i64, column: u32) -> Option<&str> {
        self.tables.get(&table)?.names.get(&column).map(String::as_str)
    }
}
