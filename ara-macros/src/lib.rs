//! The macros of ara. Apps use them through the crate `ara`, which re-exports them.
//!
//! Each macro has a module of its own: [`Table`](macro@Table) and `#[ara::table]` are in `table`,
//! [`Value`](macro@Value) in `value`, [`View`](macro@View) in `view` and [`schema!`] in `schema`. What
//! they read the user's code with is in `input`.

mod cargo;
mod input;
mod schema;
mod table;
mod value;
mod view;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a table of the database.
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
///
/// let row: TodoRow = db.get(milk)?.expect("was created");
/// assert_eq!((row.done, row.stars), (Some(true), Some(3)));
/// # Ok(())
/// # }
/// ```
///
/// # The struct
///
/// The struct has named fields and no generics. One field is `id: Id<Todo>`, or an alias of that type.
/// Every other field is a column:
///
/// - A field whose type implements [`Value`](../ara/trait.Value.html) is a required column. A row cannot
///   be created without it. Rows that another version of the app has created may lack it all the same.
/// - A field of such a type in an `Option` is an optional column. The type must be written as an
///   `Option`, as a macro cannot see through an alias.
///
/// Every row also has the columns `created_at` and `updated_at`, which the struct does not declare. A
/// field that is removed by `#[cfg(..)]` is not a column. As the schema of an app only grows, such a
/// field should be the same in every build.
///
/// # What is generated
///
/// For a struct `Todo`, the derive generates these items, with the visibility of the struct:
///
/// | item | what it is |
/// |---|---|
/// | `TodoRow<..>` | The rows that queries return. It has the fields of the struct, each as an `Option` until a query narrows it, and `created_at` and `updated_at`. It implements `Debug`, `Clone` and `PartialEq`. `row.patch()` starts an update of the row. |
/// | `TodoDraft<..>` | A new row, which `Todo::draft()` starts. It has a setter for each column and for `id`. `create` takes it when all required columns are set. |
/// | `TodoPatch` | A change of a row, which `Todo::patch(id)` starts. It has a setter for each column. Columns that are not set keep their values. Setting an optional column to `None` clears it. |
/// | `Todo::title`, .. | The columns as constants, for queries. `Todo::id`, `Todo::created_at` and `Todo::updated_at` are among them. |
///
/// Setters, constants and the fields of rows have the visibility and the doc comments of the struct's
/// fields. Constants and setters also have the field's `#[deprecated]`.
///
/// The struct itself is a row too: `create` takes it, and a query with `narrow_all` returns it.
///
/// `draft` and `patch` are functions of the trait `Table`, which is in `ara::prelude`. A column named
/// `draft` or `patch` hides the function: write `<Todo as Table>::draft()` in its place.
///
/// # Arguments on the struct
///
/// All arguments are optional. They can share one attribute or be spread over several.
///
/// | argument | effect |
/// |---|---|
/// | [`name = "todos"`](#name) | gives the table another stored name |
/// | [`local`](#local) | keeps the table on its device |
/// | [`index(done, due)`](#index) | adds an index over several columns |
/// | [`columns`](#columns) | generates a module from which the columns can be imported |
/// | [`derive(..)`](#derive) | makes the row derive more traits |
///
/// ## `name`
///
/// `#[table(name = "..")]` sets the stored name of the table. Without it, the stored name is the name of
/// the struct in snake case. With it, a released struct can be renamed, as its table keeps its name.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct TodoItem {
///     id: Id<TodoItem>,
/// }
///
/// #[derive(Table)]
/// #[table(name = "todo")]
/// struct Task {
///     id: Id<Task>,
/// }
///
/// assert_eq!(TodoItem::NAME, "todo_item");
/// assert_eq!(Task::NAME, "todo");
/// ```
///
/// ## `local`
///
/// `#[table(local)]` keeps the table on its device: it has no change log and is never synced. Use it for
/// what belongs to the device, such as the state of its windows, and for what can be computed again.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// #[table(local)]
/// struct Window {
///     id: Id<Window>,
///     width: u32,
///     height: u32,
/// }
///
/// assert!(Window::TABLE.local);
/// ```
///
/// ## `index`
///
/// `#[table(index(done, due))]` adds an index over the columns of these fields, in this order. It can be
/// given several times. The fields are named as in Rust. Indexes are not part of what a release fixes:
/// every version of the app may declare others.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// #[table(index(done, due), index(done, title))]
/// struct Todo {
///     id: Id<Todo>,
///     title: String,
///     done: Option<bool>,
///     due: Option<Timestamp>,
/// }
///
/// assert_eq!(Todo::TABLE.indexes[0].columns, ["done", "due"]);
/// assert_eq!(Todo::TABLE.indexes[1].columns, ["done", "title"]);
/// ```
///
/// A unique index does not exist, as devices that are offline cannot keep it between them. Give rows that
/// are the same thing on every device the same id: `Id::from_key("natural key")`.
///
/// ## `columns`
///
/// `#[table(columns)]` generates a module that is named like the struct in snake case and contains the
/// columns, so that they can be imported: `use todo::title;`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// #[table(columns)]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     pub title: String,
/// }
///
/// use todo::title;
/// # fn main() -> ara::Result<()> {
/// # let db = Database::memory()?;
/// # db.create(Todo::draft().title("Buy milk"))?;
/// let milk = db.query::<Todo>().filter(title.eq("Buy milk")).narrow(title).one()?;
/// assert_eq!(milk.title, "Buy milk");
/// # Ok(())
/// # }
/// ```
///
/// ## `derive`
///
/// `#[table(derive(..))]` makes the row derive these traits, besides `Debug`, `Clone` and `PartialEq`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// #[table(derive(Eq, Hash))]
/// pub struct Todo {
///     pub id: Id<Todo>,
///     pub title: String,
/// }
///
/// # fn main() -> ara::Result<()> {
/// # let db = Database::memory()?;
/// # db.create(Todo::draft().title("Buy milk"))?;
/// use std::collections::HashSet;
///
/// let rows: HashSet<TodoRow> = db.query::<Todo>().all()?.into_iter().collect();
/// assert_eq!(rows.len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Arguments on a field
///
/// | argument | effect |
/// |---|---|
/// | [`column = "name"`](#column) | gives the column another stored name |
/// | [`index`](#index-of-one-column) | adds an index over the column |
/// | [`search`](#search-for-words) | makes the words of the column searchable |
/// | [`default = 3`](#default) | sets the column in every new draft |
///
/// ## `column`
///
/// `#[table(column = "..")]` sets the stored name of a column. Without it, the stored name is the name of
/// the field. With it, a released field can be renamed, as its column keeps its name.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo {
///     id: Id<Todo>,
///     #[table(column = "title")]
///     summary: String,
/// }
///
/// # fn main() -> ara::Result<()> {
/// assert_eq!(Todo::TABLE.columns[0].name, "title");
/// # let db = Database::memory()?;
/// # db.create(Todo::draft().summary("Buy milk"))?;
/// let milk = db.query::<Todo>().filter(Todo::summary.eq("Buy milk")).narrow_all().one()?;
/// assert_eq!(milk.summary, "Buy milk");
/// # Ok(())
/// # }
/// ```
///
/// ## `index` of one column
///
/// `#[table(index)]` adds an index over the column. For one over several columns, the argument is on the
/// struct.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Todo {
///     id: Id<Todo>,
///     #[table(index)]
///     due: Option<Timestamp>,
/// }
///
/// assert_eq!(Todo::TABLE.indexes[0].columns, ["due"]);
/// ```
///
/// ## `search` for words
///
/// `#[table(search)]` makes the words of a text column searchable, by a full-text index. The column is a
/// `String`, a `NonEmptyString<MAX>` or a newtype of one of them. All such columns of a struct are
/// searched together. Each write of such a column takes longer, and adding the argument to a table reads
/// all its rows once.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Note {
///     id: Id<Note>,
///     #[table(search)]
///     title: String,
///     #[table(search)]
///     text: Option<String>,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// db.create(Note::draft().title("Shopping").text("Buy oat milk"))?;
/// assert_eq!(db.query::<Note>().search("shopping mil*").count()?, 1);
/// # Ok(())
/// # }
/// ```
///
/// ## `default`
///
/// `#[table(default = EXPRESSION)]` sets the column in every new draft. The expression is evaluated for
/// each draft, and can be anything that the column's setter takes. A required column with a default need
/// not be set. Rows that exist already do not get the default. An expression that contains statements is
/// written in braces: `default = { .. }`.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Film {
///     id: Id<Film>,
///     title: String,
///     #[table(default = 3)]
///     stars: u8,
///     #[table(default = Timestamp::now())]
///     seen: Option<Timestamp>,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let film = db.create(Film::draft().title("Alien").seen(None))?;
/// let film = db.get(film)?.expect("was created");
/// assert_eq!((film.stars, film.seen), (Some(3), None));
/// # Ok(())
/// # }
/// ```
///
/// # Stored names
///
/// The stored name of a table or a column is at most 64 bytes long, begins with a lower-case letter, and
/// consists of the letters a to z, digits and underscores. Names that begin with `ara_` or `sqlite_` are
/// reserved, and so are `id`, `created_at`, `updated_at`, `is_deleted` and `ara_clock` for columns. Where
/// the name of a struct or a field would not do, `name` or `column` sets another one.
#[proc_macro_derive(Table, attributes(table, __ara_table))]
pub fn derive_table(input: TokenStream) -> TokenStream {
    table::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a table of the database, and derives the traits that most apps want for it.
///
/// `#[ara::table(..)]` is short for `#[derive(Debug, Clone, PartialEq, ara::Table)]` and `#[table(..)]`.
/// It takes the [arguments of a struct](macro@Table#arguments-on-the-struct). The fields take theirs in
/// `#[table(..)]`, as with the derive.
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
/// assert_eq!(Todo::TABLE.columns[0].name, "name");
/// ```
#[proc_macro_attribute]
pub fn table(args: TokenStream, input: TokenStream) -> TokenStream {
    table::attribute(&args.into(), parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a newtype, or an enum without data, a type that columns can have.
///
/// Types of other shapes can be stored as [`Json`](../ara/struct.Json.html), if they implement serde's
/// traits.
///
/// # Newtypes
///
/// A struct with one unnamed field is stored as that field is, and can take its place in a released
/// schema. The struct must implement `TryFrom` or `From` of the field's type:
///
/// - `create` and `update` return an error for a value that `TryFrom` refuses. Its message is that of the
///   refusal, which should not repeat the value.
/// - A stored value that `TryFrom` refuses is read as missing. Another version of the app may have
///   written it, with other rules.
///
/// Setters take the newtype and the field's type. If the field is a `String`, they also take a `&str`.
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
/// An enum whose variants hold no data is stored as the name of the variant, as text. `#[value(name =
/// "..")]` on a variant sets its stored name. With it, a released variant can be renamed, as it keeps its
/// stored name. A stored name has 1 to 64 bytes and no control characters.
///
/// A name that only another version of the app knows is read as missing.
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
/// #[derive(Table)]
/// struct Todo {
///     id: Id<Todo>,
///     state: State,
/// }
///
/// # fn main() -> ara::Result<()> {
/// assert_eq!(State::TYPE, ara::Type::Enum(&["Open", "Done"]));
/// let db = Database::memory()?;
/// db.create(Todo::draft().state(State::Finished))?;
/// assert_eq!(db.query::<Todo>().filter(Todo::state.eq(State::Finished)).count()?, 1);
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(Value, attributes(value))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    value::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Makes a struct a view: what a query returns in place of rows, by
/// [`Query::view`](../ara/struct.Query.html#method.view).
///
/// `#[view(Todo)]` on the struct names the table. A view of a query that joins tables names them in the
/// order of the query: `#[view(Album, Artist)]`. The struct has named fields and no generics, and it may
/// leave out tables at the end.
///
/// Each field is a column. Without an argument it is the column of that name in the first table.
/// `#[view(..)]` on a field names another column: `#[view(Artist::name)]`, or
/// `#[view(Artist::name.of(Guest))]` if the query reads the table under an alias.
///
/// A field that is an `Option` is `None` where the column is missing. Any other field is narrowed: rows
/// without it are left out.
///
/// ```
/// use ara::prelude::*;
///
/// #[derive(Table)]
/// struct Artist {
///     id: Id<Artist>,
///     name: String,
/// }
///
/// #[derive(Table)]
/// struct Album {
///     id: Id<Album>,
///     title: String,
///     artist_id: Option<Id<Artist>>,
/// }
///
/// #[derive(Debug, PartialEq, View)]
/// #[view(Album)]
/// struct Title {
///     id: Id<Album>,
///     title: String,
/// }
///
/// #[derive(Debug, PartialEq, View)]
/// #[view(Album, Artist)]
/// struct Entry {
///     title: String,
///     #[view(Artist::name)]
///     artist: Option<String>,
/// }
///
/// # fn main() -> ara::Result<()> {
/// let db = Database::memory()?;
/// let nina = db.create(Artist::draft().name("Nina"))?;
/// let live = db.create(Album::draft().title("Live").artist_id(nina))?;
///
/// let titles: Vec<Title> = db.query::<Album>().view().all()?;
/// assert_eq!(titles, [Title { id: live, title: "Live".to_owned() }]);
///
/// let entries: Vec<Entry> = db.query::<Album>().left_join(Album::artist_id).view().all()?;
/// assert_eq!(entries[0].artist.as_deref(), Some("Nina"));
/// # Ok(())
/// # }
/// ```
#[proc_macro_derive(View, attributes(view))]
pub fn derive_view(input: TokenStream) -> TokenStream {
    view::derive(&parse_macro_input!(input as DeriveInput)).into()
}

/// Declares the schema of an app: all its tables, under one name.
///
/// The macro declares a type with the visibility and the attributes that are written, which
/// [`Database::ensure`](../ara/struct.Database.html#method.ensure) takes. No two tables of a schema may
/// have the same stored name.
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
///     /// The tables of the app.
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
/// The file `ara.lock` beside a package's `Cargo.toml` lists what was released of its schema. The command
/// `cargo ara lock -m "add due date"` writes it, and nothing else should. While the package is compiled,
/// the macro compares the schema with that file. These are errors, each of which says how to mend it:
///
/// - A released table, column or variant is missing.
/// - A released column is stored in another way, or refers to another table.
/// - A released table has become `local`, or is no longer `local`.
///
/// What is not in the file is unreleased, and can still be renamed and removed. Without the file,
/// everything can. The page [`schema_changes`](../ara/guide/schema_changes/index.html) lists what may
/// change and what may not.
///
/// A package with an `ara.lock` follows these rules:
///
/// - A table belongs to one schema, in the crate that declares its struct. Other crates, and the binaries
///   of a library, use that schema: `db.ensure::<model::App>()`.
/// - A table that no schema names is not compared with anything. Tests, examples and prototypes declare
///   no schema of their own: `db.ensure::<OldTodo>()` takes a table alone.
///
/// Cargo compiles the package again when the file changes or is removed, but does not notice when it is
/// created: touch a source file then. If the environment variable `ARA_LOCK` contains a path, the macro
/// reads that file in place of the package's own. It must exist.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    schema::declare(parse_macro_input!(input as schema::Schema)).into()
}
