//! What `#[derive(Table)]` tells the database about a struct.

use ara_schema::{ColumnDef, TableDef, Type};

use crate::model::cells::Cells;
use crate::model::record::Record;
use crate::value::{Id, Readable, Value};

/// A struct that is a table: `#[derive(Table)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "not a table",
    note = "put `#[derive(Table)]` on the struct"
)]
pub trait Table: Record<Table = Self> + 'static {
    /// The stored name.
    const NAME: &'static str;

    /// The table as the struct declares it.
    const TABLE: &'static TableDef;

    /// For each of the table's columns, which stored values the app can read.
    #[doc(hidden)]
    const READABLE: &'static [fn() -> Readable];

    /// What queries return: every column but `id` is an `Option`.
    type Row: Record<Table = Self>;

    /// The create mutation: see [`draft`](Self::draft).
    type Draft;

    /// The update mutation: see [`patch`](Self::patch).
    type Patch: Update<Table = Self>;

    /// Starts a new row: set its columns, then give it to `create`.
    fn draft() -> Self::Draft;

    /// Starts a change of the row with this id: set what changes, then give it to `update`.
    fn patch(id: Id<Self>) -> Self::Patch;
}

/// A column of a table, such as `Todo::title`: `#[derive(Table)]` makes one of each field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column",
    label = "not a column",
    note = "columns are constants of the table's struct, such as `Todo::title`"
)]
pub trait Column: Copy + 'static {
    /// The table it belongs to.
    type Table: Table;

    /// What it holds, without the `Option` of an optional column.
    type Value: Value;

    /// The stored name.
    const NAME: &'static str;
}

/// A column that ara fills, and that every row has: `id`, `created_at` and `updated_at`.
pub trait SystemColumn: Column {}

/// A table that can be searched: `#[table(search)]` on a field of its struct makes it one.
#[diagnostic::on_unimplemented(
    message = "table `{Self}` cannot be searched",
    label = "no column of `{Self}` is to be searched",
    note = "put `#[table(search)]` on each field of the struct whose words are to be found"
)]
pub trait Searchable: Table {}

/// A column whose words can be searched for: `#[table(search)]` on its field makes it one.
#[diagnostic::on_unimplemented(
    message = "column `{Self}` is not searched",
    label = "not a column that is searched",
    note = "put `#[table(search)]` on the field"
)]
pub trait SearchColumn: Column {}

/// Refuses a column to be searched that is not stored as text.
#[doc(hidden)]
#[track_caller]
pub const fn search_text<C: Column>() {
    assert!(
        matches!(C::Value::TYPE, Type::Text),
        "only text can be searched: `#[table(search)]` is for `String`, `NonEmptyString<MAX>` and \
         newtypes of them"
    );
}

/// The column in its table's definition.
#[doc(hidden)]
#[must_use]
pub const fn column_def<C: Column>(required: bool) -> ColumnDef {
    ColumnDef { name: C::NAME, ty: C::Value::TYPE, required }
}

/// Whether a patch adds to the column.
#[doc(hidden)]
#[must_use]
pub const fn is_counter<C: Column>() -> bool {
    matches!(C::Value::TYPE, Type::Counter)
}

/// Which stored values of the column the app can read.
#[doc(hidden)]
#[must_use]
pub fn readable<C: Column>() -> Readable {
    C::Value::readable()
}

/// What `create` takes: a draft whose required columns are all set, or a whole struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row that can be created",
    label = "expected a draft, such as `Todo::draft()`",
    note = "`create` takes a draft whose required columns are set, or a value of the table's struct"
)]
pub trait Create {
    /// The table of the row.
    type Table: Table;

    #[doc(hidden)]
    fn into_cells(self) -> Cells;
}

/// What `update` takes: a patch.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a change of a row",
    label = "expected a patch, such as `Todo::patch(id)`",
    note = "`update` takes a patch: `Todo::patch(id)` or `row.patch()`"
)]
pub trait Update {
    /// The table of the row.
    type Table: Table;

    #[doc(hidden)]
    fn into_cells(self) -> Cells;
}

/// In a draft's type: this required column is not set yet.
#[derive(Debug, Clone, Copy)]
pub struct Missing;

/// In a draft's type: this required column is set.
#[derive(Debug, Clone, Copy)]
pub struct Set;

/// A draft's state of a required column that lets the row be created. It exists for its message.
#[diagnostic::on_unimplemented(
    message = "required column `{Column}` is not set",
    label = "`{Column}` must be set before the row can be created",
    note = "set it on the draft, or make the column optional by declaring it `Option<..>`"
)]
pub trait Provided<Column> {}

#[diagnostic::do_not_recommend]
impl<Column> Provided<Column> for Set {}

/// The types that a table's `id` may have: `Id` of that table, under any alias. It exists for its
/// message.
#[diagnostic::on_unimplemented(
    message = "the `id` of table `{T}` must be of type `Id<{T}>`",
    label = "expected `Id<{T}>`",
    note = "ids are made by ara; a key of your own belongs in a column, or in `Id::from_key(..)`"
)]
pub trait IdOf<T>: Sized {
    #[doc(hidden)]
    fn from_id(id: Id<T>) -> Self;

    #[doc(hidden)]
    fn into_id(self) -> Id<T>;
}

#[diagnostic::do_not_recommend]
impl<T> IdOf<T> for Id<T> {
    fn from_id(id: Id<T>) -> Self {
        id
    }

    fn into_id(self) -> Id<T> {
        self
    }
}
