//! The names that tables and columns have in the file, and how SQL quotes them.

use std::borrow::Cow;
use std::fmt::Write;

use ara_schema::{IndexDef, TableDef};

/// What the names of local tables begin with in the file.
pub(crate) const LOCAL_PREFIX: &str = "ara_local_";

/// What the names begin with of all that belongs to a search. No index of ara's begins so.
pub(crate) const SEARCH_PREFIX: &str = "ara_search ";

/// The most bytes that a name of a table or a column has in a change of another device.
pub(crate) const LONGEST_NAME: usize = 1000;

/// The name that a table has in the file. Local tables live under a prefix of their own.
pub fn stored_table_name(table: &TableDef) -> Cow<'static, str> {
    if table.local {
        Cow::Owned(format!("{LOCAL_PREFIX}{}", table.name))
    } else {
        Cow::Borrowed(table.name)
    }
}

/// The name that the app gave a table of this stored name.
pub(crate) fn app_name(stored_name: &str) -> &str {
    stored_name.strip_prefix(LOCAL_PREFIX).unwrap_or(stored_name)
}

/// Whether a table is one of ara's own.
pub(crate) const fn is_ara_s(name: &str) -> bool {
    matches!(name.as_bytes(), [b'a', b'r', b'a', b'_', ..])
}

/// No other index can have it: the brackets and commas are in no stored name.
pub(crate) fn index_name(stored_name: &str, index: &IndexDef) -> String {
    format!("ara_index {stored_name}({})", index.columns.join(","))
}

/// A list of stored names for SQL. There are no quotes in them.
pub(crate) fn name_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut list = String::new();
    for name in names {
        let comma = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{comma}\"{name}\"");
    }
    list
}

/// A name for SQL, whatever is in it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
