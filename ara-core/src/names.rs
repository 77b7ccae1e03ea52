//! The names of tables, columns and indexes in the file, and how SQL quotes them.

use std::borrow::Cow;
use std::fmt::Write;

use ara_schema::TableDef;

/// The prefix of the names of local tables in the file.
pub(crate) const LOCAL_PREFIX: &str = "ara_local_";

/// The prefix of the names of indexes.
pub(crate) const INDEX_PREFIX: &str = "ara_index ";

/// The prefix of the names of the hidden columns that queries read.
pub(crate) const SHOWN_COLUMN_PREFIX: &str = "ara_now_";

/// The prefix of the names of the table and the triggers beside a hidden column that queries read.
pub(crate) const SHOWN_PREFIX: &str = "ara_now ";

/// The prefix of the names of all tables and triggers that belong to a full-text search. The name of an
/// index never begins with it.
///
/// The number tells how texts are prepared for it. A version of ara that prepares them in another way takes another one,
/// and makes a search of its own: two versions that use one file must not put their words into one index.
pub(crate) const SEARCH_PREFIX: &str = "ara_search_2 ";

/// The prefix of the names of what belongs to a search as the first versions of ara prepared texts for it.
pub(crate) const EARLIER_SEARCH_PREFIX: &str = "ara_search ";

/// What the prefixes of all searches begin with.
pub(crate) const SEARCHES: &str = "ara_search";

/// The prefix of the names of the columns that hold the last edits of others.
pub(crate) const EDIT_PREFIX: &str = "ara_edit_";

/// Returns the name of the column that holds the last edits of another one.
pub(crate) fn edit_column_name(column: &str) -> String {
    format!("{EDIT_PREFIX}{column}")
}

/// The most bytes that the name of a table or a column may have in a change of another device.
pub(crate) const LONGEST_NAME: usize = 1000;

/// Returns the name of a table in the file, which for a local table begins with a prefix.
pub fn stored_table_name(table: &TableDef) -> Cow<'static, str> {
    if table.local {
        Cow::Owned(format!("{LOCAL_PREFIX}{}", table.name))
    } else {
        Cow::Borrowed(table.name)
    }
}

/// Returns the name that the app gave the table with this name in the file.
pub(crate) fn app_name(stored_name: &str) -> &str {
    stored_name.strip_prefix(LOCAL_PREFIX).unwrap_or(stored_name)
}

/// Returns whether a name begins with `ara_`, as those of ara's own tables do. So do the names of local
/// tables in the file.
pub(crate) const fn is_ara_s(name: &str) -> bool {
    matches!(name.as_bytes(), [b'a', b'r', b'a', b'_', ..])
}

/// Returns the name of an index in the file, whose columns are given as
/// [entries](crate::catalog::read_as::column_entry). No other index has the same name, as a stored name has neither
/// brackets nor commas.
pub(crate) fn index_name(stored_name: &str, columns: &[String]) -> String {
    format!("{INDEX_PREFIX}{stored_name}({})", columns.join(","))
}

/// Returns a list of quoted names for SQL. The names must not contain quotes, as no stored name does.
pub(crate) fn name_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut list = String::new();
    for name in names {
        let comma = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{comma}\"{name}\"");
    }
    list
}

/// Returns a quoted name for SQL. The name may contain anything.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
