//! The columns beside others that hold their last edits.
//!
//! What was written through from another column is the last write of its column, but no edit of it. So a column of
//! which the last write is such a one has another beside it, which no app and no other device sees: it holds the last
//! edit. It is made when a row first needs it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::catalog::ddl::add_column;
use crate::catalog::registry::Origin;
use crate::catalog::shape::{Declared, columns_in_file};
use crate::error::Result;
use crate::names::edit_column_name;

/// A column that holds the last edits of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EditColumn {
    /// Its own ordinal, by which the clocks of rows list it.
    pub(crate) ordinal: u32,
    pub(crate) name: String,
}

/// Those of a table, by the ordinals of the columns whose edits they hold.
pub(crate) type EditColumns = BTreeMap<u32, EditColumn>;

/// Returns those of a table.
pub(crate) fn edit_columns(connection: &Connection, table: i64) -> Result<EditColumns> {
    let mut names = connection.prepare_cached(
        "SELECT ordinal, name, origin = ?2 FROM ara_column WHERE tbl = ?1 ORDER BY origin = ?2",
    )?;
    let mut names = names.query((table, Origin::Edits as i64))?;
    let (mut columns, mut edits) = (BTreeMap::new(), EditColumns::new());
    while let Some(row) = names.next()? {
        let (ordinal, name): (u32, String) = (row.get(0)?, row.get(1)?);
        match row.get(2)? {
            false => drop(columns.insert(edit_column_name(&name), ordinal)),
            true => {
                let of = columns.get(&name).copied();
                edits.extend(of.map(|of| (of, EditColumn { ordinal, name })));
            }
        }
    }
    Ok(edits)
}

/// Returns the column of a table that holds the last edits of another one. It is created if it is not there.
#[cfg_attr(not(test), expect(dead_code, reason = "what joins old and new columns is to use it"))]
pub(crate) fn ensure_edit_column(
    connection: &Connection,
    table: (i64, &str),
    (column, name): (u32, &str),
) -> Result<EditColumn> {
    match edit_columns(connection, table.0)?.remove(&column) {
        Some(known) => Ok(known),
        None => make_edit_column(connection, table, name),
    }
}

/// Creates the column of a table that holds the last edits of another one, and registers it.
pub(crate) fn make_edit_column(
    connection: &Connection,
    (table, stored_name): (i64, &str),
    column: &str,
) -> Result<EditColumn> {
    let name = edit_column_name(column);
    let present = columns_in_file(connection, stored_name)?.unwrap_or_default();
    match present.get(&name) {
        // Another program has taken it out of the registry. The clocks of the rows list it no more.
        Some(declared) if *declared == Declared::expected(&name) => {
            let clear = format!(
                "UPDATE \"{stored_name}\" SET \"{name}\" = NULL WHERE \"{name}\" IS NOT NULL"
            );
            connection.execute_batch(&clear)?;
        }
        _ => connection.execute_batch(&add_column(stored_name, &name))?,
    }
    let ordinal = connection
        .prepare_cached(
            "INSERT INTO ara_column (tbl, ordinal, name, origin) \
             SELECT ?1, 1 + coalesce(max(ordinal), 0), ?2, ?3 FROM ara_column WHERE tbl = ?1 \
             RETURNING ordinal",
        )?
        .query_row((table, &name, Origin::Edits as i64), |row| row.get(0))?;
    Ok(EditColumn { ordinal, name })
}
