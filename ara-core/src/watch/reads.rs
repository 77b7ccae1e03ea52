//! Finding out what statements read.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::catalog::search_index::searched;
use crate::error::Result;
use crate::log::column_set::ColumnSet;
use crate::names::LOCAL_PREFIX;
use crate::watch::interest::{Interest, TableInterest};

/// The only rows that a query reads of some of its tables: the table's stored name, and the ids.
pub(crate) type Named = [(String, Vec<Uuid>)];

/// Table-valued functions, which read nothing but their arguments.
const FUNCTIONS: [&str; 3] = ["json_each", "json_tree", "rarray"];

/// What the ordinals of tables and columns stand for, which never changes.
const NAMES: [&str; 2] = ["ara_table", "ara_column"];

/// What statements read, as SQLite's authorizer reports it.
#[derive(Debug, Default)]
struct Reads {
    /// The columns by table. A query that only counts rows reads no column.
    tables: BTreeMap<String, BTreeSet<String>>,
    /// The largest number of `SELECT`s in one statement, subqueries included.
    selects: usize,
}

impl Reads {
    /// Adds a column that a statement reads.
    fn read(&mut self, table: &str, column: &str) {
        // A search index changes when the table that it is built from does.
        let (table, columns) = match searched(table) {
            Some((table, columns)) => (table, columns.chain(["is_deleted"]).collect()),
            None => (table, vec![column]),
        };
        let known = self.tables.entry(table.to_owned()).or_default();
        known.extend(columns.into_iter().filter(|column| !column.is_empty()).map(str::to_owned));
    }
}

/// Returns what these statements read. SQLite reports it, so that SQL which the app wrote by hand is covered
/// too.
pub(crate) fn interest(
    connection: &mut Connection,
    statements: &[&str],
    named: &Named,
) -> Result<Interest> {
    let reads = reads(connection, statements)?;
    let mut interest = Interest::default();
    for (table, columns) in &reads.tables {
        match table_interest(connection, table, columns)? {
            Some(mut read) => {
                let mut named = named.iter().filter(|(named, _)| named == table);
                // A subquery may read other rows of the table.
                if let (Some((_, rows)), None, 1) = (named.next(), named.next(), reads.selects) {
                    read.rows = Some(rows.clone());
                }
                interest.has_local |= table.starts_with(LOCAL_PREFIX);
                interest.tables.push(read);
            }
            None if FUNCTIONS.contains(&table.as_str()) || NAMES.contains(&table.as_str()) => {}
            None => interest.anything = true,
        }
    }
    Ok(interest)
}

/// Prepares statements, and collects what the authorizer is called with.
fn reads(connection: &mut Connection, statements: &[&str]) -> Result<Reads> {
    let reads = Arc::new(Mutex::new(Reads::default()));
    let collected = Arc::clone(&reads);
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        let mut reads = collected.lock().unwrap_or_else(PoisonError::into_inner);
        match context.action {
            AuthAction::Read { table_name, column_name } => reads.read(table_name, column_name),
            AuthAction::Select => reads.selects += 1,
            _ => {}
        }
        Authorization::Allow
    }))?;
    let reads = || reads.lock().unwrap_or_else(PoisonError::into_inner);
    let mut most_selects = 0;
    let prepared = statements.iter().try_for_each(|sql| {
        let prepared = connection.prepare(sql).map(drop);
        most_selects = most_selects.max(mem::take(&mut reads().selects));
        prepared
    });
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    prepared?;
    Ok(Reads { selects: most_selects, ..mem::take(&mut *reads()) })
}

