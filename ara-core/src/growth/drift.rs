//! How a file differs from what ara created.

use std::collections::{HashMap, HashSet};
use std::fmt;

use ara_schema::SYSTEM_COLUMNS;
use rusqlite::Connection;
use serde::Serialize;

use crate::catalog::ddl::{create_index, create_table};
use crate::catalog::own_tables::OWN_TABLES;
use crate::catalog::read_as::field_of;
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::search_index::SearchIndex;
use crate::catalog::shape::{Declared, columns_in_file};
use crate::catalog::sync_tables::{SEGMENT_INDEX, SYNC_TABLES};
use crate::error::Result;
use crate::names::{SHOWN_COLUMN_PREFIX, SHOWN_PREFIX};

/// A difference between a file and what ara created in it, as
/// [`Database::schema_drift`](crate::Database::schema_drift) returns it.
///
/// Its `Display` form is one line that says what differs and what to do. All names are those in the file: the
/// name of a local table begins with `ara_local_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "drift")]
#[non_exhaustive]
pub enum Drift {
    /// A table is missing.
    MissingTable {
        /// The table.
        table: String,
    },
    /// A column is missing.
    MissingColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// An index is missing.
    MissingIndex {
        /// The table.
        table: String,
        /// The columns of the index.
        columns: Vec<String>,
    },
    /// A part of a full-text search is missing, or is declared differently.
    BrokenSearch {
        /// The table.
        table: String,
        /// The columns that are searched.
        columns: Vec<String>,
    },
    /// A table is declared differently than ara declares it.
    ChangedTable {
        /// The table.
        table: String,
    },
    /// A column is declared differently than ara declares it: with a type, with a default, or as `NOT NULL`.
    ChangedColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// An index that has the name of one of ara's is declared differently.
    ChangedIndex {
        /// The table.
        table: String,
        /// The index.
        index: String,
    },
    /// A table has a column that ara did not create.
    UnknownColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// The file contains something that ara did not create.
    UnknownObject {
        /// Its kind: `table`, `index`, `trigger` or `view`.
        kind: String,
        /// Its name.
        name: String,
        /// The table of an index or a trigger.
        table: Option<String>,
    },
}

impl Drift {
    /// Returns whether [`Database::ensure`](crate::Database::ensure) repairs it.
    #[must_use]
    pub fn is_mended_by_ensure(&self) -> bool {
        match self {
            Self::MissingTable { .. } | Self::MissingIndex { .. } | Self::BrokenSearch { .. } => {
                true
            }
            Self::MissingColumn { column, .. } => !SYSTEM_COLUMNS.contains(&&**column),
            _ => false,
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTable { table } => {
                write!(f, "table `{table}` is not there: `ensure` makes it again")
            }
            Self::MissingColumn { table, column } if self.is_mended_by_ensure() => {
                write!(f, "column `{table}.{column}` is not there: `ensure` makes it again")
            }
            Self::MissingColumn { table, column } => write!(
                f,
                "column `{table}.{column}` is not there: drop the table, and `ensure` makes it again"
            ),
            Self::MissingIndex { table, columns } => write!(
                f,
                "the index of table `{table}` on {} is not there: `ensure` makes it again",
                columns.join(", ")
            ),
            Self::BrokenSearch { table, columns } => write!(
                f,
                "the search of table `{table}` in {} is not as ara made it: `ensure` makes it again",
                columns.join(", ")
            ),
            Self::ChangedTable { table } => write!(
                f,
                "table `{table}` is declared otherwise than ara declares it: drop it, and `ensure` \
                 makes it again"
            ),
            Self::ChangedColumn { table, column } => write!(
                f,
                "column `{table}.{column}` is declared otherwise than ara declares it: drop it, and \
                 `ensure` makes it again"
            ),
            Self::ChangedIndex { table, index } => write!(
                f,
                "index `{index}` of table `{table}` is another one: drop it, and `ensure` makes it \
                 again"
            ),
            Self::UnknownColumn { table, column } => write!(
                f,
                "column `{table}.{column}` is not ara's: it is left alone and never synced; drop it, or \
                 copy it into a column that a struct declares"
            ),
            Self::UnknownObject { kind, name, table: Some(table) } if kind == "index" => {
                write!(f, "{kind} `{name}` on table `{table}` is not ara's: it is left alone")
            }
            Self::UnknownObject { kind, name, table: Some(table) } => write!(
                f,
                "{kind} `{name}` on table `{table}` is not ara's: it is left alone; drop it, or its \
                 effects are never synced"
            ),
            Self::UnknownObject { kind, name, table: None } => write!(
                f,
                "{kind} `{name}` is not ara's: it is left alone and never synced; move it to a file of \
                 its own"
            ),
        }
    }
}

/// An entry of `sqlite_schema`.
struct Object {
    kind: String,
    name: String,
    table: String,
    sql: Option<String>,
}

