//! From rows whose columns may be missing to rows whose columns are there.

/// A row type in which column `C` may be missing still: the row type in which it is there.
/// `#[derive(Table)]` implements it for each column.
pub trait Narrow<C> {
    /// The row with the column's own type instead of its `Option`.
    type Narrowed;
}
