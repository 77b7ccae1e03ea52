//! Creating tables, columns and indexes as structs declare them.

use std::collections::{HashMap, HashSet};

use ara_schema::{IndexDef, SYSTEM_COLUMNS, TableDef};
use rusqlite::{Connection, OptionalExtension};

use crate::catalog::ddl::{MAX_COLUMNS, add_column, create_index, create_table};
use crate::catalog::edit_columns::edit_columns;
use crate::catalog::read_as::{check_read_as, column_entries};
use crate::catalog::registry::Origin;
use crate::catalog::shape::{
    check_name, check_shape, columns_in_file, has_index, refuse_lost_names,
};
use crate::error::{Error, Result};
use crate::growth::history::Growth;
use crate::growth::make::{make_logged_columns, register_table};
use crate::growth::mend::rebuild_from_log;
use crate::growth::searches::{drop_undeclared, is_made, make_declared};
use crate::growth::shown_columns::{has_shown, hidden_columns, make_edits, make_shown};
use crate::log::recorder::Recorder;
use crate::model::table_ref::TableRef;
use crate::names::{SEARCHES, SHOWN_PREFIX, index_name, quoted, stored_table_name};
use crate::rows::insert::OnConflict;
use crate::rows::plan::Plan;

/// Returns the plan of a table if the registry lists the table and all columns that the definition declares.
/// Writes nothing.
pub(crate) fn look(connection: &Connection, def: &'static TableDef) -> Result<Option<Plan>> {
    check_read_as(def)?;
    let stored_name = stored_table_name(def);
    let mut statement = connection.prepare_cached(
        "SELECT t.ordinal, c.ordinal, c.name FROM ara_table t LEFT JOIN ara_column c \
         ON c.tbl = t.ordinal AND c.origin <> ?2 WHERE t.name = ?1 AND t.origin <> ?2",
    )?;
    let mut rows = statement.query((&*stored_name, Origin::Logged as i64))?;
    let mut ordinal = None;
    let mut columns = vec![None; def.columns.len()];
    while let Some(row) = rows.next()? {
        ordinal = Some(row.get(0)?);
        let name: Option<String> = row.get(2)?;
        for (column, found) in def.columns.iter().zip(&mut columns) {
            if name.as_deref() == Some(column.name) {
                *found = Some(checked(row.get(1)?)?);
            }
        }
    }
    let columns: Option<Vec<u32>> = columns.into_iter().collect();
    match (ordinal, columns) {
        (Some(ordinal), Some(columns)) => Ok(Some(Plan::new(def, ordinal, &columns))),
        _ => Ok(None),
    }
}

/// Makes the file contain all that a definition declares: the table, its columns, its indexes and its search.
/// What the file contains beyond that is left as it is. Runs inside the caller's transaction.
///
/// If the log has had changes of the table or of a column before it was declared, the table is rebuilt from
/// the log, so that these changes become visible.
pub(crate) fn grow(
    recorder: &mut Recorder<'_>,
    def: &'static TableDef,
    growth: &mut Growth,
) -> Result<Plan> {
    check_read_as(def)?;
    let connection = recorder.connection();
    let stored_name = stored_table_name(def);
    make_table(connection, def, &stored_name, growth)?;
    let table = table_ordinal(connection, &stored_name)?;
    let ordinals = def
        .columns
        .iter()
        .map(|column| column_ordinal(connection, table, column.name))
        .collect::<Result<Vec<_>>>()?;
    make_edits(connection, def, table, &ordinals)?;
    make_shown(connection, def)?;
    make_indexes(connection, def, &stored_name, growth)?;
    make_declared(connection, def, growth)?;

    if declare(connection, table, def)? {
        make_logged_columns(connection, table, &stored_name, growth)?;
        rebuild_from_log(recorder, table)
            .map_err(|error| error.of_full_table(def.name, MAX_COLUMNS))?;
    }
    Ok(Plan::new(def, table, &ordinals))
}

/// Creates the table that a definition declares, or adds the columns that it lacks.
fn make_table(
    connection: &Connection,
    def: &'static TableDef,
    stored_name: &str,
    growth: &mut Growth,
) -> Result<()> {
    check_name(connection, stored_name)?;
    let present = columns_in_file(connection, stored_name)?;
    if let Some(present) = &present {
        check_shape(connection, stored_name, def, present)?;
        let columns = def.columns.iter().map(|column| column.name);
        refuse_lost_names(connection, stored_name, columns, present)?;
    }
    let missing: Vec<_> = def
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !present.as_ref().is_some_and(|present| present.contains_key(*name)))
        .collect();

    let held = present.as_ref().map_or(SYSTEM_COLUMNS.len(), HashMap::len);
    let mut hidden = hidden_columns(def);
    hidden.retain(|name| !present.as_ref().is_some_and(|present| present.contains_key(name)));
    let columns = held + missing.len() + hidden.len();
    if columns > MAX_COLUMNS {
        return Err(Error::TooManyColumns { table: def.name, columns, limit: MAX_COLUMNS });
    }
    if present.is_none() {
        connection.execute_batch(&create_table(stored_name, missing))?;
        growth.add_table(stored_name);
        return Ok(());
    }
    for column in missing {
        connection.execute_batch(&add_column(stored_name, column))?;
        growth.add_column(stored_name, column);
    }
    Ok(())
}

