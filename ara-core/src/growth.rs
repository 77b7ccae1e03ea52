//! Tables and columns on the fly.

use std::collections::HashMap;

use ara_schema::{IndexDef, SYSTEM_COLUMNS, TableDef};
use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::plan::{Plan, name_list};
use crate::record::stored_table_name;

/// The most columns that SQLite gives a table, as it is built here.
const MAX_COLUMNS: usize = 2000;

/// Looks whether the file holds all that the definition declares already. It writes nothing.
pub(crate) fn look(connection: &Connection, def: &'static TableDef) -> Result<Option<Plan>> {
    let stored_name = stored_table_name(def);
    let mut statement = connection.prepare_cached(
        "SELECT t.ordinal, c.ordinal, c.name FROM ara_table t LEFT JOIN ara_column c \
         ON c.tbl = t.ordinal WHERE t.name = ?1",
    )?;
    let mut rows = statement.query([&*stored_name])?;
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
        (Some(ordinal), Some(columns)) if has_indexes(connection, def, &stored_name)? => {
            Ok(Some(Plan::new(def, (!def.local).then_some(ordinal), &columns)))
        }
        _ => Ok(None),
    }
}

/// Makes the file hold all that the definition declares, inside the caller's transaction: the table,
/// its columns, its indexes. What is there is left as it is, also what the definition does not know.
pub(crate) fn grow(connection: &Connection, def: &'static TableDef) -> Result<Plan> {
    if let Some(plan) = look(connection, def)? {
        return Ok(plan);
    }
    let stored_name = stored_table_name(def);
    check_name(connection, &stored_name)?;
    let present = columns_in_file(connection, &stored_name)?;
    if let Some(present) = &present {
        check_shape(&stored_name, def, present)?;
    }
    let missing: Vec<_> = def
        .columns
        .iter()
        .map(|column| column.name)
        .filter(|name| !present.as_ref().is_some_and(|present| present.contains_key(*name)))
        .collect();

    let held = present.as_ref().map_or(SYSTEM_COLUMNS.len(), HashMap::len);
    let columns = held + missing.len();
    if columns > MAX_COLUMNS {
        return Err(Error::TooManyColumns { table: def.name, columns, limit: MAX_COLUMNS });
    }
    match &present {
        None => connection.execute_batch(&create_table(&stored_name, &missing))?,
        Some(_) => {
            for column in missing {
                connection.execute_batch(&format!(
                    "ALTER TABLE \"{stored_name}\" ADD COLUMN \"{column}\""
                ))?;
            }
        }
    }
    for index in def.indexes {
        connection.execute_batch(&create_index(&stored_name, index))?;
    }

    let table = table_ordinal(connection, &stored_name)?;
    let ordinals = def
        .columns
        .iter()
        .map(|column| column_ordinal(connection, table, column.name))
        .collect::<Result<Vec<_>>>()?;
    Ok(Plan::new(def, (!def.local).then_some(table), &ordinals))
}

