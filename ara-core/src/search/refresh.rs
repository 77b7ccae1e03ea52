//! Bringing a search up to date.

use rusqlite::Connection;

use crate::catalog::search_index::{ROWS, STALE, SearchIndex};

/// The statements that bring a search up to date.
#[derive(Debug)]
pub(crate) struct Refresh {
    is_stale: String,
    is_known: String,
    forget: [String; 2],
    last: String,
    add: String,
    read: String,
    is_done: String,
}

impl Refresh {
    pub(crate) fn of(index: &SearchIndex) -> Self {
        let (words, rows, stale) = (index.part(""), index.part(ROWS), index.part(STALE));
        let known = format!("FROM {stale} CROSS JOIN {rows} USING (\"id\")");
        let table = format!("\"{}\"", index.table);
        Self {
            is_stale: format!("SELECT 1 FROM {stale}"),
            is_known: format!("SELECT 1 {known}"),
            forget: [
                format!("DELETE FROM {words} WHERE \"rowid\" IN (SELECT \"ara_doc\" {known})"),
                format!("DELETE FROM {rows} WHERE \"id\" IN (SELECT \"id\" FROM {stale})"),
            ],
            last: format!("SELECT coalesce(max(\"ara_doc\"), 0) FROM {rows}"),
            add: format!(
                "INSERT INTO {rows} (\"id\") SELECT \"id\" FROM {stale} CROSS JOIN {table} \
                 USING (\"id\") WHERE \"is_deleted\" IS NOT 1"
            ),
            read: index.read_words(&format!(
                "FROM {rows} CROSS JOIN {table} USING (\"id\") WHERE \"ara_doc\" > ?1"
            )),
            is_done: format!("DELETE FROM {stale}"),
        }
    }

    /// Whether a row changed since it was brought up to date.
    pub(crate) fn is_due(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.prepare_cached(&self.is_stale)?.exists([])
    }

    /// Reads the rows that changed into it, inside the caller's transaction.
    pub(crate) fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        let run = |sql: &String| connection.prepare_cached(sql)?.execute([]).map(drop);
        if !self.is_due(connection)? {
            return Ok(());
        }
        // Most often all are new: FTS5 takes longer to find nothing than to look here.
        if connection.prepare_cached(&self.is_known)?.exists([])? {
            self.forget.iter().try_for_each(run)?;
        }
        // Those that are added come after all others.
        let last: i64 = connection.prepare_cached(&self.last)?.query_row([], |row| row.get(0))?;
        run(&self.add)?;
        connection.prepare_cached(&self.read)?.execute([last])?;
        run(&self.is_done)
    }
}

impl SearchIndex {
    /// Reads the words of these rows, which `ara_doc` and the table's columns are of. What is no text has
    /// none.
    pub(crate) fn read_words(&self, from: &str) -> String {
        let mut columns = String::new();
        let mut texts = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            columns.push_str(&format!(", c{at}"));
            texts.push_str(&format!(
                ", CASE typeof(\"{column}\") WHEN 'text' THEN \"{column}\" END"
            ));
        }
        let words = self.part("");
        format!("INSERT INTO {words} (\"rowid\"{columns}) SELECT \"ara_doc\"{texts} {from}")
    }
}