/// Creates the indexes that a definition declares and the file lacks, and registers all of them.
fn make_indexes(
    connection: &Connection,
    def: &TableDef,
    stored_name: &str,
    growth: &mut Growth,
) -> Result<()> {
    for index in def.indexes {
        let columns = column_entries(def, index.columns);
        let name = index_name(stored_name, &columns);
        if !has_index(connection, &name)? {
            connection.execute_batch(&create_index(&name, stored_name, &columns))?;
            growth.add_index(stored_name, index.columns.iter().copied());
        }
        connection
            .prepare_cached(
                "INSERT INTO ara_index (name, tbl, columns) VALUES (?1, ?2, ?3) \
                 ON CONFLICT DO NOTHING",
            )?
            .execute([&*name, stored_name, &columns.join(",")])?;
    }
    Ok(())
}

/// Registers that the app declares the table and its columns. Returns whether the table or one of the columns
/// was in the log only.
fn declare(connection: &Connection, table: i64, def: &TableDef) -> Result<bool> {
    let (declared, logged) = (Origin::Declared as i64, Origin::Logged as i64);
    let mut is_logged = connection
        .prepare_cached("SELECT 1 FROM ara_column WHERE tbl = ?1 AND name = ?2 AND origin = ?3")?;
    let mut was_logged = connection
        .prepare_cached("SELECT 1 FROM ara_table WHERE ordinal = ?1 AND origin = ?2")?
        .exists((table, logged))?;
    connection
        .prepare_cached("UPDATE ara_table SET origin = ?2 WHERE ordinal = ?1 AND origin <> ?2")?
        .execute((table, declared))?;
    let mut update = connection.prepare_cached(
        "UPDATE ara_column SET origin = ?3 WHERE tbl = ?1 AND name = ?2 AND origin <> ?3",
    )?;
    for column in def.columns {
        was_logged |= is_logged.exists((table, column.name, logged))?;
        update.execute((table, column.name, declared))?;
    }
    Ok(was_logged)
}

