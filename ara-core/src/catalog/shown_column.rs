//! What a column that replaces others consists of in the file.

use std::fmt::Write;

use ara_schema::{ColumnDef, TableDef, Type};

use crate::model::table_ref::TableRef;
use crate::names::{SHOWN_PREFIX, edit_column_name, name_list, stored_table_name};

/// The hidden column beside a column that replaces others. It holds what queries read.
///
/// It is an index over the row: what it holds follows from the other columns and their clocks. The writer that knows
/// the functions between the columns keeps it up to date. What anybody else writes is noted by triggers, and worked
/// out before the next query reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownColumn {
    /// The name of the table in the file.
    pub(crate) table: String,
    /// The name of the hidden column.
    pub(crate) name: &'static str,
    /// The columns that decide what it holds: the one beside it, and all that this replaces, also by way of others.
    pub(crate) sources: Vec<&'static str>,
    /// All columns that belong together with it, as they replace one another, or the same.
    pub(crate) group: Vec<&'static str>,
    /// Those of the group that others have replaced.
    replaced: Vec<&'static str>,
    /// The column with the keys of the rows to which this one refers, if it does.
    keys: Option<&'static str>,
}

/// The suffix of the table with the row ids of the rows that changed since the column was last brought up to date.
/// A number below 0 stands for all rows: see [`ShownColumn::note_all`].
const STALE: &str = " stale";

impl ShownColumn {
    /// Returns the hidden columns of a table.
    pub(crate) fn all_of(def: &TableDef) -> impl Iterator<Item = Self> {
        def.columns.iter().filter_map(move |column| Self::of(def, column))
    }

    /// Returns the hidden column beside a column, if there is one.
    pub(crate) fn of(def: &TableDef, column: &'static ColumnDef) -> Option<Self> {
        let replaces = column.replaces?;
        let mut sources = vec![column.name];
        let mut at = 0;
        while let Some(source) = sources.get(at).and_then(|name| def.column(name)) {
            let replaced = source.replaces.map_or(&[][..], |replaces| replaces.columns);
            for name in replaced {
                if !sources.contains(name) {
                    sources.push(name);
                }
            }
            at += 1;
        }
        let table = stored_table_name(def).into_owned();
        let group = group(def, column.name);
        let is_replaced = |name: &&&'static str| {
            let mut replaces = def.columns.iter().filter_map(|column| column.replaces);
            replaces.any(|replaces| replaces.columns.contains(name))
        };
        let replaced = group.iter().filter(is_replaced).copied().collect();
        let keys = if replaces.by_key { replaces.columns.first().copied() } else { None };
        Some(Self { table, name: replaces.shown, sources, group, replaced, keys })
    }

    /// Returns the name of the column that tells for which edits the replaced columns of a row were looked at. A stored
    /// name has no spaces.
    pub(crate) fn looked(&self) -> String {
        format!("{} looked", self.name)
    }

    /// Returns the name of the table of the rows that changed. No other table can have it, as a stored name has no
    /// brackets.
    pub(crate) fn stale(&self) -> String {
        self.part(STALE)
    }

    /// Returns the SQL of a limit that no statement keeps as long as a row of one of these tables is to be worked out:
    /// SQLite then reports that it is no number, before it
    /// reads a row. The same goes for texts that are to be united with updates. `None` if the tables have no such columns.
    pub(crate) fn checked_limit(
        tables: impl Iterator<Item = &'static TableDef>,
        limit: i64,
    ) -> Option<String> {
        let mut checked = String::new();
        for def in tables {
            let begin = |checked: &mut String| {
                if checked.is_empty() {
                    checked.push_str("coalesce(");
                }
            };
            if has_texts(def) {
                begin(&mut checked);
                let _ = write!(
                    checked,
                    "(SELECT 'outdated' FROM \"ara_text_update\" WHERE \"tbl\" = \
                     (SELECT \"ordinal\" FROM \"ara_table\" WHERE \"name\" = '{}')), ",
                    def.name
                );
            }
            for replaces in def.columns.iter().filter_map(|column| column.replaces) {
                begin(&mut checked);
                checked.push_str("(SELECT 'outdated' FROM \"");
                put_part(&mut checked, (&stored_table_name(def), replaces.shown), STALE);
                checked.push_str("\"), ");
            }
        }
        (!checked.is_empty()).then(|| {
            let _ = write!(checked, "{limit})");
            checked
        })
    }

    fn part(&self, suffix: &str) -> String {
        let mut part = String::new();
        put_part(&mut part, (&self.table, self.name), suffix);
        part
    }

    /// Returns the condition of the rows that refer to a row whose key is not written yet, if the column refers to rows by
    /// their keys. An index has these, and no others.
    pub(crate) fn waits(&self) -> Option<String> {
        let Self { name, keys, .. } = self;
        keys.map(|keys| format!("\"{keys}\" IS NULL AND \"{name}\" IS NOT NULL"))
    }

    /// Returns the kind, the name and the SQL of each object beside the column: the table of the rows that changed, the
    /// triggers that fill it, and the index of those that wait for a key.
    ///
    /// Who knows the functions writes the hidden column in the same statement. So a row is noted where it changes and
    /// the hidden column does not. That may be right as it is, and then it is worked out for nothing.
    ///
    /// The table is `WITHOUT ROWID`, as SQLite checks that a row id is a number. As that might fail, it would copy each
    /// page before a statement writes it, to be able to undo a part of the statement.
    pub(crate) fn parts(&self) -> Vec<(&'static str, String, String)> {
        let Self { table, name, sources, group, replaced, .. } = self;
        let stale = self.stale();
        let note = format!(
            "BEGIN INSERT INTO \"{stale}\" (\"ara_row\") VALUES (NEW.\"ara_row\") \
             ON CONFLICT DO NOTHING; END"
        );
        // What was edited before may come later than what was written through.
        let edits: Vec<_> = replaced.iter().map(|replaced| edit_column_name(replaced)).collect();
        let written = group.iter().copied().chain(edits.iter().map(String::as_str));
        let written = name_list(written);
        let is_any_there: Vec<_> =
            sources.iter().map(|source| format!("NEW.\"{source}\" IS NOT NULL")).collect();
        let (on_insert, on_update) = (self.part(" insert"), self.part(" update"));
        let waiting = self.waits().map(|waits| {
            let waiting = self.part(" waiting");
            let sql =
                format!("CREATE INDEX \"{waiting}\" ON \"{table}\" (\"{name}\") WHERE {waits}");
            ("index", waiting, sql)
        });
        let mut parts = vec![
            (
                "table",
                stale.clone(),
                format!("CREATE TABLE \"{stale}\" (\"ara_row\" INTEGER PRIMARY KEY) WITHOUT ROWID"),
            ),
            (
                "trigger",
                on_insert.clone(),
                format!(
                    "CREATE TRIGGER \"{on_insert}\" AFTER INSERT ON \"{table}\" \
                     WHEN NEW.\"{name}\" IS NULL AND ({}) {note}",
                    is_any_there.join(" OR "),
                ),
            ),
            (
                "trigger",
                on_update.clone(),
                format!(
                    "CREATE TRIGGER \"{on_update}\" AFTER UPDATE OF {written} ON \"{table}\" \
                     WHEN NEW.\"{name}\" IS OLD.\"{name}\" {note}",
                ),
            ),
        ];
        parts.extend(waiting);
        parts
    }

    /// Returns the SQL that notes that no row is worked out yet. Rows that changed stay noted, as these come first.
    pub(crate) fn note_all(&self) -> String {
        let (stale, table) = (self.stale(), &self.table);
        format!(
            "DELETE FROM \"{stale}\" WHERE \"ara_row\" < 0; \
             INSERT INTO \"{stale}\" SELECT {ALL} WHERE EXISTS (SELECT 1 FROM \"{table}\")"
        )
    }
}

