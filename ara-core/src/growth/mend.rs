//! Restoring what another program dropped from the file.

use rusqlite::Connection;

use crate::catalog::ddl::{add_column, create_index, create_table};
use crate::catalog::read_as::name_of;
use crate::catalog::registry::{RegisteredIndex, RegisteredTable, Registry};
use crate::catalog::shape::{columns_in_file, has_index, in_the_way, is_ara_made};
use crate::error::Result;
use crate::growth::history::Growth;
use crate::growth::make::{has_room_for, make_logged_columns, take_up};
use crate::growth::searches;
use crate::growth::shown_columns::drop_broken;
use crate::log::recorder::Recorder;
use crate::rows::rebuild::rebuild_table;
use crate::rows::refill::refill_columns;
use crate::rows::writing::Writing;

/// Creates the tables and columns that are registered and missing, in all tables or only in one, and fills
/// them from the change log. Local tables are not logged, so theirs stay empty. Tables that are in the log only
/// are created, too, if there is room.
///
/// If something else has the name of a missing table, or a table cannot be written, nothing is done about that
/// table.
pub(crate) fn mend_tables(
    writing: &mut Writing<'_>,
    only: Option<&str>,
    growth: &mut Growth,
) -> Result<()> {
    let registry = Registry::load(writing.connection)?;
    for index in &registry.searches {
        if only.is_none_or(|only| only == index.table) {
            writing.walled(|writing| searches::drop_broken(writing.connection, index))?;
        }
    }
    for table in registry.tables.values().filter(|table| table.is_makeable()) {
        if only.is_none_or(|only| only == table.name)
            && (table.is_made || has_room_for(writing.connection, table)?)
        {
            writing.walled(|writing| drop_broken(writing.connection, &table.name))?;
            let mended = writing.walled(|writing| mend_table(writing, &registry, table))?;
            growth.extend(mended.unwrap_or_default());
        }
    }
    Ok(())
}

/// Creates a table, or columns of it, if they are missing.
fn mend_table(
    writing: &mut Writing<'_>,
    registry: &Registry,
    table: &RegisteredTable,
) -> Result<Growth> {
    let connection = writing.connection;
    let mut growth = Growth::default();
    let present = columns_in_file(connection, &table.name)?;
    let mut missing: Vec<_> = table.makeable_columns().chain(table.edit_columns()).collect();
    match &present {
        None if in_the_way(connection, &table.name)?.is_some() => return Ok(growth),
        None => {
            let columns = missing.iter().map(|(_, name)| *name);
            connection.execute_batch(&create_table(&table.name, columns))?;
            growth.add_table(&table.name);
        }
        // This is a table of another program that has the name of one of ara's.
        Some(present) if !is_ara_made(connection, &table.name, present)? => return Ok(growth),
        Some(present) => {
            missing.retain(|(_, name)| !present.keys().any(|held| held.eq_ignore_ascii_case(name)));
            for (_, column) in &missing {
                connection.execute_batch(&add_column(&table.name, column))?;
                growth.add_column(&table.name, column);
            }
        }
    }
    if !table.is_made {
        make_logged_columns(connection, take_up(connection, table)?, &table.name, &mut growth)?;
        rebuild_from_log(&mut writing.recorder, table.ordinal)?;
    } else if present.is_none() && !table.is_local {
        rebuild_table(&writing.recorder.whole_log()?, registry, table)?;
    } else if !missing.is_empty() && !table.is_local {
        refill_columns(&writing.recorder.whole_log()?, registry, table, &missing)?;
    }
    Ok(growth)
}

/// Rebuilds the whole table with this ordinal from the log.
pub(crate) fn rebuild_from_log(recorder: &mut Recorder<'_>, table: i64) -> Result<()> {
    let registry = Registry::load(recorder.connection())?;
    match registry.tables.get(&table) {
        Some(table) => rebuild_table(&recorder.whole_log()?, &registry, table),
        None => Ok(()),
    }
}

/// Creates the indexes and searches that are registered and missing, but for those that cannot be made.
pub(crate) fn mend_indexes(writing: &mut Writing<'_>, growth: &mut Growth) -> Result<()> {
    let registry = Registry::load(writing.connection)?;
    for (name, index) in &registry.indexes {
        let made = writing.walled(|writing| mend_index(writing.connection, name, index))?;
        growth.extend(made.unwrap_or_default());
    }
    for index in &registry.searches {
        let made = writing.walled(|writing| searches::mend(writing.connection, index))?;
        growth.extend(made.unwrap_or_default());
    }
    Ok(())
}

/// Creates an index if it is missing.
fn mend_index(connection: &Connection, name: &str, index: &RegisteredIndex) -> Result<Growth> {
    let mut growth = Growth::default();
    if has_index(connection, name)? {
        return Ok(growth);
    }
    let columns = || index.columns.iter().map(|column| name_of(column));
    let present = columns_in_file(connection, &index.table)?.unwrap_or_default();
    if columns().all(|column| present.contains_key(column)) {
        connection.execute_batch(&create_index(name, &index.table, &index.columns))?;
        growth.add_index(&index.table, columns());
    }
    Ok(growth)
}
