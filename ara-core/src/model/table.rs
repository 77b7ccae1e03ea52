//! The traits that `#[derive(Table)]` implements.

use std::any::TypeId;

use ara_schema::{ColumnDef, ReadAs, TableDef, Type};

use crate::model::cells::Cells;
use crate::model::lens::Lenses;
use crate::model::record::Record;
use crate::model::system_columns::{CreatedAt, IdColumn, UpdatedAt};
use crate::model::table_ref::TableRef;
use crate::value::{AsRead, Id, IntoValue, Rule, Stored, Value, literal};

/// A struct that declares a table. `#[derive(Table)]` implements it.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo { id: Id<Todo>, title: String, stars: Option<u8> }
///
/// let db = Database::memory()?;
/// let id = db.create(Todo::draft().title("Buy milk"))?;
/// db.update(Todo::patch(id).stars(5))?;
/// let todo = db.get(id)?.expect("was just created");
/// assert_eq!((todo.title.as_deref(), todo.stars), (Some("Buy milk"), Some(5)));
/// # Ok::<(), ara::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "not a table",
    note = "put `#[derive(Table)]` on the struct"
)]
pub trait Table: Record<Table = Self> + 'static {
    /// The stored name of the table.
    const NAME: &'static str;

    /// The definition of the table, as the struct declares it.
    const TABLE: &'static TableDef;

    /// For each column, how the app sees what is stored.
    #[doc(hidden)]
    const AS_READ: &'static [AsRead];

    /// The functions between columns and those that they replace.
    #[doc(hidden)]
    const LENSES: Lenses = Lenses::NONE;

    /// The row that queries return, where every column but `id` is an `Option`.
    type Row: Record<Table = Self>;

    /// A new row whose columns are being set: see [`draft`](Self::draft).
    type Draft;

    /// A change of a row: see [`patch`](Self::patch).
    type Patch: Update<Table = Self>;

    /// Returns a new row without values. Set its columns, then pass it to
    /// [`create`](crate::Database::create).
    fn draft() -> Self::Draft;

    /// Returns a change of the row with this id. Set the columns that change, then pass it to
    /// [`update`](crate::Database::update).
    fn patch(id: Id<Self>) -> Self::Patch;

    /// Returns the column of the ids, for code that is generic over the table. Other code writes `Todo::id`.
    #[must_use]
    fn id_column() -> IdColumn<Self> {
        IdColumn::new()
    }

    /// Returns the column that tells when rows were created, for code that is generic over the table. Other code writes
    /// `Todo::created_at`.
    ///
    /// ```
    /// use ara::prelude::*;
    ///
    /// fn newest<T: Table>(db: &Database) -> ara::Result<Option<T::Row>> {
    ///     db.query::<T>().order_by(T::created_at().desc()).first()
    /// }
    ///
    /// #[derive(Table)]
    /// struct Todo { id: Id<Todo>, title: String }
    ///
    /// let db = Database::memory()?;
    /// let id = db.create(Todo::draft().title("Buy milk"))?;
    /// assert_eq!(newest::<Todo>(&db)?.map(|todo| todo.id), Some(id));
    /// # Ok::<(), ara::Error>(())
    /// ```
    #[must_use]
    fn created_at() -> CreatedAt<Self> {
        CreatedAt::new()
    }

    /// Returns the column that tells when rows were last changed, for code that is generic over the table. Other code
    /// writes `Todo::updated_at`.
    #[must_use]
    fn updated_at() -> UpdatedAt<Self> {
        UpdatedAt::new()
    }
}

/// A column of a table, such as `Todo::title`. `#[derive(Table)]` makes one for each field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column",
    label = "not a column",
    note = "columns are constants of the table's struct, such as `Todo::title`"
)]
pub trait Column: Copy + 'static {
    /// The table that it belongs to.
    type Table: Table;

    /// The type of its values, without the `Option` of an optional column.
    type Value: Value;

    /// The stored name of the column.
    const NAME: &'static str;

    /// The name of the column that queries read: a hidden one, if the column replaces others.
    #[doc(hidden)]
    const SHOWN: &'static str = Self::NAME;

    /// What rows without a value are read as, if they are read as anything.
    #[doc(hidden)]
    const MISSING: Option<MissingValue> = None;
}

/// Returns what rows without a value in a column are read as, or the rule of the column's type that it breaks.
pub type MissingValue = fn() -> Result<Stored<'static>, Rule>;

