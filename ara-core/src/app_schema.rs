//! The tables of an app.

use crate::source::TableRef;
use crate::table::Table;

/// Tables that are made together: `ara::schema!` implements it for the type it declares, and every
/// table is a schema of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schema",
    label = "neither a schema nor a table",
    note = "declare one with `ara::schema! {{ pub App: Todo, Category }}`"
)]
pub trait Schema {
    /// The tables.
    #[doc(hidden)]
    fn tables() -> Vec<TableRef>;
}

#[diagnostic::do_not_recommend]
impl<T: Table> Schema for T {
    fn tables() -> Vec<TableRef> {
        vec![TableRef::of::<T>()]
    }
}

/// A table as `ara::schema!` knows it: its name when the app is compiled, the rest when it runs.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct SchemaEntry {
    name: &'static str,
    table: fn() -> TableRef,
}

impl SchemaEntry {
    /// The entry of `T`.
    #[must_use]
    pub const fn of<T: Table>() -> Self {
        Self { name: T::NAME, table: TableRef::of::<T> }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> TableRef {
        (self.table)()
    }
}

/// Whether no entry before the one at this position has the same name.
#[doc(hidden)]
#[must_use]
pub const fn is_first(entries: &[SchemaEntry], at: usize) -> bool {
    let mut before = 0;
    while before < at {
        if same(entries[before].name.as_bytes(), entries[at].name.as_bytes()) {
            return false;
        }
        before += 1;
    }
    true
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
