//! The definition of a table.

use crate::range::Range;
use crate::ty::Type;

/// A table as its struct declares it. [`SYSTEM_COLUMNS`](crate::SYSTEM_COLUMNS) are not listed, as every
/// table has them.
///
/// ```
/// use ara_schema::{ColumnDef, IndexDef, Range, TableDef, Type};
/// use ara_schema::{check_column_name, check_table_name};
///
/// const TODO: TableDef = TableDef {
///     name: "todo",
///     local: false,
///     columns: &[
///         ColumnDef { name: "title", ty: Type::Text, range: Some(Range::ALL), required: true },
///         ColumnDef {
///             name: "category_id",
///             ty: Type::Id("category"),
///             range: None,
///             required: false,
///         },
///     ],
///     indexes: &[IndexDef { columns: &["category_id"] }],
///     search: &["title"],
/// };
///
/// assert_eq!(check_table_name(TODO.name), Ok(()));
/// assert!(TODO.columns.iter().all(|column| check_column_name(column.name).is_ok()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableDef {
    /// The stored name.
    pub name: &'static str,
    /// Whether the table stays on its device. A local table has no change log and is never synced.
    pub local: bool,
    /// The columns, in the order of the struct's fields, without `id`.
    pub columns: &'static [ColumnDef],
    /// The indexes.
    pub indexes: &'static [IndexDef],
    /// The stored names of the columns whose words can be searched for, in the order of the fields.
    pub search: &'static [&'static str],
}

/// A column of a [`TableDef`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnDef {
    /// The stored name.
    pub name: &'static str,
    /// How its values are stored.
    pub ty: Type,
    /// The range of its values. There is none if the type has no range, or if it was released before ranges
    /// were recorded.
    pub range: Option<Range>,
    /// Whether a row cannot be created without a value for it.
    pub required: bool,
}

/// An index of a [`TableDef`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexDef {
    /// The stored names of its columns, in order.
    pub columns: &'static [&'static str],
}