fn has_indexes(connection: &Connection, def: &TableDef, stored_name: &str) -> Result<bool> {
    let mut index = connection
        .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?1")?;
    for declared in def.indexes {
        if !index.exists([index_name(stored_name, declared)])? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How a column is declared in the file.
#[derive(Debug, Default, PartialEq)]
struct Declared {
    ty: String,
    not_null: bool,
    /// Its place in the primary key, from 1.
    key: i64,
    default: Option<String>,
    /// It is computed from others.
    hidden: i64,
}

/// The columns of a table in the file by name; `None` if there is none.
fn columns_in_file(
    connection: &Connection,
    stored_name: &str,
) -> Result<Option<HashMap<String, Declared>>> {
    let columns: HashMap<_, _> = connection
        .prepare_cached(
            "SELECT name, type, \"notnull\", pk, dflt_value, hidden FROM pragma_table_xinfo(?1)",
        )?
        .query_map([stored_name], |row| {
            let declared = Declared {
                ty: row.get(1)?,
                not_null: row.get(2)?,
                key: row.get(3)?,
                default: row.get(4)?,
                hidden: row.get(5)?,
            };
            Ok((row.get(0)?, declared))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(columns).filter(|columns| !columns.is_empty()))
}

/// Columns have no declared type, and the table is not STRICT: values stay as they came, and a new
/// column needs no look at the rows.
fn create_table(stored_name: &str, columns: &[&str]) -> String {
    let untyped = ["created_at", "updated_at", "is_deleted"].into_iter();
    format!(
        "CREATE TABLE \"{stored_name}\" (\"id\" BLOB PRIMARY KEY NOT NULL, \
         \"ara_clock\" BLOB NOT NULL, {}) WITHOUT ROWID",
        name_list(untyped.chain(columns.iter().copied())),
    )
}

fn create_index(stored_name: &str, index: &IndexDef) -> String {
    let (name, columns) =
        (index_name(stored_name, index), name_list(index.columns.iter().copied()));
    format!("CREATE INDEX IF NOT EXISTS \"{name}\" ON \"{stored_name}\" ({columns})")
}

/// No other index can have it: the brackets and commas are in no stored name.
fn index_name(stored_name: &str, index: &IndexDef) -> String {
    format!("ara_index {stored_name}({})", index.columns.join(","))
}

/// Refuses what has the name of the table, and is none of ara's. SQLite folds the case of names.
fn check_name(connection: &Connection, stored_name: &str) -> Result<()> {
    let mut named = connection.prepare_cached(
        "SELECT type, name FROM sqlite_schema WHERE lower(name) = ?1 AND type <> 'trigger'",
    )?;
    let mut named = named.query([stored_name])?;
    while let Some(row) = named.next()? {
        let (kind, name): (String, String) = (row.get(0)?, row.get(1)?);
        if kind != "table" || name != stored_name {
            return Err(shape(stored_name, &format!("there is a {kind} `{name}`")));
        }
    }
    Ok(())
}

/// Refuses a table that ara did not make: it would change or refuse values.
fn check_shape(
    stored_name: &str,
    def: &TableDef,
    present: &HashMap<String, Declared>,
) -> Result<()> {
    for column in SYSTEM_COLUMNS {
        if !present.contains_key(column) {
            return Err(shape(stored_name, &format!("it has no column `{column}`")));
        }
    }
    for (name, declared) in present {
        let expected = Declared {
            ty: if matches!(&**name, "id" | "ara_clock") { "BLOB" } else { "" }.to_owned(),
            not_null: matches!(&**name, "id" | "ara_clock"),
            key: i64::from(name == "id"),
            ..Declared::default()
        };
        if *declared != expected {
            return Err(shape(stored_name, &format!("its column `{name}` is declared otherwise")));
        }
    }
    for column in def.columns {
        let folded =
            |name: &&String| **name != column.name && name.eq_ignore_ascii_case(column.name);
        if let Some(name) = present.keys().find(folded) {
            let reason = format!("its column `{name}` should be called `{}`", column.name);
            return Err(shape(stored_name, &reason));
        }
    }
    Ok(())
}

fn shape(stored_name: &str, reason: &str) -> Error {
    let reason = format!(
        "{reason}, so another program made it: rename it, or give the struct another `name`"
    );
    Error::Shape { table: stored_name.to_owned(), reason }
}

fn table_ordinal(connection: &Connection, name: &str) -> Result<i64> {
    connection
        .prepare_cached("INSERT INTO ara_table (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([name])?;
    Ok(connection
        .prepare_cached("SELECT ordinal FROM ara_table WHERE name = ?1")?
        .query_row([name], |row| row.get(0))?)
}

/// The ordinal of a column within its table. 0 is `is_deleted`.
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

/// An ordinal of a column, unless the file is damaged: the clocks of rows are bit sets of them.
fn checked(ordinal: u32) -> Result<u32> {
    const MOST: u32 = 1 << 16;
    if (1..MOST).contains(&ordinal) { Ok(ordinal) } else { Err(Error::Corrupt) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ara_schema::{ColumnDef, IndexDef, Type};

    const V1: TableDef = TableDef {
        name: "todo",
        local: false,
        columns: &[ColumnDef { name: "title", ty: Type::Text, required: true }],
        indexes: &[],
    };
    const V2: TableDef = TableDef {
        columns: &[
            ColumnDef { name: "order", ty: Type::Integer, required: false },
            ColumnDef { name: "title", ty: Type::Text, required: true },
        ],
        indexes: &[IndexDef { columns: &["order", "title"] }],
        ..V1
    };

    fn file() -> Connection {
        let connection = Connection::open_in_memory().expect("opens");
        crate::format::create_format(&connection, &[1; 16], None).expect("creates");
        connection
    }

    #[test]
    fn a_table_is_made_and_grows() -> Result<()> {
        let file = file();
        let ordinals = |plan: &Plan| plan.slots.iter().map(|slot| slot.ordinal).collect::<Vec<_>>();
        let first = grow(&file, &V1)?;
        assert_eq!((first.ordinal, ordinals(&first)), (Some(1), vec![0, 1]));
        let second = grow(&file, &V2)?;
        assert_eq!((second.ordinal, ordinals(&second)), (Some(1), vec![0, 2, 1]));
        let again = grow(&file, &V1)?;
        assert_eq!(ordinals(&again), [0, 1]);
        let columns = columns_in_file(&file, "todo")?.expect("is there");
        assert_eq!(columns.len(), SYSTEM_COLUMNS.len() + 2);
        Ok(())
    }

    #[test]
    fn what_ara_did_not_make_is_refused() -> Result<()> {
        for sql in [
            "CREATE TABLE todo (id INTEGER PRIMARY KEY, title TEXT)",
            "CREATE TABLE Todo (id BLOB PRIMARY KEY NOT NULL, ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted)",
            "CREATE VIEW todo AS SELECT 1 AS id",
            "CREATE TABLE todo (id BLOB PRIMARY KEY NOT NULL, ara_clock BLOB NOT NULL, created_at, updated_at, is_deleted, title INTEGER) WITHOUT ROWID",
        ] {
            let file = file();
            file.execute_batch(sql)?;
            let error = grow(&file, &V1).expect_err(sql);
            assert!(matches!(error, Error::Shape { .. }), "{sql}: {error}");
        }
        Ok(())
    }

    #[test]
    fn sqlite_holds_so_many_columns_and_no_more() -> Result<()> {
        let file = file();
        grow(&file, &V1)?;
        for column in 0..MAX_COLUMNS - SYSTEM_COLUMNS.len() - 1 {
            file.execute_batch(&format!("ALTER TABLE todo ADD COLUMN c{column}"))?;
        }
        grow(&file, &V1)?;
        let error = grow(&file, &V2).expect_err("one too many");
        assert!(
            matches!(error, Error::TooManyColumns { columns: 2001, limit: 2000, .. }),
            "{error}"
        );
        Ok(())
    }
}
