//! Creating tables and columns that changes of other devices name, and the app does not declare.

use std::collections::HashMap;

use ara_schema::{SYSTEM_COLUMNS, check_column_name, check_table_name};
use rusqlite::{Connection, OptionalExtension};

use crate::catalog::ddl::{MAX_COLUMNS, add_column, create_table};
use crate::catalog::own_tables::is_kept_by_ara;
use crate::catalog::registry::{Origin, RegisteredTable, is_made};
use crate::catalog::shape::{
    Declared, columns_in_file, in_the_way, is_ara_made, refuse_lost_names,
};
use crate::error::Result;
use crate::growth::history::Growth;
use crate::log::meta;

/// The most tables, and the most columns of a table, that are created without being declared by the app.
/// Changes of further ones are kept in the log only, so that there is always room for what the app declares.
const MOST_MADE: i64 = 500;

/// The most columns of a table that changes of other devices can name. Column ordinals have 16 bits, and
/// 2,000 of them are reserved for the columns that the app declares.
pub(crate) const MOST_NAMED: u32 = (1 << 16) - 1 - MAX_COLUMNS as u32;

/// Registers tables and columns when they are named for the first time, and creates them if possible.
pub(crate) struct Make<'c> {
    connection: &'c Connection,
    made_tables: i64,
    /// The columns of each table by its ordinal.
    counts: HashMap<i64, Columns>,
    pub(crate) growth: Growth,
}

/// The columns of a table. They are counted once only, as a batch may have thousands of new ones.
#[derive(Debug, Clone, Copy)]
struct Columns {
    /// The last ordinal.
    last: u32,
    /// How many were created that the app does not declare.
    made: i64,
}

/// A table or a column by its name and ordinal, and whether it exists or is in the log only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'m, O> {
    pub(crate) ordinal: O,
    pub(crate) name: &'m str,
    pub(crate) is_made: bool,
}

impl<'c> Make<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        let (made_tables, counts) = (made_tables(connection)?, HashMap::new());
        Ok(Self { connection, made_tables, counts, growth: Growth::default() })
    }

    /// Returns the table of this name. A new one is registered, and created if possible.
    pub(crate) fn table<'n>(&mut self, name: &'n str) -> Result<Named<'n, i64>> {
        let known = self
            .connection
            .prepare_cached("SELECT ordinal, origin FROM ara_table WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((ordinal, origin)) = known {
            return Ok(Named { ordinal, name, is_made: is_made(origin) });
        }
        let is_made = can_be_made(self.connection, name, self.made_tables)?;
        if is_made {
            self.connection.execute_batch(&create_table(name, []))?;
            self.growth.add_table(name);
            self.made_tables += 1;
        }
        // SQLite would find a table by a name in other letters, too.
        if check_table_name(name).is_ok()
            && let Some(present) = columns_in_file(self.connection, name)?
        {
            refuse_lost_names(self.connection, name, [], &present)?;
        }
        let origin = if is_made { Origin::Merged } else { Origin::Logged };
        let ordinal = register_table(self.connection, name, origin)?;
        Ok(Named { ordinal, name, is_made })
    }

    /// Returns the column of this name. A new one is registered, and created if possible. Returns `None` if
    /// the table has too many columns to register another one.
    pub(crate) fn column<'n>(
        &mut self,
        table: Named<'_, i64>,
        name: &'n str,
    ) -> Result<Option<Named<'n, u32>>> {
        if name == "is_deleted" {
            return Ok(Some(Named { ordinal: 0, name, is_made: table.is_made }));
        }
        let known = self
            .connection
            .prepare_cached("SELECT ordinal, origin FROM ara_column WHERE tbl = ?1 AND name = ?2")?
            .query_row((table.ordinal, name), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        if let Some((ordinal, origin)) = known {
            let is_made = table.is_made && is_made(origin);
            return Ok(Some(Named { ordinal, name, is_made }));
        }
        let columns = match self.counts.get(&table.ordinal) {
            Some(columns) => *columns,
            None => Columns::of(self.connection, table.ordinal)?,
        };
        if columns.last >= MOST_NAMED {
            return Ok(None);
        }
        let is_made = table.is_made
            && columns.made < MOST_MADE
            && check_column_name(name).is_ok()
            && make_column(self.connection, table.name, name, &mut self.growth)?;
        let origin = if is_made { Origin::Merged } else { Origin::Logged };
        // A column that holds the last edits of another one may have been made meanwhile.
        let ordinal = self
            .connection
            .prepare_cached(
                "INSERT INTO ara_column (tbl, ordinal, name, origin) \
                 SELECT ?1, 1 + coalesce(max(ordinal), 0), ?2, ?3 FROM ara_column WHERE tbl = ?1 \
                 RETURNING ordinal",
            )?
            .query_row((table.ordinal, name, origin as i64), |row| row.get(0))?;
        let made = columns.made + i64::from(is_made);
        self.counts.insert(table.ordinal, Columns { last: ordinal, made });
        Ok(Some(Named { ordinal, name, is_made }))
    }
}

