//! Updates the index of a search.

use rusqlite::Connection;

use crate::catalog::search_index::{ROWS, STALE, SearchIndex};

/// The SQL statements that update the index of a search.
#[derive(Debug)]
pub(crate) struct Refresh {
    /// Selects the rows that changed.
    is_stale: String,
    /// Selects those of them that are in the index.
    is_known: String,
    /// Delete these from the index and from the map.
    forget: [String; 2],
    /// Selects the greatest integer id in the map.
    last: String,
    /// Adds the changed rows to the map, but for deleted ones.
    add: String,
    /// Adds the words of the rows above an integer id to the index.
    read: String,
    /// Forgets which rows changed.
    is_done: String,
}

impl Refresh {
    /// Makes the statements for a search.
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

    /// Returns whether a row changed since the index was last updated.
    pub(crate) fn is_due(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.prepare_cached(&self.is_stale)?.exists([])
    }

    /// Updates the index for the rows that changed. The caller has begun a transaction.
    pub(crate) fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        let run = |sql: &String| connection.prepare_cached(sql)?.execute([]).map(drop);
        if !self.is_due(connection)? {
            return Ok(());
        }
        // Most often all rows are new. To find that out here is faster than to let FTS5 delete nothing.
        if connection.prepare_cached(&self.is_known)?.exists([])? {
            self.forget.iter().try_for_each(run)?;
        }
        // The rows that are added get greater integer ids than all others.
        let last: i64 = connection.prepare_cached(&self.last)?.query_row([], |row| row.get(0))?;
        run(&self.add)?;
        connection.prepare_cached(&self.read)?.execute([last])?;
        run(&self.is_done)
    }
}

impl SearchIndex {
    /// Returns the SQL that adds the words of rows to the index. `from` is the SQL from `FROM` on, and
    /// selects `ara_doc` and the columns of the table. Values that are not text have no words.
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
