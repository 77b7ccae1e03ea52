//! Creating, restoring and dropping full-text searches as structs declare them.

use std::collections::{HashMap, HashSet};

use ara_schema::TableDef;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::catalog::search_index::{LEFT, SHADOWS, SearchIndex};
use crate::catalog::shape::columns_in_file;
use crate::error::{Error, Result};
use crate::growth::history::Growth;
use crate::names::{SEARCHES, quoted, stored_table_name};
use crate::rows::plan::Plan;
use crate::rows::writing::Writing;

impl SearchIndex {
    /// Returns whether the file contains all parts of the search as ara creates them.
    pub(crate) fn is_whole(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let name = self.name();
        let held: HashMap<String, Option<String>> = connection
            .prepare_cached(
                "SELECT substr(name, 1 + length(?1)), sql FROM sqlite_schema \
                 WHERE substr(name, 1, length(?1)) = ?1",
            )?
            .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let is_held = |(suffix, sql): (&str, String)| held.get(suffix) == Some(&Some(sql));
        Ok(self.parts().into_iter().all(is_held)
            && SHADOWS.iter().all(|suffix| held.contains_key(*suffix)))
    }

    /// Creates the search in the place of what earlier versions of ara made. Every row is left to be indexed: see
    /// [`fill_search`].
    fn make(&self, connection: &Connection, growth: &mut Growth) -> Result<()> {
        self.drop(connection)?;
        self.earlier().withdraw(connection)?;
        for sql in self.statements() {
            connection.execute_batch(&sql)?;
        }
        let (left, table) = (self.part(LEFT), quoted(&self.table));
        connection.execute_batch(&format!(
            "INSERT INTO {left} SELECT \"ara_row\" FROM {table} ORDER BY \"ara_row\" LIMIT 1"
        ))?;
        growth.add_search(&self.table, self.columns());
        Ok(())
    }

    /// Drops the search, and registers it no longer.
    pub(crate) fn withdraw(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.drop(connection)?;
        let mut forget = connection.prepare_cached("DELETE FROM ara_index WHERE name = ?1")?;
        forget.execute([self.name()]).map(drop)
    }

    /// Registers the search, so that a schema that does not declare it drops it.
    fn register(&self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached(
                "INSERT INTO ara_index (name, tbl, columns) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute([&self.name(), &self.table, &self.columns.join(",")])?;
        Ok(())
    }

    /// Drops the parts of the search that exist.
    pub(crate) fn drop(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.restore_config(connection)?;
        for (suffix, sql) in self.parts().into_iter().rev() {
            let kind = if sql.starts_with("CREATE TRIGGER") { "TRIGGER" } else { "TABLE" };
            connection.execute_batch(&format!("DROP {kind} IF EXISTS {}", self.part(suffix)))?;
        }
        // FTS5 drops its own tables, unless its virtual table was removed from `sqlite_schema`.
        for suffix in SHADOWS {
            connection.execute_batch(&format!("DROP TABLE IF EXISTS {}", self.part(suffix)))?;
        }
        Ok(())
    }
}

impl SearchIndex {
    /// Creates the settings table of FTS5 if another program has dropped it: without it, FTS5 cannot even
    /// drop its virtual table.
    fn restore_config(&self, connection: &Connection) -> rusqlite::Result<()> {
        let name = self.name();
        let has = |suffix: &str| {
            connection
                .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1")?
                .exists([format!("{name}{suffix}")])
        };
        if !has("")? || has(CONFIG)? {
            return Ok(());
        }
        // In defensive mode, SQLite lets only FTS5 create its tables.
        let config = self.part(CONFIG);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, false)?;
        let made = connection.execute_batch(&format!(
            "CREATE TABLE {config} (k PRIMARY KEY, v) WITHOUT ROWID; \
             INSERT INTO {config} VALUES ('version', {CONFIG_VERSION})"
        ));
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        made
    }
}

/// The suffix of the table in which FTS5 keeps its settings.
const CONFIG: &str = "_config";

/// The version of its tables' format that FTS5 expects in them.
const CONFIG_VERSION: i64 = 4;

