//! What the full-text search of a table consists of in the file.

use ara_schema::TableDef;

use crate::catalog::read_as::{column_entries, name_of};
use crate::names::{EARLIER_SEARCH_PREFIX, SEARCH_PREFIX, name_list, stored_table_name};

/// The full-text search over some columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchIndex {
    /// What its name begins with: how texts are prepared for it.
    prefix: &'static str,
    /// The name of the table in the file.
    pub(crate) table: String,
    /// The columns, as [entries](crate::catalog::read_as::column_entry). They are sorted, so that the order of a struct's fields does not matter.
    pub(crate) columns: Vec<String>,
}

/// The parts of a search: the suffix of the name of each, and the SQL that creates it.
pub(crate) type Parts = [(&'static str, String); 6];

/// The suffixes of the names of the tables that FTS5 itself creates.
pub(crate) const SHADOWS: [&str; 4] = ["_data", "_idx", "_docsize", "_config"];

/// The suffix of the one of these tables that has a row for each row in the index, whose column `id` is the
/// row id.
pub(crate) const INDEXED: &str = "_docsize";

/// The suffix of the table with the row ids of the rows that changed since the index was last updated.
pub(crate) const STALE: &str = " stale";

/// The suffix of the table with the row id from which on rows are still to be indexed, because they were in the table
/// before it had the search. It is empty once all are.
pub(crate) const LEFT: &str = " left";

impl SearchIndex {
    /// Returns the search that a struct declares, if it does.
    pub(crate) fn of(def: &TableDef) -> Option<Self> {
        if def.search.is_empty() {
            return None;
        }
        let columns = column_entries(def, def.search);
        Some(Self::new(stored_table_name(def).into_owned(), columns.into_iter()))
    }

    /// Makes the search of a table over these columns.
    pub(crate) fn new(table: String, columns: impl Iterator<Item = String>) -> Self {
        let mut columns: Vec<_> = columns.collect();
        columns.sort();
        Self { prefix: SEARCH_PREFIX, table, columns }
    }

    /// Returns the search with a name, also one as an earlier version of ara made it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let prefix = [SEARCH_PREFIX, EARLIER_SEARCH_PREFIX];
        let prefix = prefix.into_iter().find(|prefix| name.starts_with(prefix))?;
        let (table, columns) = name.strip_prefix(prefix)?.strip_suffix(')')?.split_once('(')?;
        let columns = columns.split(',').map(str::to_owned);
        Some(Self { prefix, ..Self::new(table.to_owned(), columns) })
    }

    /// Returns the same search as an earlier version of ara made it.
    pub(crate) fn earlier(&self) -> Self {
        Self { prefix: EARLIER_SEARCH_PREFIX, ..self.clone() }
    }

    /// Returns whether it is one as an earlier version of ara made it, which this version does not use.
    pub(crate) fn is_earlier(&self) -> bool {
        self.prefix != SEARCH_PREFIX
    }

    /// Returns the name of the FTS5 table. No other table can have it, as a stored name has no brackets.
    pub(crate) fn name(&self) -> String {
        format!("{}{}({})", self.prefix, self.table, self.columns.join(","))
    }

    /// Returns the quoted name of the part with this suffix.
    pub(crate) fn part(&self, suffix: &str) -> String {
        format!("\"{}{suffix}\"", self.name())
    }

    /// Returns the names of the columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| name_of(column))
    }

    /// Returns the names of all tables and triggers that the search has in the file.
    pub(crate) fn object_names(&self) -> Vec<String> {
        let suffixes = self.parts().into_iter().map(|(suffix, _)| suffix).chain(SHADOWS);
        suffixes.map(|suffix| format!("{}{suffix}", self.name())).collect()
    }

    /// Returns the SQL statements that create the search, with no row in it.
    pub(crate) fn statements(&self) -> impl Iterator<Item = String> {
        self.parts().into_iter().map(|(_, sql)| sql)
    }

    /// Returns the SQL that creates the FTS5 table for one connection alone.
    pub(crate) fn create_temporary(&self) -> String {
        format!("CREATE VIRTUAL TABLE temp.{} {}", self.part(""), self.fts5())
    }

    fn fts5(&self) -> String {
        let columns: Vec<_> = (0..self.columns.len()).map(|at| format!("c{at}")).collect();
        let columns = columns.join(", ");
        format!("USING fts5({columns}, content='', contentless_delete=1, tokenize='{TOKENIZER}')")
    }

    /// Returns the parts of the search.
    pub(crate) fn parts(&self) -> Parts {
        let [words, stale, left] = ["", STALE, LEFT].map(|suffix| self.part(suffix));
        let on = |suffix: &str, event: &str, rows: &[&str]| {
            let mut sql = format!(
                "CREATE TRIGGER {} AFTER {event} ON \"{}\" BEGIN",
                self.part(suffix),
                self.table
            );
            for row in rows {
                sql.push_str(&format!(
                    " INSERT INTO {stale} (\"ara_row\") VALUES ({row}.\"ara_row\") \
                     ON CONFLICT DO NOTHING;"
                ));
            }
            sql.push_str(" END");
            sql
        };
        let written = name_list(["ara_row", "is_deleted"].into_iter().chain(self.columns()));
        [
            // With `contentless_delete` a row can be deleted without its former text. The columns are `c0`,
            // `c1` and so on, because FTS5 refuses the name `rank`, which a column of an app may have.
            ("", format!("CREATE VIRTUAL TABLE {words} {}", self.fts5())),
            // As it has no row id of its own, what writes it cannot fail halfway: see `OnConflict::Fail`.
            (
                STALE,
                format!("CREATE TABLE {stale} (\"ara_row\" INTEGER PRIMARY KEY) WITHOUT ROWID"),
            ),
            (LEFT, format!("CREATE TABLE {left} (\"ara_row\" INTEGER PRIMARY KEY)")),
            (" insert", on(" insert", "INSERT", &["NEW"])),
            (" update", on(" update", &format!("UPDATE OF {written}"), &["OLD", "NEW"])),
            (" delete", on(" delete", "DELETE", &["OLD"])),
        ]
    }
}

/// FTS5's tokenizer, which splits at all ASCII characters but letters and digits, and lowers ASCII letters. Texts with
/// others are prepared so that this is right.
const TOKENIZER: &str = "ascii";

/// Returns the stored names of the table and the columns of the search that an object of this name
/// belongs to.
pub(crate) fn searched(name: &str) -> Option<(&str, impl Iterator<Item = &str>)> {
    let (table, columns) = name.strip_prefix(SEARCH_PREFIX)?.split_once('(')?;
    let (columns, _) = columns.split_once(')')?;
    Some((table, columns.split(',').map(name_of)))
}

/// Returns the name of the FTS5 table of the search of a table. Its `rowid` is the `ara_row` of the table.
#[doc(hidden)]
#[must_use]
pub fn search_table(def: &TableDef) -> Option<String> {
    SearchIndex::of(def).map(|index| index.name())
}
