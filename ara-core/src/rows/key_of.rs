//! The keys of the rows to which columns refer.

use rusqlite::{Connection, OptionalExtension};

use crate::error::{Error, Result};
use crate::model::lens::Given;
use crate::model::table_ref::TableRef;
use crate::value::Stored;

/// Returns the key of the row of a table with an id.
pub(crate) fn key_of(
    connection: &Connection,
    table: TableRef,
    id: &Given<'_>,
) -> Result<Given<'static>> {
    let (Some(Stored::Blob(id)), Some(key)) = (id, table.def.key) else { return Ok(None) };
    let sql = format!("SELECT \"{key}\" FROM \"{}\" WHERE \"id\" = ?1", table.def.name);
    // Another program may have renamed the key.
    let of_table = |error: rusqlite::Error| Error::from(error).of_table(table.def.name);
    let mut select = match connection.prepare_cached(&sql) {
        // The table has no rows yet: it is made when it is first used.
        Err(_) if !is_registered(connection, table.def.name)? => return Ok(None),
        select => select.map_err(of_table)?,
    };
    // A key that is no text was written by hand, or by another program. To this app it is unreadable.
    let key = select.query_row([id], |row| Ok(row.get_ref(0)?.as_str().ok().map(str::to_owned)));
    Ok(key.optional().map_err(of_table)?.flatten().map(|key| Stored::Text(key.into())))
}

/// Returns whether a table was ever made in this file.
pub(crate) fn is_registered(connection: &Connection, table: &str) -> Result<bool> {
    let mut select = connection.prepare_cached("SELECT 1 FROM ara_table WHERE name = ?1")?;
    Ok(select.exists([table])?)
}