impl Columns {
    /// Counts the columns of a table.
    fn of(connection: &Connection, table: i64) -> Result<Self> {
        let mut count = connection.prepare_cached(
            "SELECT coalesce(max(ordinal), 0), count(*) FILTER (WHERE origin = ?2) \
             FROM ara_column WHERE tbl = ?1",
        )?;
        Ok(count.query_row((table, Origin::Merged as i64), |row| {
            Ok(Self { last: row.get(0)?, made: row.get(1)? })
        })?)
    }
}

/// Registers a table, and returns its ordinal: one that no table has had, even if another program has deleted
/// tables from the registry.
pub(crate) fn register_table(connection: &Connection, name: &str, origin: Origin) -> Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO ara_table (name, origin, ordinal) SELECT ?1, ?2, 1 + max( \
             (SELECT ifnull(max(ordinal), 0) FROM ara_table), \
             (SELECT ifnull(max(tbl), 0) FROM ara_column))",
        )?
        .execute((name, origin as i64))?;
    Ok(connection.last_insert_rowid())
}

/// Returns how many tables were created that the app does not declare.
fn made_tables(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT count(*) FROM ara_table WHERE origin = ?1")?
        .query_row([Origin::Merged as i64], |row| row.get(0))
}

/// Returns whether a table can be created that the app does not declare.
fn can_be_made(connection: &Connection, name: &str, made: i64) -> Result<bool> {
    if is_kept_by_ara(name) {
        return Ok(columns_in_file(connection, name)?.is_none());
    }
    Ok(made < MOST_MADE
        && check_table_name(name).is_ok()
        && in_the_way(connection, name)?.is_none()
        && columns_in_file(connection, name)?.is_none())
}

/// Adds a column to a table, unless it exists, a column of another program has its name, or the table is
/// full. Returns whether the column exists as ara declares it.
fn make_column(
    connection: &Connection,
    table: &str,
    name: &str,
    growth: &mut Growth,
) -> Result<bool> {
    let present = columns_in_file(connection, table)?.unwrap_or_default();
    if let Some(declared) = present.get(name) {
        refuse_lost_names(connection, table, [name], &present)?;
        return Ok(*declared == Declared::expected(name));
    }
    let is_in_the_way = present.keys().any(|present| present.eq_ignore_ascii_case(name));
    let has_room = (SYSTEM_COLUMNS.len()..MAX_COLUMNS).contains(&present.len());
    if is_in_the_way || !has_room || !is_ara_made(connection, table, &present)? {
        return Ok(false);
    }
    connection.execute_batch(&add_column(table, name))?;
    growth.add_column(table, name);
    Ok(true)
}

/// Returns the ordinal of a column of a table that the app declares. The column is created if possible.
/// Returns `None` if it can be in the log only.
pub(crate) fn column_of(
    connection: &Connection,
    (ordinal, table): (i64, &str),
    name: &str,
) -> Result<Option<u32>> {
    let table = Named { ordinal, name: table, is_made: true };
    // A name that no column can have must not be registered.
    if name != "is_deleted" && check_column_name(name).is_err() {
        return Ok(None);
    }
    let column = Make::new(connection)?.column(table, name)?;
    Ok(column.filter(|column| column.is_made).map(|column| column.ordinal))
}

/// Returns whether there is room for a table that is in the log only. One that was in the file before has its
/// room.
pub(crate) fn has_room_for(connection: &Connection, table: &RegisteredTable) -> Result<bool> {
    let was_made = table.columns.len() > 1;
    let has_room = || Ok(made_tables(connection)? < MOST_MADE);
    if was_made || is_kept_by_ara(&table.name) { Ok(true) } else { has_room() }
}

/// Notes that a table that was in the log only is in the file. Returns its ordinal.
pub(crate) fn take_up(connection: &Connection, table: &RegisteredTable) -> Result<i64> {
    note_origin(connection, table.ordinal, Origin::Merged)?;
    Ok(table.ordinal)
}

/// Notes that a table is in the log only from now on, as it cannot be written.
pub(crate) fn set_aside(connection: &Connection, table: i64) -> Result<()> {
    note_origin(connection, table, Origin::Logged)?;
    meta::forget_ensured(connection)
}

fn note_origin(connection: &Connection, table: i64, origin: Origin) -> Result<()> {
    connection
        .prepare_cached("UPDATE ara_table SET origin = ?2 WHERE ordinal = ?1")?
        .execute((table, origin as i64))?;
    Ok(())
}

/// Creates the columns of a table that were in the log only, as far as possible.
pub(crate) fn make_logged_columns(
    connection: &Connection,
    table: i64,
    stored_name: &str,
    growth: &mut Growth,
) -> Result<()> {
    let logged: Vec<String> = connection
        .prepare("SELECT name FROM ara_column WHERE tbl = ?1 AND origin = ?2 ORDER BY ordinal")?
        .query_map((table, Origin::Logged as i64), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let made = "SELECT count(*) FROM ara_column WHERE tbl = ?1 AND origin = ?2";
    let mut made: i64 =
        connection.query_row(made, (table, Origin::Merged as i64), |row| row.get(0))?;
    for name in logged {
        if made < MOST_MADE
            && check_column_name(&name).is_ok()
            && make_column(connection, stored_name, &name, growth)?
        {
            made += 1;
            connection
                .prepare_cached("UPDATE ara_column SET origin = ?3 WHERE tbl = ?1 AND name = ?2")?
                .execute((table, &name, Origin::Merged as i64))?;
        }
    }
    Ok(())
}
