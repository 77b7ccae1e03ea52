//! Updates the index of a search.

use rusqlite::{Connection, OptionalExtension};

use crate::catalog::read_as::sql_of;
use crate::catalog::search_index::{INDEXED, LEFT, STALE, SearchIndex};
use crate::names::quoted;

/// How many of the rows that were there before the search are indexed in one transaction: so many that FTS5 fills the
/// memory in which it gathers words some times, and so few that nobody waits long for it.
const STEP: u64 = 10_000;

/// The SQL statements that update the index of a search.
#[derive(Debug)]
pub(crate) struct Refresh {
    /// Selects the rows that changed, and from which on rows are left.
    is_due: String,
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
    /// Selects from which row id on rows are left to be indexed.
    left: String,
    /// Selects the last of the next rows that are left.
    last: String,
    /// Adds the words of the rows between two row ids to the index, but for deleted ones, and those that changed and are
    /// in it.
    read_left: String,
    /// Moves on to the rows after a row id.
    go_on: String,
    /// Notes that no rows are left.
    is_filled: String,
}

impl Refresh {
    /// Makes the statements for a search.
    pub(crate) fn of(index: &SearchIndex) -> Self {
        let [words, indexed, stale, left] =
            ["", INDEXED, STALE, LEFT].map(|suffix| index.part(suffix));
        let outdated = format!("FROM {stale} CROSS JOIN {indexed} ON \"id\" = \"ara_row\"");
        let table = quoted(&index.table);
        let is_stale = format!("SELECT 1 FROM {stale}");
        Self {
            is_due: format!("{is_stale} UNION ALL SELECT 1 FROM {left}"),
            is_stale,
            // New rows come after all that are in the index.
            is_indexed: format!(
                "SELECT 1 {outdated} WHERE \"ara_row\" <= (SELECT max(\"id\") FROM {indexed})"
            ),
            forget: format!(
                "DELETE FROM {words} WHERE \"rowid\" IN (SELECT \"ara_row\" {outdated})"
            ),
            read: index.read_words(&format!("{stale} CROSS JOIN {table} USING (\"ara_row\")")),
            is_done: format!("DELETE FROM {stale}"),
            left: format!("SELECT \"ara_row\" FROM {left}"),
            last: format!(
                "SELECT max(\"ara_row\") FROM (SELECT \"ara_row\" FROM {table} \
                 WHERE \"ara_row\" >= ?1 ORDER BY \"ara_row\" LIMIT {STEP})"
            ),
            read_left: format!(
                "{} AND \"ara_row\" BETWEEN ?1 AND ?2 \
                 AND NOT EXISTS (SELECT 1 FROM {indexed} WHERE \"id\" = \"ara_row\")",
                index.read_words(&table)
            ),
            go_on: format!("UPDATE {left} SET \"ara_row\" = ?1 + 1"),
            is_filled: format!("DELETE FROM {left}"),
        }
    }

    /// Returns whether a row changed since the index was last updated, or is left to be indexed.
    pub(crate) fn is_due(&self, connection: &Connection) -> rusqlite::Result<bool> {
        connection.prepare_cached(&self.is_due)?.exists([])
    }

    /// Updates the index for the rows that changed. The caller has begun a transaction.
    pub(crate) fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        let run = |sql: &String| connection.prepare_cached(sql)?.execute([]).map(drop);
        if !connection.prepare_cached(&self.is_stale)?.exists([])? {
            return Ok(());
        }
        // Most often all rows are new. To find that out here is faster than to let FTS5 delete nothing.
        if connection.prepare_cached(&self.is_indexed)?.exists([])? {
            run(&self.forget)?;
        }
        run(&self.read)?;
        run(&self.is_done)
    }

    /// Indexes some of the rows that are left to be. Returns whether others are. The caller has begun a transaction.
    pub(crate) fn fill_some(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let left = connection.prepare_cached(&self.left)?.query_row([], |row| row.get(0));
        let Some(left): Option<i64> = left.optional()? else { return Ok(false) };
        let last = connection.prepare_cached(&self.last)?.query_row([left], |row| row.get(0))?;
        if let Some(last) = last {
            connection.prepare_cached(&self.read_left)?.execute([left, last])?;
            if last < i64::MAX {
                connection.prepare_cached(&self.go_on)?.execute([last])?;
                return Ok(true);
            }
        }
        connection.prepare_cached(&self.is_filled)?.execute([])?;
        Ok(false)
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
            texts.push_str(&format!(", ara_words({})", sql_of(column)));
        }
        let words = self.part("");
        format!(
            "INSERT INTO {words} (\"rowid\"{columns}) SELECT \"ara_row\"{texts} FROM {rows} \
             WHERE \"is_deleted\" IS NOT 1"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::functions::register_functions;

    #[test]
    fn what_was_there_is_indexed_in_steps_while_others_write() -> rusqlite::Result<()> {
        let connection = Connection::open_in_memory()?;
        register_functions(&connection)?;
        connection.execute_batch(
            "CREATE TABLE note (ara_row INTEGER PRIMARY KEY, is_deleted, text); \
             WITH RECURSIVE at(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM at WHERE n < 25000) \
             INSERT INTO note SELECT n * 2, n = 7, 'old' FROM at",
        )?;
        let index = SearchIndex::new("note".to_owned(), ["text".to_owned()].into_iter());
        index.statements().try_for_each(|sql| connection.execute_batch(&sql))?;
        let left = index.part(LEFT);
        connection.execute_batch(&format!("INSERT INTO {left} SELECT min(ara_row) FROM note"))?;
        let refresh = Refresh::of(&index);
        let found = |word: &str| -> rusqlite::Result<i64> {
            let name = index.part("");
            let sql = format!("SELECT count(*) FROM {name} WHERE {name} MATCH ?1");
            connection.query_row(&sql, [word], |row| row.get(0))
        };

        assert!(refresh.is_due(&connection)? && refresh.fill_some(&connection)?);
        assert_eq!(found("old")?, STEP as i64 - 1);
        // Before and behind the place up to which rows are indexed.
        connection.execute_batch(
            "UPDATE note SET text = 'new' WHERE ara_row IN (2, 4, 40000, 40002); \
             DELETE FROM note WHERE ara_row IN (6, 40004); \
             UPDATE note SET is_deleted = 1 WHERE ara_row IN (8, 40006); \
             INSERT INTO note VALUES (1, 0, 'new'), (39999, 0, 'new')",
        )?;
        refresh.run(&connection)?;
        assert_eq!(found("new")?, 6);
        connection.execute_batch("UPDATE note SET text = 'newer' WHERE ara_row IN (4, 40002)")?;
        while refresh.fill_some(&connection)? {}
        refresh.run(&connection)?;
        assert_eq!((found("new")?, found("newer")?), (4, 2));
        assert_eq!(found("old")?, 25_000 - 1 - 8);
        assert!(!refresh.is_due(&connection)? && !refresh.fill_some(&connection)?);
        Ok(())
    }
}
