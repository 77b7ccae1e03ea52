//! The schema of an app.

use ara_schema::TableDef;

use crate::model::table::Table;
use crate::model::table_ref::TableRef;

/// A set of tables, which [`Database::ensure`](crate::Database::ensure) creates together.
///
/// `ara::schema!` implements it for the type that it declares. Every table is also a schema, of that
/// table alone.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schema",
    label = "neither a schema nor a table",
    note = "declare one with `ara::schema! {{ pub App: Todo, Category }}`"
)]
pub trait Schema {
    /// What `ara::schema!` knows about the schema; `None` for a single table.
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

/// What `ara::schema!` knows about the schema that it declares.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct AppSchema {
    /// The schema's name in Rust.
    pub name: &'static str,
    /// The latest released version in `ara.lock` when the app was compiled, or 0 if there was none.
    pub version: u32,
    /// The version of the package that declares the schema; empty if the app is not built by Cargo.
    pub app_version: &'static str,
}

/// Returns the definitions of tables.
#[doc(hidden)]
#[must_use]
pub const fn definitions<const N: usize>(tables: &[TableRef; N]) -> [&'static TableDef; N] {
    let mut definitions = [&TableDef::EMPTY; N];
    let mut at = 0;
    while at < N {
        definitions[at] = tables[at].def;
        at += 1;
    }
    definitions
}
