//! The names that changes use: tables and columns are made as they arrive.

use std::collections::HashMap;

use ara_schema::{SYSTEM_COLUMNS, check_column_name, check_table_name};
use rusqlite::{Connection, OptionalExtension};

use crate::changes::Changes;
use crate::ddl::create_table;
use crate::error::{Error, Result};
use crate::growth::{MAX_COLUMNS, add_column};
use crate::history::{Growth, HISTORY};
use crate::merge::report::Reason;
use crate::record::LOCAL_PREFIX;
use crate::registry::{Origin, is_made};
use crate::shape::{Declared, columns_in_file, in_the_way};

/// How many tables, and how many columns of a table, are made that the app does not declare. What else
/// arrives stays in the log, and a declared one always finds room.
const MOST_MADE: i64 = 500;

/// The most columns that the log can name of a table: the clocks of rows are sets of them.
const MOST_NAMED: u32 = (1 << 16) - 1;

/// The most bytes of a name.
const LONGEST: usize = 1000;

/// What the names of some changes are in this file.
pub(crate) struct Names<'m> {
    connection: &'m Connection,
    changes: &'m Changes,
    /// By their places in the changes: of the table, and of the table and the column.
    tables: HashMap<u32, Named<'m, i64>>,
    columns: HashMap<(u32, u32), Named<'m, u32>>,
    pub(crate) growth: Growth,
}

/// A name, its ordinal in this file, and whether it is in the tables or in the log alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'m, O> {
    pub(crate) ordinal: O,
    pub(crate) name: &'m str,
    pub(crate) is_made: bool,
}

impl<'m> Names<'m> {
    pub(crate) fn new(connection: &'m Connection, changes: &'m Changes) -> Self {
        let (tables, columns) = (HashMap::new(), HashMap::new());
        Self { connection, changes, tables, columns, growth: Growth::default() }
    }

    pub(crate) fn table(&mut self, place: u32) -> Result<Result<Named<'m, i64>, Reason>> {
        if let Some(known) = self.tables.get(&place) {
            return Ok(Ok(*known));
        }
        let Some(name) = self.changes.tables.get(place as usize) else {
            return Ok(Err(Reason::Damaged));
        };
        if name.len() > LONGEST || name.starts_with(LOCAL_PREFIX) {
            return Ok(Err(Reason::Name));
        }
        let named = table(self.connection, name, &mut self.growth)?;
        self.tables.insert(place, named);
        Ok(Ok(named))
    }

    /// A column of the table at a place.
    pub(crate) fn column(
        &mut self,
        table: u32,
        place: u32,
    ) -> Result<Result<Named<'m, u32>, Reason>> {
        if let Some(known) = self.columns.get(&(table, place)) {
            return Ok(Ok(*known));
        }
        let Some(name) = self.changes.columns.get(place as usize) else {
            return Ok(Err(Reason::Damaged));
        };
        let of = match self.table(table)? {
            Ok(table) => table,
            Err(reason) => return Ok(Err(reason)),
        };
        if name.len() > LONGEST {
            return Ok(Err(Reason::Name));
        }
        Ok(match column(self.connection, of, name, &mut self.growth)? {
            Some(named) => {
                self.columns.insert((table, place), named);
                Ok(named)
            }
            None => Err(Reason::Name),
        })
    }
}

/// A table, which is made if it can be.
fn table<'m>(
    connection: &Connection,
    name: &'m str,
    growth: &mut Growth,
) -> Result<Named<'m, i64>> {
    let known = connection
        .prepare_cached("SELECT ordinal, origin FROM ara_table WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((ordinal, origin)) = known {
        return Ok(Named { ordinal, name, is_made: is_made(origin) });
    }
    let is_made = can_be_made(connection, name)?;
    if is_made {
        connection.execute_batch(&create_table(name, []))?;
        growth.add_table(name);
    }
    let origin = if is_made { Origin::Merged } else { Origin::Logged };
    connection
        .prepare_cached("INSERT INTO ara_table (name, origin) VALUES (?1, ?2)")?
        .execute((name, origin as i64))?;
    Ok(Named { ordinal: connection.last_insert_rowid(), name, is_made })
}

fn can_be_made(connection: &Connection, name: &str) -> Result<bool> {
    if name == HISTORY.name {
        return Ok(columns_in_file(connection, name)?.is_none());
    }
    let made: i64 = connection
        .prepare_cached("SELECT count(*) FROM ara_table WHERE origin = ?1")?
        .query_row([Origin::Merged as i64], |row| row.get(0))?;
    Ok(made < MOST_MADE
        && check_table_name(name).is_ok()
        && in_the_way(connection, name)?.is_none()
        && columns_in_file(connection, name)?.is_none())
}