/// Returns whether the file has the search that a definition declares, or the definition declares none.
pub(crate) fn is_made(connection: &Connection, def: &TableDef) -> Result<bool> {
    match SearchIndex::of(def) {
        Some(index) => Ok(index.is_whole(connection)?),
        None => Ok(true),
    }
}

/// Returns whether the file has the search that a definition declares as an earlier version of ara made it.
pub(crate) fn is_earlier_made(connection: &Connection, def: &TableDef) -> Result<bool> {
    let Some(index) = SearchIndex::of(def) else { return Ok(false) };
    let mut named = connection.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = ?1")?;
    Ok(named.exists([index.earlier().name()])?)
}

/// Creates the search that a definition declares, unless it exists, and registers it.
pub(crate) fn make_declared(
    connection: &Connection,
    def: &TableDef,
    growth: &mut Growth,
) -> Result<()> {
    let Some(index) = SearchIndex::of(def) else { return Ok(()) };
    if !index.is_whole(connection)? {
        index.make(connection, growth)?;
    }
    Ok(index.register(connection)?)
}

/// Drops the searches of these tables that none of them declares any more.
pub(crate) fn drop_undeclared(
    connection: &Connection,
    defs: &[&'static TableDef],
    growth: &mut Growth,
) -> Result<()> {
    let tables: HashSet<_> = defs.iter().map(|def| stored_table_name(def)).collect();
    let declared: Vec<_> = defs.iter().filter_map(|def| SearchIndex::of(def)).collect();
    for index in registered(connection)? {
        if tables.contains(&*index.table) && !declared.contains(&index) {
            index.withdraw(connection)?;
            if !declared.iter().any(|declared| declared.earlier() == index) {
                growth.drop_search(&index.table, index.columns());
            }
        }
    }
    Ok(())
}

/// Drops what is left of a search of which a part is missing: its triggers would make every write fail.
pub(crate) fn drop_broken(connection: &Connection, index: &SearchIndex) -> Result<()> {
    if index.is_whole(connection)? { Ok(()) } else { Ok(index.drop(connection)?) }
}

/// Updates the search of a table with what was written. If that fails, the search is made anew.
pub(crate) fn refresh_search(writing: &mut Writing<'_>, plan: &Plan) -> Result<()> {
    let refreshed = plan.search.as_ref().map_or(Ok(()), |search| search.run(writing.connection));
    match refreshed.map_err(Error::from) {
        Err(error) if error.may_be_of_one_table() => {
            let Some(index) = SearchIndex::of(plan.def) else { return Err(error) };
            let connection = writing.connection;
            let made = writing.walled(|_| {
                index.make(connection, &mut Growth::default())?;
                Ok(index.register(connection)?)
            })?;
            made.ok_or(error)
        }
        refreshed => refreshed,
    }
}

/// Updates the search of a table, and indexes some of the rows that are left to be. Returns whether others are.
pub(crate) fn fill_search(writing: &mut Writing<'_>, plan: &Plan) -> Result<bool> {
    refresh_search(writing, plan)?;
    Ok(plan.search.as_ref().map_or(Ok(false), |search| search.fill_some(writing.connection))?)
}

/// Creates a search if it is missing, and drops one of an earlier version of ara.
pub(crate) fn mend(connection: &Connection, index: &SearchIndex) -> Result<Growth> {
    let mut growth = Growth::default();
    if index.is_earlier() {
        index.withdraw(connection)?;
    } else if !index.is_whole(connection)? {
        let present = columns_in_file(connection, &index.table)?.unwrap_or_default();
        if index.columns().all(|column| present.contains_key(column)) {
            index.make(connection, &mut growth)?;
        }
    }
    Ok(growth)
}

/// Returns the searches that are registered.
fn registered(connection: &Connection) -> rusqlite::Result<Vec<SearchIndex>> {
    connection
        .prepare_cached("SELECT name FROM ara_index WHERE name GLOB ?1")?
        .query_map([format!("{SEARCHES}*")], |row| {
            Ok(SearchIndex::named(row.get_ref(0)?.as_str()?))
        })?
        .filter_map(Result::transpose)
        .collect()
}
