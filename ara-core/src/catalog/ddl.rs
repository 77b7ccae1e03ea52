//! The SQL that makes ara's tables.

use ara_schema::TableDef;

use crate::catalog::own_tables::{HISTORY, OWN_TABLES};
use crate::catalog::search_index::SearchIndex;
use crate::names::{index_name, name_list, stored_table_name};

/// The SQL statements that make a fresh database with these tables, word for word as the file keeps
/// them: ara's own tables first, then each table with its indexes and its
/// search.
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
/// };
/// let sql = ara::ddl(&[&todo]);
/// assert!(sql[0].starts_with("CREATE TABLE ara_meta "));
/// let index = r#"CREATE INDEX "ara_index todo(created_at)" ON "todo" ("created_at")"#;
/// assert_eq!(sql.last().map(String::as_str), Some(index));
/// ```
#[must_use]
pub fn ddl(tables: &[&TableDef]) -> Vec<String> {
    let mut statements: Vec<_> = OWN_TABLES.iter().map(|sql| (*sql).to_owned()).collect();
    for table in std::iter::once(&HISTORY).chain(tables.iter().copied()) {
        let stored_name = stored_table_name(table);
        statements.push(create_table(&stored_name, table.columns.iter().map(|column| column.name)));
        for index in table.indexes {
            let name = index_name(&stored_name, index);
            statements.push(create_index(&name, &stored_name, index.columns.iter().copied()));
        }
        statements.extend(SearchIndex::of(table).iter().flat_map(SearchIndex::statements));
    }
    statements
}

/// Columns have no declared type, and the table is not STRICT: values stay as they came, and a new
/// column needs no look at the rows.
pub(crate) fn create_table<'a>(
    stored_name: &str,
    columns: impl IntoIterator<Item = &'a str>,
) -> String {
    let untyped = ["created_at", "updated_at", "is_deleted"].into_iter();
    format!(
        "CREATE TABLE \"{stored_name}\" (\"id\" BLOB PRIMARY KEY NOT NULL, \
         \"ara_clock\" BLOB NOT NULL, {}) WITHOUT ROWID",
        name_list(untyped.chain(columns)),
    )
}

pub(crate) fn create_index<'a>(
    name: &str,
    stored_name: &str,
    columns: impl Iterator<Item = &'a str>,
) -> String {
    format!("CREATE INDEX \"{name}\" ON \"{stored_name}\" ({})", name_list(columns))
}

/// The most columns that a table can have in the SQLite that is built into ara.
pub(crate) const MAX_COLUMNS: usize = 2000;

/// Returns the SQL that adds a column to a table. No row is rewritten by it.
pub(crate) fn add_column(stored_name: &str, column: &str) -> String {
    format!("ALTER TABLE \"{stored_name}\" ADD COLUMN \"{column}\"")
}
