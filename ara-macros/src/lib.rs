//! ara's macros. Apps use them through the `ara` crate, which re-exports them.
//!
//! A derive goes four steps: `attr` and `ast` read what the user wrote, `valid` refuses what cannot
//! be, all of it at once, `fallback` leaves out what would not compile, and `expand` generates.

mod cargo;
mod input;
mod schema;
mod table;
mod value;
mod view;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a table of a struct.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// #[table(index(done, due))]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     pub title: NonEmptyString<1000>,
///     pub done: Option<bool>,
///     pub due: Option<Timestamp>,
///     #[table(index)]
///     pub category_id: Option<Id<Category>>,
///     #[table(default = 3)]
///     pub stars: u8,
/// }
///
/// #[derive(Table)]
/// pub struct Category {
///     pub id: Id<Category>,
///     pub name: NonEmptyString<100>,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let home = db.create(Category::draft().name("Home"))?;
/// let milk = db.create(Todo::draft().title("Buy milk").category_id(home))?;
/// db.update(Todo::patch(milk).done(true))?;
/// let row: TodoRow = db.get(milk)?.expect("was created");
/// assert_eq!((row.done, row.stars), (Some(true), Some(3)));
/// # Ok(())
/// # }
/// ```
///
/// # The struct
///
/// It has named fields and no generics. One field is `id: Id<Todo>`, under any alias. Every other
/// field is a column. Its type implements `ara::Value`, or is an `Option` of
/// such a type, written as one: then the column is optional. A column that is no `Option` is
/// required: a row cannot be created without it. In rows that other versions of the app wrote it may
/// be missing all the same.
///
/// `created_at` and `updated_at` are in every row and are not declared. A field that is compiled out
/// by `#[cfg(..)]` is no column; as the schema only grows, it should be the same in every build.
///
/// # What is generated
///
/// With the struct's visibility, for a struct `Todo`:
///
/// | | |
/// |---|---|
/// | `TodoRow<..>` | What queries return: the fields of the struct, each an `Option` until a query narrows it, and `id`, `created_at`, `updated_at`. It derives `Debug`, `Clone` and `PartialEq`. `row.patch()` starts an update. |
/// | `TodoDraft<..>` | A new row, by `Todo::draft()`: a setter for each column, and `id`. `create` takes it when all required columns are set. |
/// | `TodoPatch` | A change, by `Todo::patch(id)`: a setter for each column. What is not set is left alone; `None` clears an optional column. |
/// | `Todo::title`, .. | The columns as constants, with those of every row: `Todo::id`, `Todo::created_at`, `Todo::updated_at`. |
///
/// Setters, constants and the row's fields have the visibility and the doc comments of the struct's
/// fields. `#[deprecated]` on a field passes on to its constant and its setters. The struct itself
/// can be given to `create`, too.
///
/// `draft` and `patch` are functions of the trait `Table`, which `ara::prelude` has. A field named
/// `draft` hides the function of the struct: write `<Todo as Table>::draft()` then.
///
/// # Arguments on the struct
///
/// - `#[table(name = "todos")]`: the stored name of the table. Else it is the struct's name in snake
///   case: `TodoItem` is stored as `todo_item`.
/// - `#[table(local)]`: the table stays on this device. It has no change log and is never synced.
/// - `#[table(index(done, due))]`: an index over the columns of these fields, in this order. It may be
///   given several times.
/// - `#[table(columns)]`: a module named like the struct in snake case that has the columns, so that
///   they can be imported: `use todo::title;`.
/// - `#[table(derive(serde::Serialize))]`: what the row derives besides.
///
/// # Arguments on a field
///
/// - `#[table(column = "name")]`: the stored name of the column. Else it is the field's name. With it
///   a field can be renamed in Rust, and the column keeps its name.
/// - `#[table(index)]`: an index over this column.
/// - `#[table(search)]`: the words of this text can be found: `db.query::<Todo>().search("buy mil*")`. All
///   such fields of a struct are searched together. Making the search is the one declaration that reads the
///   rows that are there; each write of such a field then takes longer.
/// - `#[table(default = 3)]`: what a draft holds for the column unless it is set: an expression that
///   is evaluated for each draft. A required column with a default need not be set.
///
/// ```
/// # use ara::prelude::*;
/// #[derive(Table)]
/// #[table(name = "todos", local, columns, derive(serde::Serialize))]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     #[table(column = "name", default = "untitled")]
///     pub title: String,
/// }
///
/// use todo::title;
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// db.create(Todo::draft())?;
/// let row = db.query::<Todo>().narrow(title).one()?;
/// assert_eq!(row.title, "untitled");
/// # Ok(())
/// # }
/// ```
///
/// # Stored names
///
/// They are made of lower-case letters a to z, digits and underscores, begin with a letter and have
/// 64 bytes at most. Names that begin with `ara_` or `sqlite_`, and the columns that every table has,
/// are not for apps: `id`, `created_at`, `updated_at`, `is_deleted`, `ara_clock`.
///
/// There is no `unique`, because devices that are offline cannot keep it between them. Rows that are
/// the same thing on every device are given the same id: `Id::from_key("natural key")`.
#[proc_macro_derive(Table, attributes(table, __ara_table))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    table::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a table of a struct, and derives for the struct what most apps want: the same as
/// `#[derive(Debug, Clone, PartialEq, ara::Table)]`, with the arguments of
/// [`#[table(..)]`](macro@Table) on the struct.
///
/// ```
/// use ara::{Id, Table};
///
/// #[ara::table(name = "todos", index(title, done))]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     #[table(column = "name")]
///     pub title: String,
///     pub done: Option<bool>,
/// }
///
/// assert_eq!(Todo::NAME, "todos");
/// ```
#[proc_macro_attribute]
pub fn table(args: TokenStream, input: TokenStream) -> TokenStream {
    table::attribute(&args.into(), parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a column type of a newtype or of an enum without data.
///
/// # Newtypes
///
/// A struct of one unnamed field is stored as the field is. It is made of the field's type by
/// `TryFrom` or `From`, which the type must implement: a stored value that is refused there is absent
/// to the app, and a value that is refused is an error of `create` and `update`, in the words of that
/// error. They should not repeat the value.
///
/// Setters take the newtype and the type it holds, and `&str` if that is a `String`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Debug, Clone, PartialEq, Value)]
/// pub struct Stars(u8);
///
/// impl TryFrom<u8> for Stars {
///     type Error = &'static str;
///
///     fn try_from(stars: u8) -> Result<Self, Self::Error> {
///         if stars <= 5 { Ok(Self(stars)) } else { Err("must be 5 stars at most") }
///     }
/// }
///
/// #[derive(Table)]
/// struct Film {
///     id: Id<Film>,
///     stars: Stars,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let film = db.create(Film::draft().stars(4))?;
/// assert_eq!(db.get(film)?.and_then(|film| film.stars), Some(Stars(4)));
///
/// let refused = db.update(Film::patch(film).stars(6)).unwrap_err();
/// assert_eq!(refused.to_string(), "column `film.stars` must be 5 stars at most");
/// # Ok(())
/// # }
/// ```
///
/// # Enums
///
/// An enum whose variants hold no data is stored as the variant's name: as it is written, or as
/// `#[value(name = "..")]` on the variant says. With that, a variant can be renamed in Rust, and keeps
/// its stored name. A name of 1 to 64 bytes without control characters will do.
///
/// A name that another version of the app has stored and this one does not know is absent to it.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Debug, Clone, Copy, PartialEq, Value)]
/// pub enum State {
///     Open,
///     #[value(name = "Done")]
///     Finished,
/// }
///
/// assert_eq!(State::TYPE, ara::Type::Enum(&["Open", "Done"]));
/// ```
#[proc_macro_derive(Value, attributes(value))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    value::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a view of a struct: what a query returns instead of rows, with
/// [`view`](../ara/struct.Query.html#method.view).
///
/// `#[view(Todo)]` names the table, or `#[view(Todo, Category)]` the tables of a query that joins them, from
/// the first on. A field is the first table's column of its name, or the column that `#[view(..)]` on the
/// field names: `#[view(Category::name)]`, `#[view(Employee::name.of(Boss))]`.
///
/// A field that is no `Option` is narrowed: rows in which the column is missing are left out.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     pub title: String,
///     pub done: Option<bool>,
/// }
///
/// #[derive(Debug, PartialEq, View)]
/// #[view(Todo)]
/// pub struct TodoItem {
///     pub id: Id<Todo>,
///     pub title: String,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let id = db.create(Todo::draft().title("Buy milk"))?;
/// let open = db.query::<Todo>().filter(Todo::done.ne(true)).view::<TodoItem>();
/// assert_eq!(open.all()?, [TodoItem { id, title: "Buy milk".to_owned() }]);
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(View, attributes(view))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    view::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Names the tables of an app: its whole schema, which only grows.
///
/// It declares a type, with the visibility and the attributes that are written, which
/// [`ensure`](../ara/struct.Database.html#method.ensure) takes. No two of the tables may have the same
/// stored name.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     pub title: String,
/// }
///
/// #[derive(Table)]
/// pub struct Category {
///     pub id: Id<Category>,
///     pub name: String,
/// }
///
/// ara::schema! {
///     /// All that the app stores.
///     pub App: Todo, Category
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// db.ensure::<App>()?;
/// # Ok(())
/// # }
/// ```
///
/// # What was released
///
/// If there is a file `ara.lock` beside the package's `Cargo.toml`, the schema is held against it while
/// the package is compiled. What it lists was released: a table, a column or a variant that is gone, a
/// column that is stored in another way, a reference to another table, and a table that is `local` and was
/// not, are errors, at the struct or the field that they are about. Each says how to mend it.
/// [`schema_changes`](../ara/guide/schema_changes/index.html) lists what may change and what may not.
///
/// `cargo ara lock -m "add due date"` writes the file, and nothing else should. What it does not list is
/// unreleased, and may still be renamed or removed. Without the file nothing is refused.
///
/// - A table belongs to one schema, in the crate that declares its struct. Other crates, and the binaries
///   of a library, take that schema: `db.ensure::<model::App>()`.
/// - Tables that no schema names (in tests, examples, prototypes) are not held against anything. Tests of a
///   package with a lock do not declare another schema: `db.ensure::<OldTodo>()` takes a table alone.
/// - Cargo notices when the file changes or goes, not when the first one comes: that the package is
///   compiled anew is up to its next edit.
/// - If the environment variable `ARA_LOCK` has a path, that file is read in place of the package's. It
///   must be there.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    schema::declare(parse_macro_input!(input as schema::Schema)).into()
}
