//! A table without its type.

use std::any::TypeId;

use ara_schema::TableDef;

use crate::model::lens::Lenses;
use crate::value::AsRead;

/// A table that a query reads, without its type.
#[derive(Debug, Clone, Copy)]
pub struct TableRef {
    /// The id of the struct's type.
    pub(crate) ty: TypeId,
    /// The table's definition.
    pub def: &'static TableDef,
    /// For each column, how the app sees what is stored.
    pub as_read: &'static [AsRead],
    /// The functions between its columns and those that they replace.
    pub(crate) lenses: Lenses,
    /// Whether the query searches it, so that the index of its search must be up to date.
    pub(crate) is_searched: bool,
}

impl TableRef {
    /// Returns the table as one that is searched.
    #[must_use]
    pub fn searched(self) -> Self {
        Self { is_searched: true, ..self }
    }
}
