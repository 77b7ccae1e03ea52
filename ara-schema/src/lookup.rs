//! Finding things by their names while the app is compiled.

use crate::table::{ColumnDef, TableDef};
use crate::text::same;

/// Returns the table of this name.
#[must_use]
pub const fn find_table(tables: &'static [TableDef], name: &str) -> Option<&'static TableDef> {
    let mut at = 0;
    while at < tables.len() {
        if same(tables[at].name, name) {
            return Some(&tables[at]);
        }
        at += 1;
    }
    None
}

/// Returns the position of the column of this name.
pub(crate) const fn position(columns: &[ColumnDef], name: &str) -> Option<usize> {
    let mut at = 0;
    while at < columns.len() {
        if same(columns[at].name, name) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns the column of this name.
pub(crate) const fn find_column(
    columns: &'static [ColumnDef],
    name: &str,
) -> Option<&'static ColumnDef> {
    match position(columns, name) {
        Some(at) => Some(&columns[at]),
        None => None,
    }
}

/// Returns whether one of the tables has this name.
pub(crate) const fn names_table(tables: &[&TableDef], name: &str) -> bool {
    let mut at = 0;
    while at < tables.len() {
        if same(tables[at].name, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// Returns whether both have the same names, in whatever order. No name comes twice in either of them.
pub(crate) const fn same_names(names: &[&str], others: &[&str]) -> bool {
    let mut at = 0;
    while at < names.len() {
        if !contains(others, names[at]) {
            return false;
        }
        at += 1;
    }
    names.len() == others.len()
}

/// Returns whether `name` is one of `names`.
pub(crate) const fn contains(names: &[&str], name: &str) -> bool {
    let mut at = 0;
    while at < names.len() {
        if same(names[at], name) {
            return true;
        }
        at += 1;
    }
    false
}