/// Compares the registry with `sqlite_schema`, in one snapshot of the file.
pub(crate) fn drift(connection: &Connection) -> Result<Vec<Drift>> {
    let snapshot = connection.unchecked_transaction()?;
    let registry = Registry::load(&snapshot)?;
    let objects = objects(&snapshot)?;
    let mut found = Vec::new();
    for table in registry.makeable() {
        let held =
            objects.iter().find(|object| object.kind == "table" && object.name == table.name);
        match held {
            Some(held) => table_drift(&snapshot, table, held, &mut found)?,
            None => found.push(Drift::MissingTable { table: table.name.clone() }),
        }
    }
    index_drift(&registry, &objects, &mut found);
    for index in registry.searches.iter().filter(|index| !index.is_earlier()) {
        if !index.is_whole(&snapshot)? {
            let (table, columns) =
                (index.table.clone(), index.columns().map(|it| field_of(it).to_owned()).collect());
            found.push(Drift::BrokenSearch { table, columns });
        }
    }
    foreign_objects(&registry, objects, &mut found);
    found.sort();
    Ok(found)
}

/// Returns what `sqlite_schema` lists.
fn objects(connection: &Connection) -> rusqlite::Result<Vec<Object>> {
    // SQLite's own objects are left out: statistics, and the indexes of primary keys.
    connection
        .prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema \
             WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )?
        .query_map([], |row| {
            let (kind, name, table) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Object { kind, name, table, sql: row.get(3)? })
        })?
        .collect()
}

/// Adds how a table that exists differs.
fn table_drift(
    connection: &Connection,
    table: &RegisteredTable,
    held: &Object,
    found: &mut Vec<Drift>,
) -> Result<()> {
    let before = found.len();
    let names = || (table.name.clone(), table.name.clone());
    let present = columns_in_file(connection, &table.name)?.unwrap_or_default();
    let made = table.makeable_columns().chain(table.edit_columns());
    let expected: HashSet<_> =
        SYSTEM_COLUMNS.into_iter().chain(made.map(|(_, name)| name)).collect();
    for column in &expected {
        let (table, column) = (names().0, (*column).to_owned());
        match present.get(&column) {
            None => found.push(Drift::MissingColumn { table, column }),
            Some(declared) if *declared != Declared::expected(&column) => {
                found.push(Drift::ChangedColumn { table, column });
            }
            Some(_) => {}
        }
    }
    let is_unknown = |column: &&String| {
        !expected.contains(column.as_str()) && !column.starts_with(SHOWN_COLUMN_PREFIX)
    };
    for column in present.keys().filter(is_unknown) {
        found.push(Drift::UnknownColumn { table: names().0, column: column.clone() });
    }
    if found.len() == before {
        // The columns are as they should be, but the table may have constraints or collations.
        let columns = connection
            .prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?
            .query_map([&table.name], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<String>>>()?;
        let apps = columns.iter().map(String::as_str).filter(|name| !SYSTEM_COLUMNS.contains(name));
        if held.sql.as_ref() != Some(&create_table(&table.name, apps)) {
            found.push(Drift::ChangedTable { table: names().0 });
        }
    }
    Ok(())
}

/// Adds how the indexes differ.
fn index_drift(registry: &Registry, objects: &[Object], found: &mut Vec<Drift>) {
    let held: HashMap<_, _> = objects
        .iter()
        .filter(|object| object.kind == "index")
        .map(|object| (object.name.as_str(), object))
        .collect();
    for (name, index) in &registry.indexes {
        let table = index.table.clone();
        let Some(held) = held.get(name.as_str()) else {
            let columns = index.columns.iter().map(|column| field_of(column).to_owned()).collect();
            found.push(Drift::MissingIndex { table, columns });
            continue;
        };
        let expected = create_index(name, &table, &index.columns);
        if held.sql.as_ref() != Some(&expected) {
            found.push(Drift::ChangedIndex { table, index: name.clone() });
        }
    }
}

/// Adds the objects that ara did not create.
fn foreign_objects(registry: &Registry, objects: Vec<Object>, found: &mut Vec<Drift>) {
    let of_searches: HashSet<_> =
        registry.searches.iter().flat_map(SearchIndex::object_names).collect();
    let mut tables: HashSet<&str> = own_tables().collect();
    tables.extend(registry.tables.values().map(|table| table.name.as_str()));
    for Object { kind, name, table, .. } in objects {
        let is_ara_s = match &*kind {
            "table" => tables.contains(name.as_str()),
            "index" => registry.indexes.contains_key(&name) || name == SEGMENT_INDEX,
            _ => false,
        } || of_searches.contains(&name)
            || kind != "view" && name.starts_with(SHOWN_PREFIX);
        if !is_ara_s {
            let table = Some(table).filter(|table| *table != name);
            found.push(Drift::UnknownObject { kind, name, table });
        }
    }
}

/// Returns the names of ara's own tables.
fn own_tables() -> impl Iterator<Item = &'static str> {
    let of_every_file = OWN_TABLES.into_iter().filter_map(|sql| sql.split_whitespace().nth(2));
    of_every_file.chain(SYNC_TABLES.map(|(name, _)| name))
}