/// Drops the indexes and searches of these tables that ara created and that none of them declares any more.
/// They would only slow down writes.
pub(crate) fn drop_undeclared_indexes(
    connection: &Connection,
    defs: &[&'static TableDef],
    growth: &mut Growth,
) -> Result<()> {
    let tables: HashSet<_> = defs.iter().map(|def| stored_table_name(def)).collect();
    let declared: HashSet<_> = defs
        .iter()
        .flat_map(|def| def.indexes.iter().map(|index| name_of_index(def, index)))
        .collect();
    let made = connection
        .prepare_cached("SELECT name, tbl, columns FROM ara_index WHERE name GLOB 'ara_index *'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<(String, String, String)>>>()?;
    for (name, table, columns) in made {
        if tables.contains(&*table) && !declared.contains(&name) {
            connection.execute_batch(&format!("DROP INDEX IF EXISTS {}", quoted(&name)))?;
            connection.execute("DELETE FROM ara_index WHERE name = ?1", [&name])?;
            growth.drop_index(&table, columns.split(','));
        }
    }
    drop_undeclared(connection, defs, growth)
}

/// Returns whether the file has the hidden columns, the indexes and the search that a definition declares.
pub(crate) fn has_indexes(connection: &Connection, def: &'static TableDef) -> Result<bool> {
    for declared in def.indexes {
        if !has_index(connection, &name_of_index(def, declared))? {
            return Ok(false);
        }
    }
    Ok(is_made(connection, def)? && has_shown(connection, def)?)
}

fn name_of_index(def: &TableDef, index: &IndexDef) -> String {
    index_name(&stored_table_name(def), &column_entries(def, index.columns))
}

/// Returns the plan of a table, with what its columns show that replace others, and with what ara's own triggers spare
/// SQLite.
pub(crate) fn showing(connection: &Connection, plan: Plan, table: TableRef) -> Result<Plan> {
    if table.lenses.reads.is_empty() && table.def.search.is_empty() {
        return Ok(plan);
    }
    let edits = edit_columns(connection, plan.table)?;
    let on_conflict = match has_only_own_triggers(connection, plan.stored_name())? {
        true => OnConflict::Fail,
        false => OnConflict::Abort,
    };
    Ok(plan.showing(table, &edits, on_conflict))
}

/// Returns whether a table has no triggers but those of ara.
fn has_only_own_triggers(connection: &Connection, table: &str) -> Result<bool> {
    let mut others = connection.prepare_cached(
        "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE \
         AND substr(name, 1, length(?2)) <> ?2 AND substr(name, 1, length(?3)) <> ?3",
    )?;
    Ok(!others.exists([table, SHOWN_PREFIX, SEARCHES])?)
}

/// Returns the ordinal of a table, which is registered if it is new.
fn table_ordinal(connection: &Connection, name: &str) -> Result<i64> {
    let known = connection
        .prepare_cached("SELECT ordinal FROM ara_table WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    known.map_or_else(|| register_table(connection, name, Origin::Declared), Ok)
}

/// Returns the ordinal of a column within its table, from 1. The column is registered if it is new.
fn column_ordinal(connection: &Connection, table: i64, name: &str) -> Result<u32> {
    connection
        .prepare_cached(
            "INSERT INTO ara_column (tbl, ordinal, name) \
             SELECT ?1, 1 + coalesce(max(ordinal), 0), ?2 FROM ara_column WHERE tbl = ?1 \
             ON CONFLICT DO NOTHING",
        )?
        .execute((table, name))?;
    checked(
        connection
            .prepare_cached("SELECT ordinal FROM ara_column WHERE tbl = ?1 AND name = ?2")?
            .query_row((table, name), |row| row.get(0))?,
    )
}

/// Checks the ordinal of a column. One that is out of range means a damaged file, and could make the clocks
/// of rows, which are bit sets over the ordinals, arbitrarily large.
fn checked(ordinal: u32) -> Result<u32> {
    const MOST: u32 = 1 << 16;
    if (1..MOST).contains(&ordinal) { Ok(ordinal) } else { Err(Error::Corrupt) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::format::new_file;
    use crate::log::journal::Journal;
    use ara_schema::{ColumnDef, Type};

    const V1: TableDef = TableDef {
        name: "todo",
        local: false,
        columns: &[ColumnDef {
            name: "title",
            ty: Type::Text,
            range: None,
            required: true,
            ..ColumnDef::EMPTY
        }],
        indexes: &[],
        search: &[],
        ..TableDef::EMPTY
    };
    const V2: TableDef = TableDef {
        columns: &[
            ColumnDef {
                name: "order",
                ty: Type::Integer,
                range: None,
                required: false,
                ..ColumnDef::EMPTY
            },
            ColumnDef {
                name: "title",
                ty: Type::Text,
                range: None,
                required: true,
                ..ColumnDef::EMPTY
            },
        ],
        indexes: &[IndexDef { columns: &["order", "title"] }],
        ..V1
    };

    fn made(file: &Connection, def: &'static TableDef) -> Result<Plan> {
        let mut recorder = Recorder::new(file, Journal::load(file)?, (0, 0));
        grow(&mut recorder, def, &mut Growth::default())
    }

    #[test]
    fn a_table_is_made_and_grows() -> Result<()> {
        let file = new_file();
        let ordinals = |plan: &Plan| plan.slots.iter().map(|slot| slot.ordinal).collect::<Vec<_>>();
        let first = made(&file, &V1)?;
        assert_eq!((first.ordinal, ordinals(&first)), (Some(1), vec![0, 1]));
        let second = made(&file, &V2)?;
        assert_eq!((second.ordinal, ordinals(&second)), (Some(1), vec![0, 2, 1]));
        let again = made(&file, &V1)?;
        assert_eq!(ordinals(&again), [0, 1]);
        let columns = columns_in_file(&file, "todo")?.expect("is there");
        assert_eq!(columns.len(), SYSTEM_COLUMNS.len() + 2);
        Ok(())
    }

    #[test]
    fn what_ara_did_not_make_is_refused() -> Result<()> {
        for sql in [
            "CREATE TABLE todo (id INTEGER PRIMARY KEY, title TEXT)",
            "CREATE TABLE Todo (ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted)",
            "CREATE VIEW todo AS SELECT 1 AS id",
            "CREATE TABLE todo (ara_row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted, title INTEGER)",
            "CREATE TABLE todo (id BLOB PRIMARY KEY NOT NULL, ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted, title) WITHOUT ROWID",
        ] {
            let file = new_file();
            file.execute_batch(sql)?;
            let error = made(&file, &V1).expect_err(sql);
            assert!(matches!(error, Error::Shape { .. }), "{sql}: {error}");
        }
        Ok(())
    }

    #[test]
    fn sqlite_holds_so_many_columns_and_no_more() -> Result<()> {
        let file = new_file();
        made(&file, &V1)?;
        for column in 0..MAX_COLUMNS - SYSTEM_COLUMNS.len() - 1 {
            file.execute_batch(&format!("ALTER TABLE todo ADD COLUMN c{column}"))?;
        }
        made(&file, &V1)?;
        let error = made(&file, &V2).expect_err("one too many");
        assert!(
            matches!(error, Error::TooManyColumns { columns: 2001, limit: 2000, .. }),
            "{error}"
        );
        Ok(())
    }
}
