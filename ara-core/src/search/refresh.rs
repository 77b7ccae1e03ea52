//! Updates the index of a search.

use rusqlite::Connection;

use crate::catalog::read_as::sql_of;
use crate::catalog::search_index::{INDEXED, STALE, SearchIndex};

/// The SQL statements that update the index of a search.
#[derive(Debug)]
pub(crate) struct Refresh {
    /// Selects the rows that changed.
    is_stale: String,
    /// Selects those of them that are in the index.
    is_indexed: String,
    /// Deletes these from the index.
    forget: String,
    /// Adds the words of the changed rows to the index, but for deleted ones.
    read: String,
    /// Forgets which rows changed.
    is_done: String,
}

impl Refresh {
    /// Makes the statements for a search.
    pub(crate) fn of(index: &SearchIndex) -> Self {
        let (words, indexed, stale) = (index.part(""), index.part(INDEXED), index.part(STALE));
        let outdated = format!("FROM {stale} CROSS JOIN {indexed} ON \"id\" = \"ara_row\"");
        let changed = format!("{stale} CROSS JOIN \"{}\" USING (\"ara_row\")", index.table);
        Self {
            is_stale: format!("SELECT 1 FROM {stale}"),
            is_indexed: format!("SELECT 1 {outdated}"),
            forget: format!(
                "DELETE FROM {words} WHERE \"rowid\" IN (SELECT \"ara_row\" {outdated})"
            ),
            read: index.read_words(&changed),
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
        if connection.prepare_cached(&self.is_indexed)?.exists([])? {
            run(&self.forget)?;
        }
        run(&self.read)?;
        run(&self.is_done)
    }
}

impl SearchIndex {
    /// Returns the SQL that adds the words of rows to the index, but for deleted ones. `rows` is the table,
    /// or a join of it. Values that are not text have no words.
    pub(crate) fn read_words(&self, rows: &str) -> String {
        let mut columns = String::new();
        let mut texts = String::new();
        for (at, column) in self.columns.iter().enumerate() {
            columns.push_str(&format!(", c{at}"));
            let text = sql_of(column);
            texts.push_str(&format!(", CASE typeof({text}) WHEN 'text' THEN {text} END"));
        }
        let words = self.part("");
        format!(
            "INSERT INTO {words} (\"rowid\"{columns}) SELECT \"ara_row\"{texts} FROM {rows} \
             WHERE \"is_deleted\" IS NOT 1"
        )
    }
}
