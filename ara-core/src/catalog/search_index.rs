//! What a full-text search of a table consists of in the file.

use ara_schema::TableDef;

use crate::names::{SEARCH_PREFIX, name_list, stored_table_name};

/// The search over certain columns of a table, by the names that these have in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchIndex {
    pub(crate) table: String,
    /// Sorted: the order of a struct's fields makes no other search.
    pub(crate) columns: Vec<String>,
}

/// What a search is made of, by the suffix of its name, and the SQL that makes it.
pub(crate) type Parts = [(&'static str, String); 6];

/// The tables that FTS5 itself makes, by the suffixes of their names.
pub(crate) const SHADOWS: [&str; 4] = ["_data", "_idx", "_docsize", "_config"];

/// The map from FTS5's rows to ara's.
pub(crate) const ROWS: &str = " rows";

/// The ids of the rows that changed since the index was brought up to date.
pub(crate) const STALE: &str = " stale";

impl SearchIndex {
    /// The search that a struct declares.
    pub(crate) fn of(def: &TableDef) -> Option<Self> {
        if def.search.is_empty() {
            return None;
        }
        let columns = def.search.iter().copied().map(str::to_owned);
        Some(Self::new(stored_table_name(def).into_owned(), columns))
    }

    pub(crate) fn new(table: String, columns: impl Iterator<Item = String>) -> Self {
        let mut columns: Vec<_> = columns.collect();
        columns.sort();
        Self { table, columns }
    }

    /// The name of the FTS5 table. Nothing else can have it: the brackets are in no stored name.
    pub(crate) fn name(&self) -> String {
        format!("{SEARCH_PREFIX}{}({})", self.table, self.columns.join(","))
    }

    /// The name of one of its parts, for SQL. There are no quotes in it.
    pub(crate) fn part(&self, suffix: &str) -> String {
        format!("\"{}{suffix}\"", self.name())
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// The names of all that is in the file because of it.
    pub(crate) fn object_names(&self) -> Vec<String> {
        let suffixes = self.parts().into_iter().map(|(suffix, _)| suffix).chain(SHADOWS);
        suffixes.map(|suffix| format!("{}{suffix}", self.name())).collect()
    }

    /// The statements that make it, without a row in it.
    pub(crate) fn statements(&self) -> impl Iterator<Item = String> {
        self.parts().into_iter().map(|(_, sql)| sql)
    }

    pub(crate) fn parts(&self) -> Parts {
        let (words, rows, stale) = (self.part(""), self.part(ROWS), self.part(STALE));
        let on = |suffix: &str, event: &str, ids: &[&str]| {
            let mut sql = format!(
                "CREATE TRIGGER {} AFTER {event} ON \"{}\" BEGIN",
                self.part(suffix),
                self.table
            );
            for id in ids {
                sql.push_str(&format!(
                    " INSERT INTO {stale} (\"id\") VALUES ({id}.\"id\") ON CONFLICT DO NOTHING;"
                ));
            }
            sql.push_str(" END");
            sql
        };
        let written = name_list(["id", "is_deleted"].into_iter().chain(self.columns()));
        [
            // A row can be taken out of it without its former text: `contentless_delete`. Its columns have
            // names of their own: FTS5 refuses `rank`, which an app's column may be called.
            (
                "",
                format!(
                    "CREATE VIRTUAL TABLE {words} USING fts5({}, content='', contentless_delete=1, \
                     tokenize='{TOKENIZER}')",
                    (0..self.columns.len())
                        .map(|at| format!("c{at}"))
                        .collect::<Vec<_>>()
                        .join(", "),
                ),
            ),
            (
                ROWS,
                format!(
                    "CREATE TABLE {rows} (\"ara_doc\" INTEGER PRIMARY KEY, \"id\" BLOB NOT NULL UNIQUE)"
                ),
            ),
            (
                STALE,
                format!("CREATE TABLE {stale} (\"id\" BLOB PRIMARY KEY NOT NULL) WITHOUT ROWID"),
            ),
            // Of a `REPLACE` SQLite tells only that there is a new row.
            (" insert", on(" insert", "INSERT", &["NEW"])),
            (" update", on(" update", &format!("UPDATE OF {written}"), &["OLD", "NEW"])),
            (" delete", on(" delete", "DELETE", &["OLD"])),
        ]
    }
}

/// Letters and digits of any script make words, and `é` is found by `e`.
pub(crate) const TOKENIZER: &str = "unicode61 remove_diacritics 2";

/// The table, by its stored name, and the columns whose search this is, or a part of a search.
pub(crate) fn searched(name: &str) -> Option<(&str, impl Iterator<Item = &str>)> {
    let (table, columns) = name.strip_prefix(SEARCH_PREFIX)?.split_once('(')?;
    let (columns, _) = columns.split_once(')')?;
    Some((table, columns.split(',')))
}

/// What a query needs of the search of a table: the names of the FTS5 table, and of the map in which
/// `ara_doc` is its `rowid` and `id` the row's.
#[doc(hidden)]
#[must_use]
pub fn search_tables(def: &TableDef) -> Option<(String, String)> {
    let name = SearchIndex::of(def)?.name();
    let rows = format!("{name}{ROWS}");
    Some((name, rows))
}
