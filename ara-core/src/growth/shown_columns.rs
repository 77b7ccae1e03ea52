//! Creating and restoring the hidden columns that queries read, beside the columns that replace others.

use ara_schema::TableDef;
use rusqlite::{Connection, OptionalExtension};

use crate::catalog::ddl::add_column;
use crate::catalog::edit_columns::{edit_columns, make_edit_column};
use crate::catalog::shape::columns_in_file;
use crate::catalog::shown_column::ShownColumn;
use crate::error::Result;
use crate::names::{SHOWN_PREFIX, edit_column_name, quoted, stored_table_name};

/// Creates the hidden columns of a definition, and what notes the rows that changed, unless they exist. What is new
/// is worked out before it is read.
pub(crate) fn make_shown(connection: &Connection, def: &'static TableDef) -> Result<()> {
    for column in ShownColumn::all_of(def) {
        let present = columns_in_file(connection, &column.table)?.unwrap_or_default();
        let names = [column.name.to_owned(), column.looked()];
        let missing = names.iter().filter(|name| !present.contains_key(*name));
        let is_there = missing.clone().next().is_none();
        for name in missing {
            connection.execute_batch(&add_column(&column.table, name))?;
        }
        if !is_there || !has_parts(connection, &column)? {
            for (kind, name, _) in column.parts().into_iter().rev() {
                connection.execute_batch(&format!("DROP {kind} IF EXISTS {}", quoted(&name)))?;
            }
            for (_, _, sql) in column.parts() {
                connection.execute_batch(&sql)?;
            }
            connection.execute_batch(&column.note_all())?;
        }
    }
    Ok(())
}

/// Returns the names of the hidden columns of a definition, and of those that hold the last edits of others.
pub(crate) fn hidden_columns(def: &'static TableDef) -> Vec<String> {
    let is_replaced = |name: &str| is_replaced(def, name);
    let replaced = def.columns.iter().filter(|column| is_replaced(column.name));
    let edits = replaced.map(|column| edit_column_name(column.name));
    let shown = ShownColumn::all_of(def).flat_map(|it| [it.name.to_owned(), it.looked()]);
    edits.chain(shown).collect()
}

fn is_replaced(def: &TableDef, name: &str) -> bool {
    let mut replaces = def.columns.iter().filter_map(|column| column.replaces);
    replaces.any(|replaces| replaces.columns.contains(&name))
}

/// Creates the columns that hold the last edits of those that others replace, unless they exist.
pub(crate) fn make_edits(
    connection: &Connection,
    def: &TableDef,
    table: i64,
    ordinals: &[u32],
) -> Result<()> {
    let columns = def.columns.iter().zip(ordinals);
    let mut replaced = columns.filter(|(column, _)| is_replaced(def, column.name)).peekable();
    if replaced.peek().is_none() {
        return Ok(());
    }
    let edits = edit_columns(connection, table)?;
    let stored_name = stored_table_name(def);
    for (column, _) in replaced.filter(|(_, ordinal)| !edits.contains_key(ordinal)) {
        make_edit_column(connection, (table, &stored_name), column.name)?;
    }
    Ok(())
}

/// Drops what notes the rows that changed where it has nowhere to note them, as another program dropped that: every
/// write would fail. The version of the app that knows the column makes all of it again. Returns whether anything was
/// dropped.
pub(crate) fn drop_broken(connection: &Connection, table: &str) -> Result<bool> {
    let prefix = format!("{SHOWN_PREFIX}{table}(");
    let mut broken = connection.prepare_cached(
        "SELECT name FROM sqlite_schema t WHERE type = 'trigger' AND tbl_name = ?1 \
         AND substr(name, 1, length(?2)) = ?2 AND NOT EXISTS (SELECT 1 FROM sqlite_schema \
         WHERE type = 'table' AND name = substr(t.name, 1, instr(t.name, ')')) || ' stale')",
    )?;
    let broken = broken.query_map([table, &prefix], |row| row.get(0))?;
    let broken = broken.collect::<rusqlite::Result<Vec<String>>>()?;
    for name in &broken {
        connection.execute_batch(&format!("DROP TRIGGER {}", quoted(name)))?;
    }
    Ok(!broken.is_empty())
}

/// Returns whether the file has all hidden columns of a definition, and what notes the rows that changed.
pub(crate) fn has_shown(connection: &Connection, def: &'static TableDef) -> Result<bool> {
    if def.columns.iter().all(|column| column.replaces.is_none()) {
        return Ok(true);
    }
    let present = columns_in_file(connection, &stored_table_name(def))?.unwrap_or_default();
    for column in ShownColumn::all_of(def) {
        let is_there = |name: &str| present.contains_key(name);
        if !is_there(column.name) || !is_there(&column.looked()) || !has_parts(connection, &column)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn has_parts(connection: &Connection, column: &ShownColumn) -> Result<bool> {
    let mut held =
        connection.prepare_cached("SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2")?;
    for (kind, name, sql) in column.parts() {
        let held: Option<Option<String>> =
            held.query_row((kind, &name), |row| row.get(0)).optional()?;
        if held.flatten().as_ref() != Some(&sql) {
            return Ok(false);
        }
    }
    Ok(true)
}