/// Returns whether a table has texts that devices edit at the same time, which this version unites.
pub(crate) fn has_texts(def: &TableDef) -> bool {
    let mut columns = def.columns.iter();
    cfg!(feature = "text") && !def.local && columns.any(|column| column.ty == Type::Merged)
}

/// Appends the name of an object beside the hidden column of a table.
fn put_part(out: &mut String, (table, column): (&str, &str), suffix: &str) {
    for part in [SHOWN_PREFIX, table, "(", column, ")", suffix] {
        out.push_str(part);
    }
}

/// Returns all columns that belong together with a column, sorted by their places in the definition.
fn group(def: &TableDef, column: &'static str) -> Vec<&'static str> {
    let mut group = vec![column];
    loop {
        let is_tied = |column: &&ColumnDef| {
            column.replaces.is_some_and(|replaces| {
                group.contains(&column.name)
                    || replaces.columns.iter().any(|name| group.contains(name))
            })
        };
        let tied = def.columns.iter().filter(is_tied);
        let tied = tied.flat_map(|column| {
            let replaced = column.replaces.map_or(&[][..], |replaces| replaces.columns);
            std::iter::once(column.name).chain(replaced.iter().copied())
        });
        let new: Vec<_> = tied.filter(|name| !group.contains(name)).collect();
        if new.is_empty() {
            break;
        }
        group.extend(new);
        group.dedup();
    }
    let names = def.columns.iter().map(|column| column.name);
    names.filter(|name| group.contains(name)).collect()
}

/// What stands for all rows among the row ids of those that changed. Once some of them are worked out, `-2 - n` stands
/// for those after the row id `n`.
pub(crate) const ALL: i64 = -1;

/// Returns the SQL of a limit for a statement that reads these tables, if it needs one: see
/// [`ShownColumn::checked_limit`].
#[doc(hidden)]
#[must_use]
pub fn checked_limit(tables: &[TableRef], limit: Option<i64>) -> Option<String> {
    let tables = tables.iter().map(|table| table.def);
    ShownColumn::checked_limit(tables, limit.unwrap_or(-1))
        .or_else(|| limit.map(|limit| limit.to_string()))
}

/// Returns the names of the columns whose last writes are the edits of a column: it and what it replaces, and those that
/// hold the last edits of these where they were written through.
#[doc(hidden)]
#[must_use]
pub fn edit_columns_of(table: TableRef, name: &str) -> Vec<String> {
    let Some(column) = table.def.column(name) else { return Vec::new() };
    let sources = ShownColumn::of(table.def, column).map(|shown| shown.sources);
    let sources = sources.unwrap_or_else(|| vec![column.name]);
    sources.into_iter().flat_map(|name| [name.to_owned(), edit_column_name(name)]).collect()
}