/// A column of a table, which is made if it can be. `None` where the table has too many.
fn column<'m>(
    connection: &Connection,
    table: Named<'_, i64>,
    name: &'m str,
    growth: &mut Growth,
) -> Result<Option<Named<'m, u32>>> {
    if name == "is_deleted" {
        return Ok(Some(Named { ordinal: 0, name, is_made: table.is_made }));
    }
    let known = connection
        .prepare_cached("SELECT ordinal, origin FROM ara_column WHERE tbl = ?1 AND name = ?2")?
        .query_row((table.ordinal, name), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((ordinal, origin)) = known {
        let is_made = table.is_made && is_made(origin);
        return Ok(Some(Named { ordinal, name, is_made }));
    }
    let (last, made): (u32, i64) = connection
        .prepare_cached(
            "SELECT coalesce(max(ordinal), 0), count(*) FILTER (WHERE origin = ?2) \
             FROM ara_column WHERE tbl = ?1",
        )?
        .query_row((table.ordinal, Origin::Merged as i64), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if last >= MOST_NAMED {
        return Ok(None);
    }
    let is_made = table.is_made
        && made < MOST_MADE
        && check_column_name(name).is_ok()
        && make_column(connection, table.name, name, growth)?;
    let origin = if is_made { Origin::Merged } else { Origin::Logged };
    let ordinal = last + 1;
    connection
        .prepare_cached(
            "INSERT INTO ara_column (tbl, ordinal, name, origin) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((table.ordinal, ordinal, name, origin as i64))?;
    Ok(Some(Named { ordinal, name, is_made }))
}

/// A column of a table that the app declares, which is made if it can be: its ordinal. `None` where it
/// is, or would be, in the log alone.
pub(crate) fn column_of(
    connection: &Connection,
    (ordinal, table): (i64, &str),
    name: &str,
) -> Result<Option<u32>> {
    let table = Named { ordinal, name: table, is_made: true };
    // Nothing is to be left of a name that cannot be made.
    if name != "is_deleted" && check_column_name(name).is_err() {
        return Ok(None);
    }
    let column = column(connection, table, name, &mut Growth::default())?;
    Ok(column.filter(|column| column.is_made).map(|column| column.ordinal))
}

/// Makes a column, unless another program's is in the way, or there is no room. Whether it is there.
fn make_column(
    connection: &Connection,
    table: &str,
    name: &str,
    growth: &mut Growth,
) -> Result<bool> {
    let present = columns_in_file(connection, table)?.unwrap_or_default();
    if let Some(declared) = present.get(name) {
        return Ok(*declared == Declared::expected(name));
    }
    let is_in_the_way = present.keys().any(|present| present.eq_ignore_ascii_case(name));
    let has_room = (SYSTEM_COLUMNS.len()..MAX_COLUMNS).contains(&present.len());
    if is_in_the_way || !has_room {
        return Ok(false);
    }
    add_column(connection, table, name, growth)?;
    Ok(true)
}

/// Makes the tables that were in the log alone, as far as they can be.
pub(crate) fn make_logged_tables(connection: &Connection, growth: &mut Growth) -> Result<()> {
    let logged: Vec<String> = connection
        .prepare("SELECT name FROM ara_table WHERE origin = ?1 ORDER BY ordinal")?
        .query_map([Origin::Logged as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for name in logged {
        if can_be_made(connection, &name)? {
            connection.execute_batch(&create_table(&name, []))?;
            growth.add_table(&name);
            connection
                .prepare_cached("UPDATE ara_table SET origin = ?2 WHERE name = ?1")?
                .execute((&name, Origin::Merged as i64))?;
        }
    }
    Ok(())
}

/// Makes the columns of a table that were in the log alone, as far as they can be.
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

/// The ordinals of a table that is in the log alone, and of columns of it.
pub(crate) fn logged_name<const N: usize>(
    connection: &Connection,
    name: &str,
    columns: &[&str; N],
) -> Result<(i64, [u32; N])> {
    let mut growth = Growth::default();
    let table = table(connection, name, &mut growth)?;
    let mut ordinals = [0; N];
    for (ordinal, name) in ordinals.iter_mut().zip(columns) {
        *ordinal = column(connection, table, name, &mut growth)?.ok_or(Error::Corrupt)?.ordinal;
    }
    Ok((table.ordinal, ordinals))
}
