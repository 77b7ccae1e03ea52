//! The SQL that creates tables and indexes.

use ara_schema::TableDef;

use crate::catalog::own_tables::{HISTORY, OWN_TABLES};
use crate::catalog::read_as::{column_entries, sql_of};
use crate::catalog::search_index::SearchIndex;
use crate::catalog::shown_column::ShownColumn;
use crate::names::{edit_column_name, index_name, name_list, stored_table_name};

/// Returns the SQL statements that create a new database with these tables, word for word as the file keeps
/// them.
///
/// ara's own tables come first, then each table, followed by its indexes and its full-text search.
///
/// ```
/// use ara::{IndexDef, TableDef};
///
/// let todo = TableDef {
///     name: "todo",
///     local: false,
///     columns: &[],
///     indexes: &[IndexDef { columns: &["created_at"] }],
///     search: &[],
///     ..TableDef::EMPTY
/// };
/// let sql = ara::ddl(&[&todo]);
/// assert!(sql[0].starts_with("CREATE TABLE ara_meta "));
/// let index = r#"CREATE INDEX "ara_index todo(created_at)" ON "todo" ("created_at", "id")"#;
/// assert_eq!(sql.last().map(String::as_str), Some(index));
/// ```
#[must_use]
pub fn ddl(tables: &[&TableDef]) -> Vec<String> {
    let mut statements: Vec<_> = OWN_TABLES.iter().map(|sql| (*sql).to_owned()).collect();
    for table in std::iter::once(&HISTORY).chain(tables.iter().copied()) {
        let stored_name = stored_table_name(table);
        statements.push(create_table(&stored_name, table.columns.iter().map(|column| column.name)));
        statements.extend(beside(&stored_name, table));
        for index in table.indexes {
            let columns = column_entries(table, index.columns);
            let name = index_name(&stored_name, &columns);
            statements.push(create_index(&name, &stored_name, &columns));
        }
        statements.extend(SearchIndex::of(table).iter().flat_map(SearchIndex::statements));
    }
    statements
}

/// Returns the SQL that creates what lies beside columns that replace others, and those that they replace.
fn beside(stored_name: &str, table: &TableDef) -> Vec<String> {
    let mut statements = Vec::new();
    let replaces = table.columns.iter().filter_map(|column| column.replaces);
    let is_replaced = |name| replaces.clone().any(|replaces| replaces.columns.contains(&name));
    for column in table.columns.iter().filter(|column| is_replaced(column.name)) {
        statements.push(add_column(stored_name, &edit_column_name(column.name)));
    }
    for shown in ShownColumn::all_of(table) {
        statements.push(add_column(stored_name, shown.name));
        statements.push(add_column(stored_name, &shown.looked()));
        statements.extend(shown.parts().into_iter().map(|(_, _, sql)| sql));
    }
    statements
}

/// Returns the SQL that creates a table.
///
/// The columns of the app have no declared type, and the table is not STRICT: so SQLite stores every value
/// as it was given, and adds a column without reading the rows.
///
/// The table is sorted by SQLite's row id and not by `id`: a table `WITHOUT ROWID` keeps most of a long row
/// in pages of its own, which takes several times the room, and the time to read it. The row id is a
/// declared column, so that no `VACUUM` changes it: the full-text search refers to it.
pub(crate) fn create_table<'a>(
    stored_name: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> String {
    let untyped = ["created_at", "updated_at", "is_deleted"].into_iter();
    format!(
        "CREATE TABLE \"{stored_name}\" (\"ara_row\" INTEGER PRIMARY KEY, \
         \"id\" BLOB NOT NULL UNIQUE, \"ara_clock\" BLOB NOT NULL, {})",
        name_list(untyped.chain(columns)),
    )
}

/// Returns the SQL that creates an index.
///
/// The columns are given as [entries](crate::catalog::read_as::column_entry). The index ends with `id`, by which pages
/// order the rows that are equal in its columns. Without it, each page would sort all of these rows.
pub(crate) fn create_index(name: &str, stored_name: &str, columns: &[String]) -> String {
    let mut list = String::new();
    for column in columns {
        list.push_str(&sql_of(column));
        list.push_str(", ");
    }
    format!("CREATE INDEX \"{name}\" ON \"{stored_name}\" ({list}\"id\")")
}

/// The most columns that a table can have in the SQLite that is built into ara.
pub(crate) const MAX_COLUMNS: usize = 2000;

/// Returns the SQL that adds a column to a table. No row is rewritten by it.
pub(crate) fn add_column(stored_name: &str, column: &str) -> String {
    format!("ALTER TABLE \"{stored_name}\" ADD COLUMN \"{column}\"")
}
