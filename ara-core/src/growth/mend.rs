//! Restoring what another program dropped from the file.

use rusqlite::Connection;

use crate::catalog::ddl::{add_column, create_index, create_table};
use crate::catalog::registry::{RegisteredTable, Registry};
use crate::catalog::shape::{columns_in_file, has_index, in_the_way};
use crate::error::Result;
use crate::growth::history::Growth;
use crate::growth::searches;
use crate::log::recorder::Recorder;
use crate::rows::rebuild::rebuild_table;
use crate::rows::refill::refill_columns;

/// Creates the tables and columns that are registered and missing, in all tables or only in one, and fills
/// them from the change log. Local tables are not logged, so theirs stay empty.
///
/// If something else has the name of a missing table, nothing is done about that table.
pub(crate) fn mend_tables(
    recorder: &mut Recorder<'_>,
    only: Option<&str>,
    growth: &mut Growth,
) -> Result<()> {
    let connection = recorder.connection();
    let registry = Registry::load(connection)?;
    searches::drop_broken(connection, &registry, only)?;
    for table in registry.makeable() {
        if only.is_none_or(|only| only == table.name) {
            mend_table(recorder, &registry, table, growth)?;
        }
    }
    Ok(())
}

/// Creates a table, or columns of it, if they are missing.
fn mend_table(
    recorder: &mut Recorder<'_>,
    registry: &Registry,
    table: &RegisteredTable,
    growth: &mut Growth,
) -> Result<()> {
    let connection = recorder.connection();
    let Some(present) = columns_in_file(connection, &table.name)? else {
        if in_the_way(connection, &table.name)?.is_none() {
            let columns = table.makeable_columns().map(|(_, name)| name);
            connection.execute_batch(&create_table(&table.name, columns))?;
            growth.add_table(&table.name);
            if !table.is_local {
                rebuild_table(&recorder.whole_log()?, registry, table)?;
            }
        }
        return Ok(());
    };
    // This is a table of another program that has the name of one of ara's.
    if ["ara_row", "id", "ara_clock"].iter().any(|column| !present.contains_key(*column)) {
        return Ok(());
    }
    let missing: Vec<_> = table
        .makeable_columns()
        .filter(|(_, name)| !present.keys().any(|present| present.eq_ignore_ascii_case(name)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    for (_, column) in &missing {
        connection.execute_batch(&add_column(&table.name, column))?;
        growth.add_column(&table.name, column);
    }
    if !table.is_local {
        refill_columns(&recorder.whole_log()?, registry, table, &missing)?;
    }
    Ok(())
}

/// Creates the indexes and searches that are registered and missing.
pub(crate) fn mend_indexes(connection: &Connection, growth: &mut Growth) -> Result<()> {
    let registry = Registry::load(connection)?;
    for (name, index) in &registry.indexes {
        if has_index(connection, name)? {
            continue;
        }
        let columns = || index.columns.iter().map(String::as_str);
        let present = columns_in_file(connection, &index.table)?.unwrap_or_default();
        if columns().all(|column| present.contains_key(column)) {
            connection.execute_batch(&create_index(name, &index.table, columns()))?;
            growth.add_index(&index.table, columns());
        }
    }
    searches::mend(connection, &registry, growth)
}