/// Returns what is read of a table, or `None` if ara did not create it.
fn table_interest(
    connection: &Connection,
    table: &str,
    columns: &BTreeSet<String>,
) -> Result<Option<TableInterest>> {
    let ordinal = connection
        .prepare_cached("SELECT ordinal FROM ara_table WHERE name = ?1")?
        .query_row([table], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(ordinal) = ordinal else { return Ok(None) };
    let mut find =
        connection.prepare_cached("SELECT ordinal FROM ara_column WHERE tbl = ?1 AND name = ?2")?;
    let mut read =
        TableInterest { ordinal, columns: ColumnSet::default(), every_change: false, rows: None };
    for column in columns {
        match column.as_str() {
            "is_deleted" => read.columns.insert(0),
            // They change only when a row appears, which is always touched, or when a merge brings an
            // older change of a row, which touches it like a new row.
            "ara_row" | "id" | "created_at" => {}
            name => match find.query_row((ordinal, name), |row| row.get(0)).optional()? {
                Some(column) => read.columns.insert(column),
                None => read.every_change = true,
            },
        }
    }
    Ok(Some(read))
}

#[cfg(test)]
mod tests {
    use ara_schema::{ColumnDef, TableDef, Type};

    use super::*;
    use crate::catalog::format::new_file;
    use crate::growth::grow::grow;
    use crate::growth::history::Growth;
    use crate::log::journal::Journal;
    use crate::log::recorder::Recorder;

    const TODO: TableDef = TableDef {
        name: "todo",
        local: false,
        columns: &[
            ColumnDef {
                name: "title",
                ty: Type::Text,
                range: None,
                required: true,
                ..ColumnDef::EMPTY
            },
            ColumnDef {
                name: "stars",
                ty: Type::Integer,
                range: None,
                required: false,
                ..ColumnDef::EMPTY
            },
        ],
        indexes: &[],
        search: &[],
        ..TableDef::EMPTY
    };
    const SETTING: TableDef = TableDef { name: "setting", local: true, ..TODO };

    fn file() -> Connection {
        let connection = new_file();
        let journal = Journal::load(&connection).expect("loads");
        let mut recorder = Recorder::new(&connection, journal, (0, 0));
        for def in [&TODO, &SETTING] {
            grow(&mut recorder, def, &mut Growth::default()).expect("grows");
        }
        drop(recorder);
        connection
    }

    /// For each table: its ordinal, its columns, and whether every change counts.
    fn of(sql: &str) -> Result<Vec<(i64, Vec<u8>, bool)>> {
        let interest = interest(&mut file(), &[sql], &[])?;
        assert!(!interest.anything);
        let tables = interest.tables.into_iter();
        Ok(tables
            .map(|table| (table.ordinal, table.columns.as_bytes().to_vec(), table.every_change))
            .collect())
    }

    #[test]
    fn columns_are_found_wherever_they_are_named() -> Result<()> {
        assert_eq!(of("SELECT count(1) FROM todo")?, [(1, vec![], false)]);
        assert_eq!(of("SELECT title FROM todo AS t")?, [(1, vec![0b10], false)]);
        let filtered = "SELECT id, created_at FROM todo WHERE stars > 1 AND is_deleted IS NOT 1";
        assert_eq!(of(filtered)?, [(1, vec![0b101], false)]);
        assert_eq!(of("SELECT id FROM todo ORDER BY upper(title)")?, [(1, vec![0b10], false)]);
        assert_eq!(of("SELECT updated_at FROM todo")?, [(1, vec![], true)]);
        let grouped = "SELECT 1 FROM todo GROUP BY stars HAVING max(title) > 'a'";
        assert_eq!(of(grouped)?, [(1, vec![0b110], false)]);
        let joined = "SELECT 1 FROM todo t LEFT JOIN ara_local_setting s ON s.title = t.title";
        assert_eq!(of(joined)?, [(2, vec![0b10], false), (1, vec![0b10], false)]);
        let within = "SELECT (SELECT max(stars) FROM ara_local_setting) FROM todo";
        assert_eq!(of(within)?, [(2, vec![0b100], false), (1, vec![], false)]);
        Ok(())
    }

    #[test]
    fn tables_of_others_may_change_at_any_time() -> Result<()> {
        let read = interest(&mut file(), &["SELECT count(1) FROM ara_meta"], &[])?;
        assert!(read.anything && !read.has_local);
        let ids = "WITH RECURSIVE ids(at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM ids LIMIT 9) ";
        let sql =
            format!("{ids} SELECT value FROM json_each('[1]') WHERE value IN (SELECT at FROM ids)");
        let read = interest(&mut file(), &[&sql], &[])?;
        assert!(!read.anything && read.tables.is_empty());
        let read = interest(&mut file(), &["SELECT title FROM ara_local_setting"], &[])?;
        assert!(!read.anything && read.has_local);
        Ok(())
    }

    #[test]
    fn rows_that_are_named_count_only_without_a_select_within() -> Result<()> {
        let named = [("todo".to_owned(), vec![Uuid::nil()])];
        let rows = |sql| -> Result<_> {
            let interest = interest(&mut file(), &[sql, sql], &named)?;
            Ok(interest.tables.iter().map(|table| table.rows.is_some()).collect::<Vec<_>>())
        };
        assert_eq!(rows("SELECT title FROM todo WHERE id = x'00'")?, [true]);
        assert_eq!(
            rows("SELECT (SELECT max(stars) FROM todo) FROM todo WHERE id = x'00'")?,
            [false]
        );
        Ok(())
    }

    #[test]
    fn statements_can_be_prepared_as_before() -> Result<()> {
        let mut file = file();
        assert!(interest(&mut file, &["SELECT nothing FROM todo"], &[]).is_err());
        file.prepare("INSERT INTO todo (id, ara_clock) VALUES (x'00', x'00')")?.execute([])?;
        Ok(())
    }
}
