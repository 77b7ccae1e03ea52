//! The tables of an app.

use ara_schema::TableDef;

use crate::model::table::Table;
use crate::model::table_ref::TableRef;

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
    const TABLES: &'static [TableRef];
}

#[diagnostic::do_not_recommend]
impl<T: Table> Schema for T {
    const APP: Option<&'static AppSchema> = None;
    const TABLES: &'static [TableRef] = &[TableRef::of::<T>()];
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

/// The definitions of tables.
#[doc(hidden)]
#[must_use]
pub const fn definitions<const N: usize>(tables: &[TableRef; N]) -> [&'static TableDef; N] {
    const NONE: &TableDef =
        &TableDef { name: "", local: false, columns: &[], indexes: &[], search: &[] };
    let mut definitions = [NONE; N];
    let mut at = 0;
    while at < N {
        definitions[at] = tables[at].def;
        at += 1;
    }
    definitions
}
