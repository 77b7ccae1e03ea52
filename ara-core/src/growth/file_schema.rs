//! What is in a file.

use std::collections::HashMap;

use ara_schema::TypeSnapshot;
use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::{columns_in_file, has_index};
use crate::error::Result;
use crate::growth::history::{SchemaVersion, versions};

/// What is in a file: see [`Database::schema`](crate::Database::schema).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileSchema {
    /// The format of the file.
    pub format: i64,
    /// SQLite's count of the changes of the file's schema.
    pub cookie: i64,
    /// The app's tables, by name.
    pub tables: Vec<FileTable>,
    /// The schemas that were ensured, on this device and those that it has heard from, oldest first.
    pub versions: Vec<SchemaVersion>,
}

/// A table of a [`FileSchema`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileTable {
    /// The stored name.
    pub name: String,
    /// Whether it stays on its device.
    pub local: bool,
    /// The columns, without those that every table has, in the order in which they came.
    pub columns: Vec<FileColumn>,
    /// The indexes: the stored names of the columns of each.
    pub indexes: Vec<Vec<String>>,
}

/// A column of a [`FileTable`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileColumn {
    /// The stored name.
    pub name: String,
    /// How its values are stored, where the history tells: the file itself keeps no types.
    #[serde(rename = "type")]
    pub ty: Option<TypeSnapshot>,
}

/// How many rows a table has: see [`Database::row_counts`](crate::Database::row_counts).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowCount {
    /// The table's stored name.
    pub table: String,
    /// Whether it stays on its device.
    pub local: bool,
    /// Its rows, without those that are deleted.
    pub rows: u64,
    /// The rows that are deleted, and can be restored.
    pub deleted: u64,
}

pub(crate) fn file_schema(connection: &Connection) -> Result<FileSchema> {
    let snapshot = connection.unchecked_transaction()?;
    let pragma = |name| snapshot.pragma_query_value(None, name, |row| row.get(0));
    let registry = Registry::load(&snapshot)?;
    let versions = versions(&snapshot)?;
    let types = types(&versions);
    let mut tables = Vec::new();
    for table in apps_tables(&registry) {
        let Some(present) = columns_in_file(&snapshot, &table.name)? else {
            continue;
        };
        let key = |column: &str| (table.app_name().to_owned(), table.is_local, column.to_owned());
        let columns = table
            .columns
            .iter()
            .filter(|&(&ordinal, name)| ordinal > 0 && present.contains_key(name))
            .map(|(_, name)| FileColumn { name: name.clone(), ty: types.get(&key(name)).cloned() });
        let mut indexes = Vec::new();
        for (name, index) in &registry.indexes {
            if index.table == table.name && has_index(&snapshot, name)? {
                indexes.push(index.columns.clone());
            }
        }
        let (name, local) = (table.app_name().to_owned(), table.is_local);
        tables.push(FileTable { name, local, columns: columns.collect(), indexes });
    }
    let (format, cookie) = (pragma("user_version")?, pragma("schema_version")?);
    Ok(FileSchema { format, cookie, tables, versions })
}

/// The app's tables that are in the file: the app's name, the stored name, and whether each is local.
pub(crate) fn stored_tables(connection: &Connection) -> Result<Vec<(String, String, bool)>> {
    let registry = Registry::load(connection)?;
    let mut tables = Vec::new();
    for table in apps_tables(&registry) {
        if columns_in_file(connection, &table.name)?
            .is_some_and(|present| present.contains_key("is_deleted"))
        {
            tables.push((table.app_name().to_owned(), table.name.clone(), table.is_local));
        }
    }
    Ok(tables)
}

/// The tables by name, without those that ara keeps.
fn apps_tables(registry: &Registry) -> Vec<&RegisteredTable> {
    let mut tables: Vec<_> =
        registry.tables.values().filter(|table| !is_kept_by_ara(&table.name)).collect();
    tables.sort_by_key(|table| (table.app_name(), table.is_local));
    tables
}

/// The types of columns, as the latest schema of the history tells that has them.
fn types(versions: &[SchemaVersion]) -> HashMap<(String, bool, String), TypeSnapshot> {
    let mut types = HashMap::new();
    for table in versions
        .iter()
        .filter_map(|version| version.snapshot.as_ref())
        .flat_map(|schema| &schema.tables)
    {
        for column in &table.columns {
            let key = (table.name.clone(), table.local, column.name.clone());
            types.insert(key, column.ty.clone());
        }
    }
    types
}
