//! The schema of a file.

use std::collections::HashMap;

use ara_schema::TypeSnapshot;
use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::read_as::field_of;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::{columns_in_file, has_index};
use crate::error::Result;
use crate::growth::history::{SchemaVersion, versions};

/// The schema of a file, as [`Database::schema`](crate::Database::schema) returns it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileSchema {
    /// The format of the file.
    pub format: i64,
    /// SQLite's `schema_version`, which changes whenever the schema of the file does.
    pub cookie: i64,
    /// The app's tables, sorted by name.
    pub tables: Vec<FileTable>,
    /// The schemas that were ensured, oldest first: on this device, and on those whose changes were merged.
    pub versions: Vec<SchemaVersion>,
}

/// A table of a [`FileSchema`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileTable {
    /// The stored name.
    pub name: String,
    /// Whether the table is local: never synced.
    pub local: bool,
    /// The columns in the order in which they were added, without those that every table has.
    pub columns: Vec<FileColumn>,
    /// The stored names of the columns of each index. Full-text searches are not listed.
    pub indexes: Vec<Vec<String>>,
}

/// A column of a [`FileTable`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FileColumn {
    /// The stored name.
    pub name: String,
    /// The type of the values, if the history of schemas contains the column. The file itself keeps no types.
    #[serde(rename = "type")]
    pub ty: Option<TypeSnapshot>,
}

/// The number of rows of a table, as [`Database::row_counts`](crate::Database::row_counts) returns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowCount {
    /// The table's stored name.
    pub table: String,
    /// Whether the table is local: never synced.
    pub local: bool,
    /// The number of rows that are not deleted.
    pub rows: u64,
    /// The number of deleted rows, which can be restored.
    pub deleted: u64,
}

/// Returns the schema of the file, as of one snapshot.
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
                indexes.push(index.columns.iter().map(|it| field_of(it).to_owned()).collect());
            }
        }
        let (name, local) = (table.app_name().to_owned(), table.is_local);
        tables.push(FileTable { name, local, columns: columns.collect(), indexes });
    }
    let (format, cookie) = (pragma("user_version")?, pragma("schema_version")?);
    Ok(FileSchema { format, cookie, tables, versions })
}

/// Returns the app's tables that are in the file. Of each: the name in the app, the stored name, and whether
/// it is local.
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

/// Returns the registered tables without ara's own, sorted by name.
pub(crate) fn apps_tables(registry: &Registry) -> Vec<&RegisteredTable> {
    let mut tables: Vec<_> =
        registry.tables.values().filter(|table| !is_kept_by_ara(&table.name)).collect();
    tables.sort_by_key(|table| (table.app_name(), table.is_local));
    tables
}

/// Returns the types of columns. Each is that of the latest schema in the history that has the column.
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
