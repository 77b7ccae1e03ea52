//! The definition of a table.

use std::fmt;

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
///     columns: &[
///         ColumnDef {
///             name: "title",
///             range: Some(Range::ALL),
///             required: true,
///             ..ColumnDef::EMPTY
///         },
///         ColumnDef {
///             name: "category_id",
///             ty: Type::Id("category"),
///             ..ColumnDef::EMPTY
///         },
///     ],
///     indexes: &[IndexDef { columns: &["category_id"] }],
///     search: &["title"],
///     ..TableDef::EMPTY
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
    /// The stored name of the column that each row's id is made from, if one is.
    pub key: Option<&'static str>,
}

impl TableDef {
    /// A table without a name and without columns, to which a definition adds what it has:
    /// `TableDef { name: "todo", ..TableDef::EMPTY }`.
    pub const EMPTY: Self =
        Self { name: "", local: false, columns: &[], indexes: &[], search: &[], key: None };

    /// Returns the column of this stored name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }
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
    /// Whether other columns have replaced it: the app neither reads nor writes it under its own name.
    pub retired: bool,
    /// What it replaces, if it replaces anything.
    pub replaces: Option<Replaces>,
    /// What rows without a value in it are read as, if they are read as anything.
    pub missing: Option<ReadAs>,
}

impl ColumnDef {
    /// A column of text without a name, to which a definition adds what it has:
    /// `ColumnDef { name: "title", ..ColumnDef::EMPTY }`.
    pub const EMPTY: Self = Self {
        name: "",
        ty: Type::Text,
        range: None,
        required: false,
        retired: false,
        replaces: None,
        missing: None,
    };

    /// Returns the name of the column that queries read: its own, or that of the hidden column beside it, if it
    /// replaces others.
    #[must_use]
    pub const fn shown(&self) -> &'static str {
        match self.replaces {
            Some(replaces) => replaces.shown,
            None => self.name,
        }
    }
}

/// Which columns a column replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replaces {
    /// The stored names of these columns.
    pub columns: &'static [&'static str],
    /// The name of the hidden column that holds what queries read.
    pub shown: &'static str,
    /// Which revision of the functions between them it is.
    pub revision: u32,
    /// Whether the column refers to rows whose keys the replaced column holds.
    pub by_key: bool,
}

/// Returns the name of the hidden column that holds what queries read of a column that replaces others, by the
/// revision of its lens. The number comes first, as names of columns may end with one, but do not begin with one.
///
/// ```
/// use ara_schema::shown_column;
///
/// assert_eq!(shown_column("text", 1), "ara_now_text");
/// assert_eq!(shown_column("text", 2), "ara_now_2_text");
/// assert_eq!(shown_column("text_2", 1), "ara_now_text_2");
/// ```
#[must_use]
pub fn shown_column(column: &str, revision: u32) -> String {
    match revision {
        1 => format!("ara_now_{column}"),
        revision => format!("ara_now_{revision}_{column}"),
    }
}

/// Returns the name of the column beside which a hidden one lies that [`shown_column`] names. Any other name is
/// returned as it is.
///
/// ```
/// use ara_schema::column_shown_in;
///
/// assert_eq!(column_shown_in("ara_now_text"), "text");
/// assert_eq!(column_shown_in("ara_now_2_text_2"), "text_2");
/// assert_eq!(column_shown_in("text"), "text");
/// ```
#[must_use]
pub fn column_shown_in(name: &str) -> &str {
    let Some(name) = name.strip_prefix("ara_now_") else { return name };
    match name.split_once('_') {
        Some((revision, name)) if revision.parse::<u32>().is_ok() => name,
        _ => name,
    }
}

/// What rows without a value in a column are read as.
///
/// It is not part of what is released: two definitions are equal that differ in the value only.
#[derive(Clone, Copy)]
pub struct ReadAs(fn() -> Result<String, String>);

impl ReadAs {
    /// Makes one of a function that returns the value as a literal of SQL, or the rule that it breaks.
    #[must_use]
    pub const fn new(literal: fn() -> Result<String, String>) -> Self {
        Self(literal)
    }

    /// Returns the value as a literal of SQL.
    ///
    /// # Errors
    ///
    /// Returns the rule that the value breaks.
    pub fn literal(self) -> Result<String, String> {
        (self.0)()
    }
}

impl fmt::Debug for ReadAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadAs")
    }
}

impl PartialEq for ReadAs {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for ReadAs {}

/// An index of a [`TableDef`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexDef {
    /// The stored names of its columns, in order.
    pub columns: &'static [&'static str],
}
