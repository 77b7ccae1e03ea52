//! How the tables in the file are declared, and whether ara created them.

use std::collections::HashMap;

use ara_schema::{SYSTEM_COLUMNS, TableDef};
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::names::quoted;

/// How a column is declared in the file.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Declared {
    /// The declared type.
    pub(crate) ty: String,
    /// Whether it is `NOT NULL`.
    pub(crate) not_null: bool,
    /// The position in the primary key, from 1; 0 if it is not part of that.
    key: i64,
    /// The default value, as SQL.
    default: Option<String>,
    /// Not 0 if the column is generated.
    hidden: i64,
}

impl Declared {
    /// Returns how ara declares the column of this name.
    pub(crate) fn expected(name: &str) -> Self {
        let (ty, not_null, key) = match name {
            "ara_row" => ("INTEGER", false, 1),
            "id" | "ara_clock" => ("BLOB", true, 0),
            _ => ("", false, 0),
        };
        Self { ty: ty.to_owned(), not_null, key, ..Self::default() }
    }
}

/// Returns the columns of a table in the file by name, or `None` if there is no such table.
pub(crate) fn columns_in_file(
    connection: &Connection,
    stored_name: &str,
) -> rusqlite::Result<Option<HashMap<String, Declared>>> {
    let columns: HashMap<_, _> = connection
        .prepare_cached(
            "SELECT name, type, \"notnull\", pk, dflt_value, hidden FROM pragma_table_xinfo(?1)",
        )?
        .query_map([stored_name], |row| {
            let declared = Declared {
                ty: row.get(1)?,
                not_null: row.get(2)?,
                key: row.get(3)?,
                default: row.get(4)?,
                hidden: row.get(5)?,
            };
            Ok((row.get(0)?, declared))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(columns).filter(|columns| !columns.is_empty()))
}

/// Returns whether the file has an index of this name.
pub(crate) fn has_index(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1")?
        .exists([name])
}

/// Returns the kind and the name of what conflicts with a table of this name: a view or an index of
/// that name, or a table whose name differs from it only in case, which SQLite ignores.
pub(crate) fn in_the_way(
    connection: &Connection,
    stored_name: &str,
) -> rusqlite::Result<Option<(String, String)>> {
    connection
        .prepare_cached(
            "SELECT type, name FROM sqlite_schema WHERE lower(name) = ?1 AND type <> 'trigger' \
             AND (type <> 'table' OR name <> ?1)",
        )?
        .query_row([stored_name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Returns [`Error::Shape`] if something is in the file that conflicts with a table of this name.
pub(crate) fn check_name(connection: &Connection, stored_name: &str) -> Result<()> {
    match in_the_way(connection, stored_name)? {
        Some((kind, name)) => Err(shape(stored_name, &format!("there is a {kind} `{name}`"))),
        None => Ok(()),
    }
}

/// Returns [`Error::Shape`] if a table is not declared as ara declares it: it might change or refuse
/// values. Columns that another program added to a table of ara's may be declared in any way.
pub(crate) fn check_shape(
    connection: &Connection,
    stored_name: &str,
    def: &TableDef,
    present: &HashMap<String, Declared>,
) -> Result<()> {
    for column in SYSTEM_COLUMNS {
        if !present.contains_key(column) {
            return Err(shape(stored_name, &format!("it has no column `{column}`")));
        }
    }
    let is_declared = |name: &str| {
        SYSTEM_COLUMNS.contains(&name) || def.columns.iter().any(|column| column.name == name)
    };
    for (name, declared) in present {
        if *declared != Declared::expected(name)
            && (is_declared(name) || !is_another_programs(connection, stored_name, name)?)
        {
            return Err(shape(stored_name, &format!("its column `{name}` is declared otherwise")));
        }
    }
    check_keys(connection, stored_name)?;
    for column in def.columns {
        let folded =
            |name: &&String| **name != column.name && name.eq_ignore_ascii_case(column.name);
        if let Some(name) = present.keys().find(folded) {
            let reason = format!("its column `{name}` should be called `{}`", column.name);
            return Err(shape(stored_name, &reason));
        }
    }
    Ok(())
}

/// Returns whether a table that the file contains is one that ara made, as far as the columns tell that all of
/// its tables have.
pub(crate) fn is_ara_made(
    connection: &Connection,
    stored_name: &str,
    present: &HashMap<String, Declared>,
) -> Result<bool> {
    let is_as_made = |name: &str| present.get(name) == Some(&Declared::expected(name));
    if !SYSTEM_COLUMNS.into_iter().all(is_as_made) {
        return Ok(false);
    }
    match check_keys(connection, stored_name) {
        Err(Error::Shape { .. }) => Ok(false),
        checked => checked.map(|()| true),
    }
}

/// Returns [`Error::Corrupt`] if another program has deleted the names that the ordinals of the log and of the
/// rows stand for: a table that has rows is not registered, or a column that it has, and no other column either.
pub(crate) fn refuse_lost_names<'a>(
    connection: &Connection,
    stored_name: &str,
    columns: impl IntoIterator<Item = &'a str>,
    present: &HashMap<String, Declared>,
) -> Result<()> {
    let named: Option<bool> = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM ara_column WHERE tbl = t.ordinal) \
             FROM ara_table t WHERE name = ?1",
        )?
        .query_row([stored_name], |row| row.get(0))
        .optional()?;
    let is_lost = match named {
        Some(has_columns) => {
            !has_columns && columns.into_iter().any(|column| present.contains_key(column))
        }
        None => true,
    };
    if !is_lost || !is_ara_made(connection, stored_name, present)? {
        return Ok(());
    }
    let rows = format!("SELECT 1 FROM {} LIMIT 1", quoted(stored_name));
    if connection.prepare(&rows)?.exists([])? { Err(Error::Corrupt) } else { Ok(()) }
}

/// Returns [`Error::Shape`] if `ara_row` is not what SQLite identifies the rows by, or `id` is not unique.
/// The columns do not tell this, but the indexes that SQLite makes for the keys of a table do.
fn check_keys(connection: &Connection, stored_name: &str) -> Result<()> {
    let mut keys = connection.prepare_cached(
        "SELECT origin, (SELECT group_concat(name) FROM pragma_index_info(list.name)) \
         FROM pragma_index_list(?1) list WHERE origin <> 'c'",
    )?;
    let keys = keys
        .query_map([stored_name], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, Option<String>)>>>()?;
    // SQLite makes an index for a primary key unless it is the row id itself.
    if keys.iter().any(|(origin, _)| origin == "pk") {
        return Err(shape(stored_name, "its column `ara_row` is not its row id"));
    }
    if !keys.iter().any(|(_, columns)| columns.as_deref() == Some("id")) {
        return Err(shape(stored_name, "its column `id` is not unique"));
    }
    Ok(())
}

/// Returns whether ara created the table, but not this column of it.
fn is_another_programs(
    connection: &Connection,
    stored_name: &str,
    column: &str,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM ara_table t WHERE name = ?1 AND NOT EXISTS \
             (SELECT 1 FROM ara_column c WHERE c.tbl = t.ordinal AND c.name = ?2)",
        )?
        .exists([stored_name, column])
}

fn shape(stored_name: &str, reason: &str) -> Error {
    let reason = format!(
        "{reason}, so another program made it: rename it, or give the struct another `name`"
    );
    Error::Shape { table: stored_name.to_owned(), reason }
}