/// Returns what rows without a value in a column are read as.
#[doc(hidden)]
pub fn missing_value<C: Column>(value: impl IntoValue<C::Value>) -> Result<Stored<'static>, Rule> {
    value.into_value().and_then(C::Value::store)
}

/// Panics, at compile time, if rows without a value in a counter are to be read as one.
#[doc(hidden)]
#[track_caller]
pub const fn refuse_missing_counter<C: Column>() {
    assert!(
        !matches!(C::Value::TYPE, Type::Merged),
        "`missing` is not for texts that devices edit at the same time: one that nobody wrote is not there"
    );
    assert!(
        !matches!(C::Value::TYPE, Type::Counter),
        "`missing` is not for counters: one that nobody added to is 0"
    );
}

fn literal_of<C: Column>() -> Result<String, String> {
    match C::MISSING {
        Some(missing) => match missing() {
            Ok(value) => Ok(literal(&value)),
            Err(rule) => Err(rule.to_string()),
        },
        None => Err(String::new()),
    }
}

/// A column that every table has and that ara fills: `id`, `created_at` or `updated_at`.
pub trait SystemColumn: Column {}

/// A table with full-text search: one whose struct has `#[table(search)]` on a field.
#[diagnostic::on_unimplemented(
    message = "table `{Self}` cannot be searched",
    label = "no column of `{Self}` is to be searched",
    note = "put `#[table(search)]` on each field of the struct whose words are to be found"
)]
pub trait Searchable: Table {}

/// A column that full-text search covers: one with `#[table(search)]` on its field.
#[diagnostic::on_unimplemented(
    message = "column `{Self}` is not searched",
    label = "not a column that is searched",
    note = "put `#[table(search)]` on the field"
)]
pub trait SearchColumn: Column {}

/// Panics, at compile time, if a column with `#[table(search)]` is not stored as text.
#[doc(hidden)]
#[track_caller]
pub const fn search_text<C: Column>() {
    assert!(
        matches!(C::Value::TYPE, Type::Text | Type::Merged),
        "only text can be searched: `#[table(search)]` is for `String`, `NonEmptyString<MAX>` and \
         newtypes of them"
    );
}

impl TableRef {
    /// Returns the table `T`, which is not searched.
    pub const fn of<T: Table>() -> Self {
        let (def, as_read, lenses) = (T::TABLE, T::AS_READ, T::LENSES);
        Self { ty: TypeId::of::<T>(), def, as_read, lenses, is_searched: false }
    }
}

/// Returns the definition of a column.
#[doc(hidden)]
#[must_use]
pub const fn column_def<C: Column>(required: bool) -> ColumnDef {
    let (ty, range) = (C::Value::TYPE, C::Value::RANGE);
    let missing = match C::MISSING {
        Some(_) => Some(ReadAs::new(literal_of::<C>)),
        None => None,
    };
    let range = range.of_column(ty);
    ColumnDef { name: C::NAME, ty, range, required, missing, ..ColumnDef::EMPTY }
}

/// Returns whether a column is a counter.
#[doc(hidden)]
#[must_use]
pub const fn is_counter<C: Column>() -> bool {
    matches!(C::Value::TYPE, Type::Counter)
}

/// Returns how the app sees what is stored in a column.
#[doc(hidden)]
#[must_use]
pub const fn as_read<C: Column>() -> AsRead {
    AsRead::of::<C::Value>(C::MISSING)
}

/// What [`create`](crate::Database::create) takes: a draft whose required columns are all set, or a
/// value of the table's struct.
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

/// What [`update`](crate::Database::update) takes: a patch.
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

/// The state, in the type of a draft, of a required column that is not set.
#[derive(Debug, Clone, Copy)]
pub struct Missing;

/// The state, in the type of a draft, of a required column that is set.
#[derive(Debug, Clone, Copy)]
pub struct Set;

/// The state of a required column with which a row can be created, which is [`Set`]. The trait exists
/// for the compiler's message.
#[diagnostic::on_unimplemented(
    message = "required column `{Column}` is not set",
    label = "`{Column}` must be set before the row can be created",
    note = "set it on the draft, or make the column optional by declaring it `Option<..>`"
)]
pub trait Provided<Column> {}

#[diagnostic::do_not_recommend]
impl<Column> Provided<Column> for Set {}

/// The type that the field `id` of a table must have: [`Id`] of that table. The trait exists for the
/// compiler's message.
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
