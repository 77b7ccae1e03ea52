//! Making a table, or columns of it, again from the change log.

use std::fmt::Write;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use crate::ddl::quoted;
use crate::error::Result;
use crate::fold::{CHANGES_BY_ROW, FoldedRows};
use crate::registry::{RegisteredTable, Registry};
use crate::statements::bind;
use crate::value::Stored;

/// Makes every row of a synced table again, as the log says it must be. All of the table's columns
/// that the registry knows must be in the file.
pub(crate) fn rebuild_table(
    connection: &Connection,
    registry: &Registry,
    (ordinal, table): (i64, &RegisteredTable),
) -> Result<()> {
    let columns: Vec<_> = table.columns.iter().collect();
    let name = quoted(&table.name);
    connection.execute(&format!("DELETE FROM {name}"), [])?;
    let mut insert =
        format!("INSERT INTO {name} (\"id\", \"ara_clock\", \"created_at\", \"updated_at\"");
    let mut values = String::from("?1, ?2, ?3, ?4");
    for ((_, column), parameter) in columns.iter().zip(5..) {
        let _ = write!(insert, ", {}", quoted(column));
        let _ = write!(values, ", ?{parameter}");
    }
    let mut insert = connection.prepare(&format!("{insert}) VALUES ({values})"))?;

    let mut changes = connection.prepare(CHANGES_BY_ROW)?;
    let mut rows = FoldedRows::new(&mut changes, registry, ordinal)?;
    while let Some((id, row)) = rows.next()? {
        let mut clock = Vec::new();
        row.clock(&table.columns).pack(&mut clock);
        bind(&mut insert, 1, ValueRef::Blob(&id))?;
        bind(&mut insert, 2, ValueRef::Blob(&clock))?;
        for (at, millis) in [(3, row.created_at), (4, row.updated_at)] {
            bind(&mut insert, at, millis.map_or(ValueRef::Null, ValueRef::Integer))?;
        }
        for ((column, _), parameter) in columns.iter().zip(5..) {
            let value = row.cells.get(column).and_then(|cell| cell.value.as_ref());
            bind(&mut insert, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
        }
        insert.raw_execute()?;
    }
    Ok(())
}

/// Fills columns that were lost with what the log says was written into them last. The clocks of the
/// rows still tell when.
pub(crate) fn refill_columns(
    connection: &Connection,
    registry: &Registry,
    (ordinal, table): (i64, &RegisteredTable),
    columns: &[(u32, &str)],
) -> Result<()> {
    let mut update = format!("UPDATE {} SET ", quoted(&table.name));
    for ((_, column), parameter) in columns.iter().zip(2..) {
        let comma = if parameter == 2 { "" } else { ", " };
        let _ = write!(update, "{comma}{} = ?{parameter}", quoted(column));
    }
    let mut update = connection.prepare(&format!("{update} WHERE \"id\" = ?1"))?;

    let mut changes = connection.prepare(CHANGES_BY_ROW)?;
    let mut rows = FoldedRows::new(&mut changes, registry, ordinal)?;
    while let Some((id, row)) = rows.next()? {
        let mut values = Vec::with_capacity(columns.len());
        for (column, _) in columns {
            values.push(row.cells.get(column).and_then(|cell| cell.value.as_ref()));
        }
        if values.iter().all(Option::is_none) {
            continue;
        }
        bind(&mut update, 1, ValueRef::Blob(&id))?;
        for (value, parameter) in values.into_iter().zip(2..) {
            bind(&mut update, parameter, value.map_or(ValueRef::Null, Stored::to_sql))?;
        }
        update.raw_execute()?;
    }
    Ok(())
}
