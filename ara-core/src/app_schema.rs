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
    /// What `ara::schema!` knows of the schema; `None` for a table alone.
    #[doc(hidden)]
    const APP: Option<&'static AppSchema>;

    /// The tables.
    #[doc(hidden)]
    fn tables() -> Vec<TableRef>;
}

#[diagnostic::do_not_recommend]
impl<T: Table> Schema for T {
    const APP: Option<&'static AppSchema> = None;

    fn tables() -> Vec<TableRef> {
        vec![TableRef::of::<T>()]
    }
}

/// What `ara::schema!` knows of the schema that it declares.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct AppSchema {
    /// The schema's name in Rust.
    pub name: &'static str,
    /// The latest version that `ara.lock` had released when the app was compiled; 0 without any.
    pub version: u32,
    /// The version of the package that declares the schema, or nothing if it is not Cargo's.
    pub app_version: &'static str,
}
