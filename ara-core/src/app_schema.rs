//! Several tables as one schema.

use crate::source::TableRef;
use crate::table::Table;

/// The tables of an app: `ara::schema!` names them, and a single table is a schema of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schema",
    label = "not a schema",
    note = "name the app's tables with `ara::schema! {{ pub App: Todo, Category }}`"
)]
pub trait Schema {
    #[doc(hidden)]
    fn tables() -> Vec<TableRef>;
}

impl<T: Table> Schema for T {
    fn tables() -> Vec<TableRef> {
        vec![TableRef::of::<T>()]
    }
}
