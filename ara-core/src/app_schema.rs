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

/// Whether no name before the one at this position is the same.
#[doc(hidden)]
#[must_use]
pub const fn is_first(names: &[&str], at: usize) -> bool {
    let mut before = 0;
    while before < at {
        if same(names[before].as_bytes(), names[at].as_bytes()) {
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
