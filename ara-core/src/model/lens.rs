//! The functions between columns and those that they replace.

use crate::model::table_ref::TableRef;
use crate::value::Stored;

/// A value of a column, or `None` if it has none.
pub type Given<'a> = Option<Stored<'a>>;

/// The functions between the columns of a table and those that they replace, which `#[derive(Table)]` writes.
#[derive(Debug, Clone, Copy)]
pub struct Lenses {
    /// How columns are read from those that they replace.
    pub reads: &'static [ReadLens],
    /// How replaced columns get their values.
    pub writes: &'static [WriteLens],
}

impl Lenses {
    /// None, of a table whose columns replace nothing.
    pub const NONE: Self = Self { reads: &[], writes: &[] };

    /// Returns the tables to whose rows columns refer by their keys.
    pub(crate) fn key_tables(self) -> impl Iterator<Item = TableRef> {
        self.reads.iter().filter_map(|lens| match lens.by {
            ReadBy::Key(table) => Some(table()),
            ReadBy::Function(_) => None,
        })
    }
}

/// How a column is read from those that it replaces. Columns are given by their positions in the table's
/// definition.
#[derive(Debug, Clone, Copy)]
pub struct ReadLens {
    /// The column.
    pub column: usize,
    /// What it replaces.
    pub from: &'static [usize],
    /// How it is read.
    pub by: ReadBy,
    /// The function as the table's struct names it.
    pub name: &'static str,
    /// Whether it is read by the function `read_with`, which is also given what the column itself was last set to.
    pub is_with: bool,
}

/// How a column is read from those that it replaces.
#[derive(Debug, Clone, Copy)]
pub enum ReadBy {
    /// By a function of the values of these, and of what the column itself was last set to.
    Function(fn(&[Given<'_>], &Given<'_>) -> Given<'static>),
    /// As a reference to the row of a table whose key the replaced column holds.
    Key(fn() -> TableRef),
}

/// How replaced columns get their values.
#[derive(Debug, Clone, Copy)]
pub struct WriteLens {
    /// The columns whose values they are made from.
    pub from: &'static [usize],
    /// The replaced columns.
    pub to: &'static [usize],
    /// How they are made.
    pub by: WriteBy,
    /// The function as the table's struct names it.
    pub name: &'static str,
}

/// How replaced columns get their values.
#[derive(Debug, Clone, Copy)]
pub enum WriteBy {
    /// By a function, which returns `None` if there are none.
    Function(fn(&[Given<'_>]) -> Option<Vec<Given<'static>>>),
    /// The key of the row of a table to which the column refers.
    Key(fn() -> TableRef),
}
